"""Too fast (超速)."""

from __future__ import annotations

import math

import msgspec
import numpy as np

from geofence.finding import Step, Violation
from geofence.ground import Ground
from geofence.moment import moment
from geofence.parameters import as_values
from geofence.projection import Floats
from geofence.rows import Rows
from geofence.rules.rule import Codes, Rule
from geofence.sight import Sight
from geofence.zone_index import INSIDE


class OverspeedState(msgspec.Struct, frozen=True, array_like=True, tag="overspeed"):
    """A vehicle that is, or may be, too fast. Event times in seconds since 1970.

    Attributes:
        since_t, x, y: its first fix too fast (the fix before, if its speed is derived).
        last_t: its last fix too fast.
        max_kmh: the highest speed; `limit_kmh` the lowest limit met.
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
    """Above the lowest limit of permit and zone (else the default) for `hold_s` without a break."""

    name = "overspeed"
    kinds = ("overspeed",)

    def __init__(self, ground: Ground) -> None:
        self._p = ground.parameters.overspeed
        self._told = as_values(self._p)
        self._ground = ground

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
            self._end(state, found)
            state = None
        if code:
            state = self._fast(state, sight, number, found)
        elif state is not None:
            state = self._slow(state, sight, found)
        return state, tuple(found)

    def _limits(self, rows: Rows) -> Floats:
        ground = self._ground
        limit = np.full(len(rows), math.inf)
        row, permit, _, active = rows.permit_pairs
        np.minimum.at(limit, row[active], ground.permit_limit_kmh[permit[active]])
        inside = rows.pair_level >= INSIDE
        row, zone = rows.pair_row[inside], rows.pair_zone[inside]
        held = rows.hours[ground.zone_hours[zone], row]
        np.minimum.at(limit, row[held], ground.zone_limit_kmh[zone[held]])
        limit[np.isinf(limit)] = self._p.limit_kmh
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
                since[0], sight.lon, sight.lat, since[1], since[2], sight.t, 0, 0.0,
                math.inf, False,
            )  # fmt: skip
        state = msgspec.structs.replace(
            state,
            last_t=sight.t,
            fixes=state.fixes + 1,
            max_kmh=max(state.max_kmh, speed),
            limit_kmh=min(state.limit_kmh, limit_kmh),
            derived=state.derived or derived,
            slow_t=None,
        )
        if state.raised is None and self._sure(state, sight, limit_kmh):
            subject, permit_id, zone_id = self._who_limits(sight, limit_kmh)
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
                values={"speed_kmh": round(speed, 1), **_so_far(state)},
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
            self._end(state, found)
            return None
        return msgspec.structs.replace(state, slow_t=slow_t)

    def _end(self, state: OverspeedState, found: list[Step]) -> None:
        if state.raised is not None:
            found.append(
                msgspec.structs.replace(
                    state.raised,
                    ended_at=moment(state.last_t),
                    values={**state.raised.values, **_so_far(state)},
                )
            )

    def _who_limits(self, sight: Sight, limit_kmh: float) -> tuple[str, str | None, str | None]:
        """(subject, permit, zone) of the limit that was broken."""
        for zone_id, level in sight.zones.items():
            zone = self._ground.site.zones[zone_id]
            if level >= INSIDE and zone.speed_limit_kmh == limit_kmh:
                return zone_id, None, zone_id
        for permit in self._ground.plans.plans[sight.plan].permits:
            if permit.speed_limit_kmh == limit_kmh and permit.hours.contains(sight.minute):
                return permit.permit_id, permit.permit_id, None
        return "default", None, None


def _so_far(state: OverspeedState) -> dict[str, float | int | str | bool | None]:
    return {
        "limit_kmh": state.limit_kmh,
        "max_speed_kmh": round(state.max_kmh, 1),
        "duration_s": round(state.last_t - state.since_t, 3),
        "fixes": state.fixes,
        "derived": state.derived,
    }
