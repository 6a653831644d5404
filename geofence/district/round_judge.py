"""What is to be told of one round: how it stands, and what was wrong with it. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from geofence.district.coverage import in_order, passes_made, share_worked
from geofence.district.round_book import RoundRecord
from geofence.district.round_case import Case, Cases
from geofence.district.round_violations import RoundViolations
from geofence.finding import (
    FrostSpell,
    Round,
    RoundState,
    SegmentPass,
    SegmentResult,
    SegmentState,
    Violation,
)
from geofence.ground import Ground
from geofence.moment import moment


class RoundJudge:
    """Judges rounds; what it tells is a function of what is known and of the time.

    Args of the constructor: `lateness_s`, so long after its time a thing may still become known
    in time.
    """

    def __init__(self, ground: Ground, lateness_s: float) -> None:
        self._p = ground.parameters.round
        self._lateness_s = lateness_s
        self._cases = Cases(ground, lateness_s)
        self._violations = RoundViolations(ground, self._cases, lateness_s)

    def judge(
        self, record: RoundRecord, frosts: Sequence[FrostSpell], t: float, *, seen: bool
    ) -> tuple[tuple[Round | Violation, ...], float]:
        """All that is to be told at `t`, and when to look again; seconds since 1970.

        `seen`: whether the round was watched from its begin, so that what is not known of it was
        not done.
        """
        case = self._cases.of(record, frosts, t)
        told: list[Round | Violation] = [self._round(case)]
        told += self._violations.of(case, all_kinds=seen)
        due = [record.to_t + self._lateness_s, case.closes_t + self._lateness_s]
        return tuple(told), min((d for d in due if d > t), default=math.inf)

    def _round(self, case: Case) -> Round:
        record, done = case.record, case.done
        counted = [p for own in done.passes for p in own]
        late_s = None
        if done.finished_t is not None and done.finished_t > record.to_t:
            late_s = round(done.finished_t - record.to_t, 3)
        if done.finished_t is not None:
            late = late_s is not None and late_s > self._p.grace_s
            state = RoundState.LATE if late else RoundState.DONE
        elif case.held_back:
            state = RoundState.HELD_BACK
        else:
            state = RoundState.UNDER_WAY if case.open else RoundState.INCOMPLETE
        vehicles = Counter(p.vehicle_id for p in record.passes)
        return Round(
            plan_id=case.plan.plan_id,
            route_id=case.plan.route_id,
            window_from=moment(record.from_t),
            window_to=moment(record.to_t),
            vehicle_ids=tuple(sorted(vehicles)) or case.plan.vehicle_ids,
            state=state,
            coverage=round(done.coverage, 4),
            started_at=min((p.started_at for p in counted), default=None),
            finished_at=None if done.finished_t is None else moment(done.finished_t),
            late_s=late_s,
            segments=self._segments(case),
            temperature_c=case.coldest_c,
        )

    def _segments(self, case: Case) -> tuple[SegmentResult, ...]:
        done = case.done
        begun = sorted(
            (min(p.started_at for p in own), number)
            for number, own in enumerate(done.passes)
            if done.segment_t[number] is not None
        )
        orderly = in_order([number for _, number in begun])
        return tuple(
            SegmentResult(
                segment=number,
                name=case.names[number],
                state=self._state(case, number, orderly),
                passes=passes_made(own, self._p.segment_share),
                length_m=round(length_m, 1),
                covered_m=round(share_worked(own) * length_m, 1),
                speed_kmh=_mean_kmh(own),
                first_at=min((p.started_at for p in own), default=None),
            )
            for number, (own, length_m) in enumerate(zip(done.passes, case.length_m, strict=True))
        )

    def _state(self, case: Case, number: int, orderly: set[int]) -> SegmentState:
        plan, own, worked_t = case.plan, case.done.passes[number], case.done.segment_t[number]
        if worked_t is None:
            return SegmentState.PENDING if case.open else SegmentState.MISSED
        slow_enough = [p for p in own if not case.is_fast(p)]
        if passes_made(slow_enough, self._p.segment_share) < plan.passes:
            return SegmentState.TOO_FAST
        if worked_t > case.record.to_t + self._p.grace_s:
            return SegmentState.LATE
        if plan.in_order and number not in orderly:
            return SegmentState.OUT_OF_ORDER
        speed_kmh = _mean_kmh(own)
        if plan.min_kmh is not None and speed_kmh is not None and speed_kmh < plan.min_kmh:
            return SegmentState.TOO_SLOW
        return SegmentState.COVERED


def _mean_kmh(passes: Sequence[SegmentPass]) -> float | None:
    """By length."""
    worked = [p for p in passes if p.speed_kmh > 0]
    length_m = sum(p.length_m for p in worked)
    if not length_m:
        return None
    return round(sum(p.speed_kmh * p.length_m for p in worked) / length_m, 1)
