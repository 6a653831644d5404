"""Scores of events by hand-made tables, and the intervals against published values."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.evaluation.interval import most_expected, percentile, wilson
from app.evaluation.matching import Alarm, Fault
from app.evaluation.score import EventScore, score_events
from app.evaluation.truth import Clip, Condition, Distractor, Source, TrueEvent

BOX = (100.0, 100.0, 140.0, 130.0)
T0 = datetime(2026, 5, 1, tzinfo=UTC)


def clip(name: str, condition="day", source="synthetic", seconds=1800.0) -> Clip:
    where = Condition(condition), Source(source)
    return Clip(name, "c1", f"scene-{name}", *where, seconds, 640, 360, T0)


def event(name: str, at: float, kind="spillage", **more) -> TrueEvent:
    return TrueEvent(name, kind, at, at + 1, None, BOX, **more)


def alarm(name: str, number: int, at: float, kind="spillage", **more) -> Alarm:
    return Alarm(name, number, kind, at - 5, at, BOX, **more)


def row_of(rows: tuple[EventScore, ...], *of: str) -> EventScore:
    (row,) = [r for r in rows if (r.source, r.kind, r.condition) == of]
    return row


def test_a_small_table_by_hand():
    clips = [clip("a"), clip("b", "night"), clip("r", source="real", seconds=3600)]
    events = [event("a", 10), event("a", 200), event("b", 10), event("r", 10)]
    alarms = {
        "a": [alarm("a", 0, 17, suspected=False), alarm("a", 1, 20), alarm("a", 2, 900)],
        "b": [alarm("b", 0, 19)],
        "r": [alarm("r", 0, 16, "illegal_dumping")],
    }
    scores = score_events(clips, events, [], alarms)
    day = row_of(scores.rows, "synthetic", "spillage", "day")
    assert (day.events, day.found, day.false, day.duplicates, day.confirmed) == (2, 1, 2, 1, 1)
    assert (day.recall, day.precision) == (1 / 2, 1 / 3)
    assert day.f1 == pytest.approx(2 * (1 / 2) * (1 / 3) / (1 / 2 + 1 / 3))
    assert (day.hours, day.false_per_hour, day.false_per_day) == (0.5, 4, 96)
    total = row_of(scores.rows, "synthetic", "all", "all")
    assert (total.events, total.found, total.false, total.hours) == (3, 2, 2, 1)
    assert (total.alert_p50_s, total.alert_p90_s) == (7, pytest.approx(7.8))
    real = row_of(scores.rows, "real", "illegal_dumping", "all")
    assert (real.events, real.found, real.false, real.recall) == (0, 0, 1, None)
    assert [w.false.fault for w in scores.wrong if w.clip.name == "r"] == [Fault.OTHER_KIND]
    assert {r.source for r in scores.rows} == {"synthetic", "real"}


def test_false_alarms_are_laid_at_the_distractors_of_their_time():
    distractors = [
        Distractor("a", "rain", 0, 60),
        Distractor("a", "headlights", 100, 104),
        Distractor("a", "headlights", 500, 504),
    ]
    alarms = {"a": [alarm("a", 0, 40), alarm("a", 1, 112), alarm("a", 2, 300)]}
    scores = score_events([clip("a")], [], distractors, alarms)
    assert [(d.what, d.times, d.with_alarm, d.alarms) for d in scores.distractors] == [
        ("", 0, 0, 1),
        ("headlights", 2, 1, 1),
        ("rain", 1, 1, 1),
    ]


def test_a_camera_turned_away_is_rightly_told_to_have_moved():
    turned = [Distractor("a", "re_aimed", 100, 200)]
    alarms = {"a": [alarm("a", 0, 104, "camera_moved"), alarm("a", 1, 108, "spillage")]}
    scores = score_events([clip("a")], [], turned, alarms)
    moved = row_of(scores.rows, "synthetic", "camera_moved", "all")
    assert (moved.events, moved.found, moved.false) == (1, 1, 0)
    assert row_of(scores.rows, "synthetic", "all", "all").events == 0  # the scene's own, only
    (only,) = scores.distractors
    assert (only.what, only.with_alarm, only.kinds) == ("re_aimed", 1, {"spillage": 1})
    unseen = score_events([clip("a")], [], turned, {})
    assert [m.event.kind for m in unseen.missed] == ["camera_moved"]
    said = [event("a", 101, "camera_moved")]
    assert len(score_events([clip("a")], said, turned, {}).missed) == 1  # not counted twice


def test_the_place_is_measured_where_truth_has_it():
    events = [event("a", 10, lon=119.95, lat=31.7), event("a", 100)]
    alarms = {"a": [alarm("a", 0, 16, lon=119.95, lat=31.7001), alarm("a", 1, 106, lon=1, lat=1)]}
    row = row_of(score_events([clip("a")], events, [], alarms).rows, "synthetic", "all", "all")
    assert row.placed == 1
    assert row.place_p50_m == pytest.approx(11.1, abs=0.1)


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611), (29, 29, 0.883, 1)],
)
def test_wilson_as_published(hits, of, low, high):
    # Newcombe 1998, Statistics in Medicine 17: table I, method 3
    assert wilson(hits, of) == pytest.approx((low, high), abs=1e-4)


def test_the_largest_mean_that_a_count_leaves_open():
    # Garwood 1936, 95 % limits of a Poisson mean
    assert most_expected(0) == pytest.approx(3.689, abs=1e-3)
    assert most_expected(3) == pytest.approx(8.767, abs=1e-3)
    assert most_expected(100) == pytest.approx(121.63, abs=1e-2)
    assert wilson(0, 0) is None


def test_percentiles_lie_between_the_nearest():
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2
    assert percentile([1.0, 2.0], 0.9) == pytest.approx(1.9)
    assert percentile([], 0.5) is None
