"""Order of arrival, repetition, batching and restarts change nothing."""

from __future__ import annotations

import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, box

from config.hours import DailyHours
from config.permit import Permit
from config.route import Route, RouteKind
from config.zone import Zone, ZoneKind
from geofence.engine import Engine, StateVersionError
from geofence.rule_run import Batch
from ingest.position import Quality


def zone(world, zone_id, kind, x1, y1, x2, y2, **more) -> Zone:
    return Zone(zone_id, zone_id, kind, box(*world.degrees(x1, y1), *world.degrees(x2, y2)), **more)


@pytest.fixture(scope="module")
def engine(world) -> Engine:
    zones = [
        zone(world, "site", ZoneKind.SITE, 0, 0, 200, 200),
        zone(world, "shut", ZoneKind.RESTRICTED, 300, -100, 600, 100),
        zone(
            world, "noon", ZoneKind.RESTRICTED, 500, 0, 900, 300,
            hours=DailyHours.parse("12:05-12:10"),
        ),
        zone(world, "slow", ZoneKind.WORK_AREA, 100, 100, 400, 400, speed_limit_kmh=20),
    ]  # fmt: skip
    line = LineString([world.degrees(-1000, 0), world.degrees(1000, 0)])
    return Engine(
        world.site(
            zones={z.id: z for z in zones},
            routes={"r": Route("r", "r", RouteKind.CORRIDOR, line, 50)},
            permits={"p": Permit("p", route_ids=("r",), vehicle_ids=("v1",), site_zone="site")},
            vehicles={"v1": world.truck("v1"), "v2": world.truck("v2")},
            rules={
                "off_route": {"hold_s": 60, "far_hold_s": 20, "return_hold_s": 30},
                "overspeed": {"limit_kmh": 60},
            },
        )
    )


def drive(world, dice: random.Random, vehicle: str) -> list:
    """A truck that stands, drives and jumps among the zones, with silences and missing speeds."""
    t, x, y, vx, vy = 0.0, dice.randint(-200, 900), dice.randint(-200, 400), 0, 0
    fixes = []
    for _ in range(dice.randint(1, 40)):
        if dice.random() < 0.25:
            vx, vy = dice.randint(-22, 22), dice.randint(-12, 12)
        step = dice.choice([1, 5, 10, 10, 10, 20, 30, 60, 310])
        t += step
        x = min(max(x + vx * step, -300), 1000)
        y = min(max(y + vy * step, -300), 500)
        speed = dice.choice([None, (vx**2 + vy**2) ** 0.5 * 3.6, 90.0])
        fixes.append(world.fix(t, x, y, vehicle, speed_kmh=speed))
    return fixes


def arrivals(dice: random.Random, fixes: list) -> list:
    """Each fix up to 599 s after its time, so behind nothing newer than the window; some twice."""
    due = [(p.fix_time.timestamp() + dice.uniform(0, 599), i) for i, p in enumerate(fixes)]
    due += [
        (dice.uniform(at, fixes[i].fix_time.timestamp() + 599), i)
        for at, i in due
        if dice.random() < 0.2
    ]
    return [fixes[i] for _, i in sorted(due)]


# Seeds instead of drawn tracks: a track has hundreds of numbers, and drawing them costs seconds.
@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_any_order_and_repetition_ends_in_the_same_findings(world, engine, seed):
    dice = random.Random(seed)
    fixes = drive(world, dice, "v1") + drive(world, dice, "v2")
    expected = world.judge(engine, sorted(fixes, key=lambda p: p.fix_time))
    arriving = arrivals(dice, fixes)
    state, told = engine.initial(), []
    while arriving:
        size = dice.randint(1, 30)
        batch, arriving = arriving[:size], arriving[size:]
        state, found = engine.advance(state, batch, world.t0)
        told += found
        if dice.random() < 0.5:  # a restart
            state = engine.decode(engine.encode(state))
    assert world.final(told) == expected


def test_late_fix_amends_and_withdraws(world, engine):
    # Off the route on three fixes; a late one between them was on it, twice over.
    off = [world.fix(t, -500, 140) for t in (0, 100, 200)]
    state, found = engine.advance(engine.initial(), off, world.t0)
    (violation,) = found
    assert violation.kind == "off_route"
    assert not violation.withdrawn
    state, found = engine.advance(state, [world.fix(150, -500, 0)], world.t0)
    assert [(f.kind, f.withdrawn, f.started_at) for f in found] == [
        ("off_route", True, violation.started_at)
    ]
    _, again = engine.advance(state, [world.fix(150, -500, 0)], world.t0)
    assert again == []


def test_state_given_is_not_changed(world, engine):
    first = [world.fix(t, 100, 100) for t in range(0, 60, 10)]
    state, _ = engine.advance(engine.initial(), first, world.t0)
    before = engine.encode(state)
    more = [world.fix(t, 700, 300) for t in range(35, 300, 10)]
    one = engine.advance(state, more, world.t0)
    assert engine.encode(state) == before
    two = engine.advance(state, more, world.t0)
    assert one[1] == two[1]
    assert engine.encode(one[0]) == engine.encode(two[0])


