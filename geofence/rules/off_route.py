"""Off the permitted routes (偏离核准路线)."""

from __future__ import annotations

import msgspec
import numpy as np
import shapely

from geofence.finding import Step, Violation
from geofence.ground import Ground
from geofence.moment import moment
from geofence.parameters import as_values
from geofence.projection import Floats
from geofence.rows import Rows
from geofence.rules.rule import NO_NUMBERS, Codes, Rule
from geofence.sight import Sight

NOT_BOUND, ON_ROUTE, OFF_ROUTE = 0, 1, 2


class OffRouteState(msgspec.Struct, frozen=True, array_like=True, tag="off_route"):
    """A vehicle that is, or may be, off its routes. Event times in seconds since 1970.

    Attributes:
        since_t: its first fix off the route, `last_t` its last; `fixes` how many.
        far_t, far_fixes: since when it is far off without a break.
        max_m: its largest distance to the nearest permitted route's line.
        back_t, back_fixes: since when it is back on a route, once the violation is raised.
        raised: the violation as it was last found.
    """

    since_t: float
    lon: float
    lat: float
    last_t: float
    fixes: int
    max_m: float
    far_t: float | None = None
    far_fixes: int = 0
    back_t: float | None = None
    back_fixes: int = 0
    raised: Violation | None = None


class OffRoute(Rule[OffRouteState]):
    """Outside every corridor of the permits in force for `hold_s`, or far outside for `far_hold_s`.

    A vehicle is bound when all its permits in force name routes. In a depot, or in a site or ground
    of its permits, it is on no route and yet not off it.
    """

    name = "off_route"
    kinds = ("off_route",)

    def __init__(self, ground: Ground) -> None:
        self._p = ground.parameters.off_route
        self._told = as_values(self._p)
        self._ground = ground

    def measure(self, rows: Rows) -> tuple[Codes, Floats]:
        code = np.where(rows.bound, np.where(rows.on_route, ON_ROUTE, OFF_ROUTE), NOT_BOUND)
        return code.astype(np.uint64), NO_NUMBERS

    def step(
        self,
        state: OffRouteState | None,
        sight: Sight,
        code: int,
        number: float,  # noqa: ARG002 (the rules' protocol)
    ) -> tuple[OffRouteState | None, tuple[Step, ...]]:
        if state is None and code != OFF_ROUTE:
            return None, ()
        found: list[Step] = []
        if state is not None and sight.step_s > self._p.max_gap_s:
            self._end(state, found)
            state = None
        if code == OFF_ROUTE:
            state = self._off(state, sight, found)
        elif state is not None:
            state = self._back(state, sight, code, found)
        return state, tuple(found)

    def _off(self, state: OffRouteState | None, sight: Sight, found: list[Step]) -> OffRouteState:
        route, distance_m = self._nearest(sight)
        far = distance_m - self._ground.plans.corridors.half_width_m[route] > self._p.far_m
        if state is None:
            state = OffRouteState(sight.t, sight.lon, sight.lat, sight.t, 0, 0.0)
        state = msgspec.structs.replace(
            state,
            last_t=sight.t,
            fixes=state.fixes + 1,
            max_m=max(state.max_m, distance_m),
            far_t=(sight.t if state.far_t is None else state.far_t) if far else None,
            far_fixes=state.far_fixes + 1 if far else 0,
            back_t=None,
            back_fixes=0,
        )
        if state.raised is None and self._sure(state):
            violation = Violation(
                kind="off_route",
                vehicle_id=sight.vehicle_id,
                subject=self._permit_of(sight.plan, route),
                permit_id=self._permit_of(sight.plan, route),
                started_at=moment(state.since_t),
                confirmed_at=moment(sight.t),
                lon=state.lon,
                lat=state.lat,
                values={
                    "nearest_route": self._ground.plans.route_ids[route],
                    "half_width_m": float(self._ground.plans.corridors.half_width_m[route]),
                    "distance_m": round(distance_m, 1),
                    **_so_far(state),
                },
                parameters=self._told,
            )
            found.append(violation)
            state = msgspec.structs.replace(state, raised=violation)
        return state

    def _sure(self, state: OffRouteState) -> bool:
        long = state.fixes >= self._p.min_fixes and state.last_t - state.since_t >= self._p.hold_s
        far = (
            state.far_t is not None
            and state.far_fixes >= self._p.min_fixes
            and state.last_t - state.far_t >= self._p.far_hold_s
        )
        return long or far

    def _back(
        self, state: OffRouteState, sight: Sight, code: int, found: list[Step]
    ) -> OffRouteState | None:
        if state.raised is None:
            return None
        back_t = sight.t if state.back_t is None else state.back_t
        back_fixes = state.back_fixes + 1
        held = sight.t - back_t >= self._p.return_hold_s and back_fixes >= self._p.min_fixes
        if held or code == NOT_BOUND:
            self._end(state, found)
            return None
        return msgspec.structs.replace(state, back_t=back_t, back_fixes=back_fixes)

    def _end(self, state: OffRouteState, found: list[Step]) -> None:
        if state.raised is not None:
            values = {**state.raised.values, **_so_far(state)}
            found.append(
                msgspec.structs.replace(state.raised, ended_at=moment(state.last_t), values=values)
            )

    def _nearest(self, sight: Sight) -> tuple[int, float]:
        """The corridor whose edge is nearest, and the distance to its line in metres."""
        plans = self._ground.plans
        pairs = slice(plans.pairs_from[sight.plan], plans.pairs_to[sight.plan])
        routes = np.unique(plans.pair_route[pairs])
        routes = routes[routes >= 0]
        distance = shapely.distance(plans.corridors.lines[routes], shapely.Point(sight.x, sight.y))
        best = int(np.argmin(distance - plans.corridors.half_width_m[routes]))
        return int(routes[best]), float(distance[best])

    def _permit_of(self, plan: int, route: int) -> str:
        """The first permit of the plan that names the route."""
        plans = self._ground.plans
        pairs = slice(plans.pairs_from[plan], plans.pairs_to[plan])
        first = plans.pair_permit[pairs][plans.pair_route[pairs] == route][0]
        return plans.permits[int(first)].permit_id


def _so_far(state: OffRouteState) -> dict[str, float | int | str | bool | None]:
    return {
        "max_distance_m": round(state.max_m, 1),
        "duration_s": round(state.last_t - state.since_t, 3),
        "fixes": state.fixes,
    }
