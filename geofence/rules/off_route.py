"""Off the permitted routes (偏离核准路线)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
import shapely

from config.permit import Permit
from config.rule_parameters import as_values
from geofence.finding import Step, Value, Violation, ended
from geofence.ground import Ground
from geofence.moment import moment
from geofence.projection import Floats
from geofence.rows import Rows
from geofence.rules.rule import NO_NUMBERS, Codes, Rule
from geofence.sight import Quiet, Sight

NOT_BOUND, ON_ROUTE, OFF_ROUTE = 0, 1, 2
_UNION = 3  # these bits of a code: how the fix lies to all permits together

FASTEST = 3.0
"""Far off, time counts at most so many times: no stray of a second or two is enough."""
_EPSILON_S = 1e-6  # sums of event times


class OffRouteState(msgspec.Struct, frozen=True, array_like=True, tag="off_route"):
    """A vehicle that is, or may be, off its routes. Event times in seconds since 1970.

    Attributes:
        since_t: its first fix off the route, `last_t` its last; `fixes` how many.
        moved: whether it moved at one of them.
        beyond_m: how far beyond the edge of the nearest corridor the last one was.
        far_s, far_fixes, sure_fixes: how long, and on how many fixes, it is far off without a
            break; on how many of those surely.
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
    moved: bool = False
    beyond_m: float = 0.0
    far_s: float = 0.0
    far_fixes: int = 0
    sure_fixes: int = 0
    back_t: float | None = None
    back_fixes: int = 0
    raised: Violation | None = None


