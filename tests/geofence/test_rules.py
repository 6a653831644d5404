"""Off route, overspeed, restricted zones: what raises, what ends, what raises nothing."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from shapely import LineString, box

from config.hours import DailyHours
from config.permit import Permit
from config.road import Road
from config.route import Route, RouteKind
from config.rule_parameters import ParameterError
from config.vehicle import VehicleKind
from config.zone import Zone, ZoneKind
from geofence.engine import Engine
from geofence.parameters import read_parameters
from ingest.position import Load


def line(world, *points, route_id="r1", half_width_m=50.0) -> Route:
    shape = LineString([world.degrees(*p) for p in points])
    return Route(route_id, route_id, RouteKind.CORRIDOR, shape, half_width_m)


def zone(world, zone_id, kind, x1, y1, x2, y2, **more) -> Zone:
    shape = box(*world.degrees(x1, y1), *world.degrees(x2, y2))
    return Zone(zone_id, zone_id, kind, shape, **more)


def make(world, *, zones=(), routes=(), permits=(), kind=VehicleKind.MUCK, rules=None) -> Engine:
    return Engine(
        world.site(
            zones={z.id: z for z in zones},
            routes={r.id: r for r in routes},
            permits={p.permit_id: p for p in permits},
            vehicles={"v1": world.truck("v1", kind)},
            rules=rules or {},
        )
    )


PERMIT = Permit("p1", route_ids=("r1",), vehicle_ids=("v1",))


def judged(world, engine, fixes, kind):
    return world.violations(world.judge(engine, fixes), kind)


def span(world, violation):
    zero = world.t0
    ended = violation.ended_at
    return (
        (violation.started_at - zero).total_seconds(),
        None if ended is None else (ended - zero).total_seconds(),
    )


# --- Off route -----------------------------------------------------------------------------------


def beside(world, y, begin=0, end=400, step=10, x=0.0, kmh=0.0):
    return [world.fix(t, x + kmh / 3.6 * t, y) for t in range(begin, end, step)]


def test_near_the_edge_needs_the_long_hold_and_far_off_the_short_one(world):
    engine = make(world, routes=[line(world, (-5000, 0), (5000, 0))], permits=[PERMIT])
    assert judged(world, engine, beside(world, 45), "off_route") == []
    assert judged(world, engine, beside(world, 80, end=180), "off_route") == []
    (near,) = judged(world, engine, beside(world, 80, end=200), "off_route")
    assert span(world, near) == (0, None)
    assert near.values["duration_s"] == 180
    assert near.values["distance_m"] == pytest.approx(80, abs=0.5)
    assert near.values["half_width_m"] == 50
    assert near.parameters["hold_s"] == 180
    assert (near.permit_id, near.subject) == ("p1", "p1")
    assert judged(world, engine, beside(world, 120, end=30), "off_route") == []
    (far,) = judged(world, engine, beside(world, 120, end=40), "off_route")
    assert far.values["duration_s"] == 30


def test_it_ends_when_back_for_a_while_and_not_at_a_crossing(world):
    engine = make(world, routes=[line(world, (-5000, 0), (5000, 0))], permits=[PERMIT])
    fixes = beside(world, 200, 0, 100) + beside(world, 0, 100, 130) + beside(world, 200, 130, 200)
    (violation,) = judged(world, engine, fixes, "off_route")
    assert span(world, violation) == (0, None)
    fixes += beside(world, 0, 200, 270)
    (violation,) = judged(world, engine, fixes, "off_route")
    assert span(world, violation) == (0, 190)
    assert violation.values["max_distance_m"] == pytest.approx(200, abs=1)


def test_nothing_begins_or_goes_on_across_a_silence(world):
    engine = make(world, routes=[line(world, (-5000, 0), (5000, 0))], permits=[PERMIT])
    sparse = [world.fix(t, 0, 200) for t in range(0, 4000, 301)]
    assert judged(world, engine, sparse, "off_route") == []
    fixes = beside(world, 200, 0, 100, kmh=20) + beside(world, 200, 391, 500, kmh=20)
    assert [span(world, v) for v in judged(world, engine, fixes, "off_route")] == [
        (0, 90),
        (391, None),
    ]


def test_parked_beside_the_route_when_its_hours_begin_is_no_detour(world):
    coming = replace(PERMIT, valid_from=world.t0 + timedelta(seconds=200))
    engine = make(world, routes=[line(world, (-5000, 0), (5000, 0))], permits=[coming])
    parked = beside(world, 250, end=3600)
    assert judged(world, engine, parked, "off_route") == []
    leaving = [world.fix(t, (t - 3600) * 8.0, 250) for t in range(3600, 3800, 10)]
    (violation,) = judged(world, engine, [*parked, *leaving], "off_route")
    assert span(world, violation)[0] >= 3600 - 200


def test_sites_grounds_and_depots_are_no_detour(world):
    zones = [
        zone(world, "site", ZoneKind.SITE, 0, 200, 100, 300),
        zone(world, "ground", ZoneKind.GROUND, 200, 200, 300, 300),
        zone(world, "depot", ZoneKind.DEPOT, 400, 200, 500, 300),
        zone(world, "other", ZoneKind.SITE, 600, 200, 700, 300),
    ]
    permit = replace(PERMIT, site_zone="site", ground_zone="ground")
    engine = make(world, zones=zones, routes=[line(world, (-5000, 0), (5000, 0))], permits=[permit])
    for x, expected in ((50, 0), (250, 0), (450, 0), (650, 1)):
        found = judged(world, engine, beside(world, 250, x=x), "off_route")
        assert len(found) == expected, x


def test_only_permits_in_force_with_routes_bind(world):
    route = line(world, (-5000, 0), (5000, 0))
    fixes = beside(world, 250, kmh=20)
    hours = replace(PERMIT, hours=DailyHours.parse("19:00-06:00"))  # it is noon
    past = replace(PERMIT, valid_to=world.t0)
    coming = replace(PERMIT, valid_from=world.t0 + timedelta(seconds=200))
    free = Permit("p2", vehicle_ids=("v1",))
    for permits, starts in (
        ([PERMIT], [0]),
        ([hours], []),
        ([past], []),
        ([coming], [200]),
        ([PERMIT, free], []),
        ([], []),
    ):
        engine = make(world, routes=[route], permits=permits)
        found = judged(world, engine, fixes, "off_route")
        assert [span(world, v)[0] for v in found] == starts, permits
    engine = make(
        world, routes=[route], permits=[hours], rules={"off_route": {"outside_hours": True}}
    )
    assert len(judged(world, engine, fixes, "off_route")) == 1
    engine = make(world, routes=[route], permits=[PERMIT], rules={"off_route": {"enabled": False}})
    assert judged(world, engine, fixes, "off_route") == []
    assert "off_route" not in engine.kinds


def test_any_of_several_routes_will_do(world):
    routes = [
        line(world, (-5000, 0), (5000, 0)),
        line(world, (0, -5000), (0, 5000), route_id="r2", half_width_m=20),
    ]
    permits = [PERMIT, Permit("p2", route_ids=("r2",), vehicle_ids=("v1",))]
    engine = make(world, routes=routes, permits=permits)
    assert judged(world, engine, beside(world, 800, x=10), "off_route") == []
    (violation,) = judged(world, engine, beside(world, 800, x=160), "off_route")
    assert violation.values["nearest_route"] == "r2"
    assert violation.permit_id == "p2"


# --- Overspeed -----------------------------------------------------------------------------------


def at_speed(world, speeds, step=5):
    return [world.fix(i * step, i * step * 5, 0, speed_kmh=s) for i, s in enumerate(speeds)]


def test_overspeed_must_last(world):
    engine = make(world, rules={"overspeed": {"limit_kmh": 60}})
    spike = [50, 50, 110, 50, 50, 110, 110, 50, 50, 50]
    assert judged(world, engine, at_speed(world, spike), "overspeed") == []
    tolerated = [65] * 20
    assert judged(world, engine, at_speed(world, tolerated), "overspeed") == []
    fast = [50, 80, 85, 90, 80, 50, 50, 50, 50]
    (violation,) = judged(world, engine, at_speed(world, fast), "overspeed")
    assert span(world, violation) == (5, 20)
    assert violation.values["max_speed_kmh"] == 90
    assert violation.values["limit_kmh"] == 60
    assert violation.subject == "default"
    assert violation.parameters["tolerance"] == 0.1


def test_the_lowest_limit_in_force_counts(world):
    slow = zone(world, "slow", ZoneKind.WORK_AREA, -100, -100, 900, 100, speed_limit_kmh=30)
    night = zone(
        world, "night", ZoneKind.WORK_AREA, -100, -100, 900, 100,
        speed_limit_kmh=10, hours=DailyHours.parse("22:00-05:00"),
    )  # fmt: skip
    permit = Permit("p1", vehicle_ids=("v1",), speed_limit_kmh=50)
    fixes = at_speed(world, [40] * 10)
    engine = make(world, zones=[slow, night], permits=[permit])
    (violation,) = judged(world, engine, fixes, "overspeed")
    assert (violation.subject, violation.zone_id) == ("slow", "slow")
    engine = make(world, permits=[permit])
    assert judged(world, engine, fixes, "overspeed") == []
    (violation,) = judged(world, engine, at_speed(world, [60] * 10), "overspeed")
    assert (violation.subject, violation.permit_id) == ("p1", "p1")


def test_speed_is_derived_where_the_terminal_reports_none(world):
    engine = make(world, rules={"overspeed": {"limit_kmh": 60}})
    fast = [world.fix(t, t * 25, 0) for t in range(0, 60, 5)]
    (violation,) = judged(world, engine, fast, "overspeed")
    assert violation.values["max_speed_kmh"] == pytest.approx(90, rel=0.01)
    assert violation.values["derived"] is True
    sparse = [world.fix(t, t * 25, 0) for t in range(0, 900, 61)]
    assert judged(world, engine, sparse, "overspeed") == []


def test_jitter_at_every_second_is_no_speed(world):
    engine = make(world, rules={"overspeed": {"limit_kmh": 60}})
    parked = [world.fix(t, 25 if t % 2 else 0, 0) for t in range(120)]  # 90 km/h to and fro
    assert judged(world, engine, parked, "overspeed") == []


def street(world, road_id, limit, *points, name=""):
    return Road(road_id, name, LineString([world.degrees(*p) for p in points]), 40, limit)


def on_roads(world, *roads, **more):
    site = world.site(
        roads={r.id: r for r in roads},
        vehicles={"v1": world.truck("v1")},
        **{key: {p.permit_id: p for p in value} if key == "permits" else value
           for key, value in more.items()},
    )  # fmt: skip
    return Engine(site)


@pytest.mark.parametrize(
    ("speed", "limits", "permit", "use_roads", "subject"),
    [
        (60, [50], None, True, "road:East"),
        (54, [50], None, True, None),  # within the tolerance
        (60, [50, 70], None, True, None),  # a parallel road may be meant
        (80, [50, 70], None, True, "road:Second"),
        (80, [50, None], None, True, None),  # or one of which nobody knows
        (60, [50], 60, True, None),  # what the permit says, counts
        (40, [50], 30, True, "p1"),
        (60, [50], None, False, None),
        (140, [50], None, False, "default"),
    ],
)
def test_limits_of_roads(world, speed, limits, permit, use_roads, subject):
    names = ("East", "Second")
    roads = [
        street(world, f"r{i}", limit, (-500, 15 * i), (5000, 15 * i), name=names[i])
        for i, limit in enumerate(limits)
    ]
    permits = [Permit("p1", vehicle_ids=("v1",), speed_limit_kmh=permit)] if permit else []
    engine = on_roads(world, *roads, permits=permits, rules={"overspeed": {"use_roads": use_roads}})
    found = judged(world, engine, at_speed(world, [speed] * 10), "overspeed")
    assert [v.subject for v in found] == ([subject] if subject else [])
    if subject == "road:East":
        assert found[0].values["limit_kmh"] == 50
        assert found[0].values["limit_by"] == "road"
        away = [world.fix(t, t * 17, 400, speed_kmh=60.0) for t in range(0, 60, 5)]
        assert judged(world, engine, away, "overspeed") == []  # no road there


def test_the_fix_most_above_its_limit_is_told(world):
    fast, slow = (street(world, "a", 60, (-500, 0), (150, 0)),
                  street(world, "b", 30, (150, 0), (5000, 0)))  # fmt: skip
    engine = on_roads(world, fast, slow)
    speeds = [80, 90, 80, 80, 80, 60, 60, 60, 60, 60, 60, *[20] * 5]
    (violation,) = judged(world, engine, at_speed(world, speeds), "overspeed")
    assert (violation.values["max_speed_kmh"], violation.values["limit_kmh"]) == (60, 30)


@pytest.mark.parametrize("reported", [True, False])
@pytest.mark.parametrize("step", [1, 5, 15])
def test_spikes_and_multipath_are_no_speed(world, reported, step):
    """Town driving with spikes of one and two fixes, and places thrown aside for a while."""
    engine = make(world, rules={"overspeed": {"limit_kmh": 60}})
    dice = random.Random(step)
    fixes, x, aside = [], 0.0, 0.0
    for t in range(0, 7200, step):
        x += dice.uniform(0, 16) * step  # up to 58 km/h
        if dice.random() < 0.03:  # an echo, for some fixes, and back
            aside = dice.choice([0, 0, 120, -200])
        speed = dice.uniform(0, 58)
        if dice.random() < 0.1 and not (fixes and (fixes[-1].speed_kmh or 0) > 66):
            speed = dice.uniform(70, 160)
        fixes.append(world.fix(t, x, aside, speed_kmh=speed if reported else None))
    assert judged(world, engine, fixes, "overspeed") == []


def test_overspeed_ends_in_a_silence_and_a_late_fix_breaks_it(world):
    engine = make(world, rules={"overspeed": {"limit_kmh": 60}})
    fast = [world.fix(t, t * 25, 0, speed_kmh=90.0) for t in (0, 10, 20, 30)]
    state, _ = engine.advance(engine.initial(), fast, world.t0)
    _, told = engine.advance(state, [], world.t0 + timedelta(seconds=400))
    assert [span(world, v) for v in told if v.kind == "overspeed"] == [(0, 30)]
    slow = [world.fix(t, t * 25, 0, speed_kmh=40.0) for t in (15, 25)]
    _, told = engine.advance(state, slow, world.t0)
    assert [v.withdrawn for v in told if v.kind == "overspeed"] == [True]


# --- Restricted zone -----------------------------------------------------------------------------


def test_restricted_only_for_muck_trucks_in_the_zones_hours(world):
    fixes = [world.fix(t, 100, 100) for t in range(0, 600, 10)]
    always = zone(world, "z", ZoneKind.RESTRICTED, 0, 0, 200, 200)
    (violation,) = judged(world, make(world, zones=[always]), fixes, "restricted_zone")
    assert span(world, violation) == (0, None)
    assert (violation.zone_id, violation.subject) == ("z", "z")
    sweeper = make(world, zones=[always], kind=VehicleKind.SWEEPER)
    assert judged(world, sweeper, fixes, "restricted_zone") == []
    # t0 is noon in Shanghai: in force from the 2nd to the 5th minute.
    hours = replace(always, hours=DailyHours.parse("12:02-12:05"))
    (violation,) = judged(world, make(world, zones=[hours]), fixes, "restricted_zone")
    assert span(world, violation) == (120, 290)
    assert violation.values["hours"] == "12:02-12:05"
    past = replace(always, hours=DailyHours.parse("22:00-12:00"))
    assert judged(world, make(world, zones=[past]), fixes, "restricted_zone") == []


def test_restricted_needs_a_dwell_and_ends_with_the_visit(world):
    engine = make(world, zones=[zone(world, "z", ZoneKind.RESTRICTED, 0, 0, 200, 200)])
    through = [world.fix(t, -100 + 10 * t, 100) for t in range(0, 60, 5)]
    assert judged(world, engine, through, "restricted_zone") == []
    stay = [world.fix(t, -100 + 4 * t, 100) for t in range(0, 200, 5)]
    (violation,) = judged(world, engine, stay, "restricted_zone")
    assert span(world, violation) == (30, 70)
    again = [world.fix(t, 100, 100) for t in (0, 10, 20, 30, 40, 400, 410, 420, 430, 440)]
    assert [span(world, v) for v in judged(world, engine, again, "restricted_zone")] == [
        (0, 40),
        (400, None),
    ]


@pytest.mark.parametrize(
    ("laden_only", "load", "raised"),
    [
        (True, Load.EMPTY, False),
        (True, Load.FULL, True),
        (True, None, True),  # not known to be empty
        (False, Load.EMPTY, True),
    ],
)
def test_a_zone_for_empty_trucks(world, laden_only, load, raised):
    shut = zone(world, "z", ZoneKind.RESTRICTED, 500, 0, 900, 200, laden_only=laden_only)
    fixes = [world.fix(t, t * 5, 100, load=load) for t in range(0, 170, 5)]
    assert len(judged(world, make(world, zones=[shut]), fixes, "restricted_zone")) == raised


@pytest.mark.parametrize(
    ("exempt", "permit", "y", "raised"),
    [
        (False, PERMIT, 100, True),
        (True, PERMIT, 100, False),
        (True, PERMIT, 300, True),  # off its route
        (True, replace(PERMIT, hours=DailyHours.parse("11:00-13:00")), 100, False),
        (True, replace(PERMIT, hours=DailyHours.parse("19:00-06:00")), 100, True),
        (True, replace(PERMIT, valid_to=datetime(2026, 1, 1, tzinfo=UTC)), 100, True),
        (True, replace(PERMIT, route_ids=()), 100, True),  # it names no route here
        (True, replace(PERMIT, vehicle_ids=("v2",)), 100, True),
    ],
)
def test_a_zone_that_exempts_permits(world, exempt, permit, y, raised):
    shut = zone(world, "z", ZoneKind.RESTRICTED, 500, 0, 900, 400, permits_exempt=exempt)
    route = line(world, (-1000, 100), (3000, 100))
    engine = make(world, zones=[shut], routes=[route], permits=[permit])
    fixes = [world.fix(t, 400 + t * 5, y) for t in range(0, 170, 5)]
    assert len(judged(world, engine, fixes, "restricted_zone")) == raised


def test_leaving_the_permitted_route_within_the_zone(world):
    shut = zone(world, "z", ZoneKind.RESTRICTED, 0, 0, 4000, 600, permits_exempt=True)
    engine = make(world, zones=[shut], routes=[line(world, (-1000, 100), (5000, 100))],
                  permits=[PERMIT])  # fmt: skip

    def drive(*legs):
        ys = [y for y, fixes in legs for _ in range(fixes)]
        return [world.fix(5 * i, 200 + 20 * i, y) for i, y in enumerate(ys)]

    strayed = drive((100, 20), (300, 6), (100, 20))
    assert judged(world, engine, strayed, "restricted_zone") == []
    off = drive((100, 20), (300, 10), (100, 6), (300, 10), (100, 20))
    (violation,) = judged(world, engine, off, "restricted_zone")
    assert span(world, violation) == (100, 225)


# --- Parameters ----------------------------------------------------------------------------------


def test_an_unknown_or_useless_threshold_is_refused():
    assert read_parameters({"off_route": {"hold_s": 60}}).off_route.hold_s == 60
    assert read_parameters({"spillage": {"whatever": 1}}).off_route.hold_s == 180
    assert read_parameters({"off_route": {"severity": "serious"}}).off_route.hold_s == 180
    for bad, words in (
        ({"hold": 60}, r"rules\.off_route\.hold: no such parameter"),
        ({"hold_s": "60"}, "'60' is not a number"),
        ({"hold_s": -1}, "-1 is not"),
        ({"hold_s": float("nan")}, "nan is not"),
        ({"min_fixes": 2.5}, "whole number"),
        ({"outside_hours": 1}, "not true or false"),
    ):
        with pytest.raises(ParameterError, match=words):
            read_parameters({"off_route": bad})
