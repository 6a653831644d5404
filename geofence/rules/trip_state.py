"""What is remembered of a muck truck's trips (运次状态)."""

from __future__ import annotations

import math

import msgspec

from geofence.finding import TripOutcome

Odometer = tuple[float, ...]


class SiteStay(msgspec.Struct, frozen=True, array_like=True):
    """The newest visit to a site; `left_t`, `odometer` once it drove out."""

    zone_id: str
    first_t: float
    lon: float
    lat: float
    left_t: float | None = None
    odometer: Odometer = ()


class Suspect(msgspec.Struct, frozen=True, array_like=True):
    """A stop laden, outside every known place: where the load may have been dumped.

    Off the route a shorter one will do, and comes before one on it.
    """

    since_t: float
    until_t: float
    lon: float
    lat: float
    off_route: bool


class OpenTrip(msgspec.Struct, frozen=True, array_like=True):
    """A trip under way. Event times in seconds since 1970.

    Attributes:
        began_t, left_t: of the stay where it was loaded; `lon`, `lat` its place.
        permit_ids: the permits in force then for this vehicle and site.
        odometer: as it stood when it left.
        stops, stopped_s: stops so far; `stop_t` the beginning of the last one counted.
        suspect: its longest stop, laden, where a truck has no business to stand.
        ground_id, arrived_t, emptied_t: the ground that it is at.
    """

    began_t: float
    site_id: str | None
    left_t: float
    lon: float
    lat: float
    load_by: str
    permit_ids: tuple[str, ...]
    odometer: Odometer
    stops: int = 0
    stopped_s: float = 0.0
    stop_t: float = -math.inf
    suspect: Suspect | None = None
    ground_id: str | None = None
    arrived_t: float | None = None
    emptied_t: float | None = None
    has_lid: bool = False


class EndedTrip(msgspec.Struct, frozen=True, array_like=True):
    """The trip that ended last, for the rules that read it."""

    trip: OpenTrip
    outcome: TripOutcome
    ended_t: float


class TripState(msgspec.Struct, frozen=True, array_like=True, tag="trip"):
    """`load_t` is the `since_t` of the load that was taken into account last.

    `idle` is the longest stop outside every known place while no trip was known; `idle_t` the
    beginning of the last stop that was considered for it.
    """

    site: SiteStay | None = None
    trip: OpenTrip | None = None
    ended: EndedTrip | None = None
    load_t: float = -math.inf
    idle: Suspect | None = None
    idle_t: float = -math.inf
