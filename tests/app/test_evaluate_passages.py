"""Sightings and attributions against truth, by hand-made tables."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from alerts.attribution import Attribution, Candidate
from app.evaluation.laying_score import Answer, Laid, answer_of, score_layings
from app.evaluation.passage_matching import Seen, match_passages
from app.evaluation.passage_score import Told, score_passages
from app.evaluation.truth import Clip, Condition, Source, TruePassage
from detection.sighting import Direction, Load

T0 = datetime(2026, 5, 1, tzinfo=UTC)
IN, OUT = Direction.IN, Direction.OUT


def clip(name: str, camera="gate", condition="day", source="synthetic") -> Clip:
    where = Condition(condition), Source(source)
    return Clip(name, camera, f"scene-{name}", *where, 600, 640, 360, T0)


def passage(at: float, direction=IN, **more) -> TruePassage:
    return TruePassage("a", at, direction, **more)


def seen(at: float, direction: Direction | None = IN, **more) -> Seen:
    return Seen(more.pop("clip", "a"), uuid4(), at, direction, **more)


def test_each_passage_is_seen_once_and_the_nearest_counts():
    matched = match_passages([passage(10), passage(14)], [seen(13.5), seen(10.5), seen(9.8)])
    assert [(p.at_s, s.at_s) for p, s in matched.found] == [(10, 9.8), (14, 13.5)]
    assert [s.at_s for s in matched.extra] == [10.5]


def test_two_that_cross_at_once_are_told_apart_by_direction():
    matched = match_passages([passage(10, IN), passage(10.5, OUT)], [seen(10.5, IN), seen(10, OUT)])
    assert {(p.direction, s.direction) for p, s in matched.found} == {(IN, IN), (OUT, OUT)}


@pytest.mark.parametrize(("at", "found"), [(14.0, 1), (14.1, 0), (6.0, 1), (5.9, 0)])
def test_what_is_seen_too_early_or_late_is_another(at, found):
    matched = match_passages([passage(10)], [seen(at)])
    assert (len(matched.found), len(matched.missed), len(matched.extra)) == (
        (1, 0, 0) if found else (0, 1, 1)
    )


def test_a_row_by_hand():
    truth = [
        passage(10, IN, class_name="muck_truck", load=Load.OPEN, plate="苏D12345", speed_kmh=20.0),
        passage(40, OUT, class_name="muck_truck", load=Load.EMPTY, plate="苏D54321"),
        passage(70, IN, class_name="car"),
        passage(100, IN, class_name="van", load=Load.OPEN, plate="苏D11111"),
    ]
    told = [
        seen(10.5, IN, class_name="muck_truck", load=Load.OPEN, plate="苏D12345", speed_kmh=22.0),
        seen(41.0, IN, class_name="car", load=Load.OPEN, plate="苏D54327"),
        seen(70.2, None, class_name="moving"),
        seen(300, IN),
    ]
    # Where no line is drawn, passages through the picture are sighted too: they are not scored.
    clips = [clip("a"), clip("b", camera="corner")]
    scores = score_passages(clips, truth, {"a": told, "b": [seen(5, clip="b")]}, {"gate"})
    row = scores.rows[-1]
    assert (row.condition, row.passages, row.found, row.extra) == ("all", 4, 3, 1)
    assert (row.recall, row.precision) == (0.75, 0.75)
    assert row.direction == Told(right=1, wrong=1, untold=1)
    assert row.class_name == Told(right=1, wrong=1, untold=1)
    assert row.load == Told(right=1, wrong=1, untold=0)
    assert row.plate == Told(right=1, wrong=1, untold=0)
    assert row.plate.share == 0.5
    assert row.time_p50_s == pytest.approx(0.5)
    assert row.speed_p50_kmh == pytest.approx(2)
    assert sorted(row.confused) == [("car", "", 1), ("muck_truck", "car", 1)]
    assert [p.at_s for _, p in scores.missed] == [100]


def attribution(named: str | None, *candidates: tuple[str, float]) -> Attribution:
    sure = sum(share for _, share in candidates)
    return Attribution(
        camera_id="gate",
        track_uid=uuid4(),
        at=T0,
        candidates=tuple(Candidate(vehicle_id=v, confidence=c) for v, c in candidates),
        nobody=1 - sure,
        vehicle_id=named,
    )


CASES = [
    ("t1", attribution("t1", ("t1", 0.99)), Answer.NAMED_RIGHT),
    ("t1", attribution("t2", ("t2", 0.99)), Answer.NAMED_WRONG),
    ("", attribution("t2", ("t2", 0.99)), Answer.NAMED_WRONG),
    ("t1", attribution(None, ("t1", 0.6), ("t2", 0.4)), Answer.ASKED_FIRST),
    ("t2", attribution(None, ("t1", 0.6), ("t2", 0.4)), Answer.ASKED_AMONG),
    ("t3", attribution(None, ("t1", 0.6), ("t2", 0.4)), Answer.ASKED_WITHOUT),
    ("", attribution(None, ("t1", 0.6), ("t2", 0.4)), Answer.ASKED_WITHOUT),
    ("", attribution(None, ("t1", 0.1)), Answer.NOBODY_RIGHT),
    ("", attribution(None), Answer.NOBODY_RIGHT),
    ("t1", attribution(None, ("t1", 0.1)), Answer.NOBODY_WRONG),
    ("t1", None, Answer.NOT_LAID),
]


@pytest.mark.parametrize(("true", "told", "answer"), CASES)
def test_an_answer_is_named_by_what_it_was_worth(true, told, answer):
    assert answer_of(Laid(clip("a"), "passage", 1.0, true, told)) is answer


def test_answers_are_counted_by_what_and_condition():
    laid = [Laid(clip("a"), "passage", 1.0, true, told) for true, told, _ in CASES]
    laid.append(Laid(clip("n", condition="night"), "spillage", 1.0, *CASES[0][:2]))
    rows = score_layings(laid)
    assert [(r.what, r.of_fleet, r.condition) for r in rows] == [
        ("passage", True, "day"), ("passage", True, "all"),
        ("passage", False, "day"), ("passage", False, "all"),
        ("spillage", True, "night"), ("spillage", True, "all"),
    ]  # fmt: skip
    row = rows[1]
    assert (row.count, row.right, row.named, row.named_wrong, row.asked) == (7, 2, 2, 1, 3)
    strangers = rows[3]
    assert (strangers.count, strangers.right, strangers.named_wrong) == (4, 2, 1)
    assert strangers.answers == {"named_wrong": 1, "asked_without": 1, "nobody_right": 2}
    assert rows[-1].right_share == 1
