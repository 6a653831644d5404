"""The grids give what plain geometry gives; the projection keeps its promised error."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from shapely import MultiPolygon, Point, Polygon, box

from config.hours import DailyHours
from config.zone import Zone, ZoneKind
from geofence.corridor_index import CorridorIndex
from geofence.local_time import in_hours, minutes_of_day
from geofence.place_parameters import ZoneVisitParameters
from geofence.projection import Projection, lengths_m
from geofence.zone_index import ZoneIndex


def some_zones(world, dice, count):
    zones = {}
    for i in range(count):
        x, y = dice.uniform(-3000, 3000, 2)
        n, radius = dice.integers(3, 30), dice.uniform(5, 400)
        angles = np.sort(dice.uniform(0, 2 * np.pi, n))
        reach = radius * dice.uniform(0.3, 1, n)
        ring = [
            world.degrees(x + r * np.cos(a), y + r * np.sin(a))
            for a, r in zip(angles, reach, strict=True)
        ]
        shape = Polygon(ring)
        if i % 7 == 0:  # a square with the shape as a hole, and a piece apart
            square = box(*world.degrees(x - 500, y - 500), *world.degrees(x + 500, y + 500))
            apart = box(*world.degrees(x + 600, y), *world.degrees(x + 700, y + 90))
            shape = MultiPolygon([Polygon(square.exterior, [shape.exterior]), apart])
        zones[f"z{i}"] = Zone(f"z{i}", f"z{i}", ZoneKind.SITE, shape)
    return zones


@pytest.mark.parametrize("seed", range(3))
def test_zone_grid_gives_what_geometry_gives(world, seed):
    dice = np.random.default_rng(seed)
    zones = some_zones(world, dice, 80)
    index = ZoneIndex(zones, Projection.about(*world.degrees(0, 0)), ZoneVisitParameters())
    x, y = dice.uniform(-4000, 4000, (2, 20_000))
    x[:5], y[:5] = (1e6, -1e6, 0, 4000, 1e9), (0, 1e6, -1e9, 1e6, -1e9)  # far from the grid
    row, zone, level = index.relate(x, y)
    points = shapely.points(x, y)
    expected = sum(
        np.stack([shapely.contains(s, points) for s in shapes]).astype(int)
        for shapes in (index.margins, index.shapes, index.cores)
    )
    found = np.zeros_like(expected)
    found[zone, row] = level
    assert (found == expected).all()
    assert (np.diff(row) >= 0).all()
    assert set(np.unique(found)) == {0, 1, 2, 3}
    ways = slice(0, 2000)
    x2, y2 = x[ways] + dice.normal(0, 300, 2000), y[ways] + dice.normal(0, 300, 2000)
    ends = np.stack([x[ways], y[ways], x2, y2], -1).reshape(-1, 2, 2)
    lines = shapely.linestrings(ends)
    touched = [np.nonzero(shapely.intersects(core, lines))[0] for core in index.cores]
    expected = {(int(i), z) for z, rows in enumerate(touched) for i in rows}
    segment, crossed = index.crossed(x[ways], y[ways], x2, y2)
    found = set(zip(segment.tolist(), crossed.tolist(), strict=True))
    assert found <= expected
    assert all(index.cores[z].contains(lines[i]) for i, z in expected - found)
    assert len(expected) > 100


def test_an_empty_site_has_no_zones_and_no_corridors():
    index = ZoneIndex({}, Projection.about(0, 0), ZoneVisitParameters())
    assert [len(a) for a in index.relate(np.zeros(3), np.zeros(3))] == [0, 0, 0]
    corridors = CorridorIndex(np.empty(0, dtype=object), np.empty(0))
    assert len(corridors.within(np.empty(0, dtype=np.intp), np.empty(0), np.empty(0))) == 0


def test_projection_error_is_as_promised():
    here = Projection.about(119.95, 31.7)
    # The lengths of a degree, by the series of the NGA's length-of-a-degree calculator.
    phi = np.radians(31.7)
    east_m = 111_412.84 * np.cos(phi) - 93.5 * np.cos(3 * phi) + 0.118 * np.cos(5 * phi)
    north_m = 111_132.92 - 559.82 * np.cos(2 * phi) + 1.175 * np.cos(4 * phi)
    east, north = here.metres(np.array([120.95, 119.95]), np.array([31.7, 32.7]))
    assert east[0] == pytest.approx(east_m, rel=1e-6)
    assert north[1] == pytest.approx(north_m, rel=1e-6)
    # A hundred kilometres north an east-west length is off by 1.1 %.
    lat = np.array([31.7 + 100 / 110.9] * 2)
    lon = np.array([119.95, 120.05])
    true = Projection.about(119.95, float(lat[0])).metres(lon, lat)[0][1]
    assert here.metres(lon, lat)[0][1] / true - 1 == pytest.approx(0.0098, abs=0.002)
    for at in (0.0, 31.7, 60.0):
        kx, ky = Projection.about(0, at).kx, Projection.about(0, at).ky
        (length,) = lengths_m(*(np.array([v]) for v in (10.0, at, 10.3, at + 0.3)))
        assert length == pytest.approx(np.hypot(0.3 * kx, 0.3 * ky), rel=0.006)
    shape = here.shape(Point(119.95, 31.7))
    assert (shape.x, shape.y) == (0, 0)


def test_hours_of_a_batch_are_those_of_the_clock(world):
    hours = [DailyHours.parse(t) for t in ("", "19:00-06:00", "07:00-09:00|17:00-19:00")]
    at = world.t0.timestamp() + np.arange(0, 200_000, 777.0)
    minutes = minutes_of_day(world.shanghai, at)
    assert minutes[0] == 12 * 60
    expected = [[h.contains(m) for m in minutes] for h in hours]
    assert in_hours(hours, minutes).tolist() == expected
