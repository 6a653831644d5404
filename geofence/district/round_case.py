"""One round with all that its judgement needs, worked out once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import shapely

from config.round_plan import RoundPlan
from geofence.district.round_book import Progress, RoundRecord, closes_t, coldest_c, progress
from geofence.finding import FrostSpell, SegmentPass
from geofence.ground import Ground
from geofence.rules.frost_spells import OF_WATER

NAMED = 12  # so many segments are named in an alert


@dataclass(frozen=True, slots=True)
class Case:
    """One round, as `record` has it at `t` (seconds since 1970).

    Attributes:
        names, length_m: of the segments of its route.
        limit_kmh: how fast it may be worked, None: as fast as one likes.
        closes_t: see `closes_t`; `open` until that can no longer change.
        coldest_c: of the air, None where nobody knows.
        held_back: too cold for it, and not done.
    """

    plan: RoundPlan
    record: RoundRecord
    t: float
    names: tuple[str, ...]
    length_m: tuple[float, ...]
    limit_kmh: float | None
    tolerance: float
    done: Progress
    closes_t: float
    open: bool
    coldest_c: float | None
    held_back: bool

    def is_fast(self, one: SegmentPass) -> bool:
        """Whether a pass was worked too fast."""
        return self.limit_kmh is not None and one.max_kmh > self.limit_kmh * (1 + self.tolerance)

    def named(self, numbers: Sequence[int]) -> str:
        """The names of segments, in a row."""
        names = [self.names[n] for n in numbers[:NAMED]]
        return "、".join(names) + (" …" if len(numbers) > NAMED else "")


class Cases:
    """Makes cases; `lateness_s`: so long after its time a thing may still become known in time."""

    def __init__(self, ground: Ground, lateness_s: float) -> None:
        self._ground = ground
        self._lateness_s = lateness_s

    def of(self, record: RoundRecord, frosts: Sequence[FrostSpell], t: float) -> Case:
        p, work = self._ground.parameters, self._ground.work
        plan = work.plans[record.plan_id]
        own = work.segments.of_route[plan.route_id]
        length_m = tuple(work.segments.length_m[own].tolist())
        done = progress(plan, record, length_m, p.round)
        closing_t = closes_t(record, p.round)
        coldest = coldest_c(plan, record, frosts, p.wash_in_frost.temperature_c, p.round)
        frost = plan.work in OF_WATER and coldest is not None and coldest < p.wash_in_frost.min_c
        return Case(
            plan=plan,
            record=record,
            t=t,
            names=tuple(n or str(i) for i, n in enumerate(work.segments.names[own], 1)),
            length_m=length_m,
            limit_kmh=work.limit_kmh(plan),
            tolerance=p.work_too_fast.tolerance,
            done=done,
            closes_t=closing_t,
            open=t < closing_t + self._lateness_s,
            coldest_c=coldest,
            held_back=frost and done.finished_t is None,
        )

    def middle(self, plan: RoundPlan, segment: int) -> tuple[float, float]:
        """The middle of a segment, WGS-84."""
        segments, projection = self._ground.work.segments, self._ground.projection
        line = segments.lines[segments.of_route[plan.route_id].start + segment]
        point = shapely.line_interpolate_point(line, 0.5, normalized=True)
        return (
            projection.lon + point.x / projection.kx,
            projection.lat + point.y / projection.ky,
        )
