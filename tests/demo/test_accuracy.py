"""Labels against alerts: the counting itself, and a small set through all rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from alerts.alert import Alert, Severity
from benchmarks.accuracy import score_seed, seeds
from benchmarks.matching import match
from demo.fleet.labelled.label import Label
from geofence.finding import Violation

T0 = 1_770_000_000.0
HOUR = 3600.0


def at(seconds):
    return datetime.fromtimestamp(T0 + seconds, UTC)


def label(kind="off_route", vehicle="m1", begin=0.0, end=600.0, **more):
    given = {"evident": T0 + begin, "lon": 119.95, "lat": 31.7} | more
    return Label(kind=kind, vehicle_id=vehicle, started=T0 + begin, ended=T0 + end, **given)


def told(kind="off_route", vehicle="m1", begin=30.0, end=600.0, subject="p1", lon=119.95, **more):
    """A violation and the alert that it alone makes."""
    common = {
        "kind": kind, "vehicle_id": vehicle, "subject": subject, "started_at": at(begin),
        "ended_at": None if end is None else at(end), "lon": lon, "lat": 31.7, **more,
    }  # fmt: skip
    alert = Alert(
        alert_id=uuid4(), severity=Severity.NOTICE, camera_id=None, raised_at=at(begin), **common
    )
    return Violation(confirmed_at=at(begin + 30), **common), alert


def counted(labels, pairs):
    violations, alerts = [v for v, _a in pairs], [a for _v, a in pairs]
    return match(labels, alerts, violations, T0 + 24 * HOUR)


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        (label(), told(), True),
        (label(), told(vehicle="m2"), False),
        (label(), told("overspeed"), False),
        (label(), told(begin=2 * HOUR, end=3 * HOUR), False),
        (label(), told(begin=700, end=900), True),  # within the tolerance
        (label(begin=5 * HOUR, end=6 * HOUR), told(end=None), True),  # goes on
        (label("missed_segment", subject="r1"),
         told("missed_segment", "", begin=4000, subject="r1/3"), True),
        (label("unknown_site", ""), told("unknown_site", "m7", begin=9 * HOUR), True),
        (label("unknown_site", ""), told("unknown_site", "m7", lon=119.96), False),
    ],
)  # fmt: skip
def test_what_a_label_is_found_by(one, other, found):
    matched = counted([one], [other])
    score = matched.scores[one.kind]
    assert (score.labels, score.found) == (1, int(found))
    assert bool(matched.missed) is not found
    told_kind = matched.scores[other[1].kind]
    assert (told_kind.alerts, told_kind.true) == (1, int(found))
    assert bool(matched.false) is not found


def test_a_grey_act_counts_neither_way():
    grey = replace(label(), required=False)
    assert counted([grey], []).scores["off_route"].labels == 0
    score = counted([grey], [told()]).scores["off_route"]
    assert (score.alerts, score.stray, score.recall, score.precision) == (0, 0, None, None)


def test_an_alert_that_spans_a_label_without_having_seen_it_does_not_find_it():
    first, _ = told(begin=0, end=600)
    last, _ = told(begin=7000, end=7600)
    _, alert = told(begin=0, end=7600)
    labels = [label(), label(begin=3000, end=3600), label(begin=7000, end=7600)]
    matched = match(labels, [alert], [first, last], T0 + 24 * HOUR)
    assert matched.missed == [labels[1]]
    assert matched.scores["off_route"].precision == 1
    assert matched.scores["off_route"].median_delay_s == 30


def test_what_was_withdrawn_is_neither_found_nor_false():
    violation, alert = told(withdrawn=True)
    score = counted([label()], [(violation, alert)]).scores["off_route"]
    assert (score.found, score.alerts, score.withdrawn) == (0, 0, 1)


def test_seeds_are_read():
    assert seeds("0-2,7") == [0, 1, 2, 7]


def test_a_small_set_of_offences_is_found():
    """The figures in the docs come of far larger sets; this one shows that nothing is broken."""
    outcome = score_seed((5, 14.0, True))
    scores = outcome.matched.scores
    labels = sum(s.labels for s in scores.values())
    assert labels > 120
    assert len([kind for kind, s in scores.items() if s.labels]) >= 15
    assert [kind for kind, s in scores.items() if s.labels and not s.found] == []
    assert sum(s.found for s in scores.values()) >= 0.95 * labels, outcome.matched.missed
    alerts = sum(s.alerts for s in scores.values())
    assert sum(s.true for s in scores.values()) >= 0.95 * alerts, outcome.matched.false


def test_honest_drivers_are_left_alone():
    outcome = score_seed((7, 14.0, False))
    assert outcome.fixes > 30_000
    assert len(outcome.matched.false) <= 1, outcome.matched.false