def test_only_good_fixes_move_a_vehicle(world, engine):
    bad = [
        world.fix(t, -500, 200, quality=q)
        for q in Quality
        if q is not Quality.GOOD
        for t in range(0, 300, 10)
    ]
    state, found = engine.advance(engine.initial(), bad, world.t0)
    assert found == []
    assert state.slots == {}


def test_older_than_the_window_is_not_judged(world, engine):
    state, _ = engine.advance(engine.initial(), [world.fix(5000, 0, 0)], world.t0)
    old = [world.fix(t, -500, 200) for t in range(0, 600, 10)]
    state, found = engine.advance(state, old, world.t0)
    assert found == []
    _, found = engine.advance(state, [world.fix(5010, 0, 0)], world.t0)
    assert found == []


def test_backfill_is_judged_apart(world, engine):
    live = [world.fix(t, 0, 0) for t in range(5000, 5100, 10)]
    old = [world.fix(t, -500, 200, backfill=True) for t in range(0, 300, 10)]
    state, _ = engine.advance(engine.initial(), live, world.t0)
    with_old, found = engine.advance(state, old, world.t0)
    violations = [f for f in found if getattr(f, "kind", "") == "off_route"]
    assert violations
    assert all(v.backfill and v.ended_at is not None for v in violations)
    live = [world.fix(t, 700, 50) for t in range(5100, 5300, 10)]
    assert engine.advance(state, live, world.t0)[1] == engine.advance(with_old, live, world.t0)[1]
    # It ends with the last fix known, and further fixes move the end.
    last = violations[-1]
    assert last.ended_at == old[-1].fix_time
    more = [world.fix(t, -500, 200, backfill=True) for t in range(300, 400, 10)]
    _, amended = engine.advance(with_old, more, world.t0)
    (violation,) = (f for f in amended if getattr(f, "kind", "") == "off_route")
    assert violation.started_at == last.started_at
    assert violation.ended_at == more[-1].fix_time
    # The same block again gives the same findings.
    _, again = engine.advance(with_old, old, world.t0)
    assert again == []


def test_what_comes_late_out_of_a_silence_is_judged_as_backfill(world, engine):
    live = [world.fix(t, 0, 0) for t in (0, 10, 5000, 5010)]
    state, _ = engine.advance(engine.initial(), live, world.t0)
    state = engine.decode(engine.encode(state))
    old = [world.fix(t, -500, 200) for t in range(1000, 1300, 10)]
    state, found = engine.advance(state, old, world.t0)
    (violation,) = (f for f in found if getattr(f, "kind", "") == "off_route")
    assert violation.backfill
    assert violation.ended_at == old[-1].fix_time
    assert engine.advance(state, old, world.t0)[1] == []
    # The live track is where it was: what it repeats is nothing.
    assert engine.advance(state, live, world.t0)[1] == []


def test_a_snapshot_of_a_restored_state_is_the_same_snapshot(world):
    engine = Engine(world.site(zones={"z": zone(world, "z", ZoneKind.SITE, 0, 0, 200, 200)}), 600)
    fixes = [world.fix(t, 100, 100) for t in (0, 10, 20, 30, 400, 1500)]
    state, _ = engine.advance(engine.initial(), fixes, world.t0)
    snapshot = engine.encode(state)
    assert engine.encode(engine.decode(snapshot)) == snapshot


def test_another_version_of_the_state_is_refused(world, engine):
    state, _ = engine.advance(engine.initial(), [world.fix(0, 0, 0)], world.t0)
    snapshot = msgspec.msgpack.decode(engine.encode(state))
    snapshot["version"] += 1
    with pytest.raises(StateVersionError, match="version"):
        engine.decode(msgspec.msgpack.encode(snapshot))
    with pytest.raises(StateVersionError, match="not a geofence snapshot"):
        engine.decode(b"\x00nonsense")


def test_looking_only_where_something_changed_misses_nothing(world, engine, monkeypatch):
    """The same drives with every fix looked at by every rule."""
    dice = random.Random(7)
    fixes, t, x, y = [], 0.0, 0.0, 0.0
    for _ in range(3000):
        step = dice.choice([5, 10, 20])
        t += step
        x = min(max(x + dice.gauss(0, 6) * step, -300), 1000)
        y = min(max(y + dice.gauss(0, 4) * step, -300), 500)
        fixes.append(world.fix(t, x, y, speed_kmh=dice.choice([None, 30.0, 70.0])))
    quick = world.judge(engine, fixes, batch=100)
    look = Batch.look

    def look_at_all(batch, *arguments):
        looked = look(batch, *arguments)
        batch._pending[:] = sum(batch.rules.bit.values())
        return looked | True

    monkeypatch.setattr(Batch, "look", look_at_all)
    assert world.judge(engine, fixes, batch=100) == quick
    assert len(quick) > 20
