"""Passing segments of a route at work (路段作业): no alert; rounds are put together of it."""

from __future__ import annotations

import math

import msgspec
import numpy as np

from config.round_plan import WorkKind
from geofence.finding import SegmentPass, Step
from geofence.ground import Ground
from geofence.moment import moment
from geofence.projection import Floats
from geofence.rows import Rows
from geofence.rules.rule import NO_NUMBERS, Codes, Rule
from geofence.segment_ways import Piece
from geofence.sight import Quiet, Sight
from geofence.work_plans import Job

NOISE_M = 12.0  # less progress says nothing of the direction
LEAST_M = 5.0  # less worked is nothing
STANDING_KMH = 1.0
DETOUR, SLACK_M = 1.6, 60.0  # a way along the route fits a straight one that is not much shorter

Near = tuple[int, float, float]


class Worked(msgspec.Struct, frozen=True, array_like=True):
    """One segment as far as it was passed. Event times in seconds since 1970.

    Attributes:
        segment: within its route.
        forward: 1 in its own direction, -1 against it, 0 not known yet.
        spans: from, to, in metres along it, of what was worked; apart and in order.
        way_m, moving_s: progress at work and the time that took, without standing.
        max_kmh: the highest speed that was held.
        lowest_c: of the air, NaN where it is not known.
    """

    segment: int
    started_t: float
    until_t: float
    forward: int = 0
    spans: tuple[tuple[float, float], ...] = ()
    way_m: float = 0.0
    moving_s: float = 0.0
    max_kmh: float = 0.0
    lowest_c: float = math.nan


class Passage(msgspec.Struct, frozen=True, array_like=True):
    """Going along a route at work.

    Attributes:
        t, x, y, along_m: the newest fix at work on it; `along_m` does not go back for noise.
        moved_t: when it last made progress; `told` whether it was told since, as it stood.
        back_m, ahead_m: what the fix where the tool was turned on, or off, vouches for.
        off_t: since when the tool is off.
        speeds: (time, way made so far, km/h as reported) of the last fixes, to find held speeds.
    """

    route_id: str
    work: WorkKind
    t: float
    x: float
    y: float
    along_m: float
    moved_t: float
    now: Worked
    back_m: float = 0.0
    ahead_m: float = 0.0
    off_t: float | None = None
    told: bool = False
    speeds: tuple[tuple[float, float, float], ...] = ()


class SegmentPassState(msgspec.Struct, frozen=True, array_like=True, tag="segment_pass"):
    """`passages` are empty after a silence, so that the next fix is looked at."""

    passages: tuple[Passage, ...]


