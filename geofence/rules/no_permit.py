"""Loading at a site without a permit (无准运证)."""

from __future__ import annotations

import math
from collections import defaultdict
from datetime import datetime

import msgspec
import numpy as np

from config.permit import Permit
from config.site import Site
from config.vehicle import VehicleKind
from config.zone import ZoneKind
from geofence.finding import Step, Value, Violation
from geofence.ground import Ground
from geofence.moment import moment
from geofence.projection import Floats
from geofence.rows import Rows
from geofence.rules.load import UNKNOWN, LoadState
from geofence.rules.rule import NO_NUMBERS, Codes, Rule
from geofence.rules.trip_state import OpenTrip, TripState
from geofence.rules.zone_visits import Stay
from geofence.sight import Quiet, Sight


class NoPermitState(msgspec.Struct, frozen=True, array_like=True, tag="no_permit"):
    """The newest visit to a site. Event times in seconds since 1970.

    Attributes:
        first_t, lon, lat: its first fix there.
        left_t: its last one, once it drove out.
        waited: it was looked at when it had been there for `load_dwell_s`.
        settled: it was loaded, and may be.
        hauls: its trip has begun.
        raised: the violation as it was last found.
    """

    site_id: str
    first_t: float
    lon: float
    lat: float
    left_t: float | None = None
    waited: bool = False
    settled: bool = False
    hauls: bool = False
    raised: Violation | None = None


