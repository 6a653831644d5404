"""What is known of one round, and when it is judged."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import msgspec

from config.round_plan import RoundPlan
from geofence.district.coverage import passes_made, share_worked
from geofence.finding import Absence, FrostSpell, Round, SegmentPass, Violation
from geofence.moment import moment
from geofence.round_parameters import RoundParameters
from geofence.rules.frost_spells import OF_WATER

FORGET_S = 86_400.0


class RoundRecord(msgspec.Struct, frozen=True):
    """One round as far as it is known. Times in seconds since 1970.

    Attributes:
        from_t, to_t: its window.
        passes, absences: of its vehicles, in order of time.
        told: what was told of it, as it stood.
        due_t: when it is to be looked at again.
    """

    plan_id: str
    from_t: float
    to_t: float
    passes: tuple[SegmentPass, ...] = ()
    absences: tuple[Absence, ...] = ()
    told: tuple[Round | Violation, ...] = ()
    due_t: float = -math.inf


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a round had come, by the passes that count.

    Attributes:
        passes: those of each segment that count: in its direction where the plan asks for that.
        coverage: share of the length worked as often as planned; `in_time` of it by the end of
            the window.
        finished_t: end of the pass with which the coverage was reached.
        segment_t: when each segment had been worked as often as planned; None: never.
        course: (time, coverage) after each pass.
    """

    passes: tuple[tuple[SegmentPass, ...], ...]
    coverage: float
    in_time: float
    finished_t: float | None
    segment_t: tuple[float | None, ...]
    course: tuple[tuple[float, float], ...]

    def coverage_at(self, t: float) -> float:
        """The coverage that had been reached at a time."""
        return max((coverage for at, coverage in self.course if at <= t), default=0.0)


def progress(
    plan: RoundPlan,
    record: RoundRecord,
    length_m: Sequence[float],
    parameters: RoundParameters,
) -> Progress:
    """`length_m` of each segment of the route."""
    total_m = sum(length_m)
    of_segment: list[list[SegmentPass]] = [[] for _ in length_m]
    shares = [0.0] * len(length_m)
    segment_t: list[float | None] = [None] * len(length_m)
    coverage = in_time = 0.0
    course: list[tuple[float, float]] = []
    finished_t: float | None = None
    for one in sorted(record.passes, key=lambda p: (p.ended_at, p.started_at, p.segment)):
        number = one.segment
        if number >= len(length_m) or (plan.one_way and not one.forward):
            continue
        ended_t = one.ended_at.timestamp()
        own = of_segment[number]
        own.append(one)
        shares[number] = share_worked(own, plan.passes)
        if segment_t[number] is None and passes_made(own, parameters.segment_share) >= plan.passes:
            segment_t[number] = ended_t
        coverage = sum(s * m for s, m in zip(shares, length_m, strict=True)) / total_m
        course.append((ended_t, coverage))
        if ended_t <= record.to_t + parameters.grace_s:
            in_time = coverage
        if finished_t is None and coverage >= plan.coverage - 1e-9:
            finished_t = ended_t
    return Progress(
        tuple(tuple(own) for own in of_segment), coverage, in_time, finished_t, tuple(segment_t),
        tuple(course),
    )  # fmt: skip


def closes_t(record: RoundRecord, parameters: RoundParameters) -> float:
    """When nobody works on it any more: the end of the window, or of the work after it."""
    ended_t = -math.inf
    for one in record.passes:
        ended_t = max(ended_t, one.ended_at.timestamp())
    late_t = min(ended_t + parameters.idle_s, record.to_t + parameters.give_up_s)
    return max(record.to_t, late_t)


def coldest_c(
    plan: RoundPlan,
    record: RoundRecord,
    frosts: Sequence[FrostSpell],
    given_c: float | None,
    parameters: RoundParameters,
) -> float | None:
    """The lowest temperature that is known of a round; `given_c` where no thermometer says."""
    known = [p.temperature_c for p in record.passes if p.temperature_c is not None]
    if plan.work in OF_WATER:
        until, since = moment(record.to_t), moment(record.from_t)
        holds = timedelta(seconds=parameters.frost_s)
        for spell in frosts:
            ends = spell.ended_at or spell.last_at + holds
            ends = min(ends, spell.last_at + holds)
            if spell.vehicle_id in plan.vehicle_ids and spell.started_at < until and ends > since:
                known.append(spell.lowest_c)
    return min(known) if known else given_c
