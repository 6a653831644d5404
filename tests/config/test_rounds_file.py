"""`rounds.csv`: planned rounds of sanitation trucks."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from config.problem import Severity
from config.round_plan import WorkKind
from config.site_files import examine_site, load_site

HEADER = (
    "plan_id,name,route_id,work,vehicle_ids,window,weekdays,passes,min_kmh,max_kmh,one_way,"
    "in_order,coverage_pct,valid_from,valid_to\n"
)
ROW = (
    "p1,早班,sw,sweep,s1|s2,04:30-07:00|22:00-02:00,mon-fri|sun,2,3,8,true,是,90,"
    "2026-01-01,2026-12-31\n"
)
ROUTES = json.dumps(
    {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"id": i, "name": "路", "kind": kind, "half_width_m": 20},
                "geometry": {"type": "LineString", "coordinates": [[119.94, 31.7], [119.95, 31.7]]},
            }
            for i, kind in [("sw", "sweep"), ("wa", "wash"), ("co", "collect"), ("r1", "corridor")]
        ],
    }
)
VEHICLES = """\
vehicle_id,plate,plate_color,kind,company_id,terminal_id
v1,苏DA1234,yellow,muck,c1,1
s1,苏DA1235,yellow,sweeper,c1,2
s2,苏DA1236,yellow,sweeper,c1,3
w1,苏DA1237,yellow,washer,c1,4
c1,苏DA1238,yellow,collector,c1,5
"""


@pytest.fixture
def with_rounds(files):
    def make(text):
        files.pop("permits.csv", None)
        return {
            **files,
            "routes.geojson": ROUTES.encode(),
            "vehicles.csv": VEHICLES.encode(),
            "rounds.csv": text.encode(),
        }

    return make


def test_a_plan_is_read(with_rounds):
    site, problems = examine_site(with_rounds(HEADER + ROW))
    assert problems == []
    plan = site.rounds["p1"]
    assert (plan.name, plan.route_id, plan.work) == ("早班", "sw", WorkKind.SWEEP)
    assert plan.vehicle_ids == ("s1", "s2")
    assert str(plan.window) == "04:30-07:00|22:00-02:00"
    assert sorted(plan.weekdays) == [0, 1, 2, 3, 4, 6]
    assert (plan.passes, plan.min_kmh, plan.max_kmh, plan.coverage) == (2, 3, 8, 0.9)
    assert plan.one_way
    assert plan.in_order
    assert plan.in_force(datetime(2026, 12, 31, 15, 59, tzinfo=UTC))
    assert not plan.in_force(datetime(2026, 12, 31, 16, 0, tzinfo=UTC))


def test_what_is_left_out_has_its_default(with_rounds):
    text = "plan_id,name,route_id,work,vehicle_ids,window\np1,早班,wa,spray,w1,04:00-08:00\n"
    plan = load_site(with_rounds(text)).rounds["p1"]
    assert plan.weekdays == frozenset(range(7))
    assert (plan.passes, plan.coverage, plan.one_way, plan.in_order) == (1, 0.95, False, False)
    assert plan.min_kmh is plan.max_kmh is plan.valid_from is plan.valid_to is None


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("mon", "0"),
        ("Mon|WED", "02"),
        ("sat-mon", "056"),
        ("周一-周五", "01234"),
        ("周六|周日", "56"),
        ("mon-mon", "0"),
        ("tue - thu", "123"),
    ],
)
def test_weekdays(with_rounds, text, days):
    plan = load_site(with_rounds((HEADER + ROW).replace("mon-fri|sun", text))).rounds["p1"]
    assert sorted(plan.weekdays) == [int(day) for day in days]


@pytest.mark.parametrize(
    ("old", "new", "field", "words"),
    [
        ("p1,早班", ",早班", "plan_id", "missing"),
        ("早班", "", "name", "missing"),
        ("sw,sweep", "r9,sweep", "route_id", "'r9' is not in routes.geojson"),
        ("sw,sweep", "r1,sweep", "route_id", "is a corridor; to sweep needs a sweep"),
        ("sw,sweep", "wa,sweep", "route_id", "is a wash"),
        ("sw,sweep", "sw,polish", "work", "sweep, wash, spray, collect"),
        ("s1|s2", "s1|s9", "vehicle_ids", "'s9' is not in vehicles.csv"),
        ("s1|s2", "", "vehicle_ids", "missing"),
        ("04:30-07:00|22:00-02:00", "", "window", "missing"),
        ("04:30-07:00|22:00-02:00", "4-7", "window", "19:00-06:00"),
        ("04:30-07:00", "01:30-07:00", "window", "overlap"),
        ("mon-fri|sun", "1-5", "weekdays", "'1-5' is no day"),
        ("mon-fri|sun", "mon-", "weekdays", "no day"),
        (",2,3,8", ",0,3,8", "passes", "at least 1"),
        (",2,3,8", ",1.5,3,8", "passes", "whole number"),
        (",2,3,8", ",2,-3,8", "min_kmh", "at least 0"),
        (",2,3,8", ",2,3,0", "max_kmh", "greater than 0"),
        (",2,3,8", ",2,8,8", "max_kmh", "not more than min_kmh"),
        ("true", "maybe", "one_way", "neither true nor false"),
        ("是", "2", "in_order", "neither true nor false"),
        (",90,", ",0,", "coverage_pct", "greater than 0"),
        (",90,", ",101,", "coverage_pct", "at most 100"),
        ("2026-12-31", "2025-12-31", "valid_to", "not after"),
    ],
)
def test_a_mistake_is_named(with_rounds, old, new, field, words):
    assert old in ROW
    _site, problems = examine_site(with_rounds(HEADER + ROW.replace(old, new, 1)))
    (problem,) = problems
    assert (problem.file, problem.line, problem.field) == ("rounds.csv", 2, field)
    assert problem.severity is Severity.ERROR
    assert words in problem.message


def test_a_plan_twice(with_rounds):
    _site, problems = examine_site(with_rounds(HEADER + ROW + ROW))
    assert [(p.line, p.field) for p in problems] == [(3, "plan_id")]


@pytest.mark.parametrize(
    ("trucks", "words"), [("s1|v1", "a sweeper's work"), ("s1|s1", "named twice")]
)
def test_doubts_are_warnings(with_rounds, trucks, words):
    site, problems = examine_site(with_rounds(HEADER + ROW.replace("s1|s2", trucks)))
    assert site is not None
    assert problems
    assert all(words in p.message and p.severity is Severity.WARNING for p in problems)
