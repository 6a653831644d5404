"""Number plates as pictures, laid out as GA 36-2018 has them, and the enlarged number (放大号)."""

from __future__ import annotations

import functools

import cv2
import numpy as np
from numpy.typing import NDArray

from demo.scenes.glyphs import glyph
from demo.scenes.shape import Color

Picture = NDArray[np.uint8]

_GROUNDS: dict[str, tuple[Color, Color]] = {  # ground and ink
    "blue": ((150, 78, 16), (245, 245, 245)),
    "yellow": ((20, 178, 235), (18, 18, 18)),
    "green": ((110, 190, 96), (18, 18, 18)),
    "yellow_green": ((96, 190, 110), (18, 18, 18)),
    "white": ((240, 240, 240), (18, 18, 18)),
    "black": ((22, 22, 22), (240, 240, 240)),
}
FRONT_M = (0.44, 0.14)
REAR_M = (0.44, 0.22)
"""Width and height; the rear one is of large vehicles, in two rows."""


@functools.lru_cache(maxsize=256)
def plate_picture(text: str, color: str, rear: bool = False) -> Picture:
    """One millimetre a pixel: 440 x 140, or with `rear` 440 x 220 in two rows; not to be changed.

    Raises:
        KeyError: an unknown colour, or a character that there are no strokes for.
    """
    ground, ink = _GROUNDS[color]
    size = (220, 440) if rear else (140, 440)
    picture = np.empty((*size, 3), np.uint8)
    picture[:] = np.array(ground).round()
    if color == "green":
        fade = np.linspace(0, 1, size[0])[:, None, None]
        picture[:] = np.array((236, 240, 236)) * (1 - fade) + np.array(ground) * fade
    elif color == "yellow_green":
        picture[:, :110] = _GROUNDS["yellow"][0]
    cv2.rectangle(picture, (4, 4), (size[1] - 5, size[0] - 5), ink, 3, cv2.LINE_AA)
    if rear:
        for i, character in enumerate(text[:2]):
            _put(picture, character, (110 + 140 * i, 15, 80, 60), ink, thick=11)
        cv2.circle(picture, (220, 45), 7, ink, -1, cv2.LINE_AA)
        wide = 65 if len(text) == 7 else 54
        gap = (410 - wide * len(text[2:])) / (len(text[2:]) - 1)
        for i, character in enumerate(text[2:]):
            _put(picture, character, (15 + round((wide + gap) * i), 90, wide, 110), ink, thick=14)
        return picture
    wide = 45 if len(text) == 7 else 42
    x = 15.0
    step = (410 - 22 - wide) / (len(text) - 1)
    for i, character in enumerate(text):
        _put(picture, character, (round(x), 25, wide, 90), ink, thick=11)
        x += step
        if i == 1:
            cv2.circle(picture, (round(x + 6), 70), 6, ink, -1, cv2.LINE_AA)
            x += 22
    return picture


def enlarged_picture(text: str, ground: Color) -> Picture:
    """The number in white, 1.9 m by 0.45 m, a centimetre four pixels, on the body's colour."""
    picture = np.empty((180, 760, 3), np.uint8)
    picture[:] = np.array(ground).round()
    step = 760 / len(text)
    for i, character in enumerate(text):
        _put(picture, character, (round(step * i + 10), 16, round(step - 22), 148), (235, 236, 236),
             thick=18)  # fmt: skip
    return picture


def _put(
    picture: Picture, character: str, at: tuple[int, int, int, int], ink: Color, *, thick: float
) -> None:
    x, y, wide, high = at
    cover = glyph(character, wide, high, thick)[..., None] / 255.0
    part = picture[y : y + high, x : x + wide]
    part[:] = part * (1 - cover) + np.array(ink) * cover
