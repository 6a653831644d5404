"""Which destinations get a change of an alert: pure (分发)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from alerts.alert import AlertChange, ChangeKind, Evidence
from config.settings import DeliverySettings

VEHICLE_CLASSES = frozenset({"muck_truck", "sanitation_truck", "car", "van", "bus"})
"""The detector's classes that a vehicle object of GA/T 1400 can be made of."""


def destinations_of(settings: DeliverySettings) -> Callable[[AlertChange], Sequence[str]]:
    """A function from a change to the ids of the destinations that get it.

    A webhook gets every change of every alert that rings, or of the kinds it names. The GA/T 1400
    platform gets the raising of an alert of a camera that shows a vehicle passing, and the steps
    that name another vehicle.

    Raises:
        ValueError: two destinations have the same id.
    """
    ids = [webhook.id for webhook in settings.webhooks]
    if settings.viid is not None:
        ids.append(settings.viid.id)
    twice = sorted({id_ for id_ in ids if ids.count(id_) > 1})
    if twice:
        raise ValueError(f"delivery: destination id used twice: {', '.join(twice)}")

    def route(change: AlertChange) -> Sequence[str]:
        alert = change.alert
        if not alert.rings:
            return ()
        found = [w.id for w in settings.webhooks if not w.kinds or alert.kind in w.kinds]
        if settings.viid is not None and _shows_vehicle(change):
            found.append(settings.viid.id)
        return found

    return route


def shows_passing_vehicle(evidence: Evidence) -> bool:
    """Whether the picture is of a vehicle passing, with the place of the vehicle in it."""
    return (
        evidence.moment == "passage"
        and evidence.passer_class in VEHICLE_CLASSES
        and evidence.passer_box is not None
    )


def _shows_vehicle(change: AlertChange) -> bool:
    return (
        (change.change is ChangeKind.RAISED or change.laid)
        and change.alert.camera_id is not None
        and any(shows_passing_vehicle(picture) for picture in change.evidence)
    )
