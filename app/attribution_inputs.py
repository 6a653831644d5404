"""What the matching is given, read from the database: passages, the fleet, a camera's clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from alerts.alert import PassedBy
from alerts.attribution_clock import CameraClock, learned_clock
from alerts.attribution_match import FleetKnown
from alerts.attribution_motion import VehicleFixes
from alerts.attribution_parameters import AttributionParameters
from alerts.attribution_seen import Moment, Seen, seen_of
from config.camera import Camera
from ingest.position import Position
from store.database import Connection
from store.fleet_known import clock_offsets, fixes_near, on_a_trip
from store.sighting_reader import UnlaidPassers, sightings_between

RADIUS_M = 4_000.0
"""Fixes so near are read: 150 s at 90 km/h (`AttributionParameters.most_gap_s`)."""
NEIGHBOURS = timedelta(seconds=90)
"""Who passed so shortly before or after is judged together (`together_s` and a track's length)."""
CLOCKS_FROM = 50
UNPLACED_M = 30.0
"""What a camera's own place may be off for what it sees (as `alerts.attribution_seen`)."""
PLACED_M = 3.0


def seen_of_passer(alert: UnlaidPassers, passer: PassedBy, camera: Camera | None) -> Seen:
    """As `seen_of_event`, of what an alert keeps: no line made a sighting of who passed."""
    if passer.lon is not None and passer.lat is not None:
        moment = Moment(passer.seen_at, passer.lon, passer.lat, PLACED_M)
    elif camera is not None and (alert.lon, alert.lat) == (camera.lon, camera.lat):
        moment = Moment(passer.seen_at, alert.lon, alert.lat, UNPLACED_M)
    else:
        moment = Moment(passer.seen_at, alert.lon, alert.lat, 2 * PLACED_M)
    return Seen(alert.camera_id, passer.track_uid, (moment,), passer.class_name, passer.confidence)


def with_neighbours(conn: Connection, group: Sequence[Seen]) -> list[Seen]:
    """The group, and who passed the camera shortly before and after."""
    first, last = _span(group)
    beside = seen_of(
        sightings_between(conn, group[0].camera_id, first - NEIGHBOURS, last + NEIGHBOURS)
    )
    mine = {seen.track_uid for seen in group}
    return [*group, *(seen for seen in beside if seen.track_uid not in mine)]


def fleet_about(
    conn: Connection,
    group: Sequence[Seen],
    parameters: AttributionParameters,
    until: datetime | None,
    now: datetime,
) -> FleetKnown:
    """What is known of the fleet about the time of the group.

    `until`: up to when positions have come; a passage that is long past does not wait for more.
    """
    first, last = _span(group)
    gap = timedelta(seconds=parameters.most_gap_s)
    place = group[0].moments[0]
    near, elsewhere = fixes_near(
        conn, place.lon, place.lat, RADIUS_M, first - NEIGHBOURS - gap, last + NEIGHBOURS + gap
    )
    late = now - last >= timedelta(seconds=parameters.final_after_s)
    return FleetKnown(
        fixes=_by_vehicle(near),
        now=now if late or until is None else until,
        laden=dict.fromkeys(on_a_trip(conn, first), True),
        # Of a fleet that nothing was heard of, nobody is said to be silent.
        elsewhere=elsewhere if near or elsewhere else None,
    )


def clock_of(
    conn: Connection, camera_id: str, at: datetime, parameters: AttributionParameters
) -> CameraClock:
    """What past trucks tell of the camera's clock."""
    return learned_clock(clock_offsets(conn, camera_id, at, CLOCKS_FROM), parameters)


def _span(group: Sequence[Seen]) -> tuple[datetime, datetime]:
    return group[0].moments[0].at, group[-1].moments[-1].at


def _by_vehicle(positions: Iterable[Position]) -> Mapping[str, VehicleFixes]:
    of: dict[str, list[Position]] = {}
    for position in positions:
        of.setdefault(position.vehicle_id, []).append(position)
    return {vehicle_id: VehicleFixes.of(vehicle_id, fixes) for vehicle_id, fixes in of.items()}
