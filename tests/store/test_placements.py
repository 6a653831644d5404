"""Placements: the newest drawn one is in force; the site that is written back has it."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from config.camera import FIRST_PLACEMENT, CameraZone, CameraZoneKind, GroundPoint, Side
from config.cameras_file import CAMERAS, read_cameras
from config.cameras_write import with_cameras
from config.datum import Datum
from config.demo_district import folder
from config.problem import ProblemList
from config.site_files import load_site, read_site_folder
from store.cameras import camera_states, put_camera_state
from store.database import Connection
from store.placements import (
    Placement,
    PlacementState,
    cameras_now,
    placement_picture,
    placements,
    placements_asked,
    put_placement,
    site_files_now,
    site_now,
)
from store.site import read_site, seed_site_files
from tests.store.made import NOON

pytestmark = pytest.mark.servers

FILES = read_site_folder(folder())
ZONES = (
    CameraZone("kerb", CameraZoneKind.NO_DUMP, ((0.1, 0.5), (0.9, 0.5), (0.5, 0.9))),
    CameraZone("way", CameraZoneKind.GATE_LINE, ((0.2, 0.5), (0.8, 0.6)), Side.LEFT),
)
POINTS = tuple(
    GroundPoint(x, y, round(119.9659 + x * 2e-4, 7), round(31.7204 + y * 1e-4, 7))
    for x, y in ((0.1, 0.4), (0.9, 0.4), (0.1, 0.9), (0.9, 0.9))
)


def placement(name: str, minutes: float, *, drawn: bool = True, **changes: object) -> Placement:
    made = Placement(
        camera_id="gate-east",
        placement_id=name,
        state=PlacementState.DRAWN if drawn else PlacementState.ASKED,
        placed_at=NOON + timedelta(minutes=minutes),
        placed_by="王工" if drawn else "rules",
        lon=119.9661,
        lat=31.7206,
        heading_deg=200.0,
        zones=ZONES if drawn else (),
        ground_points=POINTS if drawn else (),
    )
    return msgspec.structs.replace(made, **changes)


def test_the_newest_drawn_one_is_in_force(conn: Connection) -> None:
    seed_site_files(conn, FILES)
    site = read_site(conn)
    assert cameras_now(conn, site) == site.cameras
    assert site_now(conn, site) is site
    assert put_placement(conn, placement("p2", 10))
    assert put_placement(conn, placement("p1", 0, zones=()))
    assert put_placement(conn, placement("p3", 20, drawn=False))
    camera = cameras_now(conn, site)["gate-east"]
    first = site.cameras["gate-east"]
    assert (camera.placement_id, camera.placed_at) == ("p2", NOON + timedelta(minutes=10))
    assert (camera.zones, camera.ground_points) == (ZONES, POINTS)
    assert (camera.lon, camera.heading_deg) == (119.9661, 200.0)
    assert (camera.name, camera.site_zone) == (first.name, first.site_zone)
    assert first.placement_id == FIRST_PLACEMENT
    assert site_now(conn, site).cameras["gate-south"] is site.cameras["gate-south"]
    assert [p.placement_id for p in placements(conn, "gate-east")] == ["p3", "p2", "p1"]
    assert [p.placement_id for p in placements_asked(conn)] == ["p3"]
    assert put_placement(conn, placement("p3", 30))
    assert placements_asked(conn) == []
    assert cameras_now(conn, site)["gate-east"].placement_id == "p3"


def test_a_placement_that_was_drawn_is_not_asked_for_again(conn: Connection) -> None:
    asked, drawn = placement("p", 0, drawn=False), placement("p", 5)
    assert put_placement(conn, asked, b"\xff\xd8one")
    assert put_placement(conn, drawn)
    assert not put_placement(conn, asked, b"\xff\xd8two")
    assert placement_picture(conn, "gate-east", "p") == b"\xff\xd8one"
    assert placements(conn, "gate-east") == [msgspec.structs.replace(drawn, has_picture=True)]
    assert placement_picture(conn, "gate-east", "other") is None


def test_workers_hear_which_camera(conn: Connection) -> None:
    conn.execute("LISTEN placement")
    put_placement(conn, placement("p", 0))
    assert [n.payload for n in conn.notifies(timeout=5, stop_after=1)] == ["gate-east"]


def test_the_site_written_back_has_the_placement(conn: Connection) -> None:
    seed_site_files(conn, FILES)
    assert site_files_now(conn) == FILES
    put_placement(conn, placement("p", 0))
    files = site_files_now(conn)
    assert {name for name in files if files[name] != FILES[name]} == {CAMERAS}
    cameras, before = load_site(files).cameras, load_site(FILES).cameras
    assert list(cameras) == list(before)
    moved = cameras["gate-east"]
    assert (moved.zones, moved.ground_points, moved.heading_deg) == (ZONES, POINTS, 200.0)
    assert (moved.lon, moved.lat) == (119.9661, 31.7206)
    assert {k: v for k, v in cameras.items() if k != "gate-east"} == {
        k: v for k, v in before.items() if k != "gate-east"
    }
    assert files[CAMERAS].startswith(FILES[CAMERAS][:100])  # the comment at its head


@pytest.mark.parametrize("datum", list(Datum))
def test_places_are_written_in_the_datum_of_the_site(datum: Datum) -> None:
    known = load_site(FILES).cameras
    content = with_cameras(FILES[CAMERAS], known, datum)
    again = read_cameras(content, datum, ProblemList(), load_site(FILES).zones)
    for camera_id, camera in known.items():
        found = again[camera_id]
        assert found.lon == pytest.approx(camera.lon, abs=2e-6)
        assert found.zones == camera.zones
        assert [p.lat for p in found.ground_points] == pytest.approx(
            [p.lat for p in camera.ground_points], abs=2e-6
        )


def test_a_file_of_another_form_is_refused() -> None:
    with pytest.raises(ValueError, match="not tables"):
        with_cameras(b'camera = [{ id = "a" }]', {}, Datum.WGS84)


def test_what_a_worker_tells_beside_the_state(conn: Connection) -> None:
    put_camera_state(conn, "c", "online", 10, 2)
    put_camera_state(conn, "c", "dark", 11, 2, "d", {"rate_fps": 4.9, "dropped": 3, "why": None})
    [state] = camera_states(conn)
    assert (state.state, state.figures) == ("dark", {"rate_fps": 4.9, "dropped": 3, "why": None})
