"""Clock faults and late data through plausibility, rules and the alert book."""

from __future__ import annotations

import random
from datetime import timedelta

import msgspec
import pytest

from app.judge import Judge
from config.settings import PipelineSettings
from ingest.position import Quality
from tests.geofence.busy_day import busy_day, busy_site

FAULTS = {
    "a day ahead": timedelta(days=1),
    "twenty years ago": -timedelta(days=20 * 365),
    "local time taken for UTC": timedelta(hours=8),
    "GPS week rollover": -timedelta(weeks=1024),
}
END = timedelta(hours=3)


@pytest.fixture(scope="module")
def judge(world) -> Judge:
    return Judge.of(busy_site(world), PipelineSettings())


def day(world, seed, vehicles=("m1", "m2", "w1")):
    dice = random.Random(seed)
    fixes = [p for v in vehicles for p in busy_day(world, dice, v, 150)]
    return sorted((received(p, 1) for p in fixes), key=lambda p: p.received_at)


def received(position, late_s, **more):
    at = position.fix_time + timedelta(seconds=late_s)
    return msgspec.structs.replace(position, received_at=at, quality=Quality.GOOD, **more)


def alerts_of(world, judge, positions, size=10, watch=None):
    """The alerts as they finally stand, and the qualities given."""
    state, _ = judge.tick(judge.initial(), world.t0 - timedelta(hours=1))
    alerts, qualities = {}, []

    def take(batch):
        qualities.extend(p.quality for p in batch.positions)
        for change in batch.changes:
            if watch is not None:
                watch(change)
            alerts[change.alert.alert_id] = change.alert

    for i in range(0, len(positions), size):
        state, batch = judge.judge_positions(state, positions[i : i + size])
        state = judge.decode(judge.encode(state))
        take(batch)
    last = max(p.received_at for p in positions)
    for minutes in range(5, 185, 5):
        state, batch = judge.tick(state, last + timedelta(minutes=minutes))
        take(batch)
    return {k: a for k, a in alerts.items() if not a.withdrawn}, qualities


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("seed", range(3))
def test_wrong_clocks_change_nothing(world, judge, fault, seed):
    dice, fixes = random.Random(seed), day(world, seed)
    expected, goods = alerts_of(world, judge, fixes, size=len(fixes) // 40)
    assert len({a.kind for a in expected.values()}) > 3
    # After every tenth fix or so the clock errs for a while, wherever the truck then is.
    mixed = []
    for fix in fixes:
        mixed.append(fix)
        if dice.random() < 0.1:
            mixed += [
                msgspec.structs.replace(fix, fix_time=fix.fix_time + FAULTS[fault] + step)
                for step in (timedelta(seconds=1), timedelta(seconds=11))
            ]
    alerts, qualities = alerts_of(world, judge, mixed, size=len(mixed) // 40)
    assert alerts == expected
    assert qualities.count(Quality.GOOD) == goods.count(Quality.GOOD)


@pytest.mark.parametrize("seed", range(3))
def test_a_clock_eight_hours_behind_rings_nothing(world, judge, seed):
    """Nothing tells such a fix from one that was sent late; that one rings no more either."""
    fixes = day(world, seed)
    expected, _ = alerts_of(world, judge, fixes)
    mixed = []
    for i, fix in enumerate(fixes):
        mixed.append(fix)
        if i % 10 == 5:
            mixed.append(msgspec.structs.replace(fix, fix_time=fix.fix_time - timedelta(hours=8)))
    alerts, _ = alerts_of(world, judge, mixed)
    # Of a vehicle's very first fix nobody can tell, and it is joined to what comes after it.
    rung = [
        sorted((a.kind, a.vehicle_id, a.subject, a.raised_at) for a in some.values() if a.rings)
        for some in (alerts, expected)
    ]
    assert rung[0] == rung[1]


@pytest.mark.parametrize("marked", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_what_comes_hours_late_never_rings(world, judge, marked, seed):
    """Sent from a terminal's memory, marked or not, in one go or mixed with what is live."""
    rang = []

    def watch(change):
        if change.alert.rings:
            rang.append((change.alert.kind, change.alert.vehicle_id))

    fixes = day(world, seed, ("m1", "m3"))
    late_s = 4 * 3600
    held = [received(p, late_s, backfill=marked) for p in fixes if p.vehicle_id == "m1"]
    live = [received(p, 1) for p in fixes if p.vehicle_id == "m3"]
    both = sorted(held + live, key=lambda p: p.received_at)
    alerts, _ = alerts_of(world, judge, both, watch=watch)
    assert "m1" not in {v for _, v in rang}
    assert any(a.vehicle_id == "m1" for a in alerts.values())


def test_amended_by_late_fixes_it_is_the_same_alert(world, judge):
    """Off the route, told; then a late fix from before shows that it began earlier."""
    fixes = [
        received(world.fix(t, 500 + 5 * t, 400 if t > 60 else 0, "m1", speed_kmh=18.0), 1)
        for t in range(0, 600, 10)
    ]
    late = {t: fixes[t // 10] for t in range(70, 110, 10)}
    told = []
    in_time = [p for p in fixes if p not in late.values()]
    held = [msgspec.structs.replace(p, received_at=fixes[-1].received_at) for p in late.values()]
    alerts, _ = alerts_of(
        world, judge, in_time + held,
        watch=lambda c: told.append((c.change, c.alert.kind, c.alert.alert_id)),
    )  # fmt: skip
    off = [alert for alert in alerts.values() if alert.kind == "off_route"]
    assert len(off) == 1
    assert off[0].started_at == late[70].fix_time
    assert {alert_id for _, kind, alert_id in told if kind == "off_route"} == {off[0].alert_id}