class NoPermit(Rule[NoPermitState]):
    """A muck truck is loaded at a site while no permit in force names it and the site.

    It is taken to be loaded as `Loads` and `Trips` take it to be: when its sensor turns to fuller
    there; without a sensor, when it has stood there and stayed for `load_dwell_s`; at the latest
    when its trip begins. So one that only drops by is not judged. Ends with the trip, or, without
    one, when it has left. A site that has no permits at all is not judged.
    """

    name = "no_permit"
    kinds = ("no_permit",)
    reads = ("zone_visit", "stop", "load", "trip")

    def __init__(self, ground: Ground) -> None:
        self._p = ground.parameters.trip
        self._ground = ground
        self._papers = Papers(ground.site)
        self._told: dict[str, Value] = {
            "load_dwell_s": self._p.load_dwell_s,
            "load_hold_s": self._p.load_hold_s,
        }
        # A sensor is late, and so are the fixes that tell of it.
        self._late_s = 2 * self._p.load_late_s

    def measure(self, rows: Rows) -> tuple[Codes, Floats]:
        return np.zeros(len(rows), dtype=np.uint64), NO_NUMBERS  # the rules before tell it

    def quiet_until(self, state: NoPermitState) -> float:
        if state.hauls:
            return math.inf
        if state.left_t is not None:
            return state.left_t + self._late_s
        waits = not (state.waited or state.settled or state.raised)
        return state.first_t + self._p.load_dwell_s if waits else math.inf

    def wake_at(self, state: NoPermitState) -> float:
        """With the trip that nobody saw the end of."""
        if state.raised is None or state.left_t is None:
            return math.inf
        return state.left_t + max(self._p.forget_s, self._late_s)

    def step(
        self,
        state: NoPermitState | None,
        sight: Sight,
        code: int,  # noqa: ARG002 (the rules' protocol)
        number: float,  # noqa: ARG002
    ) -> tuple[NoPermitState | None, tuple[Step, ...]]:
        if sight.kind is not VehicleKind.MUCK or not self._ground.plans.permits:
            return None, ()
        found: list[Step] = []
        stay, now = self._stay(sight), state
        if stay is not None and (
            now is None or (now.site_id, now.first_t) != (stay.zone_id, stay.first_t)
        ):
            if now is not None:
                _end(now, stay.first_t, found)
            now = NoPermitState(stay.zone_id, stay.first_t, stay.lon, stay.lat)
        if now is None:
            return None, ()
        if stay is not None and stay.inside_t != now.left_t:
            now = msgspec.structs.replace(now, left_t=stay.inside_t)
        now = self._judge(now, stay, sight, found)
        return self._go_on(now, stay, sight, found), tuple(found)

    def tick(
        self,
        state: NoPermitState | None,
        quiet: Quiet,
        code: int,  # noqa: ARG002
    ) -> tuple[NoPermitState | None, tuple[Step, ...]]:
        if state is None or state.left_t is None:
            return state, ()
        found: list[Step] = []
        ended_t = _ended_t(state, quiet.trip)
        _end(state, state.left_t if ended_t is None else ended_t, found)
        return None, tuple(found)

    def _stay(self, sight: Sight) -> Stay | None:
        """The visit that counts, as for `Trips`: the oldest to a site."""
        kind = self._ground.zone_kind
        sites = [s for s in sight.visits.values() if kind[s.zone_id] is ZoneKind.SITE]
        return min(sites, key=lambda s: s.first_t) if sites else None

    def _judge(
        self, now: NoPermitState, stay: Stay | None, sight: Sight, found: list[Step]
    ) -> NoPermitState:
        if now.settled or now.raised is not None:
            return now
        loaded = self._loaded(now, stay, sight)
        if loaded is None:
            if not now.waited and sight.t >= now.first_t + self._p.load_dwell_s:
                return msgspec.structs.replace(now, waited=True)
            return now
        t, by = loaded
        verdict = self._papers.judge(sight.vehicle_id, now.site_id, moment(t))
        if verdict is None:
            return msgspec.structs.replace(now, settled=True)
        permit_id, values = verdict
        violation = Violation(
            kind="no_permit",
            vehicle_id=sight.vehicle_id,
            subject=now.site_id,
            zone_id=now.site_id,
            permit_id=permit_id,
            started_at=moment(now.first_t),
            confirmed_at=sight.at,
            lon=now.lon,
            lat=now.lat,
            values={**values, "load_by": by, "loaded_at": moment(t).isoformat()},
            parameters=self._told,
        )
        found.append(violation)
        return msgspec.structs.replace(now, raised=violation)

    def _loaded(
        self, now: NoPermitState, stay: Stay | None, sight: Sight
    ) -> tuple[float, str] | None:
        """When it was loaded, and what tells; None while that is not known."""
        trip = _trip_of(now, sight.trip)
        if trip is not None:
            return trip.left_t, trip.load_by
        load: LoadState | None = sight.states.get("load")
        if load is None or stay is None:
            return None
        if load.cause == "sensor":
            fuller = 0 <= load.before < load.level
            return (load.since_t, "sensor") if fuller and load.since_t >= now.first_t else None
        place = load.place
        stood = place is not None and place.zone_id == now.site_id and place.stood
        inside = stay.inside_t is None and sight.load == UNKNOWN
        if stood and inside and sight.t - now.first_t >= self._p.load_dwell_s:
            return sight.t, "place"
        return None

    def _go_on(
        self, now: NoPermitState, stay: Stay | None, sight: Sight, found: list[Step]
    ) -> NoPermitState | None:
        """What is left to be remembered once it is out of the site."""
        if stay is not None or now.left_t is None:
            return now
        if now.settled:
            return None
        if _trip_of(now, sight.trip) is not None:
            return now if now.hauls else msgspec.structs.replace(now, hauls=True)
        ended_t = _ended_t(now, sight.trip)
        if ended_t is None:
            if sight.t < now.left_t + self._late_s:
                return now
            ended_t = now.left_t
        _end(now, ended_t, found)
        return None


