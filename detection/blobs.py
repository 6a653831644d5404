"""What moves, by motion alone (运动团块)."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from detection.background import Look, Mask
from detection.scene_event import Box

SMALLEST_PX = 40  # working pixels that changed
SMALLEST_IN_RAIN_PX = 160  # streaks and drops are smaller


def moving_blobs(look: Look, known: Mask, *, rain: bool = False) -> Sequence[Box]:
    """What changed and was not judged to stay, as boxes in pixels of the frame."""
    if not look.ready or look.fraction == 0.0:
        return []
    changed = (look.changed & ~known).view(np.uint8)
    opened = cv2.morphologyEx(changed, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    if not cv2.countNonZero(opened):
        return []
    closed = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(closed)
    s = look.scale
    smallest_px = SMALLEST_IN_RAIN_PX if rain else SMALLEST_PX
    return [
        (x / s, y / s, (x + w) / s, (y + h) / s)
        for x, y, w, h, area in stats[1:]
        if area >= smallest_px
    ]