class SegmentPasses(Rule[SegmentPassState]):
    """Follows a truck along the segments of its routes while the right tool is on.

    From fix to fix it takes the shortest way along the route that fits the straight line. A
    segment's pass is told when the truck has left the segment, turned round, stopped working, or
    stood for `stand_s`.
    """

    name = "segment_pass"

    def __init__(self, ground: Ground) -> None:
        self._p = ground.parameters.segment_pass
        self._work = ground.work

    def measure(self, rows: Rows) -> tuple[Codes, Floats]:
        """Code 1 where a tool is on that a segment here asks for."""
        code = np.zeros(len(rows), dtype=np.uint64)
        if self._work.jobs_of:
            code[rows.near_segments.row] = 1
        return code, NO_NUMBERS

    def wake_at(self, state: SegmentPassState) -> float:
        return min((p.t for p in state.passages), default=math.inf) + self._p.gap_s

    def step(
        self,
        state: SegmentPassState | None,
        sight: Sight,
        code: int,
        number: float,  # noqa: ARG002 (the rules' protocol)
    ) -> tuple[SegmentPassState | None, tuple[Step, ...]]:
        if state is None and not code:
            return None, ()
        found: list[Step] = []
        near = sight.rows.near_segments.at(sight.row) if code else []
        tools = int(sight.rows.fixes.work[sight.row])
        before = {(p.route_id, p.work): p for p in state.passages} if state else {}
        after = []
        for job in self._work.jobs_of.get(sight.vehicle_id, ()):
            passage = before.pop((job.route_id, job.work), None)
            if passage is not None and passage.now.segment >= len(job.segments):
                passage = None  # the route was drawn anew
            on = bool(tools & job.bit)
            own = [n for n in near if n[0] in job.segments] if on else []
            if passage is not None and sight.t > passage.t + self._p.gap_s:
                self._close(passage, sight.vehicle_id, found)
                passage = None
            if own:
                passage = self._at_work(passage, job, own, sight, found)
            elif passage is not None and not on:
                passage = _off(passage, job, sight)
                if sight.t - passage.t > self._p.flicker_s:
                    self._close(passage, sight.vehicle_id, found)
                    passage = None
            if passage is not None:
                after.append(passage)
        # What is left over is of a plan that is no more.
        if state is not None and after and tuple(after) == state.passages:
            return state, tuple(found)
        return (SegmentPassState(tuple(after)) if after else None), tuple(found)

    def tick(
        self,
        state: SegmentPassState | None,
        quiet: Quiet,
        code: int,  # noqa: ARG002
    ) -> tuple[SegmentPassState | None, tuple[Step, ...]]:
        if state is None:
            return None, ()
        found: list[Step] = []
        after = []
        for passage in state.passages:
            if passage.t + self._p.gap_s <= quiet.t:
                self._close(passage, quiet.vehicle_id, found)
            else:
                after.append(passage)
        if len(after) == len(state.passages):
            return state, ()
        return SegmentPassState(tuple(after)), tuple(found)

    def _at_work(
        self, passage: Passage | None, job: Job, near: list[Near], sight: Sight, found: list[Step]
    ) -> Passage:
        if passage is None:
            return self._begin(job, near, sight)
        segment, along_m = self._choose(passage, job, near)
        straight_m = math.hypot(sight.x - passage.x, sight.y - passage.y)
        here = job.segments.start + passage.now.segment
        way = self._work.ways.between(
            (here, passage.along_m), (segment, along_m), DETOUR * straight_m + SLACK_M
        )
        if way is None:
            self._close(passage, sight.vehicle_id, found)
            return self._begin(job, near, sight)
        way = [Piece(p.segment - job.segments.start, p.from_m, p.to_m) for p in way]
        return self._go_on(passage, job, way, sight, found)

    def _begin(self, job: Job, near: list[Near], sight: Sight) -> Passage:
        segment, along_m, _ = min(near, key=lambda n: n[2])
        back_m = 0.0
        if sight.step_s <= self._p.gap_s:
            back_m = min(sight.step_m, job.reach_ms * sight.step_s)
        return Passage(
            job.route_id, job.work, sight.t, sight.x, sight.y, along_m, sight.t,
            Worked(segment - job.segments.start, sight.t, sight.t, lowest_c=sight.temperature_c),
            back_m=back_m,
            speeds=((sight.t, 0.0, sight.reported_kmh),),
        )  # fmt: skip

    def _choose(self, passage: Passage, job: Job, near: list[Near]) -> tuple[int, float]:
        """The segment that fits best; the one it is on unless another fits clearly better."""
        here = job.segments.start + passage.now.segment
        length_m = float(self._work.segments.length_m[here])

        def misfit(n: Near) -> float:
            beyond = n[0] == here and not 0 < n[1] < length_m
            return n[2] - (self._p.switch_m if n[0] == here and not beyond else 0.0)

        best = min(near, key=misfit)
        return best[0], best[1]

    def _go_on(
        self, passage: Passage, job: Job, way: list[Piece], sight: Sight, found: list[Step]
    ) -> Passage:
        """Along the pieces to the fix in sight; their segments are numbered within the route."""
        now, vehicle_id = passage.now, sight.vehicle_id
        way = self._without_noise(now, way)
        made_m = sum(abs(p.to_m - p.from_m) for p in way)
        if not way or (now.forward == 0 and len(way) == 1 and made_m < NOISE_M):
            return self._stand(passage, vehicle_id, sight, found)
        took_s = sight.t - passage.t
        moving = made_m * 3.6 >= STANDING_KMH * took_s
        speeds = self._speeds(passage, made_m, sight)
        held_kmh = _held(speeds, self._p.hold_s)
        ahead_m, back_m, off = self._vouched(passage, job, made_m, sight)
        done_m = 0.0
        for number, (segment, from_m, to_m) in enumerate(way):
            length_m = abs(to_m - from_m)
            forward = 1 if to_m > from_m else -1
            begin_t = passage.t + took_s * (done_m / made_m if made_m else 0.0)
            if number == 0 and now.segment == segment and now.forward in (0, forward):
                if now.forward == 0:
                    now = self._with(job, now, (from_m - forward * passage.back_m, from_m))
                now = msgspec.structs.replace(now, forward=forward)
            else:
                self._tell(now, passage, vehicle_id, found)
                now = Worked(segment, begin_t, begin_t, forward)
            # Of this piece: up to `ahead_m` of the whole way, and the last `back_m` of it.
            first = min(max(ahead_m - done_m, 0.0), length_m)
            last = min(max(back_m - (made_m - done_m - length_m), 0.0), length_m)
            if off and number > 0:  # with the tool off nothing is vouched for beyond a segment
                first = 0.0
            if off and number < len(way) - 1:
                last = 0.0
            if first + last >= length_m:
                now = self._with(job, now, (from_m, to_m))
            else:
                now = self._with(job, now, (from_m, from_m + forward * first))
                now = self._with(job, now, (to_m - forward * last, to_m))
            done_m += length_m
            share = length_m / made_m if made_m else 0.0
            now = msgspec.structs.replace(
                now,
                until_t=passage.t + took_s * (done_m / made_m if made_m else 1.0),
                way_m=now.way_m + (length_m if moving and not off else 0.0),
                moving_s=now.moving_s + (took_s * share if moving and not off else 0.0),
                max_kmh=max(now.max_kmh, held_kmh if length_m >= NOISE_M else 0.0),
                lowest_c=_lower(now.lowest_c, sight.temperature_c),
            )
        return Passage(
            job.route_id, job.work, sight.t, sight.x, sight.y, way[-1].to_m, sight.t, now,
            speeds=speeds,
        )  # fmt: skip

    def _without_noise(self, now: Worked, way: list[Piece]) -> list[Piece]:
        """A way that begins with a few metres backwards begins further on, or not at all."""
        segment, from_m, to_m = way[0]
        back_m = (from_m - to_m) * now.forward
        if segment != now.segment or not 0 < back_m < self._p.reverse_m:
            return way
        return way[1:]

    def _stand(self, passage: Passage, vehicle_id: str, sight: Sight, found: list[Step]) -> Passage:
        """No progress. What was worked until here is told in case it stays so."""
        told, now = passage.told, passage.now
        if sight.reported_kmh >= STANDING_KMH:
            now = msgspec.structs.replace(now, moving_s=now.moving_s + sight.t - passage.t)
        if not told and sight.t - passage.moved_t > self._p.stand_s:
            self._tell(now, passage, vehicle_id, found)
            told = True
        return msgspec.structs.replace(
            passage,
            t=sight.t,
            now=now,
            off_t=None,
            ahead_m=0.0,
            told=told,
            speeds=self._speeds(passage, 0.0, sight),
        )

    def _vouched(
        self, passage: Passage, job: Job, made_m: float, sight: Sight
    ) -> tuple[float, float, bool]:
        """How much of a way was worked, at its begin and at its end; whether the tool was off."""
        took_s = sight.t - passage.t
        reach_m = job.reach_ms * took_s
        if passage.off_t is None or (took_s <= self._p.flicker_s and made_m <= reach_m + NOISE_M):
            return reach_m, reach_m, False
        return passage.ahead_m, job.reach_ms * sight.step_s, True

    def _speeds(
        self, passage: Passage, made_m: float, sight: Sight
    ) -> tuple[tuple[float, float, float], ...]:
        made_m += passage.speeds[-1][1]
        speeds = (*passage.speeds, (sight.t, made_m, sight.reported_kmh))
        while len(speeds) > 2 and sight.t - speeds[1][0] >= self._p.hold_s:
            speeds = speeds[1:]
        return speeds

    def _with(self, job: Job, now: Worked, span: tuple[float, float]) -> Worked:
        """With a span, given either way round, cut to the segment."""
        length_m = float(self._work.segments.length_m[job.segments.start + now.segment])
        low, high = max(min(span), 0.0), min(max(span), length_m)
        if high <= low:
            return now
        apart = []
        for a, b in now.spans:
            if b < low or a > high:
                apart.append((a, b))
            else:
                low, high = min(a, low), max(b, high)
        return msgspec.structs.replace(now, spans=tuple(sorted([*apart, (low, high)])))

    def _close(self, passage: Passage, vehicle_id: str, found: list[Step]) -> None:
        now = passage.now
        job = self._work.job.get((passage.route_id, passage.work))
        if job is None:
            return
        if now.forward and passage.ahead_m:
            ahead = passage.along_m + now.forward * passage.ahead_m
            now = self._with(job, now, (passage.along_m, ahead))
        self._tell(now, passage, vehicle_id, found)

    def _tell(self, now: Worked, passage: Passage, vehicle_id: str, found: list[Step]) -> None:
        worked_m = sum(b - a for a, b in now.spans)
        if not now.forward or worked_m < LEAST_M:
            return
        job = self._work.job[passage.route_id, passage.work]
        length_m = float(self._work.segments.length_m[job.segments.start + now.segment])
        spans = ((round(a / length_m, 4), round(b / length_m, 4)) for a, b in now.spans)
        speed_kmh = now.way_m / now.moving_s * 3.6 if now.moving_s > 0 else 0.0
        found.append(
            SegmentPass(
                vehicle_id=vehicle_id,
                route_id=passage.route_id,
                segment=now.segment,
                work=passage.work,
                started_at=moment(round(now.started_t, 3)),
                ended_at=moment(round(now.until_t, 3)),
                forward=now.forward > 0,
                length_m=round(worked_m, 1),
                covered=tuple(spans),
                speed_kmh=round(speed_kmh, 1),
                max_kmh=round(now.max_kmh, 1),
                temperature_c=None if math.isnan(now.lowest_c) else now.lowest_c,
            )
        )


def _off(passage: Passage, job: Job, sight: Sight) -> Passage:
    """The tool is off. The fix before vouches for a little of the way to this one."""
    if passage.off_t is not None:
        return passage
    took_s = sight.t - passage.t
    straight_m = math.hypot(sight.x - passage.x, sight.y - passage.y)
    ahead_m = min(straight_m, job.reach_ms * took_s)
    return msgspec.structs.replace(passage, off_t=sight.t, ahead_m=ahead_m)


def _held(speeds: tuple[tuple[float, float, float], ...], hold_s: float) -> float:
    """The mean speed of the last `hold_s`, by the way made and as reported: the lower one."""
    lasted_s = speeds[-1][0] - speeds[0][0]
    if lasted_s < hold_s:
        return 0.0
    made_kmh = (speeds[-1][1] - speeds[0][1]) / lasted_s * 3.6
    reported = [kmh for _, _, kmh in speeds if not math.isnan(kmh)]
    return min(made_kmh, sum(reported) / len(reported)) if reported else made_kmh


def _lower(a: float, b: float) -> float:
    return b if math.isnan(a) or b < a else a
