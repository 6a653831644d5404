"""Two pictures of one scene, made comparable though the exposure changed (曝光补偿)."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ingest.frame import Image


def exposure(now: Image, then: Image) -> NDArray[np.float32]:
    """(3,): the gain between two pictures, per channel, over the unchanged majority."""
    now, then = now[::8, ::8].reshape(-1, 3), then[::8, ::8].reshape(-1, 3)
    bright = then.min(axis=1) > 16
    if bright.sum() < 50:
        return np.ones(3, np.float32)
    gain = np.median(now[bright] / then[bright].astype(np.float32), axis=0)
    return np.asarray(np.clip(gain, 0.4, 2.5), np.float32)


def exposed_as(picture: Image, gain: NDArray[np.float32]) -> Image:
    """`picture` as if its exposure were that `gain` was measured against; clipped like a sensor."""
    if np.abs(gain - 1).max() < 0.01:
        return picture
    levels = np.arange(256, dtype=np.float32)
    table = np.minimum(levels[:, None] / gain, 255).round().astype(np.uint8)
    return np.asarray(cv2.LUT(picture, table[:, None, :]), np.uint8)


def strongest(picture: cv2.typing.MatLike) -> cv2.typing.MatLike:
    """(h, w, 3) -> (h, w): the largest channel, many times faster than numpy's `max(axis=2)`."""
    blue, green, red = cv2.split(picture)
    return cv2.max(cv2.max(blue, green), red)
