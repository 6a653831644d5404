"""Lines on a grid: distances, places along, segments and limits are those of plain geometry."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from shapely import LineString, MultiLineString, Point, Polygon

from config.road import Road
from config.route import Route, RouteKind
from geofence import grid as grid_module
from geofence.corridor_index import CorridorIndex
from geofence.line_grid import LineGrid
from geofence.projection import Projection
from geofence.road_limits import RoadLimits
from geofence.segment_index import SegmentIndex


def some_lines(dice, count=12):
    """Winding, straight and long, closed, of two parts, and with a point twice."""
    lines = [LineString(dice.normal(0, 60, (60, 2)).cumsum(axis=0)) for _ in range(count - 5)]
    lines += [
        LineString([(-1400, -900), (1300, 1200)]),
        LineString([(-1400, 25), (1300, 25)]),  # along a line of the grid, or nearly
        Polygon(dice.normal(0, 500, (8, 2))).convex_hull.exterior,
        MultiLineString([[(0, 0), (0, 300)], [(400, 300), (400, 0)]]),
        LineString([(0, 0), (0, 0), (100, 50), (100, 50), (0, 0)]),
    ]
    return np.array(lines, dtype=object)


def some_points(dice, count=4000):
    return dice.uniform(-1500, 1500, (2, count))


def places(line, along_m):
    """What lies so far along a line: two places where its parts meet."""
    for part in shapely.get_parts(line):
        if -1e-9 <= along_m <= part.length + 1e-9:
            yield part.interpolate(max(along_m, 0.0))
        along_m -= part.length


@pytest.mark.parametrize("cell_m", [12.5, 25.0, 400.0])
def test_near_gives_each_line_in_reach_its_distance_and_place(cell_m):
    dice = np.random.default_rng(4)
    lines, reach_m = some_lines(dice), dice.uniform(2, 120, 12)
    x, y = some_points(dice, 1500)
    grid = LineGrid(lines, reach_m, cell_m)
    row, line, distance_m, along_m = grid.near(x, y)
    points = shapely.points(x, y)
    every = shapely.distance(lines[None, :], points[:, None])
    assert np.stack([row, line]).tolist() == np.stack(np.nonzero(every <= reach_m)).tolist()
    assert distance_m == pytest.approx(every[row, line], abs=1e-9)
    assert len(row) > 500
    for r, i, d, a in list(zip(row, line, distance_m, along_m, strict=True))[::5]:
        assert 0 <= a <= grid.length_m[i] + 1e-9
        at = Point(x[r], y[r])
        assert min(p.distance(at) for p in places(lines[i], a)) == pytest.approx(d, abs=1e-6)


@pytest.mark.parametrize("widths", [(5, 5), (20, 20), (50, 50), (130, 130), (3, 200)])
def test_corridors_are_those_of_geometry(widths):
    dice = np.random.default_rng(6)
    lines, half = some_lines(dice), dice.uniform(*widths, 12)
    index = CorridorIndex(lines, half)
    x, y = some_points(dice, 20_000)
    route = dice.integers(0, 12, 20_000)
    expected = shapely.dwithin(lines[route], shapely.points(x, y), half[route])
    assert (index.within(route, x, y) == expected).all()
    assert 20 < expected.sum() < 19_900
    far = np.array([1e9, -1e9])
    assert not index.within(np.array([0, 1]), far, far).any()


def routes_of(world):
    def line(*points):
        return [world.degrees(*p) for p in points]

    bend = line((0, 0), (500, 0), (500, 550))  # 1,050 m
    parts = MultiLineString([line((0, 20), (300, 20)), line((300, 20), (0, 20), (0, 200))])
    return {
        "c": Route("c", "", RouteKind.CORRIDOR, LineString(bend), 50.0),
        "cut": Route("cut", "", RouteKind.SWEEP, LineString(bend), 25.0, segment_m=200.0),
        "parts": Route("parts", "", RouteKind.WASH, parts, 16.0, ("out", "back")),
        "short": Route("short", "", RouteKind.COLLECT, LineString(bend[:2]), 9.0, segment_m=2000.0),
    }


def test_segments_are_parts_or_pieces_and_near_says_where_along(world):
    index = SegmentIndex(routes_of(world), Projection.about(*world.degrees(0, 0)))
    assert index.route_ids == ("cut",) * 5 + ("parts",) * 2 + ("short",)
    assert index.number.tolist() == [0, 1, 2, 3, 4, 0, 1, 0]
    assert index.names == ("",) * 5 + ("out", "back", "")
    # What remains after 1,000 m, 50 m, is too short for a segment of its own.
    lengths = [200, 200, 200, 200, 250, 300, 480, 500]
    assert index.length_m == pytest.approx(lengths, rel=2e-3)
    assert index.of_route == {"cut": slice(0, 5), "parts": slice(5, 7), "short": slice(7, 8)}
    x, y = np.array([250.0, 100.0, 5000.0]), np.array([5.0, 10.0, 0.0])
    row, segment, along_m, distance_m = index.near(x, y)
    assert row.tolist() == [0, 0, 0, 0, 1, 1, 1]
    assert segment.tolist() == [1, 5, 6, 7, 0, 5, 6]
    assert along_m == pytest.approx([50, 250, 50, 250, 100, 100, 200], abs=1.0)
    assert distance_m == pytest.approx([5, 15, 15, 5, 10, 10, 10], abs=0.1)


def roads_of(world, dice, count):
    roads = {}
    for i in range(count):
        begin = dice.uniform(-1500, 1500, 2)
        ends = begin + dice.normal(0, 150, (6, 2)).cumsum(axis=0)
        limit = None if i % 10 == 9 else float(dice.choice([30, 50, 60, 80]))
        line = LineString([world.degrees(*p) for p in ends])
        roads[f"r{i}"] = Road(f"r{i}", "", line, 40.0, limit)
    return roads


@pytest.mark.parametrize("max_cells", [grid_module.MAX_CELLS, 5000])
def test_a_limit_is_the_highest_of_the_roads_in_reach(world, monkeypatch, max_cells):
    monkeypatch.setattr(grid_module, "MAX_CELLS", max_cells)  # a wide site gets larger cells
    dice = np.random.default_rng(8)
    roads, projection = roads_of(world, dice, 60), Projection.about(*world.degrees(0, 0))
    x, y = some_points(dice)
    found = RoadLimits(roads, projection).limit_kmh(x, y)
    lines = [projection.shape(r.geometry) for r in roads.values()]
    for at, limit in zip(shapely.points(x, y), found.tolist(), strict=True):
        near = [
            r.speed_limit_kmh
            for r, line in zip(roads.values(), lines, strict=True)
            if line.distance(at) <= 30
        ]
        expected = math.nan if None in near or not near else max(near)
        assert limit == expected or (math.isnan(limit) and math.isnan(expected))
    assert {30.0, 50.0, 60.0, 80.0} <= set(found.tolist())
    assert 100 < np.isnan(found).sum() < 3900


def test_a_site_without_lines(world):
    projection, x = Projection.about(0, 0), np.zeros(3)
    assert np.isnan(RoadLimits({}, projection).limit_kmh(x, x)).all()
    assert [len(a) for a in SegmentIndex({}, projection).near(x, x)] == [0, 0, 0, 0]
    far = x + 1e9
    near = SegmentIndex(routes_of(world), Projection.about(*world.degrees(0, 0))).near(far, far)
    assert [len(a) for a in near] == [0, 0, 0, 0]
