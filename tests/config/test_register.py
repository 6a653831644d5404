"""The register in time, and what is doubted of certificates and permits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from config.problem import Severity
from config.site_files import examine_site, load_site

BEIJING = timezone(timedelta(hours=8))
SPRING = datetime(2026, 4, 1, tzinfo=UTC)
VEHICLES = """\
vehicle_id,plate,plate_color,kind,company_id,terminal_id,sealed_certificate,certificate_to,valid_from,valid_to
v1,苏DA1234,yellow,muck,c1,13900000001,密闭1,2026-12-31,,2026-06-30
v2,苏D12345D,yellow_green,muck,c1,13900000002,密闭2,,2026-01-01,
v3,苏DA1235,yellow,washer,c1,,,,,
"""
FAR_GROUND = """\
  {"type": "Feature", "properties": {"id": "g2", "name": "远", "kind": "ground"},
   "geometry": {"type": "Polygon",
     "coordinates": [[[119.90, 31.71], [119.91, 31.71], [119.91, 31.72], [119.90, 31.71]]]}}
]}"""


def found(files, at=SPRING):
    """(severity, file, line, field, message) of each problem."""
    _site, problems = examine_site(files, at)
    return [(p.severity, p.file, p.line, p.field, p.message) for p in problems]


@pytest.fixture
def registered(files):
    def make(old="", new=""):
        assert old in VEHICLES
        return {**files, "vehicles.csv": VEHICLES.replace(old, new, 1).encode()}

    return make


def test_companies_are_admitted_for_a_time(files):
    text = "company_id,name,valid_from,valid_to\nc1,甲公司,2026-01-01,2026-12-31\n"
    company = load_site({**files, "companies.csv": text.encode()}).companies["c1"]
    begin, end = datetime(2026, 1, 1, tzinfo=BEIJING), datetime(2027, 1, 1, tzinfo=BEIJING)
    second = timedelta(seconds=1)
    at = (begin - second, begin, end - second, end)
    assert [company.in_force(t) for t in at] == [False, True, True, False]


def test_vehicles_are_registered_for_a_time(registered):
    v1, v2, v3 = load_site(registered()).vehicles.values()
    july = datetime(2026, 7, 1, tzinfo=BEIJING)
    assert [v.in_force(july) for v in (v1, v2, v3)] == [False, True, True]
    assert [v.sealed_certificate for v in (v1, v2, v3)] == ["密闭1", "密闭2", ""]
    assert v1.certificate_to == datetime(2027, 1, 1, tzinfo=BEIJING)
    assert v2.certificate_to is None


@pytest.mark.parametrize(
    ("begin", "clash"), [("2026-07-01", False), ("2026-06-30", True), ("", True)]
)
def test_a_plate_may_pass_to_another_vehicle(registered, begin, clash):
    problems = found(
        registered("苏DA1235,yellow,washer,c1,,,,,", f"苏DA1234,yellow,washer,c1,,,,{begin},")
    )
    expected = [(Severity.ERROR, "vehicles.csv", 4, "plate")] if clash else []
    assert [p[:4] for p in problems] == expected


@pytest.mark.parametrize(
    ("old", "new", "at", "line", "field"),
    [
        ("", "", SPRING, None, None),
        ("密闭1", "", SPRING, 2, "sealed_certificate"),
        ("2026-12-31", "2026-03-31", SPRING, 2, "certificate_to"),
        ("2026-12-31", "2026-04-01", SPRING, None, None),
        ("2026-12-31", "2026-03-31", None, None, None),  # no time to tell by
        ("2026-06-30", "2026-03-31", SPRING, None, None),  # no longer registered
        ("密闭1,2026-12-31,,2026-06-30", ",,,2026-03-31", SPRING, None, None),
    ],
)
def test_a_muck_truck_needs_a_certificate(registered, old, new, at, line, field):
    expected = [(Severity.WARNING, "vehicles.csv", line, field)] if line else []
    assert [p[:4] for p in found(registered(old, new), at)] == expected


def test_a_register_without_certificates_is_not_doubted(files):
    assert found(files) == []


@pytest.mark.parametrize(
    ("changes", "at", "field", "words"),
    [
        ([("permits.csv", "v1|v2", "")], SPRING, "vehicle_ids", "binds nobody"),
        ([], datetime(2027, 1, 1, tzinfo=BEIJING), "valid_to", "ran out, 2026-12-31"),
        ([], datetime(2026, 12, 31, 23, tzinfo=BEIJING), None, ""),
        ([], None, None, ""),
        ([("zones.geojson", "08:00-20:00", "08:00-19:00")], SPRING, "hours", "never meet"),
        ([("zones.geojson", "08:00-20:00", "05:59-06:30")], SPRING, None, ""),
        ([("zones.geojson", "08:00-20:00", "06:00-19:00")], SPRING, "hours", "'g1', 06:00-19:00"),
        ([("permits.csv", "19:00-06:00", "")], SPRING, None, ""),
        ([("permits.csv", "g1,r1", "g2,r1")], SPRING, "route_ids", "no corridor leads to 'g2'"),
        ([("permits.csv", "g1,r1", "g2,")], SPRING, None, ""),
        (
            [("permits.csv", "g1,r1", "g2,r1"), ("routes.geojson", ": 50", ": 1200")],
            SPRING,
            None,
            "",
        ),
        (
            [("permits.csv", "g1,r1", "g2,r1"), ("routes.geojson", "corridor", "sweep")],
            SPRING,
            None,
            "",
        ),
    ],
)
def test_doubts_about_a_permit(files, changes, at, field, words):
    zones = files["zones.geojson"].decode().replace("\n]}", ",\n" + FAR_GROUND)
    texts = {**files, "zones.geojson": zones.encode()}
    for file, old, new in changes:
        assert old.encode() in texts[file]
        texts[file] = texts[file].replace(old.encode(), new.encode(), 1)
    problems = found(texts, at)
    expected = [(Severity.WARNING, "permits.csv", 2, field)] if field else []
    assert [p[:4] for p in problems] == expected
    assert all(words in p[4] for p in problems)


def test_the_distance_of_a_corridor_is_told_in_metres(files):
    zones = files["zones.geojson"].decode().replace("\n]}", ",\n" + FAR_GROUND)
    permits = files["permits.csv"].replace(b"g1,r1", b"g2,r1")
    ((*_place, message),) = found(
        {**files, "zones.geojson": zones.encode(), "permits.csv": permits}
    )
    away_m = float(message.split(" passes ")[1].split()[0])
    assert away_m == pytest.approx(0.01 * 110_880, rel=0.01)  # a hundredth of a degree of latitude


def test_several_corridors_may_follow_each_other(files):
    routes = files["routes.geojson"].decode()
    first, last = routes.index('  {"type"'), routes.rindex("\n]}")
    second = routes[first:last].replace("r1", "r2").replace("[119.94, 31.70]", "[119.93, 31.70]")
    half = routes.replace("[119.91, 31.70]", "[119.93, 31.70]").replace("\n]}", f",\n{second}\n]}}")
    permits = files["permits.csv"].replace(b"r1", b"r1|r2")
    assert found({**files, "routes.geojson": half.encode(), "permits.csv": permits}) == []
    ((_s, _f, _l, field, message),) = found({**files, "routes.geojson": half.encode()})
    assert field == "route_ids"
    assert "'g1' (ground_zone)" in message
