"""Placements over HTTP: pictures, fit, what is drawn, what is refused, the history."""

from __future__ import annotations

from datetime import timedelta

import cv2
import numpy as np
import pytest

from config.camera import Side
from store.camera_pictures import CameraPicture, camera_picture, put_camera_picture
from store.placements import Placement, PlacementState, cameras_now, put_placement
from tests.console.world import SITE, World, utc_now

CAMERA = SITE.cameras["gate-east"]
AT = "/api/v1/cameras/gate-east"


def jpeg(level: int = 90) -> bytes:
    _, coded = cv2.imencode(".jpg", np.full((360, 640, 3), level, np.uint8))
    return coded.tobytes()


def shown(world: World, level: int = 90, ago_s: float = 0) -> CameraPicture:
    at = utc_now() - timedelta(seconds=ago_s)
    picture = CameraPicture(
        camera_id=CAMERA.id, captured_at=at, width_px=640, height_px=360, content=jpeg(level)
    )
    put_camera_picture(world.conn, picture)
    return picture


def points() -> list[dict[str, float]]:
    return [{"x": p.x, "y": p.y, "lon": p.lon, "lat": p.lat} for p in CAMERA.ground_points]


def draft(**change: object) -> dict[str, object]:
    zones = [
        {"id": "verge", "kind": "no_dump", "points": [[0.1, 0.4], [0.9, 0.4], [0.5, 0.6]]},
        {"id": "gate", "kind": "gate_line", "points": [[0.2, 0.5], [0.6, 0.5]], "inside": "left"},
    ]
    return {
        "lon": CAMERA.lon,
        "lat": CAMERA.lat,
        "heading_deg": 50.0,
        "zones": zones,
        "ground_points": points(),
        **change,
    }


def test_the_newest_picture_is_given(client, world):
    assert client.get(f"{AT}/picture").status_code == 404
    picture = shown(world)
    shown(world, level=10, ago_s=60)  # comes late: the newer one stays
    answer = client.get(f"{AT}/picture")
    assert (answer.headers["content-type"], answer.content) == ("image/jpeg", picture.content)
    assert answer.headers["x-captured-at"] == picture.captured_at.isoformat()
    assert client.get("/api/v1/cameras/nobody/picture").status_code == 404


def test_the_site_folders_placement_is_in_force_at_first(client, world):
    told = client.get(f"{AT}/placement").json()
    assert (told["current"]["placement_id"], told["asked"], told["history"]) == ("first", False, [])
    assert [z["kind"] for z in told["current"]["zones"]] == ["road", "gate_line"]
    assert told["current"]["zones"][1]["inside"] == "right"
    assert len(told["current"]["ground_points"]) == 4


def test_a_drawn_placement_is_in_force_with_its_picture(client, world):
    picture = shown(world)
    put_placement(
        world.conn,
        Placement(
            camera_id=CAMERA.id, placement_id="asked-1", state=PlacementState.ASKED,
            placed_at=utc_now(), placed_by="rules", lon=CAMERA.lon, lat=CAMERA.lat,
        ),
    )  # fmt: skip
    assert client.get(f"{AT}/placement").json()["asked"]
    told = client.put(f"{AT}/placement", json=draft()).json()
    assert (told["asked"], told["current"]["placed_by"]) == (False, "operator")
    assert [p["state"] for p in told["history"]] == ["drawn", "asked"]
    now = cameras_now(world.conn, SITE)[CAMERA.id]
    assert now.placement_id == told["current"]["placement_id"]
    assert (now.heading_deg, [z.id for z in now.zones]) == (50, ["verge", "gate"])
    assert now.zones[1].inside is Side.LEFT
    assert now.ground_points == CAMERA.ground_points
    drawn_in = client.get(f"{AT}/placements/{now.placement_id}/picture")
    assert drawn_in.content == picture.content
    assert client.get(f"{AT}/placements/first/picture").status_code == 404


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"ground_points": points()[:3]}, "at least 4"),
        ({"zones": [{"id": "a", "kind": "road", "points": [[0, 0], [1, 1], [1, 0], [0, 1]]}]},
         "invalid polygon"),
        ({"zones": [{"id": "a", "kind": "road", "points": [[0, 0], [1, 1]]}]}, "at least 3"),
        ({"zones": [{"id": "a", "kind": "gate_line", "points": [[0, 0], [1, 1]]}] * 2}, "twice"),
    ],
)  # fmt: skip
def test_an_unsound_placement_is_refused_with_the_reason(client, world, change, words):
    answer = client.put(f"{AT}/placement", json=draft(**change))
    assert answer.status_code == 422
    assert words in answer.json()["detail"]
    assert cameras_now(world.conn, SITE)[CAMERA.id] == CAMERA


def test_points_outside_the_picture_are_no_placement(client, world):
    wrong = draft(zones=[{"id": "a", "kind": "road", "points": [[0, 0], [1.2, 1], [1, 0]]}])
    assert client.put(f"{AT}/placement", json=wrong).status_code == 422
    assert client.put("/api/v1/cameras/nobody/placement", json=draft()).status_code == 404


def test_the_fit_tells_errors_and_the_map_in_the_picture(client, world):
    told = client.post(f"{AT}/fit", json={"ground_points": points()}).json()
    assert told["residuals_m"] == [0, 0, 0, 0]
    assert (told["error"], told["rough"], told["too_few"]) == (None, False, False)
    assert len(told["grid"]) > 10
    assert all(-0.06 < x < 1.06 and -0.06 < y < 1.06 for line in told["grid"] for x, y in line)
    off = [*points(), {"x": 0.4, "y": 0.7, "lon": 119.96596302, "lat": 31.72050009 + 4 / 110_900}]
    rough = client.post(f"{AT}/fit", json={"ground_points": off}).json()
    assert rough["rough"]
    assert max(rough["residuals_m"]) == rough["residuals_m"][4] > 1.5
    few = client.post(f"{AT}/fit", json={"ground_points": points()[:2]}).json()
    assert (few["too_few"], few["grid"]) == (True, [])
    same = client.post(f"{AT}/fit", json={"ground_points": points()[:1] * 4}).json()
    assert "in a line" in same["error"]


def test_a_picture_is_kept_once_a_camera(world):
    shown(world, 10)
    newest = shown(world, 20)
    assert camera_picture(world.conn, CAMERA.id) == newest
    assert camera_picture(world.conn, "gate-south") is None
