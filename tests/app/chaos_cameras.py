"""Eight small cameras on one RTSP server, and a site of them: for the chaos test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from benchmarks.faulty_pictures import Aim, rendered, seen
from config.demo_district import folder
from demo.cameras.programme import Programme
from demo.cameras.rtp_packets import Piece, read_piece
from ingest.frame import Image
from tests.ingest.coded_clips import encode

FPS = 10
GOP = 10
_LONG = 70
"""Pictures: no key frame comes again after 4 s, where the watch would see the same one."""

ZONE = "ground"
CAMERAS = ("busy", "cut", "damaged", "dumped", "elsewhere", "frozen", "quiet", "turned")


def pieces(at: Path) -> dict[str, Piece]:
    """What cameras may play: 7 s each (`passing` 14 s), 640 × 360, all in step."""
    scene, other = (next(rendered(seed, "day", 1)) for seed in (0, 3))
    straight, turned = seen(scene), seen(scene, Aim(x_px=96))
    pictures: dict[str, Iterator[Image]] = {
        "straight": _live(straight),
        "passing": _live(straight, passing=True),
        "with_bag": _live(_with_bag(straight)),
        "turned": _live(turned),
        "elsewhere": _live(seen(other)),
        "standing": islice(_live(straight), _LONG - 1, None),
    }
    last = next(pictures["standing"])
    pictures["standing"] = (last for _ in range(_LONG))
    return {
        name: read_piece(encode(at / f"{name}.mp4", images, GOP, FPS, qp="22", preset="veryfast"))
        for name, images in pictures.items()
    }


def programmes(parts: Mapping[str, Piece]) -> dict[str, Programme]:
    """All is well at first."""
    plays = dict.fromkeys(CAMERAS, "straight") | {"busy": "passing"}
    return {camera: Programme([parts[piece]]) for camera, piece in plays.items()}


def write_site(at: Path, urls: Mapping[str, str]) -> None:
    """The demo district with these cameras in the place of its own."""
    at.mkdir()
    for file in folder().iterdir():
        if file.suffix in {".toml", ".csv", ".geojson"}:
            (at / file.name).write_bytes(file.read_bytes())
    said = "".join(_CAMERA.format(id=name, url=url, zone=ZONE) for name, url in urls.items())
    (at / "cameras.toml").write_text(said, encoding="utf-8")


_CAMERA = """
[[camera]]
id = "{id}"
name = "{id}"
stream_url = "{url}"
lon = 119.965866
lat = 31.720395
heading_deg = 45
role = "hotspot"

[[camera.zone]]
id = "{zone}"
kind = "no_dump"
points = [[0.04, 0.3], [0.96, 0.3], [0.96, 0.96], [0.04, 0.96]]
"""


def _live(view: Image, *, passing: bool = False) -> Iterator[Image]:
    """A still scene with a sensor's grain; `passing`: something goes to and fro before it."""
    dice = np.random.default_rng(1)
    height, width = view.shape[:2]
    grain = dice.normal(0, 3, (2 * height, 2 * width, 1)).astype(np.float32).repeat(3, 2)
    count = _LONG * (2 if passing else 1)
    for number in range(count):
        image = view.copy()
        if passing:
            way = 2 * min(number, count - number) / count
            x, y = round(40 + way * 460), 210
            cv2.rectangle(image, (x, y), (x + 90, y + 55), (60, 70, 190), -1)
        row, column = dice.integers(height), dice.integers(width)
        piece = np.ascontiguousarray(grain[row : row + height, column : column + width])
        yield np.asarray(cv2.add(image, piece, dtype=cv2.CV_8U), np.uint8)


def _with_bag(view: Image) -> Image:
    image = view.copy()
    cv2.ellipse(image, (330, 270), (30, 20), 0, 0, 360, (25, 28, 30), -1)
    cv2.ellipse(image, (325, 262), (16, 9), 20, 0, 360, (70, 74, 80), -1)
    return image
