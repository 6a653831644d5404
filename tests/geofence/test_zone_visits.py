"""Visits: jitter raises none, ways through count."""

from __future__ import annotations

import random

import pytest
from shapely import box

from config.zone import Zone, ZoneKind
from geofence.engine import Engine


def square(world, x1=0, y1=0, x2=200, y2=200) -> Zone:
    shape = box(*world.degrees(x1, y1), *world.degrees(x2, y2))
    return Zone("z", "z", ZoneKind.SITE, shape)


@pytest.fixture
def engine(world) -> Engine:
    return Engine(world.site(zones={"z": square(world)}))


def seconds(world, moment) -> float | None:
    return None if moment is None else moment.timestamp() - world.t0.timestamp()


def times(world, final):
    visits = sorted(world.visits(final), key=lambda v: v.entered_at)
    return [(seconds(world, v.entered_at), seconds(world, v.left_at)) for v in visits]


def test_a_stay_lasts_from_first_to_last_fix_inside(world, engine):
    fixes = [world.fix(t, -140 + 5 * t, 100) for t in range(0, 120, 10)]
    assert times(world, world.judge(engine, fixes)) == [(30, 60)]


def test_a_stay_goes_on_while_nobody_says_otherwise(world, engine):
    fixes = [world.fix(t, 100, 100) for t in (0, 10, 20, 4000, 40_000)]
    assert times(world, world.judge(engine, fixes)) == [(0, None)]


@pytest.mark.parametrize("every_s", [1, 5, 10, 30])
@pytest.mark.parametrize("sigma_m", [3, 5])
def test_a_truck_parked_on_the_boundary_raises_nothing(world, engine, every_s, sigma_m):
    dice = random.Random(every_s * 10 + sigma_m)
    fixes = [
        world.fix(t, dice.gauss(0, sigma_m), 100 + dice.gauss(0, sigma_m))
        for t in range(0, 1500 * every_s, every_s)
    ]
    assert world.judge(engine, fixes) == {}


def test_a_truck_parked_inside_near_the_boundary_is_one_visit(world, engine):
    dice = random.Random(3)
    fixes = [
        world.fix(t, 12 + dice.gauss(0, 8), 100 + dice.gauss(0, 8)) for t in range(0, 20_000, 10)
    ]
    assert len(world.visits(world.judge(engine, fixes))) == 1


def test_a_spike_neither_enters_nor_leaves(world, engine):
    outside = [world.fix(t, 60 if t == 50 else -100, 100) for t in range(0, 200, 10)]
    assert world.judge(engine, outside) == {}
    inside = [world.fix(t, 320 if t == 50 else 100, 100) for t in range(0, 200, 10)]
    assert times(world, world.judge(engine, inside)) == [(0, None)]
    sparse = [world.fix(t * 100, -100 if t != 5 else 60, 100) for t in range(20)]
    assert world.judge(engine, sparse) == {}


def test_a_zone_passed_between_two_fixes_is_a_visit(world, engine):
    fixes = [world.fix(0, -100, 100), world.fix(20, 300, 100)]
    ((entered, left),) = times(world, world.judge(engine, fixes))
    assert entered == pytest.approx(5, abs=0.1)
    assert left == pytest.approx(15, abs=0.1)
    slow = [world.fix(0, -100, 100), world.fix(61, 300, 100)]
    assert world.judge(engine, slow) == {}
    corner = [world.fix(0, -20, 10), world.fix(20, 10, -20)]
    assert world.judge(engine, corner) == {}


def test_one_fix_on_the_way_through_is_a_visit(world, engine):
    fixes = [world.fix(0, -100, 100), world.fix(15, 100, 100), world.fix(30, 300, 100)]
    ((entered, left),) = times(world, world.judge(engine, fixes))
    assert entered == pytest.approx(7.5, abs=0.1)
    assert left == pytest.approx(22.5, abs=0.1)


def test_a_zone_too_narrow_for_its_core_is_still_entered(world):
    engine = Engine(world.site(zones={"z": square(world, 0, 0, 500, 20)}))
    fixes = [world.fix(t, t * 2, 10) for t in range(-50, 300, 10)]
    assert len(world.visits(world.judge(engine, fixes))) == 1


@pytest.mark.parametrize(
    ("kind", "weights", "expected"),
    [
        # Weighed outside, on arrival, while it empties, and after it has left.
        (ZoneKind.TRANSFER_STATION, (9900, 9800, 9800, 5000, 2100, 2000), (9800, 2100)),
        (ZoneKind.TRANSFER_STATION, (9900, None, 9800, None, None, 2000), (9800, 9800)),
        (ZoneKind.TRANSFER_STATION, (9900, None, None, None, None, 2000), (None, None)),
        (ZoneKind.GROUND, (31000, 31000, 31000, 12000, 12000, 12000), (31000, 12000)),
        (ZoneKind.DEPOT, (9900, 9800, 9800, 5000, 2100, 2000), (None, None)),
    ],
)
@pytest.mark.parametrize("batch", [1, 5])
def test_weights_of_a_visit(world, kind, weights, expected, batch):
    shape = box(*world.degrees(0, 0), *world.degrees(200, 200))
    engine = Engine(world.site(zones={"z": Zone("z", "z", kind, shape)}))
    xs = [-100, 100, 100, 100, 100, -100, -120, -140]
    fixes = [
        world.fix(10 * i, x, 100, weight_kg=None if kg is None else float(kg))
        for i, (x, kg) in enumerate(zip(xs, (*weights, *weights[-1:] * 2), strict=True))
    ]
    (visit,) = world.visits(world.judge(engine, fixes, batch))
    assert (visit.arrived_kg, visit.left_kg) == expected