class Papers:
    """What is wrong with the papers of a vehicle that loads at a site."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._of_vehicle: dict[str, list[Permit]] = defaultdict(list)
        self._of_site: dict[str, list[Permit]] = defaultdict(list)
        for permit in site.permits.values():
            if permit.site_zone is not None:
                self._of_site[permit.site_zone].append(permit)
            for vehicle_id in permit.vehicle_ids:
                self._of_vehicle[vehicle_id].append(permit)

    def judge(
        self, vehicle_id: str, site_id: str, at: datetime
    ) -> tuple[str | None, dict[str, Value]] | None:
        """None where all is well; else the permit that comes nearest, and what is wrong.

        The permit comes first: what the register says against vehicle and company is the reason
        only where a permit covers the trip, and told as `also` where none does.
        """
        mine = self._of_vehicle.get(vehicle_id, [])
        fitting = [p for p in mine if p.site_zone in (None, site_id)]
        in_force = next((p for p in fitting if p.in_force(at)), None)
        register = self._register(vehicle_id, at)
        if in_force is not None:
            if not register:
                return None
            reason, *also = register
            return in_force.permit_id, self._values(reason, also, in_force, vehicle_id)
        permit = min(fitting, key=lambda p: _away_s(p, at), default=None)
        if permit is not None:
            expired = permit.valid_to is not None and permit.valid_to <= at
            reason = "expired" if expired else "not_yet"
        elif mine:
            reason = "other_site"
        elif any(p.in_force(at) for p in self._of_site.get(site_id, [])):
            reason = "other_vehicle"
        else:
            reason = "none"
        values = self._values(reason, register, permit, vehicle_id)
        if reason == "other_site":
            sites = dict.fromkeys(p.site_zone for p in mine if p.site_zone)
            values |= {"permits": "|".join(p.permit_id for p in mine), "sites": "|".join(sites)}
        if reason == "other_vehicle":
            permits = [p.permit_id for p in self._of_site[site_id] if p.in_force(at)]
            values |= {"permits": "|".join(permits)}
        return None if permit is None else permit.permit_id, values

    def _register(self, vehicle_id: str, at: datetime) -> list[str]:
        vehicle = self._site.vehicles[vehicle_id]
        company = self._site.companies.get(vehicle.company_id)
        wrong = []
        if not vehicle.in_force(at):
            wrong.append("vehicle_not_registered_then")
        if company is not None and not company.in_force(at):
            wrong.append("company_not_admitted")
        if vehicle.certificate_to is not None and vehicle.certificate_to <= at:
            wrong.append("certificate_expired")
        return wrong

    def _values(
        self, reason: str, also: list[str], permit: Permit | None, vehicle_id: str
    ) -> dict[str, Value]:
        values: dict[str, Value] = {"reason": reason}
        if also:
            values["also"] = "|".join(also)
        if permit is not None:
            values |= {"valid_from": _iso(permit.valid_from), "valid_to": _iso(permit.valid_to)}
        wrong = (reason, *also)
        vehicle = self._site.vehicles[vehicle_id]
        if "certificate_expired" in wrong:
            values["certificate_to"] = _iso(vehicle.certificate_to)
        if "company_not_admitted" in wrong:
            company = self._site.companies[vehicle.company_id]
            values |= {
                "company": company.company_id,
                "admitted_from": _iso(company.valid_from),
                "admitted_to": _iso(company.valid_to),
            }
        if "vehicle_not_registered_then" in wrong:
            values |= {
                "registered_from": _iso(vehicle.valid_from),
                "registered_to": _iso(vehicle.valid_to),
            }
        return values


def _trip_of(now: NoPermitState, trips: TripState | None) -> OpenTrip | None:
    """The trip under way that began with this visit."""
    trip = trips.trip if trips else None
    mine = trip is not None and (trip.site_id, trip.began_t) == (now.site_id, now.first_t)
    return trip if mine else None


def _ended_t(now: NoPermitState, trips: TripState | None) -> float | None:
    """When the trip that began with this visit was over."""
    ended = trips.ended if trips else None
    if ended is None or (ended.trip.site_id, ended.trip.began_t) != (now.site_id, now.first_t):
        return None
    return ended.ended_t


def _end(now: NoPermitState, ended_t: float, found: list[Step]) -> None:
    if now.raised is not None:
        ended_at = moment(max(ended_t, now.first_t))
        found.append(msgspec.structs.replace(now.raised, ended_at=ended_at))


def _away_s(permit: Permit, at: datetime) -> float:
    """How long ago a permit that is not in force ran out, or how soon it will be."""
    if permit.valid_to is not None and permit.valid_to <= at:
        return (at - permit.valid_to).total_seconds()
    return 0.0 if permit.valid_from is None else (permit.valid_from - at).total_seconds()


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
