"""The page in a real browser: the clip plays, boxes lie over it, the case file is at hand."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import av
import numpy as np
import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, expect

from alerts.alert import Alert
from alerts.evidence import json_evidence, raw_evidence
from config.settings import EvidenceSettings, Settings
from detection.detector import NoDetector
from store.evidence_keeper import EvidenceKeeper
from store.evidence_objects import EvidenceObjects, ObjectStoreFull
from store.evidence_room import make_room, put_state
from store.evidence_writer import attach_evidence
from store.operator import dismiss
from tests.console.conftest import served
from tests.console.test_page import CHROMIUM, Screen, browser
from tests.console.world import World, destinations_of, scene, utc_now

__all__ = ["browser"]

pytestmark = [
    pytest.mark.servers,
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}"),
]
SECONDS, FPS = 8, 10


def truck_at(second: float) -> tuple[int, int, int, int]:
    x = round(40 + 110 * second)
    return (x, 210, x + 360, 470)


def clip() -> bytes:
    """A truck drives past and leaves a heap after 4 s."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv420p"
        stream.options = {"preset": "ultrafast", "crf": "28"}
        for number in range(SECONDS * FPS):
            pile = (560, 420, 690, 510) if number >= 40 else None
            jpeg = scene(pile, truck_at(number / FPS))
            with av.open(io.BytesIO(jpeg)) as picture:
                image = next(picture.decode(video=0)).to_ndarray(format="bgr24")
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="bgr24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return out.getvalue()


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    evidence = EvidenceSettings(url=f"file:{tmp_path}/evidence", keep_free_bytes=0)
    return settings.model_copy(update={"evidence": evidence})


@pytest.fixture
def keeper(settings: Settings) -> EvidenceKeeper:
    return EvidenceKeeper(EvidenceObjects(settings.evidence), "vision 0/1")


@pytest.fixture
def dumped(world: World, keeper: EvidenceKeeper) -> Alert:
    now = utc_now()
    world.drive(now)
    alert = world.evening(now)["illegal_dumping"]
    begin = alert.started_at - timedelta(seconds=4)
    end = begin + timedelta(seconds=SECONDS)
    points = [{"at": begin + timedelta(seconds=s), "box": truck_at(s)} for s in range(SECONDS + 1)]
    said = {"class_name": "muck_truck", "points": points}
    pieces = [
        json_evidence(alert.alert_id, "track", alert.camera_id, (begin, end), said),
        raw_evidence(
            alert.alert_id, "clip", clip(), camera_id=alert.camera_id, captured_at=begin,
            until=end, media_type="video/mp4", size_px=(1280, 720), codec="h264",
            note="cut_short",
        ),
    ]  # fmt: skip
    attach_evidence(world.conn, [keeper.keep(p) for p in pieces], destinations_of)
    return alert


@pytest.fixture
def screen(browser: Browser, app: FastAPI, dumped: Alert) -> Iterator[Screen]:
    app.state.detector = NoDetector()
    with served(app) as url:
        screen = Screen(browser, url)
        yield screen
        screen.page.context.close()
    assert screen.foreign == []


def test_the_clip_plays_with_boxes_over_it_and_the_case_is_taken(
    screen: Screen, dumped: Alert, world: World, keeper: EvidenceKeeper
) -> None:
    page = screen.page
    page.locator(f"{screen.card(dumped)} .thumb.clip").click()
    video = page.locator("#viewer video")
    expect(video).to_be_visible()
    video.evaluate("v => { v.muted = true; return v.play(); }")
    video.evaluate("v => new Promise(done => v.ontimeupdate = () => v.currentTime > 0.3 && done())")
    video.evaluate("v => { v.pause(); v.currentTime = 5; }")
    video.evaluate("v => new Promise(done => v.seeking ? v.onseeked = done : done())")
    assert video.evaluate("v => [v.videoWidth, v.videoHeight]") == [1280, 720]
    expect(page.locator("#viewer .player rect.object")).to_have_count(1)
    passer = page.locator("#viewer .player rect.passer")
    expect(passer).to_have_count(1)
    assert float(passer.get_attribute("x") or 0) == pytest.approx(truck_at(5)[0], abs=15)
    expect(page.locator("#viewer figure.clip em")).to_have_text("视频流中断,提前结束")
    expect(page.locator("#viewer .chain")).to_have_text("证据链完整,5 件")
    expect(page.locator("#viewer figure")).to_have_count(4)
    with page.expect_download() as download:
        page.locator("#viewer .case a.primary").click()
    assert download.value.suggested_filename.startswith("case-illegal_dumping-")
    with zipfile.ZipFile(download.value.path()) as archive:
        assert any(name.endswith("clip-redacted.mp4") for name in archive.namelist())
    assert screen.wrong == []
    # Its clip is given up; the page says so and shows the pictures still.
    page.locator("#viewer form button").click()
    dismiss(world.conn, dumped.alert_id, "li", None, destinations_of)
    assert make_room(world.conn, keeper.objects, 1) > 0
    put_state(world.conn, keeper.objects, "vision 0/1", ObjectStoreFull("no room"), 0)
    page.reload()
    page.wait_for_selector("body[data-ready=true]")
    expect(page.locator("#banner")).to_contain_text("证据存储空间已满")
    page.locator("#tabs button").last.click()
    page.locator(f"{screen.card(dumped)} .thumb").first.click()
    expect(page.locator("#viewer .no-clip")).to_be_visible()
    expect(page.locator("#viewer figure.clip em")).to_contain_text("腾出空间")
