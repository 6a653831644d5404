"""Pictures as GA/T 1400 carries them: JPEG in base64, beside the scene a crop of the vehicle."""

from __future__ import annotations

from math import ceil, floor

import cv2
import numpy as np

from detection.scene_event import Box

JPEG_QUALITY = 90


def clamp_box(box: Box, width_px: int, height_px: int) -> tuple[int, int, int, int]:
    """The box in whole pixels and inside the picture, at least one pixel wide and high."""
    x1, y1, x2, y2 = box
    left = min(max(floor(x1), 0), width_px - 1)
    top = min(max(floor(y1), 0), height_px - 1)
    return left, top, max(min(ceil(x2), width_px), left + 1), max(min(ceil(y2), height_px), top + 1)


def crop_jpeg(jpeg: bytes, box: Box) -> tuple[bytes, int, int]:
    """The JPEG of what is in `box` (pixels), with its width and height.

    Raises:
        ValueError: `jpeg` is no picture.
    """
    try:
        picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:  # of no bytes at all
        raise ValueError("evidence is no readable picture") from error
    if picture is None:
        raise ValueError("evidence is no readable picture")
    height_px, width_px = picture.shape[:2]
    left, top, right, bottom = clamp_box(box, width_px, height_px)
    ok, encoded = cv2.imencode(
        ".jpg", picture[top:bottom, left:right], [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    )
    if not ok:
        raise ValueError("the crop of the vehicle could not be encoded")
    return encoded.tobytes(), right - left, bottom - top
