"""A recorded clip through the camera path: events.jsonl and an annotated film."""

from __future__ import annotations

import json
from pathlib import Path
from zoneinfo import ZoneInfo

import av
import cv2
import numpy as np
import pytest

from config.camera import Camera, CameraRole, CameraZone, CameraZoneKind
from config.settings import VisionSettings
from config.site import Site
from detection.clip import detect_clip
from detection.detector import NoDetector
from ingest.stream_connection import StreamError

WIDTH, HEIGHT, FPS, SECONDS = 321, 180, 10, 24  # an odd width: H.264 wants even ones


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Somebody walks through from 6 s on and leaves a dark bag at 8 s that is gone at 19 s."""
    path = tmp_path_factory.mktemp("clip") / "drop.avi"
    dice = np.random.default_rng(0)
    ground = np.clip(dice.normal(125, 5, (HEIGHT, WIDTH, 3)), 0, 255)
    ground = cv2.GaussianBlur(ground, (3, 3), 0)
    for x in range(20, WIDTH, 60):  # a wall of windows: something to know the view by
        cv2.rectangle(ground, (x, 8), (x + 30, 50), (60, 70, 80), -1)
        cv2.line(ground, (x, 60), (x + 25, 175), (200, 200, 200), 2)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuvj420p"
        for number in range(SECONDS * FPS):
            at_s = number / FPS
            image = ground.copy()
            if 8 <= at_s < 19:
                cv2.ellipse(image, (160, 140), (14, 10), 0, 0, 360, (25, 25, 25), -1)
            if 6 <= at_s < 10:
                x = round(-20 + (at_s - 6) * 90)
                cv2.rectangle(image, (x, 80), (x + 22, 148), (40, 40, 170), -1)
            noisy = np.clip(image + dice.normal(0, 2, image.shape), 0, 255).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(noisy, format="bgr24")))
        container.mux(stream.encode())
    return path


def test_events_and_annotated_film_are_written(clip: Path, tmp_path: Path) -> None:
    out, film = tmp_path / "events.jsonl", tmp_path / "out.mp4"
    shares: list[float] = []
    result = detect_clip(
        clip, "c1", out=out, annotated=film, progress=shares.append, detector=NoDetector()
    )
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert len(lines) == len(result.events) == 1
    line = lines[0]
    assert line["kind"] == "illegal_dumping"
    assert 7.5 <= line["started_s"] <= 11
    assert line["ended_s"] == pytest.approx(19, abs=1.0)
    x1, y1, x2, y2 = line["box"]
    assert abs((x1 + x2) / 2 - 160) < 8
    assert abs((y1 + y2) / 2 - 140) < 8
    assert 0 < line["confidence"] < 1
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    with av.open(str(film)) as container:
        pictures = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
        assert container.streams.video[0].codec_context.name == "h264"
    assert len(pictures) == SECONDS * 5
    told = pictures[round(line["raised_s"] * 5) + 3].astype(int)
    red = (told[:, :, 2] - told[:, :, 1] > 70) & (told[:, :, 2] - told[:, :, 0] > 70)
    assert red[round(y1) - 3 : round(y2) + 4, round(x1) - 3 : round(x2) + 4].sum() > 40


def test_the_sites_zones_hold(clip: Path) -> None:
    def kinds(corners: tuple[tuple[float, float], ...]) -> list[str]:
        zone = CameraZone("z", CameraZoneKind.ROAD, corners)
        camera = Camera("c1", "C1", "", 119.9, 31.7, None, CameraRole.GATE, (zone,))
        site = Site("s", ZoneInfo("Asia/Shanghai"), cameras={"c1": camera})
        result = detect_clip(clip, "c1", site, VisionSettings(), detector=NoDetector())
        return [event.event.kind for event in result.events]

    assert kinds(((0.3, 0.6), (0.7, 0.6), (0.7, 1.0), (0.3, 1.0))) == ["spillage"]
    assert kinds(((0.0, 0.0), (0.2, 0.0), (0.2, 0.3), (0.0, 0.3))) == []


def test_a_missing_clip_or_camera_says_so(clip: Path, tmp_path: Path) -> None:
    with pytest.raises(StreamError, match="cannot open"):
        detect_clip(tmp_path / "none.mp4", "c1", detector=NoDetector())
    site = Site("s", ZoneInfo("Asia/Shanghai"))
    with pytest.raises(KeyError, match="c9"):
        detect_clip(clip, "c9", site, detector=NoDetector())
