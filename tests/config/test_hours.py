"""Daily hours: when a day of work begins, and whether spans meet."""

from __future__ import annotations

import pytest

from config.hours import DailyHours

SPANS = [
    "",
    "00:00-24:00",
    "19:00-06:00",
    "06:00-19:00",
    "09:00-11:00|19:00-06:00",
    "22:00-00:00",
    "00:00-01:00",
    "23:30-00:30|12:00-13:00",
]


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("", 0),
        ("07:00-09:00|17:00-19:00", 0),
        ("19:00-24:00", 0),
        ("19:00-06:00", 19 * 60),
        ("19:00-06:00|09:00-11:00", 9 * 60),
        ("22:00-00:00", 22 * 60),
    ],
)
def test_a_day_of_work_begins(text, begins):
    assert DailyHours.parse(text).day_begins_min == begins


@pytest.mark.parametrize("a", SPANS)
@pytest.mark.parametrize("b", SPANS)
def test_spans_meet_where_a_minute_is_in_both(a, b):
    one, other = DailyHours.parse(a), DailyHours.parse(b)
    both = any(one.contains(minute) and other.contains(minute) for minute in range(1440))
    assert one.meets(other) == both


@pytest.mark.parametrize(
    ("text", "twice"),
    [
        ("06:00-08:00|08:00-10:00", False),
        ("06:00-08:00|07:59-10:00", True),
        ("22:00-02:00|02:00-06:00", False),
        ("22:00-02:00|01:00-06:00", True),
        ("22:00-02:00|23:00-23:30", True),
        ("00:00-24:00", False),
        ("00:00-24:00|05:00-06:00", True),
    ],
)
def test_spans_that_overlap(text, twice):
    assert DailyHours.parse(text).overlaps_itself() == twice
