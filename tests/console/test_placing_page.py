"""The placing page in a real browser: zones are drawn, points paired with the map, it is saved."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import cv2
import numpy as np
import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect, sync_playwright

from config.camera import CameraZoneKind, Side
from demo.cameras.clips import script_of
from store.camera_pictures import CameraPicture, put_camera_picture
from store.placements import Placement, PlacementState, cameras_now, put_placement
from tests.console.conftest import USER, served
from tests.console.test_page import ARGUMENTS, CHROMIUM, wait_until
from tests.console.world import SITE, World, utc_now

pytestmark = [
    pytest.mark.servers,
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}"),
]
CAMERA = SITE.cameras["gate-east"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, app: FastAPI, world: World) -> Iterator[Page]:
    image = script_of(CAMERA, 1).compose(7.0).image
    _, coded = cv2.imencode(".jpg", np.asarray(image))
    at = utc_now()
    put_camera_picture(
        world.conn,
        CameraPicture(
            camera_id=CAMERA.id, captured_at=at, width_px=1280, height_px=720,
            content=coded.tobytes(),
        ),
    )  # fmt: skip
    put_placement(
        world.conn,
        Placement(
            camera_id=CAMERA.id, placement_id="moved", state=PlacementState.ASKED, placed_at=at,
            placed_by="rules", lon=CAMERA.lon, lat=CAMERA.lat,
        ),
    )  # fmt: skip
    wrong: list[str] = []
    foreign: list[str] = []
    with served(app) as url:
        context = browser.new_context(
            viewport={"width": 1920, "height": 1080},
            http_credentials={"username": USER[0], "password": USER[1]},
            reduced_motion="reduce",
        )
        page = context.new_page()

        def asked(address: str) -> None:
            parts = urlsplit(address)
            if parts.scheme not in ("data", "blob") and parts.netloc != urlsplit(url).netloc:
                foreign.append(address)

        page.on("request", lambda request: asked(request.url))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "console",
            lambda m: wrong.append(m.text) if m.type in {"error", "warning"} else None,
        )
        page.goto(f"{url}/placing.html?camera={CAMERA.id}")
        expect(page.locator("#canvas image")).to_have_count(1)
        yield page
        context.close()
    assert [text for text in wrong if "422" not in text] == []
    assert foreign == []


def spot(page: Page, x: float, y: float) -> tuple[float, float]:
    """Where a place of the picture, in fractions, is on the screen."""
    box = page.locator("#canvas").bounding_box()
    assert box is not None
    high = min(box["height"], box["width"] * 9 / 16)
    wide = high * 16 / 9
    left = box["x"] + (box["width"] - wide) / 2
    return left + x * wide, box["y"] + (box["height"] - high) / 2 + y * high


def in_picture(page: Page, x: float, y: float) -> None:
    page.mouse.click(*spot(page, x, y))


def on_map(page: Page, dx: float, dy: float) -> None:
    """Pixels from the middle of the map, which is the camera."""
    box = page.locator("#map").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2 + dx, box["y"] + box["height"] / 2 + dy)


def test_the_placement_in_force_is_shown(page: Page) -> None:
    expect(page.locator("#camera-place")).to_have_text(CAMERA.name)
    expect(page.locator("#hint")).to_contain_text("该探头已移位")
    expect(page.locator("#zones li")).to_have_count(2)
    expect(page.locator("#points li output")).to_have_text(["0.00 米"] * 4)
    expect(page.locator("#fit")).to_contain_text("四点必然吻合")
    expect(page.locator(".grid-line").first).to_be_attached()
    page.locator("#grid").uncheck()
    expect(page.locator(".grid-line")).to_have_count(0)
    expect(page.locator("#save")).to_be_disabled()
    page.locator("#language").click()
    expect(page.locator("#save")).to_have_text("Save as a new placement")
    expect(page.locator("#fit")).to_contain_text("Four always fit")


def test_an_operator_draws_a_placement_and_saves_it(page: Page, world: World) -> None:
    for _ in range(2):
        page.locator("#zones .remove").first.click()
    expect(page.locator("#zones li.none")).to_have_count(1)
    page.locator("[data-tool=no_dump]").click()
    for x, y in ((0.1, 0.5), (0.5, 0.45), (0.5, 0.6), (0.1, 0.65)):
        in_picture(page, x, y)
    in_picture(page, 0.1, 0.5)  # the first again closes it
    expect(page.locator(".zone.no_dump")).to_have_count(1)
    page.locator("[data-tool=gate_line]").click()
    in_picture(page, 0.3, 0.55)
    in_picture(page, 0.6, 0.53)
    page.keyboard.press("Enter")
    expect(page.locator(".zone.gate_line")).to_have_count(1)
    page.locator("#zones .flip").click()
    page.mouse.move(*spot(page, 0.6, 0.53))
    page.mouse.down()
    page.mouse.move(*spot(page, 0.65, 0.55), steps=4)
    page.mouse.up()
    page.locator("#heading").fill("60")
    page.locator("#save").click()
    expect(page.locator("#saved")).to_have_attribute("data-state", "good")
    now = cameras_now(world.conn, SITE)[CAMERA.id]
    verge, gate = now.zones
    assert (verge.kind, gate.kind) == (CameraZoneKind.NO_DUMP, CameraZoneKind.GATE_LINE)
    drawn = np.array([(0.1, 0.5), (0.5, 0.45), (0.5, 0.6), (0.1, 0.65)])
    assert np.array(verge.points) == pytest.approx(drawn, abs=0.003)
    assert gate.inside is Side.LEFT
    assert gate.points[0] == pytest.approx((0.3, 0.55), abs=0.003)
    assert gate.points[1] == pytest.approx((0.65, 0.55), abs=0.003)  # it was dragged
    assert now.heading_deg == 60
    expect(page.locator("#history li")).to_have_count(2)
    expect(page.locator("#hint")).not_to_contain_text("移位")


def test_points_are_marked_in_picture_and_map_alternately(page: Page, world: World) -> None:
    for _ in range(4):
        page.locator("#points .remove").first.click()
    page.locator("[data-tool=point]").click()
    pairs = [
        ((0.15, 0.6), (-120, -270)),
        ((0.85, 0.55), (210, -240)),
        ((0.1, 0.9), (-60, -60)),
        ((0.8, 0.85), (90, -60)),
    ]
    for number, (seen, placed) in enumerate(pairs):
        in_picture(page, *seen)
        expect(page.locator(".map-box")).to_have_attribute("data-wanted", "true")
        expect(page.locator("#save")).to_be_disabled()
        on_map(page, *placed)
        expect(page.locator(".ground-mark")).to_have_count(number + 1)
    expect(page.locator("#fit")).to_have_attribute("data-state", "good")
    in_picture(page, 0.5, 0.7)
    on_map(page, 200, 180)  # nowhere near
    wait_until(lambda: page.locator("#fit").get_attribute("data-state") in ("rough", "wrong"))
    page.locator("#points .remove").last.click()
    expect(page.locator("#fit")).to_have_attribute("data-state", "good")
    page.locator("#save").click()
    expect(page.locator("#saved")).to_have_attribute("data-state", "good")
    saved = cameras_now(world.conn, SITE)[CAMERA.id].ground_points
    marked = np.array([seen for seen, _ in pairs])
    assert np.array([(p.x, p.y) for p in saved]) == pytest.approx(marked, abs=0.003)
    assert saved[0].lon < CAMERA.lon < saved[1].lon
