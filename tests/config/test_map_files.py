"""Zones and routes: what is optional, and what it means nothing for."""

from __future__ import annotations

import pytest

from config.problem import Severity
from config.site_files import examine_site, load_site

ROUTE = """\
{"type": "FeatureCollection", "features": [
  {"type": "Feature",
   "properties": {"id": "r2", "name": "清扫", "kind": "%s", "half_width_m": 20%s},
   "geometry": {"type": "MultiLineString",
     "coordinates": [[[119.94, 31.70], [119.93, 31.70]], [[119.93, 31.71], [119.92, 31.71]]]}}
]}
"""


def with_route(files, more, kind="sweep"):
    permits = files["permits.csv"].replace(b"r1", b"")
    return {**files, "permits.csv": permits, "routes.geojson": (ROUTE % (kind, more)).encode()}


@pytest.mark.parametrize(
    ("value", "meant"),
    [("true", True), ("false", False), ("1", True), ("0", False), ('"是"', True), ('"No"', False)],
)
def test_a_restricted_zone_may_let_some_in(broken, files, value, meant):
    more = f'"restricted", "laden_only": {value}, "permits_exempt": {value},'
    zones = broken("zones.geojson", '"ground",', more)["zones.geojson"]
    loaded = load_site({**files, "zones.geojson": zones, "permits.csv": b"permit_id\n"}).zones
    assert (loaded["g1"].laden_only, loaded["g1"].permits_exempt) == (meant, meant)
    assert (loaded["s1"].laden_only, loaded["s1"].permits_exempt) == (False, False)


@pytest.mark.parametrize(
    ("more", "names", "segment_m"),
    [
        ("", (), 200),
        (', "segment_names": ["东段", "西段"]', ("东段", "西段"), 200),
        (', "segment_names": "东段|西段"', ("东段", "西段"), 200),
        (', "segment_m": 350', (), 350),
    ],
)
def test_segments_of_a_route(files, more, names, segment_m):
    route = load_site(with_route(files, more)).routes["r2"]
    assert (route.segment_names, route.segment_m) == (names, segment_m)


def test_a_name_for_each_part(files):
    _site, problems = examine_site(with_route(files, ', "segment_names": ["东段"]'))
    (problem,) = problems
    assert (problem.line, problem.field) == (3, "segment_names")
    assert problem.message == "1 names for 2 parts of the line"


@pytest.mark.parametrize(
    ("more", "field"),
    [(', "segment_names": "东段|西段"', "segment_names"), (', "segment_m": 50', "segment_m")],
)
def test_a_corridor_has_no_segments(files, more, field):
    site, problems = examine_site(with_route(files, more, "corridor"))
    assert site is not None
    assert [(p.field, p.severity) for p in problems] == [(field, Severity.WARNING)]


def test_only_restricted_zones_have_exceptions(broken):
    site, problems = examine_site(broken("zones.geojson", '"site"', '"site", "laden_only": true'))
    assert site is not None
    assert [(p.line, p.field, p.severity) for p in problems] == [
        (6, "laden_only", Severity.WARNING)
    ]
