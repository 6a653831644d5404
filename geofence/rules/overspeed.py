"""Too fast (超速)."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import shapely

from config.road import Road
from config.rule_parameters import as_values
from config.site import Site
from geofence.finding import Step, Value, Violation, ended
from geofence.ground import Ground
from geofence.moment import moment
from geofence.projection import Floats, Projection
from geofence.road_limits import REACH_M, RoadLimits
from geofence.rows import Rows
from geofence.rules.rule import Codes, Rule
from geofence.sight import Quiet, Sight
from geofence.zone_index import INSIDE


class OverspeedState(msgspec.Struct, frozen=True, array_like=True, tag="overspeed"):
    """A vehicle that is, or may be, too fast. Event times in seconds since 1970.

    Attributes:
        since_t, x, y: its first fix too fast (the fix before, if its speed is derived).
        last_t: its last fix too fast.
        max_kmh, limit_kmh: speed and limit of the fix that was most above its limit.
        derived: whether any of its speeds had to be derived from the way between fixes.
        slow_t: since when it is no longer too fast, once the violation is raised.
        raised: the violation as it was last found.
    """

    since_t: float
    lon: float
    lat: float
    x: float
    y: float
    last_t: float
    fixes: int
    max_kmh: float
    limit_kmh: float
    derived: bool
    slow_t: float | None = None
    raised: Violation | None = None


class Overspeed(Rule[OverspeedState]):
    """Above the limit for `hold_s` without a break.

    The limit is the lowest of permits and zones; where none sets one, the road's, the highest of
    those that may be meant; where that is not known, the default.
    """

    name = "overspeed"
    kinds = ("overspeed",)

    def __init__(self, ground: Ground) -> None:
        self._p = ground.parameters.overspeed
        self._told = as_values(self._p)
        self._ground = ground
        use_roads = self._p.use_roads and len(ground.site.roads) > 0
        self._roads = _Roads(ground.site, ground.projection) if use_roads else None
        self.silences_s = (self._p.max_gap_s,)

    def measure(self, rows: Rows) -> tuple[Codes, Floats]:
        """Code 1 where too fast; the number is the limit in km/h."""
        limit = self._limits(rows)
        speed = self._speed(rows)
        with np.errstate(invalid="ignore"):
            fast = speed > limit * (1 + self._p.tolerance)
        return fast.astype(np.uint64), limit

    def step(
        self, state: OverspeedState | None, sight: Sight, code: int, number: float
    ) -> tuple[OverspeedState | None, tuple[Step, ...]]:
        if state is None and not code:
            return None, ()
        found: list[Step] = []
        if state is not None and sight.step_s > self._p.max_gap_s:
            found += ended(state.raised, state.last_t, _so_far(state))
            state = None
        if code:
            state = self._fast(state, sight, number, found)
        elif state is not None:
            state = self._slow(state, sight, found)
        return state, tuple(found)

    def tick(
        self,
        state: OverspeedState | None,
        quiet: Quiet,  # noqa: ARG002 (any silence of this rule ends it)
        code: int,  # noqa: ARG002
    ) -> tuple[OverspeedState | None, tuple[Step, ...]]:
        found: list[Step] = []
        if state is not None:
            found += ended(state.raised, state.last_t, _so_far(state))
        return None, tuple(found)

    def _limits(self, rows: Rows) -> Floats:
        ground = self._ground
        limit = np.full(len(rows), math.inf)
        row, permit, _, active = rows.permit_pairs
        np.minimum.at(limit, row[active], ground.permit_limit_kmh[permit[active]])
        inside = rows.pair_level >= INSIDE
        row, zone = rows.pair_row[inside], rows.pair_zone[inside]
        held = rows.hours[ground.zone_hours[zone], row]
        np.minimum.at(limit, row[held], ground.zone_limit_kmh[zone[held]])
        free = np.nonzero(np.isinf(limit))[0]
        if self._roads is not None and len(free):
            limit[free] = self._roads.limits.limit_kmh(rows.x[free], rows.y[free])
            free = free[np.isnan(limit[free])]
        limit[free] = self._p.limit_kmh
        return limit

    def _speed(self, rows: Rows) -> Floats:
        """Reported speed, else that of the way from the fix before, else NaN; km/h."""
        reported = rows.reported_kmh
        short = np.isnan(reported) & (rows.step_s <= self._p.derive_max_s)
        return np.where(short, rows.step_m / rows.step_s * 3.6, reported)

    def _fast(
        self, state: OverspeedState | None, sight: Sight, limit_kmh: float, found: list[Step]
    ) -> OverspeedState:
        derived = math.isnan(sight.reported_kmh)
        speed = sight.speed_kmh
        if state is None:
            # A speed derived from the way to this fix began at the fix before.
            since = (
                (sight.before_t, sight.before_x, sight.before_y)
                if derived
                else (sight.t, sight.x, sight.y)
            )
            state = OverspeedState(
                since[0], sight.lon, sight.lat, since[1], since[2], sight.t, 0, speed,
                limit_kmh, False,
            )  # fmt: skip
        worst = (speed, limit_kmh), (state.max_kmh, state.limit_kmh)
        max_kmh, worst_limit_kmh = max(worst, key=lambda pair: pair[0] / pair[1])
        state = msgspec.structs.replace(
            state,
            last_t=sight.t,
            fixes=state.fixes + 1,
            max_kmh=max_kmh,
            limit_kmh=worst_limit_kmh,
            derived=state.derived or derived,
            slow_t=None,
        )
        if state.raised is None and self._sure(state, sight, limit_kmh):
            limit_by, subject, permit_id, zone_id = self._who_limits(sight, limit_kmh)
            violation = Violation(
                kind="overspeed",
                vehicle_id=sight.vehicle_id,
                subject=subject,
                permit_id=permit_id,
                zone_id=zone_id,
                started_at=moment(state.since_t),
                confirmed_at=moment(sight.t),
                lon=sight.lon,
                lat=sight.lat,
                values={"speed_kmh": round(speed, 1), "limit_by": limit_by, **_so_far(state)},
                parameters=self._told,
            )
            found.append(violation)
            state = msgspec.structs.replace(state, raised=violation)
        return state

    def _sure(self, state: OverspeedState, sight: Sight, limit_kmh: float) -> bool:
        lasted = state.last_t - state.since_t
        if state.fixes < self._p.min_fixes or lasted < self._p.hold_s:
            return False
        if not state.derived:
            return True
        # Jitter lengthens a way made of short steps; it can't lengthen the straight line much.
        straight_m = math.hypot(sight.x - state.x, sight.y - state.y)
        return straight_m / lasted * 3.6 > limit_kmh * (1 + self._p.tolerance)

    def _slow(
        self, state: OverspeedState, sight: Sight, found: list[Step]
    ) -> OverspeedState | None:
        if state.raised is None:
            return None
        slow_t = sight.t if state.slow_t is None else state.slow_t
        if sight.t - slow_t >= self._p.clear_s:
            found += ended(state.raised, state.last_t, _so_far(state))
            return None
        return msgspec.structs.replace(state, slow_t=slow_t)

    def _who_limits(
        self, sight: Sight, limit_kmh: float
    ) -> tuple[str, str, str | None, str | None]:
        """(by what, subject, permit, zone) of the limit that was broken."""
        for zone_id, level in sight.zones.items():
            zone = self._ground.site.zones[zone_id]
            held = level >= INSIDE and zone.hours.contains(sight.minute)
            if held and zone.speed_limit_kmh == limit_kmh:
                return "zone", zone_id, None, zone_id
        for permit in self._ground.plans.plans[sight.plan].permits:
            if permit.speed_limit_kmh == limit_kmh and permit.hours.contains(sight.minute):
                return "permit", permit.permit_id, permit.permit_id, None
        road = self._roads.one_of(limit_kmh, sight.x, sight.y) if self._roads else None
        if road is not None:
            return "road", f"road:{road.name or road.id}", None, None
        return "default", "default", None, None


class _Roads:
    """The site's roads: their limits, and which of them sets one."""

    def __init__(self, site: Site, projection: Projection) -> None:
        self.limits = RoadLimits(site.roads, projection)
        self._roads = tuple(r for r in site.roads.values() if r.speed_limit_kmh is not None)
        self._lines = np.array([projection.shape(r.geometry) for r in self._roads], dtype=object)
        self._tree = shapely.STRtree(self._lines)

    def one_of(self, limit_kmh: float, x: float, y: float) -> Road | None:
        """The nearest road with this limit in reach of a place in metres."""
        place = shapely.Point(x, y)
        near = self._tree.query(place, predicate="dwithin", distance=REACH_M)
        mine = np.sort([i for i in near.tolist() if self._roads[i].speed_limit_kmh == limit_kmh])
        if not len(mine):
            return None
        return self._roads[int(mine[np.argmin(shapely.distance(self._lines[mine], place))])]


def _so_far(state: OverspeedState) -> dict[str, Value]:
    return {
        "limit_kmh": state.limit_kmh,
        "max_speed_kmh": round(state.max_kmh, 1),
        "duration_s": round(state.last_t - state.since_t, 3),
        "fixes": state.fixes,
        "derived": state.derived,
    }
