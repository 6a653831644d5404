"""Trips and rounds, from what the store holds to what the API answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from shapely.geometry import mapping

from config.permit import Permit
from config.route import Route
from console.segment_lines import segment_lines
from console.stops import stops
from console.trip_responses import (
    PermitEntry,
    PointEntry,
    RoundEntry,
    RoundResponse,
    SegmentCountEntry,
    SegmentEntry,
    StopEntry,
    StretchEntry,
    TripEntry,
    TripResponse,
    VehicleTrackEntry,
    VisitEntry,
)
from console.views import alert_entry
from geofence.finding import RoundState, ZoneVisit
from geofence.parameters import Parameters
from store.round_reader import RoundPage, StoredRound
from store.track import Stretch, every_nth
from store.trip_reader import StoredTrip, TripPage

POINTS = 2000
"""A track is thinned to about so many: more than a map of a district can show."""

_PUNCTUAL = {RoundState.DONE: True, RoundState.LATE: False, RoundState.INCOMPLETE: False}


def trip_entry(stored: StoredTrip) -> TripEntry:
    return TripEntry.model_validate(_plain(stored.trip) | _plain(stored))


def trip_response(page: TripPage, parameters: Parameters) -> TripResponse:
    points = (point for stretch in page.track for point in stretch)
    at_least_s, left_at = parameters.trip.stop_s, page.stored.trip.left_at
    return TripResponse(
        trip=trip_entry(page.stored),
        permit=None if page.permit is None else permit_entry(page.permit),
        track=_stretches(page.track),
        stops=[
            StopEntry.model_validate(stop._asdict())
            for stop in stops(points, left_at, at_least_s, parameters.stop)
        ],
        visits=_visits(page.visits),
        alerts=[alert_entry(alert) for alert in page.alerts],
    )


def permit_entry(permit: Permit) -> PermitEntry:
    return PermitEntry(
        permit_id=permit.permit_id,
        site_zone=permit.site_zone,
        ground_zone=permit.ground_zone,
        route_ids=list(permit.route_ids),
        valid_from=permit.valid_from,
        valid_to=permit.valid_to,
        hours=str(permit.hours),
        speed_limit_kmh=permit.speed_limit_kmh,
        daily_trips=permit.daily_trips,
    )


def round_entry(stored: StoredRound) -> RoundEntry:
    told = stored.round
    return RoundEntry.model_validate(
        _plain(told)
        | {
            "round_id": stored.round_id,
            "vehicle_ids": list(told.vehicle_ids),
            "punctual": _PUNCTUAL.get(told.state),
            "counts": [SegmentCountEntry.model_validate(_plain(c)) for c in stored.counts],
            "updated_at": stored.updated_at,
        }
    )


def round_response(page: RoundPage, route: Route | None) -> RoundResponse:
    segments = page.stored.round.segments
    return RoundResponse(
        round=round_entry(page.stored),
        segments=[
            SegmentEntry.model_validate(
                _plain(segment) | {"geometry": None if line is None else mapping(line)}
            )
            for segment, line in zip(segments, segment_lines(route, segments), strict=True)
        ],
        tracks=[
            VehicleTrackEntry(vehicle_id=vehicle, track=_stretches(track))
            for vehicle, track in page.tracks.items()
        ],
        visits=_visits(page.visits),
        alerts=[alert_entry(alert) for alert in page.alerts],
    )


def _stretches(track: Sequence[Stretch]) -> list[StretchEntry]:
    return [
        StretchEntry(points=[PointEntry.model_validate(_plain(point)) for point in stretch])
        for stretch in every_nth(track, POINTS)
    ]


def _visits(visits: Iterable[ZoneVisit]) -> list[VisitEntry]:
    return [VisitEntry.model_validate(_plain(visit)) for visit in visits]


def _plain(struct: msgspec.Struct) -> dict[str, Any]:
    return msgspec.structs.asdict(struct)
