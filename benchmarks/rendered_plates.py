"""Plates drawn, and photographed badly: for calibration only, no camera took them.

Layout by GA 36-2018 (440 x 140 mm, 480 x 140 new energy, 440 x 220 rear), the typeface is not its
own: Noto Sans CJK and DejaVu Condensed stand for it. A Debian `fonts-noto-cjk` is needed.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as Drawing
from PIL import ImageDraw, ImageFont

from config.plate import PROVINCES
from config.vehicle import PlateColor
from ingest.frame import Image

CHINESE = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc")
LATIN = (
    Path("/usr/share/fonts/truetype/dejavu/DejaVuSansCondensed-Bold.ttf"),
    CHINESE,
)
_GROUND = {
    PlateColor.BLUE: ((20, 60, 170), (250, 250, 250)),
    PlateColor.YELLOW: ((235, 175, 20), (15, 15, 15)),
    PlateColor.WHITE: ((240, 240, 240), (15, 15, 15)),
    PlateColor.GREEN: ((60, 180, 100), (15, 15, 15)),
    PlateColor.YELLOW_GREEN: ((70, 185, 110), (15, 15, 15)),
}
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Shot:
    """How one picture was taken; lengths in pixels of the crop."""

    wide_px: float
    blur_px: float
    motion_px: float
    noise: float
    light: float
    turned_deg: float
    tilted_deg: float
    jpeg: int


def a_plate(dice: random.Random, color: PlateColor) -> str:
    province = "苏" if dice.random() < 0.5 else dice.choice(PROVINCES)
    begin = province + dice.choice(_LETTERS)
    if color is PlateColor.YELLOW_GREEN:
        return begin + f"{dice.randrange(100000):05}" + dice.choice("ABCDEFGHJK")
    if color is PlateColor.GREEN:
        return begin + dice.choice("DF") + f"{dice.randrange(100000):05}"
    places = [str(dice.randrange(10)) for _ in range(5)]
    for place in dice.sample(range(5), dice.choice((0, 0, 1, 1, 2))):
        places[place] = dice.choice(_LETTERS)
    return begin + "".join(places)


def draw(text: str, color: PlateColor, *, two_rows: bool = False, font: int = 0) -> Image:
    """(140 or 220, 440 or 480, 3), a pixel a millimetre."""
    ground, ink = _GROUND[color]
    wide = 480 if len(text) == 8 else 440
    sheet = Drawing.new("RGB", (wide, 220 if two_rows else 140), ground)
    pen = ImageDraw.Draw(sheet)
    if color is PlateColor.YELLOW_GREEN:
        pen.rectangle((0, 0, wide * 0.26, 140), fill=_GROUND[PlateColor.YELLOW][0])
    if two_rows:
        for character, left in zip(text[:2], (110, 260), strict=True):
            _glyph(sheet, character, (left, 15, 80, 60), ink, font)
        for i, character in enumerate(text[2:]):
            _glyph(sheet, character, (27 + 80 * i, 90, 65, 110), ink, font)
    else:
        step = 57 if len(text) == 7 else 53
        lefts = [15.5, 72.5, *(151.5 + step * i for i in range(len(text) - 2))]
        for character, x in zip(text, lefts, strict=True):
            _glyph(sheet, character, (x, 25, 45 if len(text) == 7 else 43, 90), ink, font)
        pen.ellipse((128, 65, 138, 75), fill=ink)
    pen.rectangle((4, 4, sheet.width - 5, sheet.height - 5), outline=ink, width=3)
    return np.asarray(np.asarray(sheet)[:, :, ::-1], np.uint8)


def _glyph(
    sheet: Drawing.Image,
    character: str,
    box: tuple[float, float, float, float],
    ink: tuple[int, int, int],
    font: int,
) -> None:
    left, top, wide, tall = box
    face = _face(str(LATIN[font] if character.isascii() else CHINESE))
    x1, y1, x2, y2 = face.getbbox(character)
    stamp = Drawing.new("L", (int(x2 - x1), int(y2 - y1)), 0)
    ImageDraw.Draw(stamp).text((-x1, -y1), character, fill=255, font=face)
    shown = wide * (0.45 if character == "1" else 1.0)
    stamp = stamp.resize((round(shown), round(tall)), Drawing.Resampling.LANCZOS)
    sheet.paste(ink, (round(left + (wide - shown) / 2), round(top)), stamp)


@cache
def _face(path: str) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, 120, index=2 if path.endswith(".ttc") else 0)


def shot_of(dice: random.Random, wide_px: float, *, hard: bool = True) -> Shot:
    worse = 1.0 if hard else 0.3
    return Shot(
        wide_px=wide_px,
        blur_px=dice.uniform(0.3, 0.8 + 0.4 * worse),
        motion_px=dice.uniform(0, 3.0 * worse) if dice.random() < 0.5 else 0.0,
        noise=dice.uniform(2, 12),
        light=dice.uniform(0.35, 1.25),
        turned_deg=dice.uniform(-35, 35),
        tilted_deg=dice.uniform(-8, 8),
        jpeg=dice.randrange(50, 95),
    )


def photographed(plate: Image, shot: Shot, seed: int) -> Image:
    """The plate low on the tail of a painted truck: the crop of its box."""
    rng = np.random.default_rng(seed)
    wide = max(int(shot.wide_px * rng.uniform(3.2, 5.0)), 120)
    tall = int(wide * rng.uniform(0.8, 1.3))
    body = rng.integers(20, 220, 3)
    crop = np.empty((tall, wide, 3), np.float32)
    crop[:] = body
    crop[int(tall * 0.78) :] = rng.integers(30, 90, 3)
    for x in np.linspace(0, wide, 9)[1:-1]:  # ribs
        crop[: int(tall * 0.7), int(x) : int(x) + max(wide // 80, 1)] *= 0.75
    crop[int(tall * 0.7) : int(tall * 0.74)] *= 0.4
    scale = shot.wide_px / plate.shape[1]
    high, far = plate.shape[0] * scale, shot.wide_px * np.cos(np.radians(shot.turned_deg))
    x0, y0 = wide * rng.uniform(0.3, 0.45), tall * rng.uniform(0.74, 0.85)
    lean, near = far * np.tan(np.radians(shot.tilted_deg)), 1 + shot.turned_deg / 400
    target = np.array(
        [[x0, y0], [x0 + far, y0 + lean], [x0 + far, y0 + lean + high * near], [x0, y0 + high]],
        np.float32,
    )
    h, w = plate.shape[:2]
    source = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)
    matrix = cv2.getPerspectiveTransform(source, target)
    softened = cv2.GaussianBlur(plate, (0, 0), max(0.45 / scale, 0.1))
    cv2.warpPerspective(
        softened.astype(np.float32), matrix, (wide, tall), dst=crop,
        borderMode=cv2.BORDER_TRANSPARENT, flags=cv2.INTER_LINEAR,
    )  # fmt: skip
    crop = cv2.GaussianBlur(crop, (0, 0), shot.blur_px).astype(np.float32)
    if shot.motion_px >= 1:
        length = round(shot.motion_px) + 1
        crop = cv2.blur(crop, (length, 1)).astype(np.float32)
    lit = crop * shot.light + rng.normal(0, shot.noise, crop.shape)
    sane = np.clip(lit, 0, 255).astype(np.uint8)
    coded = cv2.imencode(".jpg", sane, [cv2.IMWRITE_JPEG_QUALITY, shot.jpeg])[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
