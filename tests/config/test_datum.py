"""Geometry drawn on other datums ends where WGS-84 has it."""

from __future__ import annotations

import math

import pytest

from config.datum import Datum, point_to_wgs84
from config.site_files import load_site

LON, LAT = 119.94, 31.70
# What a place at (LON, LAT) is called in each datum: GCJ-02 by the published offset at this
# place, +443 m E and -233 m N; BD-09 by the published formula of Baidu applied to that.
EAST_M, NORTH_M = 443, -233
M_PER_LON, M_PER_LAT = 94_800, 110_880
GCJ02 = (LON + EAST_M / M_PER_LON, LAT + NORTH_M / M_PER_LAT)


def bd09(gcj_lon: float, gcj_lat: float) -> tuple[float, float]:
    k = math.pi * 3000 / 180
    z = math.hypot(gcj_lon, gcj_lat) + 0.00002 * math.sin(gcj_lat * k)
    theta = math.atan2(gcj_lat, gcj_lon) + 0.000003 * math.cos(gcj_lon * k)
    return z * math.cos(theta) + 0.0065, z * math.sin(theta) + 0.006


def metres_apart(a: tuple[float, float], b: tuple[float, float]) -> float:
    return math.hypot((a[0] - b[0]) * M_PER_LON, (a[1] - b[1]) * M_PER_LAT)


@pytest.mark.parametrize(
    ("datum", "drawn"),
    [(Datum.WGS84, (LON, LAT)), (Datum.GCJ02, GCJ02), (Datum.BD09, bd09(*GCJ02))],
)
def test_a_point_comes_back(datum, drawn):
    assert metres_apart(point_to_wgs84(datum, *drawn), (LON, LAT)) < 1.5  # offsets are whole metres


def test_bd09_is_not_gcj02():
    assert metres_apart(bd09(*GCJ02), GCJ02) > 500


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_all_of_a_site_is_converted(files, broken, datum):
    as_drawn = load_site(files)
    moved = load_site(broken("site.toml", "wgs84", datum))
    expected = point_to_wgs84(Datum(datum), 119.94, 31.70)
    assert metres_apart(expected, (119.94, 31.70)) > 400
    places = {
        "zone": moved.zones["s1"].geometry.exterior.coords[0],
        "route": moved.routes["r1"].geometry.coords[0],
        "camera": (moved.cameras["gate-1"].lon, moved.cameras["gate-1"].lat),
    }
    for what, place in places.items():
        assert place == pytest.approx(expected, abs=1e-9), what
    multi = moved.zones["g1"].geometry
    assert multi.geom_type == "MultiPolygon"
    assert not multi.intersects(as_drawn.zones["g1"].geometry.centroid)
