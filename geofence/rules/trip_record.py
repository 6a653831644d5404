"""The record of a trip, reconciled with its permit (运次记录, 三点核对)."""

from __future__ import annotations

from config.permit import Permit
from geofence.finding import Trip, TripOutcome, UnexplainedStop
from geofence.ground import Ground
from geofence.moment import moment
from geofence.rules.trip_state import Odometer, OpenTrip

FIXES, WAY, MOVING, OFF_ROUTE, MISSING, LID_OPEN = range(6)  # geofence.kept.ODOMETERS


class TripRecords:
    """Words what is known of a trip: site, route and ground against the permits in force."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._tolerance_m = ground.parameters.trip.route_tolerance_m

    def permits(self, vehicle_id: str, site_id: str, t: float) -> list[Permit]:
        """In force for a vehicle at a site; those that name the site before those for any."""
        permits = self._ground.plans.plan_at(vehicle_id, t).permits
        named = [p for p in permits if p.site_zone == site_id]
        return named or [p for p in permits if p.site_zone is None]

    def ground_ok(self, trip: OpenTrip) -> bool | None:
        """Whether a permit names its ground; None while no permit or ground is known."""
        permits = [self._ground.site.permits[p] for p in trip.permit_ids]
        if not permits or trip.ground_id is None:
            return None
        return any(p.ground_zone in (None, trip.ground_id) for p in permits)

    def outcome(self, trip: OpenTrip) -> TripOutcome:
        """Of a trip that was unloaded at a ground."""
        wrong = self.ground_ok(trip) is False
        return TripOutcome.WRONG_GROUND if wrong else TripOutcome.FINISHED

    def record(
        self,
        vehicle_id: str,
        trip: OpenTrip,
        odometer: Odometer | None,
        outcome: TripOutcome,
        ended_t: float | None,
    ) -> Trip:
        """As it stands; `odometer` at the newest fix, None where it has not moved since it left."""
        since = trip.odometer
        now = since if odometer is None else odometer
        way = [max(0.0, b - a) for a, b in zip(since, now, strict=True)]
        permits = [self._ground.site.permits[p] for p in trip.permit_ids]
        fitting = [p for p in permits if p.ground_zone in (None, trip.ground_id)] or permits
        routed = any(p.route_ids for p in permits)
        over = ended_t is not None
        return Trip(
            vehicle_id=vehicle_id,
            began_at=moment(trip.began_t),
            site_id=trip.site_id,
            left_at=moment(trip.left_t),
            permit_id=fitting[0].permit_id if fitting else None,
            ground_id=trip.ground_id,
            arrived_at=None if trip.arrived_t is None else moment(trip.arrived_t),
            emptied_at=None if trip.emptied_t is None else moment(trip.emptied_t),
            ended_at=None if ended_t is None else moment(ended_t),
            outcome=outcome,
            load_by=trip.load_by,
            lon=trip.lon,
            lat=trip.lat,
            distance_m=round(way[WAY], 1),
            moving_s=round(way[MOVING], 1),
            off_route_m=round(way[OFF_ROUTE], 1),
            stops=trip.stops,
            stopped_s=round(trip.stopped_s, 1),
            fixes=int(way[FIXES]),
            missing_s=round(way[MISSING], 1),
            lid_open_s=round(way[LID_OPEN], 1) if trip.has_lid else None,
            site_ok=trip.site_id is not None and bool(permits),
            route_ok=way[OFF_ROUTE] <= self._tolerance_m if routed and over else None,
            ground_ok=self.ground_ok(trip) if over else None,
        )


def lost_load(vehicle_id: str, t: float, lon: float, lat: float, weight: float) -> UnexplainedStop:
    """A place where a load was lost, or may have been."""
    return UnexplainedStop(
        vehicle_id=vehicle_id,
        started_at=moment(t),
        ended_at=moment(t),
        lon=lon,
        lat=lat,
        loading=False,
        weight=weight,
    )
