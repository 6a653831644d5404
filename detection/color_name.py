"""A plain word for a colour (颜色)."""

from __future__ import annotations

import cv2
import numpy as np

from detection.scene_event import Box
from ingest.frame import Image

_HUES = (  # upper bound in OpenCV's half degrees
    (8, "red"),
    (20, "orange"),
    (35, "yellow"),
    (85, "green"),
    (130, "blue"),
    (160, "red"),
    (181, "red"),
)


def color_name(image: Image, box: Box, scene: Image | None = None) -> str:
    """The most frequent colour word in the middle of the box: black white grey red blue yellow
    orange green brown, or unknown for an empty box.

    Where `scene`, the same view without the thing, is given, only what differs from it counts.
    """
    x1, y1, x2, y2 = box
    dx, dy = (x2 - x1) * 0.15, (y2 - y1) * 0.15
    rows = slice(max(int(y1 + dy), 0), max(int(y2 - dy), 0))
    columns = slice(max(int(x1 + dx), 0), max(int(x2 - dx), 0))
    middle = image[rows, columns]
    if middle.size == 0:
        return "unknown"
    small = cv2.resize(middle, (20, 20), interpolation=cv2.INTER_AREA)
    hsv = np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2HSV)).reshape(-1, 3)
    if scene is not None and scene.shape == image.shape:
        empty = cv2.resize(scene[rows, columns], (20, 20), interpolation=cv2.INTER_AREA)
        differs = np.asarray(cv2.absdiff(small, empty)).reshape(-1, 3).max(axis=1) > 30
        hsv = hsv[differs] if differs.sum() >= 20 else hsv
    words = [_word(int(h), int(s), int(v)) for h, s, v in hsv]
    return max(sorted(set(words)), key=words.count)


def _word(hue: int, saturation: int, value: int) -> str:
    if value < 50:
        return "black"
    if saturation < 45:
        return "white" if value > 185 else "grey"
    word = next(name for upper, name in _HUES if hue < upper)
    dull = value < 110 or (word == "orange" and saturation < 110)
    return "brown" if dull and hue < 35 else word
