"""A small evaluation folder: a still picture in which somebody leaves a bag, and one without."""

from __future__ import annotations

from pathlib import Path

import av
import cv2
import numpy as np

WIDTH, HEIGHT, FPS, SECONDS = 320, 180, 5, 22
CLIPS_HEADER = "clip,camera_id,scene,condition,source,seconds,width_px,height_px,starts_at\n"
EVENTS_HEADER = "clip,kind,started_s,visible_s,ended_s,x1,y1,x2,y2,vehicle_id,plate,what\n"
SITE_TOML = 'name = "测试区"\ntimezone = "Asia/Shanghai"\ndatum = "wgs84"\n'
CAMERA = """
[[camera]]
id = "{id}"
name = "{id}"
stream_url = ""
lon = 119.95
lat = 31.70
heading_deg = 0
role = "hotspot"
[[camera.zone]]
id = "ground"
kind = "no_dump"
points = [[0.02, 0.5], [0.98, 0.5], [0.98, 0.98], [0.02, 0.98]]
"""


def write_folder(folder: Path) -> Path:
    """`bag.avi` with an event at 8 s, `bin.avi` with a thing that no truth knows, `quiet.avi`."""
    site = folder / "site"
    site.mkdir(parents=True)
    (site / "site.toml").write_text(SITE_TOML, "utf-8")
    (site / "cameras.toml").write_text("".join(CAMERA.format(id=i) for i in ("c1", "c2")), "utf-8")
    _draw(folder / "bag.avi", left_at_s=8, seed=1)
    _draw(folder / "bin.avi", left_at_s=8, seed=2)
    _draw(folder / "quiet.avi", left_at_s=None, seed=3)
    begins = "2026-05-01T10:00:00+08:00"
    (folder / "clips.csv").write_text(
        CLIPS_HEADER
        + f"bag.avi,c1,s1,day,synthetic,{SECONDS},{WIDTH},{HEIGHT},{begins}\n"
        + f"bin.avi,c2,s2,night,synthetic,{SECONDS},{WIDTH},{HEIGHT},{begins}\n"
        + f"quiet.avi,c2,s3,day,composite,{SECONDS},{WIDTH},{HEIGHT},{begins}\n",
        "utf-8",
    )
    (folder / "events.csv").write_text(
        EVENTS_HEADER + "bag.avi,illegal_dumping,8,9.5,,146,130,174,150,,,bag\n", "utf-8"
    )
    (folder / "distractors.csv").write_text(
        "clip,what,started_s,ended_s\nbin.avi,person_standing,7,12\nquiet.avi,rain,0,22\n", "utf-8"
    )
    return folder


def _draw(path: Path, left_at_s: float | None, seed: int) -> None:
    dice = np.random.default_rng(seed)
    ground = _ground(dice)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuvj420p"
        for number in range(SECONDS * FPS):
            at_s = number / FPS
            image = ground.copy()
            if left_at_s is not None and at_s >= left_at_s:
                cv2.ellipse(image, (160, 140), (18, 8), 0, 0, 360, (15, 35, 60), -1)
            if 6 <= at_s < 10:
                x = round(-20 + (at_s - 6) * 90)
                cv2.rectangle(image, (x, 80), (x + 22, 148), (40, 40, 170), -1)
            noisy = np.clip(image + dice.normal(0, 2, image.shape), 0, 255).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(noisy, format="bgr24")))
        container.mux(stream.encode())


def _ground(dice: np.random.Generator) -> np.ndarray:
    """A paved yard with a wall, so that a camera has something to see."""
    coarse = dice.normal(125, 10, (9, 16, 3)).astype(np.float32)
    ground = cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    for x in range(0, WIDTH, 20):
        cv2.line(ground, (x, HEIGHT // 2), (2 * x - WIDTH // 2, HEIGHT), (105, 105, 108), 1)
    for y in (90, 98, 110, 126, 150):
        cv2.line(ground, (0, y), (WIDTH, y), (105, 105, 108), 1)
    for x in range(10, WIDTH, 45):
        shade = [float(n) for n in dice.uniform(60, 200, 3)]
        cv2.rectangle(ground, (x, 20), (x + 25, 60), shade, -1)
    ground += dice.normal(0, 4, ground.shape)
    return np.clip(cv2.GaussianBlur(ground, (3, 3), 0), 0, 255)
