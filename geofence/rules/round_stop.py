"""A sanitation truck stands too long in the middle of its round (作业时段长时间停留)."""

from __future__ import annotations

import math

import msgspec
import numpy as np

from config.rule_parameters import as_values
from geofence.finding import Step, Violation
from geofence.ground import Ground
from geofence.moment import moment
from geofence.projection import Floats
from geofence.rows import Rows
from geofence.rules.rule import NO_NUMBERS, Codes, Rule
from geofence.sight import Sight

CELL_M = 25.0  # a fix in another cell is worth a look; within one it moves less than it may
MOVED_M = 20.0  # a truck that moved so far and stands again stands there: the light was before it
ASTRAY_S = 60.0
_ROW = 1 << 32


class RoundStopState(msgspec.Struct, frozen=True, array_like=True, tag="round_stop"):
    """Since when it stands at (x, y), in metres; what it moves within `round_radius_m` is nothing.

    Attributes:
        code: as `RoundStop.measure` gave it when it was last looked at.
        astray: (time, x, y, lon, lat) of the first fix far away that does not move: a reflection,
            unless it stays away for `ASTRAY_S`.
    """

    since_t: float
    x: float
    y: float
    lon: float
    lat: float
    code: int
    astray: tuple[float, float, float, float, float] | None = None
    raised: Violation | None = None


class RoundStop(Rule[RoundStopState]):
    """In one place for `round_hold_s` while a round of its is on, with the tool on or not.

    Not in depots and transfer stations. Fixes decide: of a truck that falls silent it is known with
    its next fix.
    """

    name = "round_stop"
    kinds = ("long_stop",)

    def __init__(self, ground: Ground) -> None:
        self._p = ground.parameters.long_stop
        told = as_values(self._p)
        self._told = {"hold_s": told["round_hold_s"], "radius_m": told["round_radius_m"]}
        self._work = ground.work
        self._yards = ground.zone_of_work[-1] & ~ground.zone_work_area

    def measure(self, rows: Rows) -> tuple[Codes, Floats]:
        """The cell that it is in and whether it moves; 0 where it does not matter."""
        code = np.zeros(len(rows), dtype=np.uint64)
        if self._p.enabled and self._work.plans:
            at = np.nonzero(rows.in_round & (rows.kind > 0))[0]
            if not len(at):
                return code, NO_NUMBERS
            at = at[~rows.inside_any(self._yards)[at]]
            east = np.floor(rows.x[at] / CELL_M).astype(np.int64) + _ROW // 8
            north = np.floor(rows.y[at] / CELL_M).astype(np.int64) + _ROW // 8
            code[at] = ((north * _ROW + east) * 2 + rows.moving[at]).astype(np.uint64)
        return code, NO_NUMBERS

    def quiet_until(self, state: RoundStopState) -> float:
        if state.astray is not None:
            return -math.inf
        return math.inf if state.raised else state.since_t + self._p.round_hold_s

    def step(
        self,
        state: RoundStopState | None,
        sight: Sight,
        code: int,
        number: float,  # noqa: ARG002 (the rules' protocol)
    ) -> tuple[RoundStopState | None, tuple[Step, ...]]:
        if not code:
            return None, _ended(state, sight.before_t)
        if state is None:
            return self._stands(sight, code), ()
        long = not state.raised and sight.t - state.since_t >= self._p.round_hold_s
        if code == state.code and not long and state.astray is None:
            return state, ()
        away_m = math.hypot(sight.x - state.x, sight.y - state.y)
        if away_m > self._p.round_radius_m:
            return self._far(state, sight, code)
        if state.code % 2 == 1 and not sight.moving and away_m > MOVED_M and not state.raised:
            state = RoundStopState(sight.t, sight.x, sight.y, sight.lon, sight.lat, code)
        elif code != state.code or state.astray is not None:
            state = msgspec.structs.replace(state, code=code, astray=None)
        if state.raised or sight.t - state.since_t < self._p.round_hold_s:
            return state, ()
        return self._raised(state, sight)

    def _raised(
        self, state: RoundStopState, sight: Sight
    ) -> tuple[RoundStopState, tuple[Step, ...]]:
        window = self._work.window_of(sight.vehicle_id, sight.t)
        violation = Violation(
            kind="long_stop",
            vehicle_id=sight.vehicle_id,
            subject=window.plan_id if window else "",
            started_at=moment(state.since_t),
            confirmed_at=sight.at,
            lon=state.lon,
            lat=state.lat,
            values={"duration_s": round(sight.t - state.since_t, 3)},
            parameters=self._told,
        )
        return msgspec.structs.replace(state, raised=violation), (violation,)

    def _far(
        self, state: RoundStopState, sight: Sight, code: int
    ) -> tuple[RoundStopState | None, tuple[Step, ...]]:
        here = sight.t, sight.x, sight.y, sight.lon, sight.lat
        if sight.moving:
            return None, _ended(state, sight.before_t)
        if state.astray is None:
            return msgspec.structs.replace(state, code=code, astray=here), ()
        if sight.t - state.astray[0] < ASTRAY_S:
            return state, ()
        _, x, y, _, _ = state.astray
        away_m = math.hypot(sight.x - x, sight.y - y)
        begin = here if away_m > self._p.round_radius_m else state.astray
        return RoundStopState(*begin, code), _ended(state, state.astray[0])

    def _stands(self, sight: Sight, code: int) -> RoundStopState | None:
        if sight.moving:
            return None
        return RoundStopState(sight.t, sight.x, sight.y, sight.lon, sight.lat, code)


def _ended(state: RoundStopState | None, until_t: float) -> tuple[Step, ...]:
    if state is None or state.raised is None:
        return ()
    until_t = max(until_t, state.since_t)
    values = {**state.raised.values, "duration_s": round(until_t - state.since_t, 3)}
    return (msgspec.structs.replace(state.raised, ended_at=moment(until_t), values=values),)
