"""Silence, cut wires and places that cannot be: what is told of a terminal, and what is not."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from shapely import box

from config.vehicle import VehicleKind
from config.zone import Zone, ZoneKind
from geofence.engine import Engine
from ingest.position import Quality


@pytest.fixture(scope="module")
def engine(world) -> Engine:
    depot = box(*world.degrees(-100, -100), *world.degrees(100, 100))
    site = box(*world.degrees(4900, -100), *world.degrees(5100, 100))
    return Engine(
        world.site(
            zones={
                "depot": Zone("depot", "depot", ZoneKind.DEPOT, depot),
                "site": Zone("site", "site", ZoneKind.SITE, site),
            },
            vehicles={
                "v1": world.truck("v1"),
                "sweeper": world.truck("sweeper", VehicleKind.SWEEPER),
            },
        )
    )


@pytest.fixture
def told(world, engine):
    """Final violations of fixes, given at once or one by one, and of what is silent after them."""

    def judge(fixes, later_s=0.0, batch=1000):
        state, found = engine.initial(), []
        for i in range(0, len(fixes), batch):
            some = fixes[i : i + batch]
            state, more = engine.advance(state, some, max(p.fix_time for p in some))
            state = engine.decode(engine.encode(state))
            found += more
        if fixes:
            now = max(p.fix_time for p in fixes) + timedelta(seconds=later_s)
            found += engine.advance(state, [], now)[1]
        final = world.final(found)
        return {(v.kind, v.subject): v for v in final.values() if hasattr(v, "kind")}

    return judge


def drive(world, begin, end, every=10, vehicle="v1", x0=1000.0, y=500.0, kmh=36.0, **more):
    return [
        world.fix(t, x0 + t * kmh / 3.6, y, vehicle, **{"speed_kmh": kmh} | more)
        for t in range(begin, end, every)
    ]


def kinds(found):
    return sorted(kind for kind, _ in found)


@pytest.mark.parametrize("batch", [1, 7, 1000])
def test_a_driving_truck_that_is_silent_for_five_minutes(world, told, batch):
    fixes = drive(world, 0, 300) + drive(world, 650, 900)
    gap = told(fixes, batch=batch)["track_gap", ""]
    assert (gap.started_at, gap.ended_at) == (fixes[29].fix_time, fixes[30].fix_time)
    assert gap.values == {
        "gap_s": 360.0, "distance_m": pytest.approx(3600, rel=0.01), "speed_kmh": 36,
        "implied_kmh": pytest.approx(36, rel=0.01),
    }  # fmt: skip


def test_it_rings_while_the_silence_lasts(world, told):
    fixes = drive(world, 0, 300)
    assert told(fixes, 419.0) == {}
    gap = told(fixes, 421.0)["track_gap", ""]
    assert gap.ended_at is None
    assert (gap.confirmed_at - gap.started_at).total_seconds() == 420
    assert kinds(told(fixes, 3700.0)) == ["terminal_offline", "track_gap"]


@pytest.mark.parametrize("marked", [True, False])
def test_what_comes_late_takes_a_gap_back_before_it_rings(world, engine, marked):
    fixes = drive(world, 0, 500) + drive(world, 500, 900, backfill=marked)
    fixes += drive(world, 900, 1500)
    before, held, after = fixes[:50], fixes[50:90], fixes[90:92]
    state, _ = engine.advance(engine.initial(), before, before[-1].fix_time)
    # On the air again after 410 s, the newest first.
    state, found = engine.advance(state, after, after[-1].fix_time)
    state, more = engine.advance(state, held, after[-1].fix_time + timedelta(seconds=30))
    state, last = engine.advance(state, fixes[92:], fixes[-1].fix_time + timedelta(seconds=200))
    assert [f.kind for f in found + more + last if hasattr(f, "kind")] == []
    # And where it rang already, it is withdrawn.
    state, found = engine.advance(
        engine.initial(), before, before[-1].fix_time + timedelta(seconds=500)
    )
    assert [f.kind for f in found] == ["track_gap"]
    later = before[-1].fix_time + timedelta(seconds=510)
    _, found = engine.advance(state, held + after, later)
    assert [f.withdrawn for f in found if hasattr(f, "kind")] == [True]


@pytest.mark.parametrize(
    ("how", "last"),
    [
        pytest.param({"ignition": False}, (), id="ignition off"),
        pytest.param({"kmh": 5}, (), id="crawls"),
        pytest.param({"x0": 2010, "y": 0}, (), id="in a site"),
        pytest.param({}, ((300, 4000, 20.0), (310, 4060, 12.0)), id="slows down"),
        pytest.param({"vehicle": "sweeper"}, (), id="sanitation"),
        pytest.param({"vehicle": "stranger"}, (), id="not registered"),
    ],
)
def test_no_gap(world, told, how, last):
    fixes = drive(world, 0, 300, **how)
    fixes += [world.fix(t, x, 500, speed_kmh=kmh) for t, x, kmh in last]
    assert "track_gap" not in kinds(told(fixes, 3000.0))


def test_no_gap_in_a_tunnel(told, world):
    assert told(drive(world, 0, 300) + drive(world, 475, 900), 200.0, batch=3) == {}


@pytest.mark.parametrize(
    ("more", "x0", "vehicle", "after_s"),
    [
        ({}, 1000, "v1", 3600),
        ({"ignition": True}, 1000, "sweeper", 3600),
        ({"ignition": False}, 1000, "v1", 172_800),
        ({}, 0, "v1", 172_800),  # in its depot
        ({}, 125, "sweeper", 172_800),  # at its fence
        ({}, 1000, "stranger", None),
    ],
)
def test_terminal_offline(world, told, more, x0, vehicle, after_s):
    fixes = [world.fix(t, x0, 0, vehicle, **{"speed_kmh": 0.0} | more) for t in range(0, 300, 30)]
    if after_s is None:
        assert told(fixes, 400_000.0) == {}
        return
    assert told(fixes, after_s - 1) == {}
    offline = told(fixes, after_s + 1)["terminal_offline", ""]
    assert offline.started_at == fixes[-1].fix_time
    back = world.fix(after_s + 500, x0, 0, vehicle, speed_kmh=0.0)
    assert told([*fixes, back])["terminal_offline", ""].ended_at == back.fix_time


@pytest.mark.parametrize("wire", ["antenna", "power"])
@pytest.mark.parametrize(
    ("seconds", "more", "x0", "expected"),
    [
        (90, {}, 1000, True),
        (50, {}, 1000, False),
        (90, {"ignition": True}, 0, True),
        (90, {"ignition": False}, 0, None),
    ],
)
def test_a_cut_wire(world, told, wire, seconds, more, x0, expected):
    cut = {f"{wire}_cut": True}
    fixes = [
        world.fix(t, x0, 0, speed_kmh=0.0, **more | (cut if 100 <= t <= 100 + seconds else {}))
        for t in range(0, 600, 10)
    ]
    expected = wire == "antenna" if expected is None else expected  # power off in a depot: repairs
    found = told(fixes, batch=5)
    assert set(found) == ({("tamper", wire)} if expected else set())
    if expected:
        assert found["tamper", wire].values == {"reason": wire, "duration_s": 90.0, "fixes": 10}
        assert found["tamper", wire].ended_at == fixes[19].fix_time


def strayed(world, fixes, rows, x=20_000.0, quality=Quality.TELEPORT):
    lon, lat = world.degrees(x, 9000)
    return [
        world.at(
            (p.fix_time - world.t0).total_seconds(), lon, lat, speed_kmh=36.0, quality=quality
        ) if i in rows else p
        for i, p in enumerate(fixes)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ((40, 44, 50), True),
        ((40, 41, 43, 44, 47, 48), True),
        ((40,), False),
        ((40, 41, 42, 43), False),  # one burst
        ((40, 44), False),
        ((40, 80, 120), False),  # too rare
        ((2, 6, 9), False),  # a receiver just switched on
    ],
)
@pytest.mark.parametrize("order", ["in order", "shuffled"])
def test_places_that_cannot_be(world, engine, told, rows, expected, order):
    fixes = strayed(world, drive(world, 0, 1800), rows)
    if order == "shuffled":
        random.Random(4).shuffle(fixes)
        state, found = Engine(engine._ground.site, 3600.0).initial(), []
        wide = Engine(engine._ground.site, 3600.0)
        for i in range(0, len(fixes), 9):
            state, more = wide.advance(state, fixes[i : i + 9], world.t0)
            state = wide.decode(wide.encode(state))
            found += more
        found += wide.advance(state, [], world.t0 + timedelta(seconds=1800))[1]
        found = {(v.kind, v.subject): v for v in world.final(found).values()}
    else:
        found = told(fixes, batch=4)
    assert set(found) == ({("tamper", "teleport")} if expected else set())
    if expected:
        violation = found["tamper", "teleport"]
        times = [(t - world.t0).total_seconds() for t in (violation.started_at, violation.ended_at)]
        assert times == [rows[0] * 10, rows[-1] * 10]
        assert violation.values["fixes"] == len(rows)


def test_scatter_that_is_honest_is_no_tampering(world, told):
    dice = random.Random(3)
    fixes = [
        world.fix(t, 1000 + 10 * t + dice.uniform(-400, 400), 500 + dice.uniform(-400, 400),
                  speed_kmh=36.0, quality=Quality.TELEPORT if dice.random() < 0.5 else Quality.GOOD)
        for t in range(0, 1800, 10)
    ]  # fmt: skip
    assert told(fixes) == {}


def test_strays_in_other_directions_are_a_poor_receiver(world, told):
    fixes = drive(world, 0, 1800)
    for row, x in ((40, 30_000), (45, -20_000), (50, 60_000)):
        fixes = strayed(world, fixes, (row,), x)
    assert told(fixes) == {}


def test_a_jump_for_good_is_told_and_one_of_a_cold_start_is_not(world, told):
    away = drive(world, 600, 1500, x0=40_000)
    jump = told([*drive(world, 0, 600), *away], batch=6)["tamper", "teleport"]
    assert jump.started_at == away[0].fix_time
    assert (jump.confirmed_at - jump.started_at).total_seconds() == 120
    assert jump.values["away_m"] > 38_000
    # Back within the two minutes: the receiver erred for a while.
    assert told([*drive(world, 0, 600), *away[:6], *drive(world, 660, 1500)]) == {}
    # Or it has just been switched on.
    parked = [world.fix(-4000, 1000, 500, speed_kmh=0.0, ignition=False)]
    assert told([*parked, *drive(world, 0, 60, x0=5000), *drive(world, 60, 900, x0=9000)]) == {}
