"""Places that a terminal tells and no truck can be at: a part of `tamper`."""

from __future__ import annotations

import math

import msgspec
import numpy as np

from config.rule_parameters import as_values
from geofence.finding import Step, Value, Violation
from geofence.ground import Ground
from geofence.moment import moment
from geofence.sight import Quiet, Sight
from geofence.strays import Stray

COLD_S = 300.0
"""After so long without a fix a receiver may err for a while; the engine looks at such a fix."""
_AGREE_M, _AGREE_MPS = 300.0, 120 / 3.6  # a truck that drives on there, with honest scatter
_REMEMBERED = 16  # places; it takes fewer


class PlacesToldState(msgspec.Struct, frozen=True, array_like=True):
    """Event times in seconds since 1970.

    Attributes:
        cold_t, cold_fixes: the newest fix after a silence, or the first of all, and how many fixes
            were counted at it.
        places: (time, lon, lat), the newest that cannot be, oldest first.
        told: how many places are part of what is raised; `last_t` the newest.
        max_m, max_kmh: the farthest from where the truck was, and how fast that would have been.
        jump_t: of a jump from where the truck truly was, until it has come back or settled.
        lon, lat: where it was before the first of the places.
        raised: the violation as it was told.
    """

    cold_t: float
    cold_fixes: float
    places: tuple[Stray, ...] = ()
    told: int = 0
    last_t: float = -math.inf
    max_m: float = 0.0
    max_kmh: float = 0.0
    jump_t: float | None = None
    lon: float = 0.0
    lat: float = 0.0
    raised: Violation | None = None


class PlacesTold:
    """Several places out of reach, that agree with each other, over a while; or one jump for good.

    Only where the truck is known for sure: a receiver that was just switched on errs.
    """

    def __init__(self, ground: Ground) -> None:
        self._p = ground.parameters.tamper
        self._told = as_values(self._p)
        self._plane = ground.projection

    def wake_at(self, state: PlacesToldState) -> float:
        over = state.last_t + self._p.window_s if state.raised else math.inf
        return over if state.jump_t is None else min(over, state.jump_t + self._p.settle_s)

    def step(
        self, state: PlacesToldState | None, sight: Sight, *, jumped: bool
    ) -> tuple[PlacesToldState | None, tuple[Step, ...]]:
        if state is None or sight.step_s > COLD_S:
            cold = PlacesToldState(sight.t, sight.odometer[0])
            if state is not None and state.raised is not None:  # it is over by its time
                cold = msgspec.structs.replace(
                    state, cold_t=cold.cold_t, cold_fixes=cold.cold_fixes
                )
            return cold, ()
        strays = sight.strays
        if not (strays or jumped):
            return state, ()
        fixes = sight.odometer[0] - state.cold_fixes
        if fixes < self._p.settle_fixes or sight.t - state.cold_t < self._p.settle_s:
            return state, ()
        for stray in strays:
            state = self._strayed(state, stray, sight)
        if jumped:
            here = (sight.t, sight.lon, sight.lat)
            state = self._with(state, here, sight, sight.step_m, sight.step_s)
            returned = state.jump_t is not None
            state = msgspec.structs.replace(state, jump_t=None if returned else sight.t)
        return self._tell(state, sight)

    def tick(
        self, state: PlacesToldState, quiet: Quiet
    ) -> tuple[PlacesToldState, tuple[Step, ...]]:
        found: tuple[Step, ...] = ()
        if state.jump_t is not None and quiet.t >= state.jump_t + self._p.settle_s:
            if state.raised is None:
                violation = self._violation(quiet.vehicle_id, state, state.jump_t, quiet.t)
                state = msgspec.structs.replace(state, raised=violation)
                found = (violation,)
            state = msgspec.structs.replace(state, jump_t=None)
        if state.raised is not None and quiet.t >= state.last_t + self._p.window_s:
            since_t = state.raised.started_at.timestamp()
            over = msgspec.structs.replace(
                state.raised, ended_at=moment(state.last_t), values=_values(state, since_t)
            )
            found += (over,)
            state = PlacesToldState(state.cold_t, state.cold_fixes)
        return state, found

    def _strayed(self, state: PlacesToldState, stray: Stray, sight: Sight) -> PlacesToldState:
        """With a stray between two fixes, if neither of them explains it."""
        x, y = self._metres(stray)
        from_m = math.hypot(x - sight.before_x, y - sight.before_y)
        to_m = math.hypot(sight.x - x, sight.y - y)
        mps, after_s = self._p.max_kmh / 3.6, stray[0] - sight.before_t
        beyond_m = max(from_m - mps * after_s, to_m - mps * (sight.t - stray[0]))
        if beyond_m < self._p.far_m:
            return state
        return self._with(state, stray, sight, from_m, after_s)

    def _with(
        self, state: PlacesToldState, place: Stray, sight: Sight, away_m: float, after_s: float
    ) -> PlacesToldState:
        places = tuple(p for p in state.places if place[0] - p[0] <= self._p.window_s)
        if not places and state.raised is None:
            state = msgspec.structs.replace(
                state, told=0, max_m=0.0, max_kmh=0.0, lon=sight.before_lon, lat=sight.before_lat
            )
        return msgspec.structs.replace(
            state,
            places=(*places, place)[-_REMEMBERED:],
            told=state.told + 1,
            last_t=place[0],
            max_m=max(state.max_m, away_m),
            max_kmh=max(state.max_kmh, away_m / after_s * 3.6),
        )

    def _tell(
        self, state: PlacesToldState, sight: Sight
    ) -> tuple[PlacesToldState, tuple[Step, ...]]:
        if state.raised is not None or len(state.places) < self._p.places:
            return state, ()
        sure = [p for p in state.places if any(self._agree(p, q) for q in state.places if q != p)]
        if len(sure) < self._p.places or sure[-1][0] - sure[0][0] < self._p.span_s:
            return state, ()
        violation = self._violation(sight.vehicle_id, state, sure[0][0], sight.t)
        return msgspec.structs.replace(state, raised=violation), (violation,)

    def _agree(self, one: Stray, other: Stray) -> bool:
        (x, y), (to_x, to_y) = self._metres(one), self._metres(other)
        reach_m = _AGREE_M + _AGREE_MPS * abs(one[0] - other[0])
        return math.hypot(to_x - x, to_y - y) <= reach_m

    def _metres(self, place: Stray) -> tuple[float, float]:
        x, y = self._plane.metres(np.array(place[1]), np.array(place[2]))
        return float(x), float(y)

    def _violation(
        self, vehicle_id: str, state: PlacesToldState, since_t: float, t: float
    ) -> Violation:
        return Violation(
            kind="tamper",
            vehicle_id=vehicle_id,
            subject="teleport",
            started_at=moment(since_t),
            confirmed_at=moment(t),
            lon=state.lon,
            lat=state.lat,
            values=_values(state, since_t),
            parameters=self._told,
        )


def _values(state: PlacesToldState, since_t: float) -> dict[str, Value]:
    return {
        "reason": "teleport",
        "fixes": state.told,
        "max_kmh": round(state.max_kmh, 1),
        "away_m": round(state.max_m, 1),
        "duration_s": round(state.last_t - since_t, 3),
    }
