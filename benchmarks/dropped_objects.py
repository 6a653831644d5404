"""Objects composited onto real footage so that they stay behind (合成遗留物).

The object stands on the ground: whoever passes in front covers it, and it takes the exposure of
the moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ingest.frame import Frame, Image

KINDS = ("bag", "pile", "stain", "box")
OPACITIES = (1.0, 0.8, 0.65, 0.5)
LEAST_CONTRAST = 12.0
"""Levels that a drop's middle must differ from the ground by: less, and no eye finds it either."""


@dataclass(frozen=True, slots=True)
class Drop:
    """`x`, `y` the middle in pixels; `opacity` 1 is solid; there from `at_s` of the clip on."""

    kind: str
    x: int
    y: int
    width: int
    height: int
    at_s: float
    opacity: float = 1.0
    seed: int = 0
    under_passer: bool = False

    @property
    def box(self) -> tuple[int, int, int, int]:
        left, top = self.x - self.width // 2, self.y - self.height // 2
        return left, top, left + self.width, top + self.height


def _appearance(drop: Drop) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(h, w, 3) colour and (h, w) coverage 0..1, edges softened over a pixel or two."""
    dice = np.random.default_rng(drop.seed)
    height, width = drop.height, drop.width
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    u, v = (columns + 0.5) / width * 2 - 1, (rows + 0.5) / height * 2 - 1
    noise = cv2.GaussianBlur(dice.normal(0, 1, (height, width)).astype(np.float32), (0, 0), 2.0)
    bumps = noise / max(float(np.abs(noise).max()), 1e-6)
    if drop.kind == "bag":
        inside = u**2 + v**2 + 0.15 * bumps < 0.95
        base = np.array([(35, 32, 30), (190, 195, 200), (120, 60, 40)][drop.seed % 3], np.float32)
        shade = 1 - 0.35 * (v + u) / 2 + 0.25 * bumps
    elif drop.kind == "pile":
        inside = (v > np.abs(u) ** 1.5 * 1.6 - 1 + 0.25 * bumps) & (v < 0.95)
        base = np.array([(60, 90, 125), (70, 80, 90), (150, 170, 185)][drop.seed % 3], np.float32)
        shade = 1 - 0.3 * u + 0.5 * bumps
    elif drop.kind == "stain":
        inside = u**2 + v**2 + 0.5 * bumps < 0.8
        base = np.array([(25, 25, 28), (45, 70, 95)][drop.seed % 2], np.float32)
        shade = 1 + 0.15 * bumps
    else:
        inside = (np.abs(u) < 0.92) & (np.abs(v) < 0.9)
        base = np.array([(95, 140, 180), (215, 215, 210)][drop.seed % 2], np.float32)
        shade = np.where(v < -0.3, 1.15, 0.85) + 0.08 * bumps
    colour = np.clip(base * shade[:, :, None] + dice.normal(0, 3, (height, width, 1)), 0, 255)
    coverage = cv2.GaussianBlur(inside.astype(np.float32), (3, 3), 0) * drop.opacity
    return colour.astype(np.float32), coverage.astype(np.float32)


def contrast(drop: Drop, scene: Image) -> float:
    """Levels (0 to 255) by which the drop differs from the empty scene, over what it covers."""
    colour, coverage = _appearance(drop)
    x1, y1, x2, y2 = drop.box
    there = coverage > 0.3 * drop.opacity
    apart = np.abs(coverage[:, :, None] * (colour - scene[y1:y2, x1:x2])).max(axis=2)
    return float(apart[there].mean())


def median_scene(frames: Sequence[Frame]) -> Image:
    """The clip without its movers."""
    step = max(1, len(frames) // 25)
    return np.median([f.image for f in frames[::step]], axis=0).astype(np.uint8)


def movers(image: Image, scene: Image) -> NDArray[np.bool_]:
    """(h, w): what is not the empty scene, whatever the exposure."""
    now, then = image.astype(np.float32), scene.astype(np.float32)
    gain = np.median((now[::8, ::8] + 1) / (then[::8, ::8] + 1), axis=(0, 1))
    different = np.abs(cv2.GaussianBlur(now - then * gain, (5, 5), 0)).max(axis=2) > 22
    closed = cv2.morphologyEx(different.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((7, 7)))
    return np.asarray(closed, bool)


def composite(frames: Iterable[Frame], drops: Sequence[Drop], scene: Image) -> Iterator[Frame]:
    """The frames with every drop in its place from its time on."""
    looks = [_appearance(drop) for drop in drops]
    started_at = None
    for frame in frames:
        started_at = started_at or frame.captured_at
        into_s = (frame.captured_at - started_at).total_seconds()
        image = frame.image.astype(np.float32)
        cover = movers(frame.image, scene)
        gain = float(np.median((frame.image[::8, ::8] + 1.0) / (scene[::8, ::8] + 1.0)))
        for drop, (colour, coverage) in zip(drops, looks, strict=True):
            if into_s < drop.at_s:
                continue
            x1, y1, x2, y2 = drop.box
            seen = (coverage * ~cover[y1:y2, x1:x2])[:, :, None]
            image[y1:y2, x1:x2] += seen * (colour * gain - image[y1:y2, x1:x2])
        pixels = np.clip(image, 0, 255).astype(np.uint8)
        yield Frame.of(frame.camera_id, frame.captured_at, pixels, frame.number)


def choose_drops(frames: Sequence[Frame], scene: Image, count: int, seed: int) -> list[Drop]:
    """`count` drops away from each other: half of them beneath somebody who passes, half anywhere.

    All appear between 20 % and 65 % of the clip, so that there is time to tell.
    """
    dice = np.random.default_rng(seed)
    height, width = scene.shape[:2]
    unit = width / 768
    drops: list[Drop] = []
    for _ in range(4000):
        if len(drops) == count:
            break
        n = len(drops)
        kind = KINDS[(n + seed) % 4]
        size = round(float(dice.uniform(20, 60)) * max(unit, 0.6))
        size = max(size, 20)
        flat = {"bag": 1.0, "pile": 0.6, "stain": 0.45, "box": 0.8}[kind]
        frame = frames[int(dice.uniform(0.2, 0.65) * len(frames))]
        under = n % 2 == 0
        wide, tall = size, max(round(size * flat), 10)
        if kind == "stain":
            wide = max(wide, 36)
            tall = max(tall, 14)
        if under:
            cover = movers(frame.image, scene)
            cover[: round(0.3 * height)] = False
            places = np.argwhere(cover)
            if len(places) < 150:
                continue
            y, x = (int(p) for p in places[dice.integers(len(places))])
        else:
            x = int(dice.uniform(0.1, 0.9) * width)
            y = int(dice.uniform(0.35, 0.9) * height)
        if not (wide < x < width - wide and tall < y < height - tall):
            continue
        if any(np.hypot(d.x - x, d.y - y) < 0.18 * width for d in drops):
            continue
        at_s = (frame.captured_at - frames[0].captured_at).total_seconds()
        opacity = float(dice.choice(OPACITIES))
        drop = Drop(kind, x, y, wide, tall, at_s, opacity, int(dice.integers(1 << 30)), under)
        if contrast(drop, scene) >= LEAST_CONTRAST:
            drops.append(drop)
    return drops
