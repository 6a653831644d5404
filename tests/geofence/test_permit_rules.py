"""Off route of the trip's permit, out of hours, no permit: what raises, what just does not."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
from shapely import LineString

from config.hours import DailyHours
from config.permit import Permit
from config.route import Route, RouteKind
from config.vehicle import Company, VehicleKind
from geofence.engine import Engine
from ingest.position import Load
from tests.geofence.drive import Drive, haul_site

DAY = timedelta(days=1)
PERMIT = Permit(
    "p", site_zone="site", ground_zone="ground", route_ids=("r",), vehicle_ids=("v1",)
)  # as `haul_site` has it


def road(world, route_id, *points):
    shape = LineString([world.degrees(*p) for p in points])
    return Route(route_id, route_id, RouteKind.CORRIDOR, shape, 50.0)


def engine_for(world, *permits, **more):
    routes = {
        "r": road(world, "r", (0, 0), (3000, 0)),
        "north": road(world, "north", (0, 0), (0, 4000)),
    }
    permits = {p.permit_id: p for p in permits}
    return Engine(haul_site(world, permits=permits, routes=routes, **more))


def found(world, engine, drive, kind, batch=9):
    fixes = drive.fixes if isinstance(drive, Drive) else drive
    return world.violations(world.judge(engine, fixes, batch), kind)


def loaded(world, sensor=True):
    """A truck that has been loaded at the site."""
    if not sensor:
        return Drive(world).stand(600)
    return Drive(world).stand(300, load=Load.EMPTY).stand(300, load=Load.FULL)


def seconds(world, moment):
    return None if moment is None else (moment - world.t0).total_seconds()


# --- Off route -----------------------------------------------------------------------------------

NORTH = Permit("q", site_zone="elsewhere", route_ids=("north",), vehicle_ids=("v1",))
FREE = Permit("f", site_zone="elsewhere", vehicle_ids=("v1",))


@pytest.mark.parametrize("sensor", [True, False])
def test_on_a_trip_only_the_routes_of_its_permit_count(world, sensor):
    drive = loaded(world, sensor).to(0, 2000)
    (violation,) = found(world, engine_for(world, PERMIT, NORTH), drive, "off_route")
    assert (violation.permit_id, violation.values["nearest_route"]) == ("p", "r")
    # Before a trip began, either road will do.
    empty_handed = Drive(world).to(0, 2000)
    assert found(world, engine_for(world, PERMIT, NORTH), empty_handed, "off_route") == []
    # A permit without routes for another site sets it free only as long as no trip is known.
    (violation,) = found(world, engine_for(world, PERMIT, FREE), drive, "off_route")
    assert violation.permit_id == "p"
    assert found(world, engine_for(world, PERMIT, FREE), empty_handed, "off_route") == []
    along = loaded(world, sensor).to(2900, 0)
    assert found(world, engine_for(world, PERMIT, NORTH), along, "off_route") == []


def test_known_to_be_empty_it_may_drive_anywhere(world):
    engine = engine_for(world, PERMIT)
    empty = Drive(world).stand(60, load=Load.EMPTY).to(0, 2000)
    assert found(world, engine, empty, "off_route") == []
    unknown = Drive(world).stand(60).to(0, 2000)
    assert len(found(world, engine, unknown, "off_route")) == 1
    strict = engine_for(world, PERMIT, rules={"off_route": {"when_empty": True}})
    assert len(found(world, strict, empty, "off_route")) == 1


def test_off_the_route_it_ends_when_it_has_become_empty(world):
    drive = loaded(world).to(0, 2000).stand(200, load=Load.EMPTY).to(0, 3500)
    (violation,) = found(world, engine_for(world, PERMIT), drive, "off_route")
    emptied = drive.fixes[-1].fix_time - timedelta(seconds=160 + 200)
    assert emptied - timedelta(seconds=10) <= violation.ended_at <= emptied + DAY / 24


@pytest.mark.parametrize(
    ("beyond_m", "step_s", "raised_after_s"),
    [
        (49, 10, 180),  # near: the long hold
        (60, 10, 30),  # far: 60 / 50 of the time
        (99, 10, 20),
        (101, 20, 20),  # surely: two fixes are enough
        (400, 10, 10),  # at most three times as fast
        (400, 1, 10),
    ],
)
def test_the_further_off_the_sooner(world, beyond_m, step_s, raised_after_s):
    engine = engine_for(world, PERMIT)
    fixes = [world.fix(t, 1500, 50 + beyond_m) for t in range(0, 300, step_s)]
    (violation,) = found(world, engine, fixes, "off_route")
    assert seconds(world, violation.confirmed_at) == raised_after_s
    just_before = [p for p in fixes if p.fix_time < violation.confirmed_at]
    assert found(world, engine, just_before, "off_route") == []


def test_a_silence_ends_it_as_soon_as_it_is_known(world):
    engine = engine_for(world, PERMIT)
    fixes = [world.fix(t, 1500, 300) for t in range(0, 100, 10)]
    state, told = engine.advance(engine.initial(), fixes, world.t0 + timedelta(seconds=100))
    assert [f.ended_at for f in told] == [None]
    state, told = engine.advance(state, [], world.t0 + timedelta(seconds=500))
    (ended,) = (f for f in told if f.kind == "off_route")
    assert seconds(world, ended.ended_at) == 90
    # What comes late shows that it was none.
    late = [world.fix(t, 1500, 300) for t in range(100, 500, 10)]
    _, told = engine.advance(state, late, world.t0 + timedelta(seconds=510))
    (again,) = (f for f in told if f.kind == "off_route")
    assert (again.started_at, again.ended_at) == (ended.started_at, None)


# --- Out of hours --------------------------------------------------------------------------------
# t0 is noon.


def hours(text, **more):
    return replace(PERMIT, hours=DailyHours.parse(text), **more)


def drives(world, way_s=400, **sensors):
    """Along the road, away from the site: from the 200th second on."""
    drive = Drive(world)
    drive.x = 400.0
    drive.sensors |= sensors
    return drive.stand(200).to(400 + way_s * 10, 0)


@pytest.mark.parametrize(
    ("permits", "sensors", "raised"),
    [
        ([hours("19:00-06:00")], {}, True),
        ([hours("19:00-06:00")], {"load": Load.FULL}, True),
        ([hours("19:00-06:00")], {"load": Load.EMPTY}, False),
        ([hours("19:00-06:00"), Permit("any", vehicle_ids=("v1",))], {}, False),
        ([hours("19:00-06:00"), replace(hours("09:00-15:00"), permit_id="day")], {}, False),
        ([hours("19:00-06:00"), replace(hours("09:00-11:00"), permit_id="day")], {}, True),
        ([hours("")], {}, False),
        ([], {}, False),
    ],
)
def test_out_of_the_hours_of_all_permits_and_not_empty(world, permits, sensors, raised):
    way_s = 220  # so that it ends short of the ground
    violations = found(world, engine_for(world, *permits), drives(world, way_s, **sensors),
                       "out_of_hours")  # fmt: skip
    assert len(violations) == raised
    for violation in violations:
        assert (violation.subject, violation.permit_id) == ("p", "p")
        assert violation.values["hours"].startswith("19:00-06:00")
        assert violation.values["local_time"] == "12:05"
        assert violation.parameters["hold_s"] == 120
        assert seconds(world, violation.started_at) == 200
        assert seconds(world, violation.confirmed_at) == 320


@pytest.mark.parametrize(("way_s", "raised"), [(120, False), (130, True)])
def test_it_has_to_drive_for_a_while(world, way_s, raised):
    engine = engine_for(world, hours("19:00-06:00"))
    assert len(found(world, engine, drives(world, way_s), "out_of_hours")) == raised


def test_drift_of_a_parked_truck_is_no_driving(world):
    engine = engine_for(world, hours("19:00-06:00"))
    dice = random.Random(3)
    parked = [
        world.fix(t, 1500 + dice.gauss(0, 15), dice.gauss(0, 15)) for t in range(0, 7200, 5)
    ]  # 10 km/h and more on every second fix, if speeds are derived
    assert found(world, engine, parked, "out_of_hours") == []


@pytest.mark.parametrize(
    ("spans", "began"),
    [
        ("06:00-12:03", 300),  # they ended at second 180: two minutes' grace
        ("06:00-12:02", 240),
        ("06:00-12:01", 200),
        ("06:00-11:00", 200),
        ("12:30-18:00", 200),  # they have yet to begin
    ],
)
def test_after_the_hours_it_may_be_on_its_way_for_a_while(world, spans, began):
    engine = engine_for(world, hours(spans, route_ids=()))
    drive = drives(world, 100).to(1400, 3000).to(400, 3000).to(400, 1000)
    drive.to(2000, 1000)
    (violation,) = found(world, engine, drive, "out_of_hours")
    assert seconds(world, violation.started_at) == began
    no_grace = engine_for(world, hours(spans), rules={"out_of_hours": {"grace_s": 0}})
    (violation,) = found(world, no_grace, drive, "out_of_hours")
    assert seconds(world, violation.started_at) == 200


def test_no_grace_for_a_trip_that_left_after_the_hours(world):
    drive = loaded(world).to(2800, 0)  # it leaves 10 s before ten past noon
    (violation,) = found(world, engine_for(world, hours("06:00-12:05")), drive, "out_of_hours")
    assert seconds(world, violation.started_at) < 680
    assert violation.values["left_site_at"] == "2026-03-02T04:09:50+00:00"
    assert found(world, engine_for(world, hours("06:00-12:11")), drive, "out_of_hours") == []


def test_the_trips_permit_counts(world):
    day = Permit("day", site_zone="elsewhere", vehicle_ids=("v1",))
    engine = engine_for(world, hours("19:00-06:00"), day)
    (violation,) = found(world, engine, loaded(world).to(2800, 0), "out_of_hours")
    assert violation.permit_id == "p"
    night = replace(day, hours=DailyHours.parse("01:00-02:00"))
    engine = engine_for(world, hours("09:00-15:00"), night)
    assert found(world, engine, loaded(world).to(2800, 0), "out_of_hours") == []


@pytest.mark.parametrize(
    ("and_then", "ended"),
    [
        (lambda d: d.stand(590).to(2650, 300), None),  # a break, not an end
        (lambda d: d.stand(700).to(2650, 300), 410),
        (lambda d: d.to(3000, 0).stand(120), 430),  # arrived: near the ground no fix counts
        (lambda d: d.stand(60, load=Load.EMPTY).to(2650, 300), 420),
    ],
)
def test_out_of_hours_ends(world, and_then, ended):
    drive = drives(world, 220)
    and_then(drive)
    (violation,) = found(world, engine_for(world, hours("19:00-06:00")), drive, "out_of_hours")
    if ended is None:
        assert violation.ended_at is None
    else:
        assert seconds(world, violation.ended_at) == pytest.approx(ended, abs=20)


def test_it_ends_when_the_hours_begin(world):
    engine = engine_for(world, hours("12:06-18:00"))
    (violation,) = found(world, engine, drives(world, 220), "out_of_hours")
    assert seconds(world, violation.ended_at) == 350


# --- No permit -----------------------------------------------------------------------------------

OTHER = replace(PERMIT, vehicle_ids=("v2",))


@pytest.mark.parametrize(
    ("permits", "reason"),
    [
        ([PERMIT], None),
        ([replace(PERMIT, site_zone=None)], None),
        ([OTHER], "other_vehicle"),
        ([replace(OTHER, site_zone="other")], "none"),
        ([replace(PERMIT, site_zone="other")], "other_site"),
        ([replace(PERMIT, site_zone="other"), replace(OTHER, permit_id="o")], "other_site"),
        ([replace(PERMIT, valid_to=-DAY)], "expired"),
        ([replace(PERMIT, valid_from=DAY)], "not_yet"),
        (
            [replace(PERMIT, valid_to=-DAY), replace(PERMIT, permit_id="n", valid_from=2 * DAY)],
            "expired",
        ),
        (
            [replace(PERMIT, valid_to=-DAY), replace(PERMIT, permit_id="n", valid_from=DAY / 2)],
            "not_yet",
        ),
        ([replace(PERMIT, valid_to=-DAY), replace(PERMIT, permit_id="n")], None),
        ([], None),  # a district that keeps no permits
    ],
)
@pytest.mark.parametrize("sensor", [True, False])
def test_loading_without_a_permit_and_why(world, permits, reason, sensor):
    def dated(permit):
        spans = {k: getattr(permit, k) for k in ("valid_from", "valid_to")}
        return replace(permit, **{k: v and world.t0 + v for k, v in spans.items()})

    engine = engine_for(world, *map(dated, permits))
    drive = loaded(world, sensor).to(2000, 0)
    violations = found(world, engine, drive, "no_permit")
    assert [v.values["reason"] for v in violations] == ([reason] if reason else [])
    for violation in violations:
        assert (violation.subject, violation.zone_id) == ("site", "site")
        assert seconds(world, violation.started_at) == 0
        assert violation.ended_at is None  # it is on its way with what it loaded
        # Told while it is still being loaded: at the dwell, or when the sensor is sure.
        assert seconds(world, violation.confirmed_at) == (330 if sensor else 180)
        assert violation.values["load_by"] == ("sensor" if sensor else "place")
        if reason in ("expired", "not_yet"):
            assert violation.permit_id is not None
            assert violation.values["valid_to" if reason == "expired" else "valid_from"]


@pytest.mark.parametrize(
    ("register", "reason"),
    [
        ({"certificate_to": -DAY}, "certificate_expired"),
        ({"certificate_to": DAY}, None),
        ({"valid_to": -DAY}, "vehicle_not_registered_then"),
        ({"valid_from": DAY}, "vehicle_not_registered_then"),
        ({"company": -DAY}, "company_not_admitted"),
        ({"company": DAY}, None),
        ({"company": -DAY, "certificate_to": -DAY}, "company_not_admitted"),
    ],
)
def test_papers_of_the_vehicle_and_its_company(world, register, reason):
    dates = {k: world.t0 + v for k, v in register.items()}
    company = Company("c1", "c1", valid_to=dates.pop("company", None))
    vehicle = replace(world.truck("v1"), **dates)
    more = {"vehicles": {"v1": vehicle}, "companies": {"c1": company}}
    drive = loaded(world).to(2000, 0)
    violations = found(world, engine_for(world, PERMIT, **more), drive, "no_permit")
    assert [v.values["reason"] for v in violations] == ([reason] if reason else [])
    # Where there is no permit either, that comes first.
    (violation,) = found(world, engine_for(world, OTHER, **more), drive, "no_permit")
    assert violation.values["reason"] == "other_vehicle"
    assert ("also" in violation.values) is (reason is not None)
    if len(register) == 2:
        assert violation.values["also"] == "company_not_admitted|certificate_expired"


@pytest.mark.parametrize(
    ("drive", "raised"),
    [
        (lambda d: d.stand(170).to(2000, 0), False),  # drops by
        (lambda d: d.stand(200).to(2000, 0), True),
        (lambda d: d.stand(900, load=Load.EMPTY).to(2000, 0), False),  # it has a sensor
        (lambda d: d.stand(900, load=Load.FULL).to(2000, 0), True),  # full when first seen there
        (lambda d: d.to(3000, 0).stand(900).to(2000, 0), False),  # a ground is no site
    ],
)
def test_only_loading_counts(world, drive, raised):
    there = drive(Drive(world))
    assert len(found(world, engine_for(world, OTHER), there, "no_permit")) == raised
    sweeper = {"v1": world.truck("v1", VehicleKind.SWEEPER)}
    assert found(world, engine_for(world, OTHER, vehicles=sweeper), there, "no_permit") == []
    off = {"no_permit": {"enabled": False}}
    assert found(world, engine_for(world, OTHER, rules=off), there, "no_permit") == []


@pytest.mark.parametrize("sensor", [True, False])
def test_it_ends_with_the_trip_and_begins_with_the_next(world, sensor):
    empty, full = ({"load": Load.EMPTY}, {"load": Load.FULL}) if sensor else ({}, {})
    drive = Drive(world)
    for _ in range(2):
        drive.stand(300, **empty).stand(300, **full).to(3000, 0).stand(300, **empty).to(0, 0)
    first, second = found(world, engine_for(world, OTHER), drive, "no_permit")
    assert first.ended_at
    assert second.ended_at
    assert 890 <= seconds(world, first.ended_at) < seconds(world, second.started_at)


def test_a_load_that_its_sensor_tells_late(world):
    drive = Drive(world).stand(400, load=Load.EMPTY)
    drive.sensors = {"load": Load.FULL}
    drive.to(2000, 0)
    (violation,) = found(world, engine_for(world, OTHER), drive, "no_permit")
    assert seconds(world, violation.started_at) == 0


def test_without_a_trip_it_ends_when_it_left(world):
    # Loaded, and emptied again before it drives out: seen by its sensor.
    drive = loaded(world).stand(300, load=Load.EMPTY).to(1000, 0).stand(900)
    (violation,) = found(world, engine_for(world, OTHER), drive, "no_permit")
    assert seconds(world, violation.ended_at) == pytest.approx(910, abs=20)


# --- All of them ---------------------------------------------------------------------------------


def bad_day(world):
    """A drive that breaks all three rules."""
    return loaded(world).to(1500, 0).to(1500, 1500).to(2500, 1500).stand(100).fixes


def judge_in(world, engine, batches):
    state, told = engine.initial(), []
    for batch in batches:
        state, findings = engine.advance(state, batch, world.t0)
        state = engine.decode(engine.encode(state))
        told += findings
    return world.final(told)


@pytest.mark.parametrize("seed", range(5))
def test_late_fixes_and_restarts_change_nothing(world, seed):
    expired = hours("19:00-06:00", valid_to=world.t0 - DAY)
    night = hours("01:00-02:00", permit_id="q", site_zone="other")
    engine = engine_for(world, expired, night)
    fixes = bad_day(world)
    expected = world.judge(engine, fixes)
    kinds = {f.kind for f in expected.values() if hasattr(f, "kind")}
    assert {"out_of_hours", "no_permit"} <= kinds
    dice = random.Random(seed)
    due = sorted(fixes, key=lambda p: p.fix_time + timedelta(seconds=dice.uniform(0, 590)))
    batches = [due[i : i + 7] for i in range(0, len(due), 7)]
    assert judge_in(world, engine, batches) == expected


def test_backfill_is_found_and_does_not_ring(world):
    engine = engine_for(world, hours("19:00-06:00"))
    live = [world.fix(t, 400, -2000) for t in range(10_000, 10_100, 10)]
    old = [msgspec.structs.replace(p, backfill=True) for p in bad_day(world)]
    state, _ = engine.advance(engine.initial(), live, world.t0)
    _, told = engine.advance(state, old, world.t0)
    violations = world.violations(world.final(told), "out_of_hours")
    assert violations
    assert all(v.backfill and v.ended_at for v in violations)
