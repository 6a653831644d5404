"""Roads for the map and the simulated fleet."""

from __future__ import annotations

import pytest

from config.road import load_roads
from config.site_files import SiteError, examine_site

ROADS = b"""\
{"type": "FeatureCollection", "features": [
  {"type": "Feature", "properties": {"id": "a-b", "name": "\xe8\xb7\xaf", "speed_kmh": 60},
   "geometry": {"type": "LineString", "coordinates": [[119.94, 31.70], [119.95, 31.70]]}},
  {"type": "Feature", "properties": {"id": "b-c"},
   "geometry": {"type": "LineString", "coordinates": [[119.95, 31.70], [119.95, 31.71]]}}
]}
"""


def test_roads_are_read_in_the_site_s_datum(files):
    roads = load_roads({**files, "roads.geojson": ROADS})
    assert [(r.name, r.speed_kmh) for r in roads.values()] == [("路", 60), ("", 40)]
    assert roads["a-b"].geometry.coords[-1] == roads["b-c"].geometry.coords[0]
    gcj02 = files["site.toml"].replace(b"wgs84", b"gcj02")
    moved = load_roads({"site.toml": gcj02, "roads.geojson": ROADS})
    assert moved["a-b"].geometry.distance(roads["a-b"].geometry) > 0.001


def test_no_file_is_no_road(files):
    assert load_roads(files) == {}


@pytest.mark.parametrize(
    ("old", "new", "line", "field"),
    [
        (b'"b-c"', b'"a-b"', 4, "id"),
        (b": 60", b": 0", 2, "speed_kmh"),
        (b"LineString", b"MultiLineString", 3, "geometry"),
    ],
)
def test_a_mistake_is_named(files, old, new, line, field):
    wrong = {**files, "roads.geojson": ROADS.replace(old, new, 1)}
    with pytest.raises(SiteError) as caught:
        load_roads(wrong)
    _site, problems = examine_site(wrong)
    for found in (caught.value.problems, problems):
        assert [(p.file, p.line, p.field) for p in found] == [("roads.geojson", line, field)]
