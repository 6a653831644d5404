"""Visits: jitter raises none, ways through count, real tracks agree with a slow reference."""

from __future__ import annotations

import csv
import random
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from shapely import LineString, Point, Polygon, affinity, box, maximum_inscribed_circle

from config.zone import Zone, ZoneKind
from geofence.engine import Engine
from geofence.projection import Projection, lengths_m
from ingest.position import Position

WUXI = Path(__file__).parents[2].parent / "shared/data/gps/wuxi_vehicles.csv"


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


# --- Against a slow reference -----------------------------------------------------------------


def reference_visits(fixes, zone, projection):  # noqa: PLR0912 (the rule in one piece)
    """The rule of docs/rules.md for one vehicle and one zone, fix by fix, by plain geometry."""
    shape = projection.shape(zone.geometry)
    core = shape.buffer(-min(15.0, maximum_inscribed_circle(shape, tolerance=1.0).length / 2))
    margin = shape.buffer(30.0)
    visits, first, core_ts, last, out_t, far_ts, entered = [], None, [], None, None, [], False
    came, before, count = None, None, 0
    for t, x, y, way_m in fixes:
        point = Point(x, y)
        inside, moved, share = shape.contains(point), False, None
        if before is not None and t - before[0] <= 60 and way_m * 3.6 >= 10 * (t - before[0]):
            line = LineString([before[1:], (x, y)])
            moved = line.intersects(core)
            cut = line.intersection(shape)
            if moved:
                along = [
                    Point(before[1:]).distance(Point(c)) / line.length
                    for part in getattr(cut, "geoms", [cut])
                    for c in part.coords
                ]
                share = [
                    (before[0] + f * (t - before[0]), line.interpolate(f, normalized=True))
                    for f in (min(along), max(along))
                ]
        if not entered and inside:
            if first is None:
                first, core_ts, came, count = t, [], (share[0] if share else None), 0
            count += 1
            if core.contains(point):
                core_ts.append(t)
            sure = len(core_ts) >= 2 and t - core_ts[0] >= 10
            if sure or (count >= 20 and t - first >= 300):
                entered, out_t, far_ts = True, None, []
            last = t
        elif not entered:
            if first is not None:
                if core_ts and came and share and came[1].distance(share[1][1]) >= 30:
                    visits.append((came[0], share[1][0]))
                first = None
            elif share and share[0][1].distance(share[1][1]) >= 30:
                visits.append((share[0][0], share[1][0]))
        elif inside:
            last, out_t, far_ts = t, None, []
        else:
            out_t = t if out_t is None else out_t
            far_ts = [] if margin.contains(point) else [*far_ts, t]
            if (len(far_ts) >= 2 and t - far_ts[0] >= 10) or t - out_t >= 180:
                visits.append((first, last))
                first, entered = None, False
        before = (t, x, y)
    if entered:
        visits.append((first, None))
    return visits


@pytest.mark.skipif(not WUXI.is_file(), reason="no shared/data/gps/wuxi_vehicles.csv here")
def test_real_tracks_visit_what_a_slow_reference_says(world):
    local = ZoneInfo("Asia/Shanghai")
    positions, seen = [], set()
    with WUXI.open() as file:
        for row in csv.DictReader(file):
            when = datetime.fromisoformat(row["timestamp"]).replace(tzinfo=local).astimezone(UTC)
            if (row["name_id"], when) in seen:
                continue
            seen.add((row["name_id"], when))
            positions.append(
                Position(
                    vehicle_id=row["name_id"], terminal_id="", fix_time=when, received_at=when,
                    lon=float(row["longitude"]), lat=float(row["latitude"]),
                )
            )  # fmt: skip
    positions.sort(key=lambda p: p.fix_time)
    dice = random.Random(11)
    zones = {}
    for i in range(60):
        at = dice.choice(positions)
        ring = Point(0, 0).buffer(1, quad_segs=2)
        ring = affinity.rotate(affinity.scale(ring, 1, dice.uniform(0.3, 1)), dice.uniform(0, 90))
        size = dice.uniform(100, 1500) / 100_000
        shape = affinity.translate(affinity.scale(ring, size, size), at.lon, at.lat)
        assert isinstance(shape, Polygon)
        zones[f"z{i}"] = Zone(f"z{i}", f"z{i}", ZoneKind.WORK_AREA, shape)
    site = world.site(zones=zones)
    found = {
        (v.vehicle_id, v.zone_id, seconds(world, v.entered_at), seconds(world, v.left_at))
        for v in world.visits(world.judge(Engine(site), positions))
    }
    projection = Projection.of_site(site)
    tracks = defaultdict(list)
    for p in positions:
        tracks[p.vehicle_id].append(p)
    expected = set()
    for vehicle, track in tracks.items():
        x, y = projection.metres(np.array([p.lon for p in track]), np.array([p.lat for p in track]))
        lon, lat = np.array([p.lon for p in track]), np.array([p.lat for p in track])
        way = [0.0, *lengths_m(lon[:-1], lat[:-1], lon[1:], lat[1:])]
        fixes = [(p.fix_time.timestamp(), *rest) for p, *rest in zip(track, x, y, way, strict=True)]
        hull = LineString([f[1:3] for f in fixes]) if len(fixes) > 1 else Point(fixes[0][1:3])
        for zone in zones.values():
            if hull.intersects(projection.shape(zone.geometry)):
                for entered, left in reference_visits(fixes, zone, projection):
                    expected.add((vehicle, zone.id, entered, left))

    def rounded(visits):
        return {(v, z, round(a, 3), None if b is None else round(b, 3)) for v, z, a, b in visits}

    zero = world.t0.timestamp()
    expected = {(v, z, a - zero, None if b is None else b - zero) for v, z, a, b in expected}
    assert rounded(found) == rounded(expected)
    assert len(found) > 300
    assert sum(1 for *_, left in found if left is not None) > 200
