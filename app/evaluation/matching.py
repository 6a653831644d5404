"""Which alarm tells which true event (告警与真值匹配). Pure: tables in, pairs out.

An alarm tells an event when the kind is the same, the boxes overlap, and it came in time: from
`EARLY_S` before the event began to `LATE_S` after the camera could first see it. One alarm tells
one event and one event is told by one alarm; every other alarm is a false one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.evaluation.truth import TrueEvent
from detection.scene_event import Box

EARLY_S = 2.0
LATE_S = 30.0
"""Both as the IWDD contest of WACV-W 2026 counts, the second from when the thing can be seen."""
OVERLAP = 0.3
"""Of the smaller box: what a camera tells is often the part that stands out (ours)."""
CAMERA_KINDS = "camera_"
"""What befalls the camera itself has no place in the picture."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm of one clip; seconds are into the clip.

    `number` tells it from the others of the clip. `lon`, `lat` are None without ground points.
    """

    clip: str
    number: int
    kind: str
    started_s: float
    raised_s: float
    box: Box
    suspected: bool = True
    class_name: str | None = None
    lon: float | None = None
    lat: float | None = None


class Fault(StrEnum):
    """Why an alarm is false."""

    DUPLICATE = "duplicate"  # 重复: the event was told already
    EARLY = "early"  # 过早
    LATE = "late"  # 过迟
    OTHER_KIND = "other_kind"  # 类型错误: something of another kind was there
    NOTHING = "nothing"  # 无此事


@dataclass(frozen=True, slots=True)
class FalseAlarm:
    """`near` is the event that it nearly told, None where nothing was there."""

    alarm: Alarm
    fault: Fault
    near: TrueEvent | None = None


@dataclass(frozen=True, slots=True)
class Matched:
    found: tuple[tuple[TrueEvent, Alarm], ...]
    missed: tuple[TrueEvent, ...]
    false: tuple[FalseAlarm, ...]


def match(events: Sequence[TrueEvent], alarms: Sequence[Alarm]) -> Matched:
    """Pair the events and alarms of one clip.

    As many events as possible are told; among alarms that could tell the same, the earlier does,
    and among events that an alarm could tell, the one that it overlaps most.
    """
    in_turn = sorted(alarms, key=lambda a: (a.raised_s, a.number))
    told_by: dict[int, Alarm] = {}
    for alarm in in_turn:
        _place(alarm, events, told_by, set())
    used = {alarm.number for alarm in told_by.values()}
    return Matched(
        tuple((event, told_by[i]) for i, event in enumerate(events) if i in told_by),
        tuple(event for i, event in enumerate(events) if i not in told_by),
        tuple(_false(alarm, events) for alarm in in_turn if alarm.number not in used),
    )


def overlap_share(a: Box, b: Box) -> float:
    """The common area of two boxes over the smaller one's."""
    wide = min(a[2], b[2]) - max(a[0], b[0])
    tall = min(a[3], b[3]) - max(a[1], b[1])
    smaller = min((a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1]))
    return max(wide, 0.0) * max(tall, 0.0) / smaller if smaller > 0 else 0.0


def _place(
    alarm: Alarm, events: Sequence[TrueEvent], told_by: dict[int, Alarm], tried: set[int]
) -> bool:
    """Give the alarm an event; one that is taken is left to it where its alarm finds another.

    An augmenting path (Kuhn 1955): who was placed once stays placed.
    """
    fits = [i for i, event in enumerate(events) if _tells(alarm, event) and i not in tried]
    fits.sort(key=lambda i: (-_overlap(alarm, events[i]), events[i].started_s, i))
    for i in fits:
        tried.add(i)
        other = told_by.get(i)
        if other is None or _place(other, events, told_by, tried):
            told_by[i] = alarm
            return True
    return False


def _tells(alarm: Alarm, event: TrueEvent) -> bool:
    return alarm.kind == event.kind and _is_there(alarm, event) and _timing(alarm, event) is None


def _overlap(alarm: Alarm, event: TrueEvent) -> float:
    if event.kind.startswith(CAMERA_KINDS):
        return 1.0
    return overlap_share(alarm.box, event.box)


def _is_there(alarm: Alarm, event: TrueEvent) -> bool:
    return _overlap(alarm, event) > OVERLAP


def _timing(alarm: Alarm, event: TrueEvent) -> Fault | None:
    if alarm.raised_s < event.started_s - EARLY_S:
        return Fault.EARLY
    if alarm.raised_s > event.visible_s + LATE_S:
        return Fault.LATE
    return None


def _false(alarm: Alarm, events: Sequence[TrueEvent]) -> FalseAlarm:
    """What excuses most: an event of its kind in time, then out of time, then of another kind.

    Of several the one nearest in time.
    """

    def late_s(event: TrueEvent) -> float:
        return abs(alarm.raised_s - event.visible_s)

    at_place = sorted((event for event in events if _is_there(alarm, event)), key=late_s)
    same = [event for event in at_place if event.kind == alarm.kind]
    for event in same:
        if _timing(alarm, event) is None:
            return FalseAlarm(alarm, Fault.DUPLICATE, event)
    if same:
        return FalseAlarm(alarm, _timing(alarm, same[0]) or Fault.NOTHING, same[0])
    for event in at_place:
        camera = event.kind.startswith(CAMERA_KINDS)
        if not camera and _timing(alarm, event) is None:
            return FalseAlarm(alarm, Fault.OTHER_KIND, event)
    return FalseAlarm(alarm, Fault.NOTHING)
