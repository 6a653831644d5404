"""What a placement marks in its picture: gate lines, ground points, the site of a gate."""

from __future__ import annotations

import pytest

from config.camera import GroundPoint, Side
from config.demo_district import folder
from config.problem import Severity
from config.site_files import SiteError, examine_site, load_site, read_site_folder
from demo.cameras.clips import script_of
from demo.cameras.ground_points import marked_points

POINTS = (
    (0.1599, 0.5885, 119.9659476, 31.7205546),
    (0.7901, 0.5260, 119.9660686, 31.7204822),
    (0.0587, 0.9273, 119.9659022, 31.7204992),
    (0.7770, 0.8160, 119.9659886, 31.7204474),
)
CAMERA = """\
[[camera]]
id = "gate-1"
name = "东门"
lon = 119.9659
lat = 31.7204
role = "gate"
site_zone = "s1"

[[camera.zone]]
id = "gate"
kind = "gate_line"
points = [[0.3, 0.6], [0.7, 0.5]]
inside = "left"

[[camera.zone]]
id = "way"
kind = "gate_line"
points = [[0.3, 0.7], [0.7, 0.6]]
"""


def marked(points=POINTS) -> str:
    tables = [
        "\n[[camera.ground_point]]\nx = {}\ny = {}\nlon = {}\nlat = {}\n".format(*p) for p in points
    ]
    return "".join(tables)


def with_cameras(files, text):
    return {**files, "cameras.toml": text.encode()}


def test_a_placement_is_read(files):
    camera = load_site(with_cameras(files, CAMERA + marked())).cameras["gate-1"]
    assert [zone.inside for zone in camera.zones] == [Side.LEFT, Side.RIGHT]
    assert camera.site_zone == "s1"
    assert camera.ground_points == tuple(GroundPoint(*p) for p in POINTS)


def test_ground_points_are_of_the_sites_datum(files, broken):
    amap = broken("site.toml", "wgs84", "gcj02")
    camera = load_site(with_cameras(amap, CAMERA + marked())).cameras["gate-1"]
    assert all(
        0.003 < p[2] - q.lon < 0.007 for p, q in zip(POINTS, camera.ground_points, strict=True)
    )


def test_points_of_the_second_camera_are_its_own(files):
    second = CAMERA.replace("gate-1", "gate-2") + marked(POINTS[:3])
    with pytest.raises(SiteError) as caught:
        load_site(with_cameras(files, CAMERA + marked() + "\n" + second))
    (problem,) = caught.value.problems
    assert (
        problem.line
        == (CAMERA + marked() + "\n" + second)
        .splitlines()
        .index("[[camera.ground_point]]", (CAMERA + marked() + "\n" + CAMERA).count("\n"))
        + 1
    )
    assert "at least 4" in problem.message


def moved(index, **change):
    points = [dict(zip(("x", "y", "lon", "lat"), p, strict=True)) for p in POINTS]
    points[index].update(change)
    return marked([tuple(p.values()) for p in points])


BETWEEN = {"x": (POINTS[0][0] + POINTS[1][0]) / 2, "y": (POINTS[0][1] + POINTS[1][1]) / 2}


def _north(metres):
    """So far north of what (0.4, 0.7) of the picture shows."""
    return 119.96596302, 31.72050009 + metres / 110_900


@pytest.mark.parametrize(
    ("text", "line", "field", "words"),
    [
        (CAMERA + marked(POINTS[:3]), 20, "ground_point", "at least 4"),
        (CAMERA + moved(2, **BETWEEN), 20, "ground_point", "in a line in the picture"),
        (CAMERA + moved(2, x=1.2), 33, "x", "at most 1"),
        (CAMERA + moved(2, lat="''"), 36, "lat", "missing"),
        (CAMERA + moved(0, lon=POINTS[1][2], lat=POINTS[1][3]), 20, "ground_point", "in a line on"),
        (CAMERA + marked([*POINTS, (0.4, 0.7, *_north(8))]), 20, "ground_point", "off on the map"),
        (CAMERA.replace('inside = "left"', 'inside = "east"'), 13, "inside", "left, right"),
        (CAMERA.replace("gate_line", "road", 1).replace("[0.7, 0.5]", "[0.7, 0.5], [0.9, 0.9]", 1),
         13, "inside", "of a gate_line only"),
        (CAMERA.replace('"s1"', '"g1"'), 7, "site_zone", "not a site"),
        (CAMERA.replace('"s1"', '"s9"'), 7, "site_zone", "not in zones.geojson"),
    ],
)  # fmt: skip
def test_a_mistake_is_named(files, text, line, field, words):
    with pytest.raises(SiteError) as caught:
        load_site(with_cameras(files, text))
    (problem,) = [p for p in caught.value.problems if p.severity is Severity.ERROR]
    assert (problem.line, problem.field) == (line, field)
    assert words in problem.message


def test_a_poor_fit_is_warned_of(files):
    site, problems = examine_site(
        with_cameras(files, CAMERA + marked([*POINTS, (0.4, 0.7, *_north(3))]))
    )
    assert len(site.cameras["gate-1"].ground_points) == 5
    (problem,) = problems
    assert problem.severity is Severity.WARNING
    assert "do not fit one plane" in problem.message


def test_the_demo_districts_points_are_those_of_its_pictures():
    for camera in load_site(read_site_folder(folder())).cameras.values():
        assert list(camera.ground_points) == marked_points(script_of(camera, 1), camera)
        inside = [zone.inside for zone in camera.zones if zone.kind == "gate_line"]
        assert inside == ([Side.RIGHT] if camera.site_zone else [])
