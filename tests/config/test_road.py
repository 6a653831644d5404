"""Roads for the map and the simulated fleet."""

from __future__ import annotations

import pytest

from config.site_files import examine_site, load_site

ROADS = b"""\
{"type": "FeatureCollection", "features": [
  {"type": "Feature", "properties": {"id": "a-b", "name": "\xe8\xb7\xaf", "speed_kmh": 60},
   "geometry": {"type": "LineString", "coordinates": [[119.94, 31.70], [119.95, 31.70]]}},
  {"type": "Feature", "properties": {"id": "b-c"},
   "geometry": {"type": "LineString", "coordinates": [[119.95, 31.70], [119.95, 31.71]]}}
]}
"""


def test_roads_are_read_in_the_site_s_datum(files):
    roads = load_site({**files, "roads.geojson": ROADS}).roads
    assert [(r.name, r.speed_kmh) for r in roads.values()] == [("路", 60), ("", 40)]
    assert roads["a-b"].geometry.coords[-1] == roads["b-c"].geometry.coords[0]
    gcj02 = files["site.toml"].replace(b"wgs84", b"gcj02")
    moved = load_site({"site.toml": gcj02, "roads.geojson": ROADS}).roads
    assert moved["a-b"].geometry.distance(roads["a-b"].geometry) > 0.001


@pytest.mark.parametrize(
    ("more", "limit", "road_class"),
    [
        ("", None, None),
        ('"class": "local"', 30, "local"),
        ('"class": "secondary"', 50, "secondary"),
        ('"class": "arterial"', 70, "arterial"),
        ('"class": "expressway"', 100, "expressway"),
        ('"class": "arterial", "speed_limit_kmh": 60', 60, "arterial"),
        ('"speed_limit_kmh": 40', 40, None),
    ],
)
def test_the_limit_is_the_sign_s_or_the_law_s(files, more, limit, road_class):
    text = ROADS.replace(b'"id": "b-c"', f'"id": "b-c"{", " if more else ""}{more}'.encode())
    road = load_site({**files, "roads.geojson": text}).roads["b-c"]
    assert (road.speed_limit_kmh, road.road_class) == (limit, road_class)


def test_no_file_is_no_road(files):
    assert load_site(files).roads == {}


@pytest.mark.parametrize(
    ("old", "new", "line", "field"),
    [
        (b'"b-c"', b'"a-b"', 4, "id"),
        (b": 60", b": 0", 2, "speed_kmh"),
        (b": 60", b': 60, "speed_limit_kmh": 0', 2, "speed_limit_kmh"),
        (b": 60", b': 60, "class": "alley"', 2, "class"),
        (b"LineString", b"MultiLineString", 3, "geometry"),
    ],
)
def test_a_mistake_is_named(files, old, new, line, field):
    wrong = {**files, "roads.geojson": ROADS.replace(old, new, 1)}
    _site, problems = examine_site(wrong)
    assert [(p.file, p.line, p.field) for p in problems] == [("roads.geojson", line, field)]
