"""A load that was lost where no register knows a ground (疑似偷倒)."""

from __future__ import annotations

import math

import msgspec
import numpy as np

from config.rule_parameters import as_values
from config.vehicle import VehicleKind
from geofence.finding import Step, TripOutcome, Value, Violation
from geofence.ground import Ground
from geofence.moment import moment
from geofence.projection import Floats
from geofence.rows import Rows
from geofence.rules.held import HeldState
from geofence.rules.load import LoadState
from geofence.rules.rule import NO_NUMBERS, Codes, Rule
from geofence.rules.stops import Stop
from geofence.rules.trip_state import OpenTrip
from geofence.sight import Sight

CONFIDENCE = {"load": 0.9, "body": 0.9, "load+body": 0.98, "no_ground": 0.6}
"""By evidence: our own judgement of how often each is wrong, for operators to sort by."""


class DumpingState(msgspec.Struct, frozen=True, array_like=True, tag="suspected_dumping"):
    """The stop or crawl that is suspected. Event times in seconds since 1970.

    Attributes:
        since_t, lon, lat: where and since when it stands; 0 where none is suspected.
        load: what the load was and became there, None while the sensor has not told.
        body: whether the body was raised there, laden.
        raised: the violation as it was last told.
        load_t, ended_t: the load and the ended trip that were taken into account last.
    """

    since_t: float = 0.0
    lon: float = 0.0
    lat: float = 0.0
    load: tuple[int, int] | None = None
    body: bool = False
    raised: Violation | None = None
    load_t: float = -math.inf
    ended_t: float = -math.inf


class SuspectedDumping(Rule[DumpingState]):
    """Laden, it stood or crawled outside every known place, and there

    - its load sensor turned to empty or lighter, once the stop has lasted `stop_s`;
    - or its body was raised;
    - or, without a sensor that tells: it had stood off its route, and loads again at a site without
      having been at a ground.
    """

    name = "suspected_dumping"
    kinds = ("suspected_dumping",)
    reads = ("stop", "load", "trip", "body_raised")

    def __init__(self, ground: Ground) -> None:
        self._p = ground.parameters.suspected_dumping
        self._told = as_values(self._p)

    def measure(self, rows: Rows) -> tuple[Codes, Floats]:
        return np.zeros(len(rows), dtype=np.uint64), NO_NUMBERS  # what it reads tells it

    def quiet_until(self, state: DumpingState) -> float:
        waits = (state.load is not None or state.body) and state.raised is None
        return state.since_t + self._p.stop_s if waits else math.inf

    def step(
        self,
        state: DumpingState | None,
        sight: Sight,
        code: int,  # noqa: ARG002 (the rules' protocol)
        number: float,  # noqa: ARG002
    ) -> tuple[DumpingState | None, tuple[Step, ...]]:
        load: LoadState | None = sight.states.get("load")
        if sight.kind is not VehicleKind.MUCK or load is None:
            return state, ()
        before = DumpingState() if state is None else state
        found: list[Step] = []
        now = self._by_missing_ground(before, sight, found)
        now = self._at_stop(now, sight, load, found)
        if now.load_t != load.since_t:
            now = msgspec.structs.replace(now, load_t=load.since_t)
        return (state if now is before or now == before else now), tuple(found)

    def _at_stop(
        self, state: DumpingState, sight: Sight, load: LoadState, found: list[Step]
    ) -> DumpingState:
        stop = sight.stop
        lighter = (
            load.cause == "sensor"
            and load.since_t > state.load_t
            and 0 <= load.level < load.before
            and not load.known
        )
        up: HeldState | None = sight.states.get("body_raised")
        raised = up is not None and up.raised is not None
        if stop is not None and (lighter or raised) and self._about(stop, sight.t):
            if stop.since_t != state.since_t:
                state = msgspec.structs.replace(
                    state,
                    since_t=stop.since_t,
                    lon=stop.lon,
                    lat=stop.lat,
                    load=None,
                    body=False,
                    raised=None,
                )
            if lighter:
                state = msgspec.structs.replace(state, load=(load.before, load.level))
            if raised and not state.body and self._laden_at(load, stop):
                state = msgspec.structs.replace(state, body=True)
        return self._tell(state, sight, stop, found)

    def _about(self, stop: Stop, t: float) -> bool:
        """Whether a stop is where it happened: going on, or just over."""
        return not stop.known and (stop.until_t is None or t - stop.until_t <= self._p.after_s)

    def _laden_at(self, load: LoadState, stop: Stop) -> bool:
        return load.level > 0 or (load.before > 0 and load.since_t >= stop.since_t)

    def _tell(
        self, state: DumpingState, sight: Sight, stop: Stop | None, found: list[Step]
    ) -> DumpingState:
        if stop is None or stop.since_t != state.since_t or not (state.load or state.body):
            return state
        until_t = sight.t if stop.until_t is None else stop.until_t
        if until_t - state.since_t < self._p.stop_s and not state.body:
            over = stop.until_t is not None  # too short: the sensor was wrong
            return msgspec.structs.replace(state, load=None) if over else state
        evidence = "+".join(n for n, told in (("load", state.load), ("body", state.body)) if told)
        values: dict[str, Value] = {"evidence": evidence, "off_route": stop.off_route}
        if state.load:
            values |= {"load_before": state.load[0], "load_after": state.load[1]}
        ended = stop.until_t is not None
        if ended:
            values["stop_s"] = round(until_t - state.since_t, 3)
        violation = self._violation(sight, state, evidence, values)
        if state.raised is not None:
            violation = msgspec.structs.replace(violation, confirmed_at=state.raised.confirmed_at)
        if ended:
            violation = msgspec.structs.replace(violation, ended_at=moment(until_t))
        if violation == state.raised:
            return state
        found.append(violation)
        return msgspec.structs.replace(state, raised=violation)

    def _by_missing_ground(
        self, state: DumpingState, sight: Sight, found: list[Step]
    ) -> DumpingState:
        ended = sight.trip.ended if sight.trip else None
        if ended is None or ended.ended_t <= state.ended_t:
            return state
        suspect, load = ended.trip.suspect, sight.states["load"]
        reloads = load.cause == "reload" and ended.outcome is TripOutcome.DUMPED
        if reloads and suspect is not None:
            values: dict[str, Value] = {
                "evidence": "no_ground",
                "off_route": suspect.off_route,
                "stop_s": round(suspect.until_t - suspect.since_t, 3),
            }
            place = DumpingState(suspect.since_t, suspect.lon, suspect.lat)
            violation = self._violation(sight, place, "no_ground", values, ended.trip)
            found.append(msgspec.structs.replace(violation, ended_at=moment(suspect.until_t)))
        return msgspec.structs.replace(state, ended_t=ended.ended_t)

    def _violation(
        self,
        sight: Sight,
        state: DumpingState,
        evidence: str,
        values: dict[str, Value],
        trip: OpenTrip | None = None,
    ) -> Violation:
        if trip is None and sight.trip is not None:
            ended = sight.trip.ended
            trip = sight.trip.trip or (ended.trip if ended else None)
        permit_id = trip.permit_ids[0] if trip and trip.permit_ids else None
        site_id = trip.site_id if trip else None
        return Violation(
            kind="suspected_dumping",
            vehicle_id=sight.vehicle_id,
            subject=site_id or "",
            permit_id=permit_id,
            started_at=moment(state.since_t),
            confirmed_at=sight.at,
            lon=state.lon,
            lat=state.lat,
            confidence=CONFIDENCE[evidence],
            values={"site": site_id, **values},
            parameters=self._told,
        )
