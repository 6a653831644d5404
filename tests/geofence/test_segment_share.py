"""The part of a way inside a polygon, against Shapely."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from shapely import LineString, Point, Polygon

from geofence.segment_share import edges_of, share_inside

SHAPES = {
    "square": shapely.box(0, 0, 10, 10),
    "hole": Polygon(shapely.box(0, 0, 10, 10).exterior, [shapely.box(3, 3, 7, 7).exterior]),
    "concave": Polygon([(0, 0), (10, 0), (10, 10), (5, 2), (0, 10)]),
    "two": shapely.union(shapely.box(0, 0, 4, 4), shapely.box(6, 6, 10, 10)),
}


@pytest.mark.parametrize("name", SHAPES)
def test_as_shapely_has_it(name):
    shape, dice = SHAPES[name], np.random.default_rng(1)
    edges, insides = edges_of(shape), 0
    for begin, end in dice.uniform(-5, 15, (3000, 2, 2)):
        way = LineString([begin, end])
        inside = shapely.get_coordinates(shapely.intersection(way, shape))
        expected = None
        if len(inside):
            along = [way.project(Point(p)) / way.length for p in inside]
            expected = pytest.approx((min(along), max(along)), abs=1e-9)
            insides += 1
        assert share_inside(edges, tuple(begin), tuple(end)) == expected
    assert insides > 500


def test_through_a_corner_and_along_an_edge():
    edges = edges_of(SHAPES["square"])
    assert share_inside(edges, (-5, -5), (15, 15)) == pytest.approx((0.25, 0.75))
    assert share_inside(edges, (-10, 5), (10, 5)) == pytest.approx((0.5, 1.0))
    assert share_inside(edges, (2, 2), (3, 3)) == (0.0, 1.0)
    assert share_inside(edges, (20, 0), (30, 5)) is None
