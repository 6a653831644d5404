"""A site folder: what is read, and that every mistake is named with its file, line and field."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from config.camera import CameraRole
from config.check import check_site
from config.demo_district import folder
from config.problem import Severity
from config.site_files import SiteError, examine_site, load_site, read_site_folder
from config.vehicle import PlateColor
from config.zone import ZoneKind

BEIJING = timezone(timedelta(hours=8))
SPRING = datetime(2026, 4, 1, tzinfo=UTC)


def test_everything_is_read(files):
    site = load_site(files)
    assert site.name == "试验区"
    assert str(site.timezone) == "Asia/Shanghai"
    assert site.rules == {"off_route": {"hold_s": 20}}
    assert list(site.zones) == ["s1", "g1"]
    assert site.zones["g1"].kind is ZoneKind.GROUND
    assert str(site.zones["g1"].hours) == "08:00-20:00"
    assert site.zones["g1"].speed_limit_kmh == 30
    assert site.routes["r1"].half_width_m == 50
    assert list(site.routes["r1"].geometry.coords) == [(119.94, 31.70), (119.91, 31.70)]
    assert site.vehicles["v2"].plate_color is PlateColor.YELLOW_GREEN
    assert [v.terminal_id for v in site.vehicles.values()] == ["13900000001", "13900000002"]
    permit = site.permits["p1"]
    assert (permit.site_zone, permit.ground_zone) == ("s1", "g1")
    assert (permit.route_ids, permit.vehicle_ids) == (("r1",), ("v1", "v2"))
    assert (permit.speed_limit_kmh, permit.daily_trips) == (50, 10)
    assert str(permit.hours) == "19:00-06:00"
    gate, hot = site.cameras.values()
    assert gate.role is CameraRole.GATE
    assert gate.zones[0].points == ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9))
    assert (hot.stream_url, hot.heading_deg, hot.zones[0].id) == ("", None, "line")


def test_a_permit_is_valid_through_its_last_day(files):
    permit = load_site(files).permits["p1"]
    assert permit.in_force(datetime(2026, 1, 1, 0, 0, tzinfo=BEIJING))
    assert not permit.in_force(datetime(2025, 12, 31, 15, 59, tzinfo=UTC))
    assert permit.in_force(datetime(2026, 12, 31, 23, 59, tzinfo=BEIJING))
    assert not permit.in_force(datetime(2027, 1, 1, 0, 0, tzinfo=BEIJING))


@pytest.mark.parametrize(
    ("text", "begin"),
    [
        ("2026-03-01T06:00", datetime(2026, 3, 1, 6, tzinfo=BEIJING)),
        ("2026-03-01T06:00:00Z", datetime(2026, 3, 1, 6, tzinfo=UTC)),
    ],
)
def test_a_permit_may_begin_at_an_hour(broken, text, begin):
    permit = load_site(broken("permits.csv", "2026-01-01", text)).permits["p1"]
    assert permit.valid_from == begin


def test_empty_cells_do_not_limit(files):
    header = files["permits.csv"].splitlines()[0]
    permit = load_site({**files, "permits.csv": header + b"\np9,,,,,,,,,\n"}).permits["p9"]
    assert permit.site_zone is permit.ground_zone is permit.valid_from is permit.valid_to is None
    assert permit.route_ids == permit.vehicle_ids == ()
    assert permit.speed_limit_kmh is permit.daily_trips is None
    assert permit.hours.contains(0)
    assert permit.hours.contains(1439)


def test_only_site_toml_is_needed(files):
    site = load_site({"site.toml": files["site.toml"]})
    assert not site.zones
    assert not site.vehicles


def test_excel_s_byte_order_mark_and_line_ends(files):
    text = files["vehicles.csv"].decode().replace("\n", "\r\n") + "\r\n\r\n"
    site = load_site({**files, "vehicles.csv": text.encode("utf-8-sig")})
    assert list(site.vehicles) == ["v1", "v2"]


def test_the_line_named_counts_lines_not_records(files):
    text = 'company_id,name\nc1,"甲\n公司"\n\nc1,乙公司\n'
    with pytest.raises(SiteError) as caught:
        load_site({**files, "companies.csv": text.encode()})
    assert [(p.file, p.line, p.field) for p in caught.value.problems] == [
        ("companies.csv", 5, "company_id")
    ]


WRONG = [
    # file, old, new, line, field, words of the message
    ("site.toml", 'name = "试验区"', "", 1, "name", "missing"),
    ("site.toml", '"Asia/Shanghai"', '"Asia/Wujin"', 2, "timezone", "Asia/Wujin"),
    ("site.toml", 'datum = "wgs84"', "", 1, "datum", "missing"),
    ("site.toml", '"wgs84"', '"utm"', 3, "datum", "none of wgs84, gcj02, bd09"),
    ("site.toml", "hold_s = 20", "hold_s = -1", 6, "rules.off_route.hold_s", "at least 0"),
    ("site.toml", "hold_s = 20", 'hold_s = "long"', 6, "rules.off_route.hold_s", "number"),
    ("site.toml", "hold_s = 20", f"hold_s = {9**500}", 6, "rules.off_route.hold_s", "finite"),
    ("site.toml", "hold_s = 20", "hold_s = nan", 6, "rules.off_route.hold_s", "finite"),
    ("site.toml", "hold_s = 20", "hold_s = [1]", 6, "rules.off_route.hold_s", "not [1]"),
    ("site.toml", "hold_s = 20", 'severity = "dire"', 6, "rules.off_route.severity", "serious"),
    ("site.toml", "[rules.off_route]", "[rules.off_route", 5, "", "not TOML"),
    ("zones.geojson", '"id": "s1",', '"id": "",', 4, "id", "missing"),
    ("zones.geojson", '"kind": "site"', '"kind": "castle"', 6, "kind", "none of site, ground"),
    ("zones.geojson", '"id": "g1"', '"id": "s1"', 10, "id", "twice"),
    ("zones.geojson", "08:00-20:00", "8 bis 18", 11, "hours", "19:00-06:00"),
    ("zones.geojson", "08:00-20:00", "08:00-25:00", 11, "hours", "no day has"),
    ("zones.geojson", "08:00-20:00", "08:00-08:00", 11, "hours", "ends when it begins"),
    ("zones.geojson", '_kmh": 30', '_kmh": 0', 12, "speed_limit_kmh", "greater than 0"),
    ("zones.geojson", '_kmh": 30', '_kmh": true', 12, "speed_limit_kmh", "not a number"),
    ("zones.geojson", '"Polygon"', '"Point"', 7, "geometry", "must be a Polygon"),
    ("zones.geojson", "[119.95, 31.70]", "[31.70, 119.95]", 7, "coordinates", "wrong way round"),
    ("zones.geojson", "[119.95, 31.70]", "[500000, 3500000]", 7, "coordinates", "no place"),
    ("zones.geojson", "[119.95, 31.70]", '["x", 31.70]', 7, "coordinates", "not a position"),
    ("zones.geojson", "[119.95, 31.70]", "[]", 7, "coordinates", "positions"),
    ("zones.geojson", "[119.95, 31.71], [119.94", "[119.94", 7, "geometry", "invalid"),
    (
        "zones.geojson",
        '{"type": "FeatureCollection"',
        '{"type": "Feature"',
        1,
        "type",
        "Collection",
    ),
    ("zones.geojson", '"name": "一号工地",', '"name": "一号工地"', 6, "", "not JSON"),
    ("zones.geojson", '"features": [', '"features": [7,', 1, "type", "must be a Feature"),
    ("zones.geojson", '"features"', '"crs": "EPSG:3857", "features"', 1, "crs", "3857"),
    ("routes.geojson", '_m": 50', '_m": 0', 4, "half_width_m", "greater than 0"),
    ("routes.geojson", '_m": 50', '_m": "wide"', 4, "half_width_m", "not a number"),
    ("routes.geojson", '"half_width_m": 50', '"x": 50', 2, "half_width_m", "missing"),
    (
        "zones.geojson",
        '_kmh": 30',
        '_kmh": 30, "laden_only": "so"',
        12,
        "laden_only",
        "neither true",
    ),
    ("routes.geojson", '_m": 50', '_m": 50, "segment_m": 5', 4, "segment_m", "at least 20"),
    ("routes.geojson", '_m": 50', '_m": 50, "segment_names": [1]', 4, "segment_names", "texts"),
    ("routes.geojson", '_m": 50', '_m": 50, "segment_names": ["a"]', 4, "segment_names", "Multi"),
    ("routes.geojson", ", [119.91, 31.70]]", "]", 5, "coordinates", "LineString"),
    ("routes.geojson", "[119.91, 31.70]]", "[119.94, 31.70]]", 5, "geometry", "nvalid"),
    ("companies.csv", "name", "nom", 1, "name", "lacks this column"),
    ("companies.csv", "c1,甲公司", "c1,", 2, "name", "missing"),
    ("companies.csv", "c1,甲公司", "c1,甲,公司", 2, "", "3 cells where the header has 2"),
    ("companies.csv", "c1,甲公司", 'c1,"甲公司', 2, "", "not CSV"),
    ("companies.csv", "name\nc1,甲公司", "name,valid_to\nc1,甲,x", 2, "valid_to", "neither a date"),
    ("vehicles.csv", "v2,", "v1,", 3, "vehicle_id", "twice"),
    ("vehicles.csv", "v2,", "v|2,", 3, "vehicle_id", "must not contain"),
    ("vehicles.csv", "苏D12345D,yellow_green", "苏D·a1234,yellow", 3, "plate", "in line 2 already"),
    ("vehicles.csv", "yellow_green", "pink", 3, "plate_color", "'pink'"),
    ("vehicles.csv", "muck", "tank", 2, "kind", "muck, sweeper, washer, collector"),
    ("vehicles.csv", "muck,c1", "muck,c9", 2, "company_id", "'c9' is not in companies.csv"),
    ("vehicles.csv", "13900000002", "13900000001", 3, "terminal_id", "in line 2 already"),
    ("vehicles.csv", "13900000002", "139/2", 3, "terminal_id", "'/'"),
    ("permits.csv", "p1,s1", "p1,s9", 2, "site_zone", "'s9' is not in zones.geojson"),
    ("permits.csv", "p1,s1", "p1,g1", 2, "site_zone", "is a ground"),
    ("permits.csv", "g1,r1", "s1,r1", 2, "ground_zone", "is a site"),
    ("permits.csv", "g1,r1", "g1,r1|r7", 2, "route_ids", "'r7' is not in routes.geojson"),
    ("permits.csv", "v1|v2", "v1|v3", 2, "vehicle_ids", "'v3' is not in vehicles.csv"),
    ("permits.csv", "2026-01-01", "1.1.2026", 2, "valid_from", "neither a date"),
    ("permits.csv", "2026-12-31", "2025-12-31", 2, "valid_to", "not after"),
    ("permits.csv", "19:00-06:00", "19-6", 2, "hours", "19:00-06:00"),
    ("permits.csv", ",50,", ",fast,", 2, "speed_limit_kmh", "not a number"),
    ("permits.csv", ",50,10", ",50,0", 2, "daily_trips", "at least 1"),
    ("permits.csv", ",50,10", ",50,1.5", 2, "daily_trips", "whole number"),
    ("cameras.toml", 'id = "hot-1"', 'id = "gate-1"', 16, "id", "twice"),
    ("cameras.toml", 'id = "hot-1"', 'id = "hot/1"', 16, "id", "must not contain '/'"),
    ("cameras.toml", "lat = 31.70", "", 1, "lat", "missing"),
    ("cameras.toml", "lat = 31.70", "lat = 119.94", 6, "lat", "at most 90"),
    ("cameras.toml", "heading_deg = 90", "heading_deg = 360", 7, "heading_deg", "less than 360"),
    ("cameras.toml", '"gate"', '"door"', 8, "role", "gate, intersection, hotspot"),
    ("cameras.toml", '"rtsp://', '"ftp://', 4, "stream_url", "rtsp://"),
    ("cameras.toml", "[0.9, 0.9]]", f"[0.9, {9**500}]]", 13, "points", "from 0 to 1"),
    ("cameras.toml", "[0.9, 0.9]]", "[0.9, 1.2]]", 13, "points", "from 0 to 1"),
    ("cameras.toml", ", [0.9, 0.9]]", "]", 13, "points", "at least 3"),
    ("cameras.toml", "[0.9, 0.9]]", "[0.5, 0.1]]", 13, "points", "invalid polygon"),
    ("cameras.toml", "[[0.1, 0.1], [0.9, 0.1]]", "[[0.1, 0.1], [0.9]]", 25, "points", "[0.9]"),
    ("cameras.toml", '"gate_line"', '"moat"', 24, "kind", "road, no_dump, gate_line"),
]


@pytest.mark.parametrize("mistake", WRONG, ids=lambda m: f"{m[0]} {m[4]} {m[5]}")
def test_a_mistake_is_named(broken, mistake):
    file, old, new, line, field, words = mistake
    with pytest.raises(SiteError) as caught:
        load_site(broken(file, old, new))
    errors = [p for p in caught.value.problems if p.severity is Severity.ERROR]
    own = [p for p in errors if p.file == file]
    assert (own[0].line, own[0].field) == (line, field)
    assert words in own[0].message
    place = file if line is None else f"{file}:{line}"
    assert str(own[0]).startswith(f"{place}: error:")


def test_all_mistakes_are_told_at_once(broken, files):
    wrong = {
        **broken("vehicles.csv", "yellow", "pink"),
        "routes.geojson": files["routes.geojson"].replace(b": 50", b": -1"),
        "cameras.toml": files["cameras.toml"].replace(b"0.9", b"9"),
    }
    with pytest.raises(SiteError) as caught:
        load_site(wrong)
    found = {(p.file, p.field) for p in caught.value.problems}
    assert {
        ("vehicles.csv", "plate_color"),
        ("routes.geojson", "half_width_m"),
        ("cameras.toml", "points"),
    } <= found
    assert all(str(p) in str(caught.value) for p in caught.value.problems)


def test_not_utf8_says_what_to_do(files):
    with pytest.raises(SiteError, match=r"companies.csv:2: error: not UTF-8.*Excel"):
        load_site({**files, "companies.csv": "company_id,name\nc1,甲公司\n".encode("gbk")})


def test_an_empty_file_is_an_error(files):
    for file in files.keys() - {"cameras.toml"}:  # which may hold no camera
        _site, problems = examine_site({**files, file: b""})
        assert any(p.file == file and p.severity is Severity.ERROR for p in problems), file


@pytest.mark.parametrize(
    ("file", "old", "new", "field"),
    [
        ("vehicles.csv", "苏DA1234", "苏D1234", "plate"),
        ("vehicles.csv", "苏DA1234,yellow", "苏DA1234,green", "plate"),
        ("vehicles.csv", "yellow_green", "blue", "plate"),
        ("zones.geojson", '"speed_limit_kmh"', '"speed_limit"', "speed_limit"),
        ("site.toml", "[rules.off_route]", "[rules.of_route]", "rules.of_route"),
        ("cameras.toml", "heading_deg", "heading", "heading"),
        ("permits.csv", "r1,v1|v2", "r1,v1|v2|v1", "vehicle_ids"),
    ],
)
def test_doubts_are_warnings(broken, file, old, new, field):
    site, problems = examine_site(broken(file, old, new))
    assert site is not None
    assert {(p.file, p.field, p.severity) for p in problems} == {(file, field, Severity.WARNING)}


def test_unknown_columns_and_files_are_told(files):
    companies = b"company_id,name,phone\nc1,\xe7\x94\xb2,110\n"
    site, problems = examine_site({**files, "companies.csv": companies, "zone.geojson": b"{}"})
    assert site is not None
    assert {(p.file, p.field) for p in problems} == {
        ("companies.csv", "phone"),
        ("zone.geojson", ""),
    }


def test_a_folder_is_read_byte_for_byte(tmp_path, files):
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "README.md").write_text("not read")
    (tmp_path / "old.csv").mkdir()
    assert read_site_folder(tmp_path) == files
    assert check_site(tmp_path, SPRING) == []


def test_no_folder_is_a_clear_error(tmp_path):
    (problem,) = check_site(tmp_path / "nowhere")
    assert "nowhere" in str(problem)
    assert "No such file" in str(problem)
    (tmp_path / "empty").mkdir()
    (problem,) = check_site(tmp_path / "empty")
    assert (problem.file, problem.message) == ("site.toml", "is missing")


def test_the_demo_district_has_no_problem():
    assert check_site(folder(), SPRING) == []