class OffRoute(Rule[OffRouteState]):
    """Outside every corridor of the permits in force for `hold_s`, or far outside for `far_hold_s`.

    While a trip with permits is under way only theirs count. A vehicle is bound when all that count
    name routes, and it is not known to be empty. In a depot, or in a site or ground of its permits,
    it is on no route and yet not off it.
    """

    name = "off_route"
    kinds = ("off_route",)
    reads = ("load", "trip")

    def __init__(self, ground: Ground) -> None:
        self._p = ground.parameters.off_route
        self._standing_kmh = ground.parameters.stop.slow_kmh
        self._told = as_values(self._p)
        self._ground = ground
        plans = ground.plans
        self._several = np.array([len(p.permits) > 1 for p in plans.plans], dtype=bool)
        self._route_number = {r: i for i, r in enumerate(plans.route_ids)}
        self.silences_s = (self._p.max_gap_s,)

    def measure(self, rows: Rows) -> tuple[Codes, Floats]:
        """How a fix lies to all permits; where there are several, a hash of how to each of them."""
        union = np.where(rows.bound, np.where(rows.on_route, ON_ROUTE, OFF_ROUTE), NOT_BOUND)
        code = union.astype(np.uint64)
        if self._several[rows.plan].any():
            row, permit, _, active = rows.binding_pairs
            weights = self._ground.plans.permit_weights
            several = active & self._several[rows.plan[row]]
            detail = np.zeros(len(rows), dtype=np.uint64)
            np.add.at(detail, row[several], weights[permit[several]])
            on = several & rows.in_corridor
            np.add.at(detail, row[on], weights[permit[on]] * np.uint64(3))
            code |= detail << np.uint64(2)
        return code, NO_NUMBERS

    def step(
        self,
        state: OffRouteState | None,
        sight: Sight,
        code: int,
        number: float,  # noqa: ARG002 (the rules' protocol)
    ) -> tuple[OffRouteState | None, tuple[Step, ...]]:
        if state is None and code in (NOT_BOUND, ON_ROUTE):
            return None, ()
        found: list[Step] = []
        if state is not None and sight.step_s > self._p.max_gap_s:
            found += ended(state.raised, state.last_t, _so_far(state))
            state = None
        permits = sight.permits
        relation = self._relation(permits, sight, code)
        if relation == OFF_ROUTE:
            state = self._off(state, permits, sight, found)
        elif state is not None:
            state = self._back(state, sight, relation, found)
        return state, tuple(found)

    def tick(
        self,
        state: OffRouteState | None,
        quiet: Quiet,  # noqa: ARG002 (any silence of this rule ends it)
        code: int,  # noqa: ARG002
    ) -> tuple[OffRouteState | None, tuple[Step, ...]]:
        found: list[Step] = []
        if state is not None:
            found += ended(state.raised, state.last_t, _so_far(state))
        return None, tuple(found)

    def _relation(self, permits: Sequence[Permit], sight: Sight, code: int) -> int:
        if not self._p.when_empty and sight.laden is False:
            return NOT_BOUND
        if len(permits) == len(self._ground.plans.plans[sight.plan].permits):
            return code & _UNION
        active = [p for p in permits if self._p.outside_hours or p.hours.contains(sight.minute)]
        if not active or not all(p.route_ids for p in active):
            return NOT_BOUND
        if sight.rows.off_duty[sight.row]:
            return ON_ROUTE
        route, distance_m = self._nearest(active, sight)
        half_width_m = float(self._ground.plans.corridors.half_width_m[route])
        return OFF_ROUTE if distance_m > half_width_m else ON_ROUTE

    def _off(
        self,
        state: OffRouteState | None,
        permits: Sequence[Permit],
        sight: Sight,
        found: list[Step],
    ) -> OffRouteState:
        permits = [p for p in permits if self._p.outside_hours or p.hours.contains(sight.minute)]
        route, distance_m = self._nearest(permits, sight)
        half_width_m = float(self._ground.plans.corridors.half_width_m[route])
        beyond_m = distance_m - half_width_m
        stands = self._stands(sight)
        if state is None or (stands and not state.moved):
            state = OffRouteState(sight.t, sight.lon, sight.lat, sight.t, 0, 0.0)
        state = msgspec.structs.replace(
            state if stands and not state.moved else self._far(state, sight, beyond_m),
            last_t=sight.t,
            fixes=state.fixes + 1,
            max_m=max(state.max_m, distance_m),
            back_t=None,
            back_fixes=0,
        )
        if state.raised is None and self._sure(state):
            route_id = self._ground.plans.route_ids[route]
            permit_id = next(p.permit_id for p in permits if route_id in p.route_ids)
            violation = Violation(
                kind="off_route",
                vehicle_id=sight.vehicle_id,
                subject=permit_id,
                permit_id=permit_id,
                started_at=moment(state.since_t),
                confirmed_at=sight.at,
                lon=state.lon,
                lat=state.lat,
                values={
                    "nearest_route": route_id,
                    "half_width_m": half_width_m,
                    "distance_m": round(distance_m, 1),
                    "permits": "|".join(p.permit_id for p in permits),
                    "laden": sight.laden,
                    **_so_far(state),
                },
                parameters=self._told,
            )
            found.append(violation)
            state = msgspec.structs.replace(state, raised=violation)
        return state

    def _stands(self, sight: Sight) -> bool:
        """Whether it stands at this fix.

        A truck that has not moved off the route counts for nothing: of one that stands a
        reflection may tell another place for half a minute, and one that was parked there when its
        hours began has not left anything.
        """
        stop = sight.stop
        return sight.reported_kmh < self._standing_kmh or (
            stop is not None and stop.until_t is None
        )

    def _far(self, state: OffRouteState, sight: Sight, beyond_m: float) -> OffRouteState:
        """How long it is far off without a break, the further the faster."""
        if beyond_m <= self._p.far_m:
            return msgspec.structs.replace(
                state, beyond_m=beyond_m, far_s=0.0, far_fixes=0, sure_fixes=0, moved=True
            )
        far_s = state.far_s
        if state.far_fixes:
            mean_m = (state.beyond_m + beyond_m) / 2
            times = min(mean_m / self._p.far_m, FASTEST) if self._p.far_m else 1.0
            far_s += times * (sight.t - state.last_t)
        return msgspec.structs.replace(
            state,
            beyond_m=beyond_m,
            far_s=far_s,
            far_fixes=state.far_fixes + 1,
            sure_fixes=state.sure_fixes + int(beyond_m > self._p.sure_m),
            moved=True,
        )

    def _sure(self, state: OffRouteState) -> bool:
        lasted_s = state.last_t - state.since_t
        long = state.moved and state.fixes >= self._p.min_fixes and lasted_s >= self._p.hold_s
        enough = state.far_fixes >= self._p.min_fixes or state.sure_fixes >= 2
        return long or (enough and state.far_s + _EPSILON_S >= self._p.far_hold_s)

    def _back(
        self, state: OffRouteState, sight: Sight, relation: int, found: list[Step]
    ) -> OffRouteState | None:
        if state.raised is None:
            return None
        back_t = sight.t if state.back_t is None else state.back_t
        back_fixes = state.back_fixes + 1
        held = sight.t - back_t >= self._p.return_hold_s and back_fixes >= self._p.min_fixes
        if held or relation == NOT_BOUND:
            found += ended(state.raised, state.last_t, _so_far(state))
            return None
        # What comes after is off the route anew: no time of it counts as far off.
        return msgspec.structs.replace(
            state, back_t=back_t, back_fixes=back_fixes, far_s=0.0, far_fixes=0, sure_fixes=0
        )

    def _nearest(self, permits: Sequence[Permit], sight: Sight) -> tuple[int, float]:
        """The corridor whose edge is nearest, and the distance to its line in metres."""
        corridors = self._ground.plans.corridors
        numbers = sorted({self._route_number[r] for p in permits for r in p.route_ids})
        routes = np.array(numbers, dtype=np.intp)
        distance = shapely.distance(corridors.lines[routes], shapely.Point(sight.x, sight.y))
        best = int(np.argmin(distance - corridors.half_width_m[routes]))
        return int(routes[best]), float(distance[best])


def _so_far(state: OffRouteState) -> dict[str, Value]:
    return {
        "max_distance_m": round(state.max_m, 1),
        "duration_s": round(state.last_t - state.since_t, 3),
        "fixes": state.fixes,
    }
