"""Which alarm tells which event, by hand-made tables."""

from __future__ import annotations

import pytest

from app.evaluation.matching import Alarm, Fault, match
from app.evaluation.truth import TrueEvent

PLACE = (100.0, 100.0, 140.0, 130.0)
BESIDE = (300.0, 100.0, 340.0, 130.0)


def event(started=10.0, visible=12.0, kind="illegal_dumping", box=PLACE, what="") -> TrueEvent:
    return TrueEvent("c", kind, started, visible, None, box, what=what)


def alarm(raised, number=0, kind="illegal_dumping", box=PLACE) -> Alarm:
    return Alarm("c", number, kind, raised - 5, raised, box)


@pytest.mark.parametrize(
    ("given", "told", "fault"),
    [
        (alarm(18), True, None),
        (alarm(8), True, None),  # 2 s before it began: no later than that is too early
        (alarm(7.9), False, Fault.EARLY),
        (alarm(42), True, None),  # 30 s after it could be seen
        (alarm(42.1), False, Fault.LATE),
        (alarm(18, box=BESIDE), False, Fault.NOTHING),
        (alarm(18, kind="spillage"), False, Fault.OTHER_KIND),
        (alarm(60, kind="spillage"), False, Fault.NOTHING),
        (alarm(18, box=(110, 105, 120, 115)), True, None),  # a part of it that stands out
        (alarm(18, box=(50, 50, 300, 300)), True, None),  # it, and its surroundings
        (alarm(18, box=(130, 120, 170, 150)), False, Fault.NOTHING),  # a corner in common
        (alarm(18, box=(120, 110, 120, 110)), False, Fault.NOTHING),  # no area
    ],
)
def test_one_alarm_and_one_event(given, told, fault):
    matched = match([event()], [given])
    assert len(matched.found) == told
    assert len(matched.missed) == (not told)
    assert [f.fault for f in matched.false] == ([fault] if fault else [])


def test_the_first_alarm_tells_and_the_second_is_a_duplicate():
    matched = match([event()], [alarm(20, 1), alarm(18, 2)])
    assert [(e.started_s, a.number) for e, a in matched.found] == [(10, 2)]
    assert [(f.alarm.number, f.fault) for f in matched.false] == [(1, Fault.DUPLICATE)]


def test_of_two_at_the_same_moment_the_lower_number_tells():
    matched = match([event()], [alarm(18, 4), alarm(18, 3)])
    assert [a.number for _, a in matched.found] == [3]


def test_two_events_at_one_place_need_two_alarms():
    events = [event(10, 12), event(30, 32)]
    one = match(events, [alarm(36)])
    assert len(one.found) == 1
    assert len(one.missed) == 1
    two = match(events, [alarm(18, 0), alarm(36, 1)])
    assert [(e.started_s, a.number) for e, a in two.found] == [(10, 0), (30, 1)]
    assert two.false == ()


def test_an_event_that_is_taken_is_left_where_the_other_alarm_finds_another():
    # The first alarm overlaps the wide event most, and the small one also; the second only that.
    wide, small = event(box=(100, 100, 200, 200)), event(box=(205, 100, 245, 140))
    both = alarm(18, 0, box=(120, 100, 230, 200))
    only_wide = alarm(19, 1, box=(100, 100, 150, 200))
    matched = match([wide, small], [both, only_wide])
    assert {(e.box[0], a.number) for e, a in matched.found} == {(205, 0), (100, 1)}
    assert matched.missed == ()


def test_boxes_that_overlap_more_belong_together():
    left, right = event(box=(100, 100, 140, 140)), event(box=(120, 100, 160, 140))
    matched = match([left, right], [alarm(18, 0, box=(121, 100, 161, 140)), alarm(18, 1)])
    assert {(e.box[0], a.number) for e, a in matched.found} == {(120, 0), (100, 1)}


def test_what_befalls_the_camera_has_no_place():
    moved = event(10, 10, "camera_moved", (0, 0, 640, 360))
    matched = match([moved], [alarm(13, kind="camera_moved", box=(0, 0, 0, 0))])
    assert len(matched.found) == 1
    other = match([moved], [alarm(13, kind="camera_blocked")])
    assert [f.fault for f in other.false] == [Fault.NOTHING]


def test_a_false_alarm_is_laid_at_the_event_nearest_in_time():
    passed = [event(10, 10, "no_permit"), event(30, 30, "terminal_silent")]
    (false,) = match(passed, [alarm(36, kind="unknown_truck")]).false
    assert (false.fault, false.near) == (Fault.OTHER_KIND, passed[1])


def test_of_nothing_comes_nothing():
    matched = match([], [])
    assert (matched.found, matched.missed, matched.false) == ((), (), ())
