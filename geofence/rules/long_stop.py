"""A laden truck stands too long where it has no business to (长时间停留)."""

from __future__ import annotations

import math

import msgspec
import numpy as np

from config.rule_parameters import as_values
from config.vehicle import VehicleKind
from geofence.finding import Step, Violation
from geofence.ground import Ground
from geofence.moment import moment
from geofence.projection import Floats
from geofence.rows import Rows
from geofence.rules.load import LoadState
from geofence.rules.rule import NO_NUMBERS, Codes, Rule
from geofence.sight import Quiet, Sight

WAIT_S = 90.0


class LongStopState(msgspec.Struct, frozen=True, array_like=True, tag="long_stop"):
    """A stop laden. `of_t`: since when both hold; `since_t`: since when it stands at (x, y).

    `crawls`: it has not stood all the time, so each fix is asked where it is.
    """

    of_t: float
    since_t: float
    x: float
    y: float
    lon: float
    lat: float
    crawls: bool = False
    raised: Violation | None = None


class LongStop(Rule[LongStopState]):
    """Stands laden for `hold_s` within `radius_m`, outside sites, grounds and depots.

    A truck that falls silent while it stands is taken to stand on.
    """

    name = "long_stop"
    kinds = ("long_stop",)
    reads = ("stop", "load")

    def __init__(self, ground: Ground) -> None:
        self._p = ground.parameters.long_stop
        told = as_values(self._p).items()
        self._told = {k: v for k, v in told if not k.startswith("round_")}  # see `round_stop`

    def measure(self, rows: Rows) -> tuple[Codes, Floats]:
        return np.zeros(len(rows), dtype=np.uint64), NO_NUMBERS  # stop and load tell it

    def quiet_until(self, state: LongStopState) -> float:
        if state.raised:
            return math.inf
        return -math.inf if state.crawls else state.since_t + self._p.hold_s

    def wake_at(self, state: LongStopState) -> float:
        # A fix that comes about then knows better whether it stands or crawls.
        return math.inf if state.raised else state.since_t + self._p.hold_s + WAIT_S

    def step(
        self,
        state: LongStopState | None,
        sight: Sight,
        code: int,  # noqa: ARG002 (the rules' protocol)
        number: float,  # noqa: ARG002
    ) -> tuple[LongStopState | None, tuple[Step, ...]]:
        stop = sight.stop
        load: LoadState | None = sight.states.get("load")
        laden = sight.kind is VehicleKind.MUCK and load is not None and load.level > 0
        if stop is None or load is None or not laden or stop.until_t is not None or stop.known:
            until_t = stop.until_t if stop is not None else None
            return None, _ended(state, sight.t if until_t is None else until_t)
        since_t = max(stop.since_t, load.since_t)
        if state is None or state.of_t != since_t:
            found = _ended(state, since_t)
            return LongStopState(since_t, since_t, stop.x, stop.y, stop.lon, stop.lat), found
        lasted = sight.t - state.since_t >= self._p.hold_s
        if state.raised or not (lasted or state.crawls):
            return state, ()
        if math.hypot(sight.x - state.x, sight.y - state.y) > self._p.radius_m:
            # It crawled: from here on it may stand.
            here = (sight.t, sight.x, sight.y, sight.lon, sight.lat)
            return LongStopState(state.of_t, *here, crawls=True), ()
        if not lasted:
            return state, ()
        return self._raised(state, sight.vehicle_id, sight.t)

    def tick(
        self,
        state: LongStopState | None,
        quiet: Quiet,
        code: int,  # noqa: ARG002
    ) -> tuple[LongStopState | None, tuple[Step, ...]]:
        return (None, ()) if state is None else self._raised(state, quiet.vehicle_id, quiet.t)

    def _raised(
        self, state: LongStopState, vehicle_id: str, t: float
    ) -> tuple[LongStopState, tuple[Step, ...]]:
        violation = Violation(
            kind="long_stop",
            vehicle_id=vehicle_id,
            subject="",
            started_at=moment(state.since_t),
            confirmed_at=moment(t),
            lon=state.lon,
            lat=state.lat,
            values={"duration_s": round(t - state.since_t, 3)},
            parameters=self._told,
        )
        return msgspec.structs.replace(state, raised=violation), (violation,)


def _ended(state: LongStopState | None, until_t: float) -> tuple[Step, ...]:
    if state is None or state.raised is None:
        return ()
    until_t = max(until_t, state.since_t)
    values = {**state.raised.values, "duration_s": round(until_t - state.since_t, 3)}
    return (msgspec.structs.replace(state.raised, ended_at=moment(until_t), values=values),)
