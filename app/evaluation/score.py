"""Scores of events by source, kind and condition (事件评分). Pure: tables in, scores out.

Figures of one source (rendered, composited, real) are never added to those of another.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from app.evaluation.interval import most_expected, percentile, wilson
from app.evaluation.matching import CAMERA_KINDS, Alarm, FalseAlarm, Fault, match
from app.evaluation.truth import Clip, Distractor, TrueEvent

ALL = "all"
"""Of conditions, or of kinds: their sum within one source."""
EXPECTED = {"re_aimed": "camera_moved"}
"""What is right to tell of a distractor: of a camera turned away, that it was."""
AFTER_S = 10.0
"""An alarm is laid at a distractor that ended no longer before the thing appeared (ours)."""

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class EventScore:
    """One row of a table. Shares are 0 to 1, None where nothing was to be counted.

    Attributes:
        events, found, false: true events, those told, and alarms that told none of them.
        duplicates: of `false`, second alarms for one event.
        recall_95, precision_95: Wilson's intervals.
        alert_p50_s, alert_p90_s: from when the camera could first see it to the alarm.
        confirmed: of `found`, those that a class of the detector confirmed.
        place_p50_m, place_p90_m: from the true place on the map, `placed` of them.
        hours: of footage in which false alarms were counted.
        false_per_hour_most: what the true rate may be, at 97.5 %.
    """

    source: str
    kind: str
    condition: str
    events: int
    found: int
    false: int
    duplicates: int
    confirmed: int
    recall: float | None
    recall_95: Interval | None
    precision: float | None
    precision_95: Interval | None
    f1: float | None
    alert_p50_s: float | None
    alert_p90_s: float | None
    placed: int
    place_p50_m: float | None
    place_p90_m: float | None
    hours: float
    false_per_hour: float
    false_per_day: float
    false_per_hour_most: float


@dataclass(frozen=True, slots=True)
class DistractorScore:
    """How often something harmless raised an alarm; `in_none`: alarms with no distractor near."""

    source: str
    what: str
    times: int
    with_alarm: int
    alarms: int
    kinds: dict[str, int]


@dataclass(frozen=True, slots=True)
class FoundEvent:
    clip: Clip
    event: TrueEvent
    alarm: Alarm
    alert_s: float
    place_m: float | None


@dataclass(frozen=True, slots=True)
class MissedEvent:
    clip: Clip
    event: TrueEvent


@dataclass(frozen=True, slots=True)
class WrongAlarm:
    """A false alarm and the distractors that went on at the time."""

    clip: Clip
    false: FalseAlarm
    distractors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EventScores:
    rows: tuple[EventScore, ...]
    distractors: tuple[DistractorScore, ...]
    found: tuple[FoundEvent, ...]
    missed: tuple[MissedEvent, ...]
    wrong: tuple[WrongAlarm, ...]


def score_events(
    clips: Sequence[Clip],
    events: Iterable[TrueEvent],
    distractors: Iterable[Distractor],
    alarms: Mapping[str, Sequence[Alarm]],
) -> EventScores:
    """Score the alarms of clips that were run; `alarms` by clip name."""
    events_of, distractors_of = by_clip(events), by_clip(distractors)
    found: list[FoundEvent] = []
    missed: list[MissedEvent] = []
    wrong: list[WrongAlarm] = []
    tally = _Tally()
    for clip in clips:
        true = _with_expected(clip, events_of[clip.name], distractors_of[clip.name])
        matched = match(true, alarms.get(clip.name, ()))
        found += [
            FoundEvent(clip, event, alarm, alarm.raised_s - event.visible_s, _place_m(event, alarm))
            for event, alarm in matched.found
        ]
        missed += [MissedEvent(clip, event) for event in matched.missed]
        for false in matched.false:
            near = [d for d in distractors_of[clip.name] if _during(false.alarm, d)]
            wrong.append(WrongAlarm(clip, false, tuple(sorted({d.what for d in near}))))
            tally.alarm(clip, false.alarm, near)
        for distractor in distractors_of[clip.name]:
            tally.times(clip, distractor)
    return EventScores(
        tuple(_rows(clips, _Part(found, missed, wrong))),
        tally.scores(),
        tuple(found),
        tuple(missed),
        tuple(wrong),
    )


class _InClip(Protocol):
    @property
    def clip(self) -> str: ...


R = TypeVar("R", bound=_InClip)


def by_clip(records: Iterable[R]) -> defaultdict[str, list[R]]:
    """Records by the name of their clip."""
    grouped: defaultdict[str, list[R]] = defaultdict(list)
    for record in records:
        grouped[record.clip].append(record)
    return grouped


def _with_expected(
    clip: Clip, events: Sequence[TrueEvent], distractors: Sequence[Distractor]
) -> list[TrueEvent]:
    """The true events, and what a distractor rightly has told of the camera itself."""
    true = list(events)
    for distractor in distractors:
        kind = EXPECTED.get(distractor.what)
        told = [e for e in events if e.kind == kind]
        known = any(abs(e.started_s - distractor.started_s) < AFTER_S for e in told)
        if kind is None or known:
            continue
        whole = (0.0, 0.0, float(clip.width_px), float(clip.height_px))
        began, ended = distractor.started_s, distractor.ended_s
        true.append(TrueEvent(clip.name, kind, began, began, ended, whole, what=distractor.what))
    return true


def _during(alarm: Alarm, distractor: Distractor) -> bool:
    return (
        alarm.raised_s >= distractor.started_s and alarm.started_s <= distractor.ended_s + AFTER_S
    )


class _Tally:
    """Counts distractors and what was told in them."""

    def __init__(self) -> None:
        self._times: defaultdict[tuple[str, str], int] = defaultdict(int)
        self._hit: defaultdict[tuple[str, str], set[Distractor]] = defaultdict(set)
        self._alarms: defaultdict[tuple[str, str], list[Alarm]] = defaultdict(list)

    def times(self, clip: Clip, distractor: Distractor) -> None:
        self._times[clip.source, distractor.what] += 1

    def alarm(self, clip: Clip, alarm: Alarm, near: Sequence[Distractor]) -> None:
        for distractor in near:
            self._hit[clip.source, distractor.what].add(distractor)
        for what in {d.what for d in near} or {""}:
            self._alarms[clip.source, what].append(alarm)

    def scores(self) -> tuple[DistractorScore, ...]:
        rows = []
        for source, what in sorted({*self._times, *self._alarms}):
            alarms = self._alarms[source, what]
            kinds: defaultdict[str, int] = defaultdict(int)
            for alarm in alarms:
                kinds[alarm.kind] += 1
            rows.append(
                DistractorScore(
                    source, what, self._times[source, what], len(self._hit[source, what]),
                    len(alarms), dict(sorted(kinds.items())),
                )
            )  # fmt: skip
        return tuple(rows)


@dataclass(frozen=True, slots=True)
class _Part:
    """What one row counts."""

    found: Sequence[FoundEvent]
    missed: Sequence[MissedEvent]
    wrong: Sequence[WrongAlarm]

    def kinds(self) -> set[str]:
        true = {f.event.kind for f in self.found} | {m.event.kind for m in self.missed}
        return true | {w.false.alarm.kind for w in self.wrong}

    def within(self, source: str, condition: str) -> _Part:
        def of(clip: Clip) -> bool:
            return clip.source == source and condition in (ALL, clip.condition)

        return _Part(
            [f for f in self.found if of(f.clip)],
            [m for m in self.missed if of(m.clip)],
            [w for w in self.wrong if of(w.clip)],
        )

    def of(self, kinds: Collection[str]) -> _Part:
        return _Part(
            [f for f in self.found if f.event.kind in kinds],
            [m for m in self.missed if m.event.kind in kinds],
            [w for w in self.wrong if w.false.alarm.kind in kinds],
        )


def _rows(clips: Sequence[Clip], judged: _Part) -> Iterable[EventScore]:
    for source in sorted({clip.source for clip in clips}):
        own = [clip for clip in clips if clip.source == source]
        kinds = sorted(judged.within(source, ALL).kinds())
        # The sum over kinds is of what happens in the scene; the camera's own faults stay apart.
        in_scene = [kind for kind in kinds if not kind.startswith(CAMERA_KINDS)]
        for kind in (*kinds, ALL):
            for condition in (*sorted({clip.condition for clip in own}), ALL):
                part = judged.within(source, condition)
                seconds = sum(c.seconds for c in own if condition in (ALL, c.condition))
                counted = part.of(in_scene if kind == ALL else [kind])
                yield _row((source, kind, condition), counted, seconds / 3600)


def _row(of: tuple[str, str, str], part: _Part, hours: float) -> EventScore:
    found, missed, wrong = part.found, part.missed, part.wrong
    events, told = len(found) + len(missed), len(found) + len(wrong)
    recall = len(found) / events if events else None
    precision = len(found) / told if told else None
    waits = [f.alert_s for f in found]
    places = [f.place_m for f in found if f.place_m is not None]
    source, kind, condition = of
    return EventScore(
        source=source,
        kind=kind,
        condition=condition,
        events=events,
        found=len(found),
        false=len(wrong),
        duplicates=sum(w.false.fault is Fault.DUPLICATE for w in wrong),
        confirmed=sum(not f.alarm.suspected for f in found),
        recall=recall,
        recall_95=wilson(len(found), events),
        precision=precision,
        precision_95=wilson(len(found), told),
        f1=2 * len(found) / (events + told) if events else None,
        alert_p50_s=percentile(waits, 0.5),
        alert_p90_s=percentile(waits, 0.9),
        placed=len(places),
        place_p50_m=percentile(places, 0.5),
        place_p90_m=percentile(places, 0.9),
        hours=hours,
        false_per_hour=len(wrong) / hours if hours else 0.0,
        false_per_day=24 * len(wrong) / hours if hours else 0.0,
        false_per_hour_most=most_expected(len(wrong)) / hours if hours else 0.0,
    )


_DEGREE_M = 111_320.0


def _place_m(event: TrueEvent, alarm: Alarm) -> float | None:
    """Over the ground, as if it were flat: a camera sees some 100 m."""
    if event.lon is None or event.lat is None or alarm.lon is None or alarm.lat is None:
        return None
    east = (alarm.lon - event.lon) * _DEGREE_M * math.cos(math.radians(event.lat))
    return math.hypot(east, (alarm.lat - event.lat) * _DEGREE_M)
