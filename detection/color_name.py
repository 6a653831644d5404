"""A plain word for a colour (颜色)."""

from __future__ import annotations

import cv2
import numpy as np

from detection.scene_event import Box
from ingest.frame import Image

_HUES = (  # upper bound in OpenCV's half degrees
    (8, "red"),
    (20, "brown"),
    (35, "yellow"),
    (85, "green"),
    (130, "blue"),
    (160, "red"),
    (181, "red"),
)


def color_name(image: Image, box: Box) -> str:
    """The most frequent colour word in the middle of the box: black white grey red blue yellow
    green brown, or unknown for an empty box.
    """
    x1, y1, x2, y2 = box
    dx, dy = (x2 - x1) * 0.2, (y2 - y1) * 0.2
    rows = slice(max(int(y1 + dy), 0), max(int(y2 - dy), 0))
    columns = slice(max(int(x1 + dx), 0), max(int(x2 - dx), 0))
    middle = image[rows, columns]
    if middle.size == 0:
        return "unknown"
    hsv = cv2.cvtColor(
        cv2.resize(middle, (16, 16), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2HSV
    )
    words = [_word(int(h), int(s), int(v)) for h, s, v in np.asarray(hsv).reshape(-1, 3)]
    return max(sorted(set(words)), key=words.count)


def _word(hue: int, saturation: int, value: int) -> str:
    if value < 50:
        return "black"
    if saturation < 45:
        return "white" if value > 185 else "grey"
    word = next(name for upper, name in _HUES if hue < upper)
    return "brown" if word in {"red", "yellow"} and value < 110 and hue < 35 else word
