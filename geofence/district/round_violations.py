"""What was wrong with a round (漏扫路段, 作业逾时, 作业超速, 驶离作业区域). Pure."""

from __future__ import annotations

from collections import Counter

from config.rule_parameters import as_values
from geofence.district.coverage import share_worked
from geofence.district.round_case import Case, Cases
from geofence.finding import SegmentPass, Value, Violation
from geofence.ground import Ground
from geofence.moment import moment


class RoundViolations:
    """Each is told from the time on at which it is sure; before that it is not there.

    Whether it rings is decided by that time: `backfill` says only that nothing but backfill shows
    it, not when it was judged.
    """

    def __init__(self, ground: Ground, cases: Cases, lateness_s: float) -> None:
        self._p = ground.parameters
        self._timezone = ground.timezone
        self._cases = cases
        self._lateness_s = lateness_s

    def of(self, case: Case, *, all_kinds: bool) -> list[Violation]:
        """All that is wrong; without `all_kinds` only what was done, not what was left undone."""
        if not all_kinds:
            return self._too_fast(case)
        return [
            *self._missed(case),
            *self._late(case),
            *self._left(case),
            *self._too_fast(case),
        ]

    def _missed(self, case: Case) -> list[Violation]:
        """Once nobody works on it any more: what was not worked as often as planned."""
        plan, done, record = case.plan, case.done, case.record
        if not self._p.missed_segment.enabled or case.held_back or case.open:
            return []
        missed = [n for n, worked_t in enumerate(done.segment_t) if worked_t is None]
        if not missed:
            return []
        lengths = case.length_m
        against = {p.segment for p in record.passes if plan.one_way and not p.forward}
        values: dict[str, Value] = {
            "segments": len(missed),
            "segment_name": case.named(missed),
            "length_m": round(sum(lengths[n] for n in missed), 1),
            "covered_m": round(sum(share_worked(done.passes[n]) * lengths[n] for n in missed), 1),
            "coverage": round(done.coverage, 4),
            "passes": plan.passes,
        }
        if against.intersection(missed):
            values["against_direction"] = len(against.intersection(missed))
        return [
            self._violation(
                case,
                "missed_segment",
                _mostly(case),
                (record.from_t, record.to_t, case.closes_t + self._lateness_s),
                values=values,
                segment=missed[0],
            )
        ]

    def _late(self, case: Case) -> list[Violation]:
        """From the end of the window on, until it was done or given up."""
        record, done, plan = case.record, case.done, case.plan
        judged_t = record.to_t + self._lateness_s
        if not self._p.round_late.enabled or case.held_back or case.t < judged_t:
            return []
        finished_t = done.finished_t
        if finished_t is not None and finished_t <= record.to_t + self._p.round.grace_s:
            return []
        ended_t: float | None = finished_t
        if ended_t is None and not case.open:
            ended_t = case.closes_t
        values: dict[str, Value] = {
            "coverage": round(done.in_time, 4),
            "required_share": plan.coverage,
            "window": f"{self._clock(record.from_t)}-{self._clock(record.to_t)}",
            "late_s": None if finished_t is None else round(finished_t - record.to_t, 3),
        }
        pending = next((n for n, t in enumerate(done.segment_t) if t is None), 0)
        return [
            self._violation(
                case,
                "round_late",
                _mostly(case),
                (record.to_t, ended_t, judged_t),
                values=values,
                segment=pending,
            )
        ]

    def _too_fast(self, case: Case) -> list[Violation]:
        """One for each vehicle: from its first pass that was too fast to its last."""
        limit_kmh = case.limit_kmh
        if not self._p.work_too_fast.enabled or limit_kmh is None:
            return []
        fast: dict[str, list[SegmentPass]] = {}
        for one in case.record.passes:
            if case.is_fast(one):
                fast.setdefault(one.vehicle_id, []).append(one)
        found = []
        for vehicle_id, passes in sorted(fast.items()):
            worst = max(passes, key=lambda p: p.max_kmh)
            values: dict[str, Value] = {
                "segments": len({p.segment for p in passes}),
                "segment_name": case.named(sorted({p.segment for p in passes})),
                "speed_kmh": worst.speed_kmh,
                "max_kmh": worst.max_kmh,
                "limit_kmh": limit_kmh,
                "length_m": round(sum(p.length_m for p in passes), 1),
            }
            began, sure = passes[0].started_at.timestamp(), passes[0].ended_at.timestamp()
            ended = max(p.ended_at for p in passes).timestamp()
            violation = self._violation(
                case,
                "work_too_fast",
                vehicle_id,
                (began, ended, sure),
                values=values,
                segment=passes[0].segment,
                backfill=all(p.backfill for p in passes),
            )
            found.append(violation)
        return found

    def _left(self, case: Case) -> list[Violation]:
        """Away from a round begun and not done.

        One that does not come back to work left it only if much is undone, and nobody else can do
        it; else it went home.
        """
        plan, record, p = case.plan, case.record, self._p.left_work_area
        if not p.enabled or case.held_back:
            return []
        found = []
        finished_t = case.done.finished_t
        for one in record.absences:
            own = [s for s in record.passes if s.vehicle_id == one.vehicle_id]
            began_t = one.started_at.timestamp()
            if not any(s.started_at < one.started_at for s in own):
                continue  # on its way there
            if finished_t is not None and finished_t <= began_t:
                continue  # on its way home
            coverage = case.done.coverage_at(began_t)
            undone = coverage < plan.coverage - p.undone_share and len(plan.vehicle_ids) == 1
            if not undone and not any(s.started_at > one.started_at for s in own):
                continue  # it may think that it is done
            sure_t = began_t + p.away_s
            if one.ended_at is not None:
                ended_t: float | None = min(one.ended_at.timestamp(), record.to_t)
            else:
                ended_t = record.to_t if case.t >= record.to_t + self._lateness_s else None
            values: dict[str, Value] = {
                "at_work": False,
                "max_distance_m": one.max_distance_m,
                "coverage": round(coverage, 4),
            }
            if ended_t is not None:
                values["duration_s"] = round(ended_t - began_t, 3)
            violation = self._violation(
                case,
                "left_work_area",
                one.vehicle_id,
                (began_t, ended_t, sure_t),
                values=values,
                place=(one.lon, one.lat),
                backfill=one.backfill,
            )
            found.append(violation)
        return found

    def _violation(
        self,
        case: Case,
        kind: str,
        vehicle_id: str,
        times: tuple[float, float | None, float],
        *,
        values: dict[str, Value],
        segment: int = 0,
        place: tuple[float, float] | None = None,
        backfill: bool = False,
    ) -> Violation:
        """`times`: when it began, ended, and was sure."""
        began_t, ended_t, sure_t = times
        lon, lat = place or self._cases.middle(case.plan, segment)
        return Violation(
            kind=kind,
            vehicle_id=vehicle_id,
            subject=case.plan.plan_id,
            started_at=moment(began_t),
            confirmed_at=moment(sure_t),
            ended_at=None if ended_t is None else moment(ended_t),
            lon=lon,
            lat=lat,
            values=values,
            parameters={**as_values(getattr(self._p, kind)), **self._round_parameters(kind)},
            backfill=backfill,
        )

    def _round_parameters(self, kind: str) -> dict[str, Value]:
        names = {
            "missed_segment": ("segment_share", "idle_s"),
            "round_late": ("grace_s", "give_up_s"),
        }
        return {name: getattr(self._p.round, name) for name in names.get(kind, ())}

    def _clock(self, t: float) -> str:
        return f"{moment(t).astimezone(self._timezone):%H:%M}"


def _mostly(case: Case) -> str:
    """The vehicle that worked most of it in its window, else the plan's first."""
    worked: Counter[str] = Counter()
    for one in case.record.passes:
        if one.started_at.timestamp() < case.record.to_t:
            worked[one.vehicle_id] += round(one.length_m)
    return max(sorted(worked), key=worked.__getitem__, default=case.plan.vehicle_ids[0])
