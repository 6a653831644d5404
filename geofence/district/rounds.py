"""Rounds of sanitation work (作业趟次), put together of what single vehicles worked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

import msgspec

from geofence.district.round_book import FORGET_S, RoundRecord
from geofence.district.round_judge import RoundJudge
from geofence.finding import (
    Absence,
    FrostSpell,
    Round,
    SegmentPass,
    Step,
    Violation,
    identity,
)
from geofence.ground import Ground
from geofence.round_windows import Window
from geofence.rules.frost_spells import OF_WATER

S = TypeVar("S", SegmentPass, Absence)

_KINDS = ("missed_segment", "work_too_fast", "round_late", "left_work_area")
_Key = tuple[str, float]
_Told = list[Violation | Round]


class RoundsState(msgspec.Struct, frozen=True):
    """Times in seconds since 1970.

    Attributes:
        since_t: the first time of processing; what began before it raises nothing for want of work.
        opened_t: windows that began until then are known; the next one begins at `begins_t`.
        records: the rounds of the last day.
        frosts: the spells of the last days.
    """

    since_t: float = math.inf
    opened_t: float = -math.inf
    begins_t: float = -math.inf
    records: tuple[RoundRecord, ...] = ()
    frosts: tuple[FrostSpell, ...] = ()

    @property
    def due_t(self) -> float:
        """When something is to be opened, judged or forgotten although nothing comes."""
        return min((r.due_t for r in self.records), default=math.inf)


class Rounds:
    """A round is told when its window begins, with each pass, and when it is over.

    It is over when its window has ended and nobody works on it any more; what is then not worked is
    missed. A pass counts for the window in which, or shortly before which, it began; of those that
    began after a window's end the last window counts.
    """

    def __init__(self, ground: Ground, lateness_s: float) -> None:
        self._p = ground.parameters.round
        self._plans = ground.work.plans
        self._windows = ground.work.windows
        self._judge = RoundJudge(ground, lateness_s)
        self.kinds = tuple(k for k in _KINDS if ground.parameters.enabled(k))

    def advance(
        self, state: RoundsState, steps: Sequence[Step], now: datetime
    ) -> tuple[RoundsState, _Told]:
        """See `geofence.district.part.Part`."""
        if not self._plans:
            return state, []
        t = now.timestamp()
        news = [s for s in steps if isinstance(s, SegmentPass | FrostSpell | Absence)]
        if not news and t < state.begins_t and t < state.due_t:
            return state, []
        if math.isinf(state.since_t):
            state = msgspec.structs.replace(state, since_t=t, opened_t=t)
        records = {
            (r.plan_id, r.from_t): r
            for r in state.records
            if r.to_t > t - FORGET_S and r.plan_id in self._plans
        }
        touched = {key for key, record in records.items() if record.due_t <= t}
        if t >= state.begins_t:
            touched |= self._open(records, state.opened_t, t)
            begins_t = self._windows.next_begin(t)
            state = msgspec.structs.replace(state, opened_t=t, begins_t=begins_t)
        frosts = {identity(f): f for f in state.frosts}
        for step in news:
            if not isinstance(step, FrostSpell):
                touched |= self._enter(records, step, t)
                continue
            frosts.pop(identity(step), None)
            if not step.withdrawn:
                frosts[identity(step)] = step
            touched |= self._cooled(records, step)
        known = tuple(f for f in frosts.values() if f.last_at.timestamp() > t - 2 * FORGET_S)
        told: _Told = []
        for key in sorted(touched):
            seen = key[1] >= state.since_t
            records[key] = self._judged(records[key], known, t, told, seen=seen)
        kept = tuple(records[key] for key in sorted(records, key=lambda k: (k[1], k[0])))
        return msgspec.structs.replace(state, records=kept, frosts=known), told

    def _open(self, records: dict[_Key, RoundRecord], after: float, t: float) -> set[_Key]:
        """Rounds whose windows began since."""
        opened = set()
        for plan_id in self._plans:
            for window in self._windows.beginning(plan_id, max(after, t - 2 * FORGET_S), t):
                if window.to_t > t - FORGET_S:
                    opened.add(_of(records, window))
        return opened

    def _enter(
        self, records: dict[_Key, RoundRecord], step: SegmentPass | Absence, t: float
    ) -> set[_Key]:
        """Put a step where it belongs; the rounds that it changes."""
        touched = set()
        for plan in self._plans.values():
            if step.vehicle_id not in plan.vehicle_ids:
                continue
            if isinstance(step, SegmentPass) and (
                plan.route_id != step.route_id or plan.work != step.work
            ):
                continue
            window = self._window_of(plan.plan_id, step)
            if window is None or window.to_t <= t - FORGET_S:
                continue
            key = _of(records, window)
            touched.add(key)
            record = records[key]
            if isinstance(step, SegmentPass):
                records[key] = msgspec.structs.replace(record, passes=_with(record.passes, step))
            else:
                records[key] = msgspec.structs.replace(
                    record, absences=_with(record.absences, step)
                )
        return touched

    def _window_of(self, plan_id: str, step: SegmentPass | Absence) -> Window | None:
        """The window that a step counts for, by its beginning only."""
        began_t = step.started_at.timestamp()
        early_s = self._p.early_s if isinstance(step, SegmentPass) else 0.0
        late_s = self._p.give_up_s if isinstance(step, SegmentPass) else 0.0
        until_t = began_t + early_s
        # A window lasts a day at most.
        windows = self._windows.beginning(plan_id, until_t - FORGET_S - late_s - early_s, until_t)
        if not windows or began_t >= windows[-1].to_t + late_s:
            return None
        return windows[-1]

    def _cooled(self, records: dict[_Key, RoundRecord], spell: FrostSpell) -> set[_Key]:
        """The rounds with water of a vehicle whose thermometer tells something new."""
        plans = {
            p.plan_id
            for p in self._plans.values()
            if p.work in OF_WATER and spell.vehicle_id in p.vehicle_ids
        }
        return {key for key in records if key[0] in plans}

    def _judged(
        self,
        record: RoundRecord,
        frosts: Sequence[FrostSpell],
        t: float,
        told: _Told,
        *,
        seen: bool,
    ) -> RoundRecord:
        """The record with what is now to be told of it; what of that is news is added to `told`."""
        now, due_t = self._judge.judge(record, frosts, t, seen=seen)
        before = {identity(f): f for f in record.told}
        after = {identity(f): f for f in now}
        told += [f for key, f in after.items() if before.get(key) != f]
        told += [
            msgspec.structs.replace(f, withdrawn=True)
            for key, f in before.items()
            if key not in after
        ]
        due_t = min(due_t, record.to_t + FORGET_S)
        return msgspec.structs.replace(record, told=now, due_t=due_t)


def _of(records: dict[_Key, RoundRecord], window: Window) -> _Key:
    """The key of a window's record, which is there then."""
    key = window.plan_id, window.from_t
    if key not in records:
        records[key] = RoundRecord(window.plan_id, window.from_t, window.to_t)
    return key


def _with(known: tuple[S, ...], step: S) -> tuple[S, ...]:
    """Known steps in order of time, with a new one, one that is told again, or without it."""
    own = identity(step)
    rest = [s for s in known if identity(s) != own]
    if not step.withdrawn:
        rest.append(step)
    return tuple(sorted(rest, key=lambda s: (s.started_at, str(identity(s)))))
