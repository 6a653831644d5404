"""Muck trips (运次): from where a truck was loaded to where it lost its load."""

from __future__ import annotations

import math

import msgspec
import numpy as np

from config.vehicle import VehicleKind
from config.zone import ZoneKind
from geofence.finding import Step, TripOutcome, UnexplainedStop
from geofence.ground import Ground
from geofence.moment import moment
from geofence.projection import Floats
from geofence.rows import Rows
from geofence.rules.load import LoadState
from geofence.rules.rule import NO_NUMBERS, Codes, Rule
from geofence.rules.trip_record import MISSING, TripRecords, lost_load
from geofence.rules.trip_state import EndedTrip, OpenTrip, SiteStay, Suspect, TripState
from geofence.sight import Quiet, Sight


class Trips(Rule[TripState]):
    """Begins when a laden truck has left its site, ends when its load is gone, or it loads again.

    Three-point reconciliation: the site, the route and the ground of the trip against its permit.
    """

    name = "trip"
    reads = ("zone_visit", "stop", "load")
    timed = False

    def __init__(self, ground: Ground) -> None:
        self._p = ground.parameters.trip
        self._records = TripRecords(ground)
        self._kind = ground.zone_kind

    def measure(self, rows: Rows) -> tuple[Codes, Floats]:
        """Whether a lid tells; all else is told by the rules that it reads."""
        return (rows.muck & (rows.fixes.lid >= 0)).astype(np.uint64), NO_NUMBERS

    def wake_at(self, state: TripState) -> float:
        return math.inf if state.trip is None else state.trip.left_t + self._p.forget_s

    def shows(self, before: TripState | None, after: TripState | None) -> bool:
        if before is None or after is None:
            return True
        return before.trip is not after.trip or before.ended is not after.ended

    def step(
        self,
        state: TripState | None,
        sight: Sight,
        code: int,  # noqa: ARG002 (the rules' protocol)
        number: float,  # noqa: ARG002
    ) -> tuple[TripState | None, tuple[Step, ...]]:
        load: LoadState | None = sight.states.get("load")
        if sight.kind is not VehicleKind.MUCK or load is None:
            return state, ()
        before = TripState() if state is None else state
        found: list[Step] = []
        now = self._at_site(before, sight)
        if now.trip is None:
            now = self._idle(now, load, sight, found)
            now = self._open(now, load, sight, found)
        else:
            now = self._go_on(now, now.trip, load, sight, found)
        if now.load_t != load.since_t:
            now = msgspec.structs.replace(now, load_t=load.since_t)
        return (state if now is before or now == before else now), tuple(found)

    def tick(
        self,
        state: TripState | None,
        quiet: Quiet,
        code: int,  # noqa: ARG002
    ) -> tuple[TripState | None, tuple[Step, ...]]:
        if state is None or state.trip is None:
            return state, ()
        trip = state.trip
        told = self._records.record(quiet.vehicle_id, trip, None, TripOutcome.UNKNOWN, quiet.t)
        ended = EndedTrip(trip, TripOutcome.UNKNOWN, quiet.t)
        return msgspec.structs.replace(state, trip=None, ended=ended), (told,)

    def _at_site(self, state: TripState, sight: Sight) -> TripState:
        """Keep in mind the newest visit to a site, and when and where it drove out."""
        visits = sight.visits
        if not visits:
            return state
        sites = [s for s in visits.values() if self._kind[s.zone_id] is ZoneKind.SITE]
        if not sites:
            return state
        stay, known = min(sites, key=lambda s: s.first_t), state.site
        if known is None or (known.zone_id, known.first_t) != (stay.zone_id, stay.first_t):
            known = SiteStay(stay.zone_id, stay.first_t, stay.lon, stay.lat)
        if stay.inside_t is None and known.left_t is None:
            pass
        elif stay.inside_t is None:
            known = msgspec.structs.replace(known, left_t=None, odometer=())
        elif known.left_t is None:
            known = msgspec.structs.replace(known, left_t=stay.inside_t, odometer=sight.odometer)
        if known is state.site:
            return state
        return msgspec.structs.replace(state, site=known)

    def _idle(
        self, state: TripState, load: LoadState, sight: Sight, found: list[Step]
    ) -> TripState:
        """No trip is known: if it unloads at a ground all the same, where was it loaded?"""
        stop = sight.stop
        if stop is not None and stop.until_t is not None and stop.since_t > state.idle_t:
            state = msgspec.structs.replace(state, idle_t=stop.since_t)
            was, lasted_s = state.idle, stop.until_t - stop.since_t
            longer = was is None or lasted_s > was.until_t - was.since_t
            if not stop.known and longer and lasted_s >= self._p.load_dwell_s:
                longest = Suspect(stop.since_t, stop.until_t, stop.lon, stop.lat, stop.off_route)
                state = msgspec.structs.replace(state, idle=longest)
        if load.since_t <= state.load_t or load.cause == "sensor":
            return state
        idle = state.idle
        if load.cause == "ground" and idle is not None:
            found.append(
                UnexplainedStop(
                    vehicle_id=sight.vehicle_id,
                    started_at=moment(idle.since_t),
                    ended_at=moment(idle.until_t),
                    lon=idle.lon,
                    lat=idle.lat,
                    loading=True,
                    weight=self._p.unseen_loading_weight,
                )
            )
        return state if idle is None else msgspec.structs.replace(state, idle=None)

    def _open(
        self, state: TripState, load: LoadState, sight: Sight, found: list[Step]
    ) -> TripState:
        if load.level <= 0 or load.since_t <= state.load_t:
            return self._open_later(state, load, sight, found)
        return self._begin(state, load, sight, found)

    def _open_later(
        self, state: TripState, load: LoadState, sight: Sight, found: list[Step]
    ) -> TripState:
        """Laden by its sensor already while it still stood in the site."""
        site = state.site
        waiting = (
            load.level > 0
            and site is not None
            and site.left_t is not None
            and site.zone_id not in sight.visits
            and site.first_t <= load.since_t <= site.left_t + self._p.load_late_s
            and (state.ended is None or state.ended.ended_t <= load.since_t)
        )
        return self._begin(state, load, sight, found) if waiting else state

    def _begin(
        self, state: TripState, load: LoadState, sight: Sight, found: list[Step]
    ) -> TripState:
        site = state.site
        if any(self._kind[z] is ZoneKind.SITE for z in sight.visits):
            return state  # still in the site: when it has left
        from_site = (
            site is not None
            and site.left_t is not None
            and site.first_t <= load.since_t <= site.left_t + self._p.load_late_s
        )
        if from_site and site is not None and site.left_t is not None:
            permits = self._records.permits(sight.vehicle_id, site.zone_id, site.left_t)
            trip = OpenTrip(
                began_t=site.first_t,
                site_id=site.zone_id,
                left_t=site.left_t,
                lon=site.lon,
                lat=site.lat,
                load_by="sensor" if load.cause == "sensor" else "place",
                permit_ids=tuple(p.permit_id for p in permits),
                odometer=site.odometer,
                stop_t=site.left_t,
            )
        elif load.cause == "sensor" and load.before == 0 and not load.known:
            trip = self._from_nowhere(load, sight, found)
        else:
            return state  # it was laden before anything was known of it, or within another place
        trip = msgspec.structs.replace(trip, has_lid=sight.lid >= 0)
        found.append(
            self._records.record(
                sight.vehicle_id, trip, sight.odometer, TripOutcome.UNDER_WAY, None
            )
        )
        return msgspec.structs.replace(state, trip=trip)

    def _from_nowhere(self, load: LoadState, sight: Sight, found: list[Step]) -> OpenTrip:
        """Loaded, its sensor says, where no register knows a site."""
        stop = sight.stop
        since_t = load.since_t
        if stop is not None and stop.since_t <= load.since_t:
            since_t = stop.since_t
        found.append(
            UnexplainedStop(
                vehicle_id=sight.vehicle_id,
                started_at=moment(since_t),
                ended_at=moment(max(since_t, load.since_t)),
                lon=load.lon,
                lat=load.lat,
                loading=True,
                weight=1.0,
            )
        )
        return OpenTrip(
            began_t=since_t,
            site_id=None,
            left_t=load.since_t,
            lon=load.lon,
            lat=load.lat,
            load_by="sensor",
            permit_ids=(),
            odometer=sight.odometer,
            stop_t=load.since_t,
        )

    def _go_on(
        self, state: TripState, trip: OpenTrip, load: LoadState, sight: Sight, found: list[Step]
    ) -> TripState:
        now = self._with_stops(trip, sight)
        now = self._at_ground(now, sight)
        if sight.lid >= 0 and not now.has_lid:
            now = msgspec.structs.replace(now, has_lid=True)
        if load.level == 0 and load.since_t > state.load_t:
            return self._emptied(state, now, load, sight, found)
        left_ground = trip.ground_id is not None and now.ground_id is None
        if left_ground and trip.emptied_t is not None:
            outcome = self._records.outcome(trip)
            return self._end(state, trip, outcome, sight.before_t, sight=sight, found=found)
        if now.ground_id != trip.ground_id:
            outcome = TripOutcome.UNLOADING if now.ground_id else TripOutcome.UNDER_WAY
            found.append(self._records.record(sight.vehicle_id, now, sight.odometer, outcome, None))
        return state if now is trip else msgspec.structs.replace(state, trip=now)

    def _with_stops(self, trip: OpenTrip, sight: Sight) -> OpenTrip:
        """Count a stop on the way once it is over, and keep the longest suspicious one."""
        stop = sight.stop
        if stop is None or stop.since_t <= trip.stop_t or stop.until_t is None:
            return trip
        lasted_s = stop.until_t - stop.since_t
        if lasted_s < self._p.stop_s:
            return msgspec.structs.replace(trip, stop_t=stop.since_t)
        trip = msgspec.structs.replace(
            trip,
            stops=trip.stops + 1,
            stopped_s=trip.stopped_s + lasted_s,
            stop_t=stop.since_t,
        )
        suspect = Suspect(stop.since_t, stop.until_t, stop.lon, stop.lat, stop.off_route)
        if stop.known or lasted_s < self._suspect_s(suspect):
            return trip
        was = trip.suspect
        if was is not None and (was.off_route, was.until_t - was.since_t) >= (
            stop.off_route,
            lasted_s,
        ):
            return trip
        return msgspec.structs.replace(trip, suspect=suspect)

    def _suspect_s(self, suspect: Suspect) -> float:
        return self._p.stop_s if suspect.off_route else self._p.suspect_on_route_s

    def _at_ground(self, trip: OpenTrip, sight: Sight) -> OpenTrip:
        grounds = [
            s
            for s in sight.visits.values()
            if self._kind[s.zone_id] in (ZoneKind.GROUND, ZoneKind.TRANSFER_STATION)
        ]
        if not grounds:
            if trip.ground_id is None:
                return trip
            return msgspec.structs.replace(trip, ground_id=None, arrived_t=None)
        stay = min(grounds, key=lambda s: s.first_t)
        if stay.zone_id == trip.ground_id:
            return trip
        return msgspec.structs.replace(trip, ground_id=stay.zone_id, arrived_t=stay.first_t)

    def _emptied(
        self, state: TripState, trip: OpenTrip, load: LoadState, sight: Sight, found: list[Step]
    ) -> TripState:
        """The load is gone: at a ground, or not."""
        was = state.trip or trip
        ground_id = trip.ground_id or (
            was.ground_id if load.cause in ("ground", "sensor") else None
        )
        if load.cause == "ground" and ground_id is None:
            ground_id = load.zone_id
        if ground_id is not None:
            trip = msgspec.structs.replace(
                trip,
                ground_id=ground_id,
                arrived_t=trip.arrived_t or was.arrived_t or load.since_t,
                emptied_t=load.since_t,
            )
            return self._end(
                state, trip, self._records.outcome(trip), load.since_t, sight=sight, found=found
            )
        if load.cause in ("sensor", "body") and not load.known:
            outcome = TripOutcome.DUMPED
            found.append(lost_load(sight.vehicle_id, load.since_t, load.lon, load.lat, 1.0))
        elif load.cause == "sensor":  # at a site, a depot, or the edge of a ground
            outcome = TripOutcome.UNKNOWN
        elif sight.odometer[MISSING] - trip.odometer[MISSING] >= self._p.hidden_s:
            outcome = TripOutcome.UNKNOWN  # it may have been at a ground, unseen
        elif trip.suspect is not None:
            outcome, suspect = TripOutcome.DUMPED, trip.suspect
            lost = lost_load(sight.vehicle_id, suspect.since_t, suspect.lon, suspect.lat, 0.5)
            found.append(msgspec.structs.replace(lost, ended_at=moment(suspect.until_t)))
        else:
            outcome = TripOutcome.UNFINISHED
        return self._end(state, trip, outcome, load.since_t, sight=sight, found=found)

    def _end(
        self,
        state: TripState,
        trip: OpenTrip,
        outcome: TripOutcome,
        ended_t: float,
        *,
        sight: Sight,
        found: list[Step],
    ) -> TripState:
        found.append(self._records.record(sight.vehicle_id, trip, sight.odometer, outcome, ended_t))
        return msgspec.structs.replace(state, trip=None, ended=EndedTrip(trip, outcome, ended_t))
