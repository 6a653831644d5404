"""The colour of a plate from its pixels (车牌颜色)."""

from __future__ import annotations

import cv2
import numpy as np

from config.vehicle import PlateColor
from ingest.frame import Image

_HUES = (  # OpenCV's half degrees, for grounds with some saturation
    (14, 38, PlateColor.YELLOW),
    (38, 90, PlateColor.GREEN),
    (95, 130, PlateColor.BLUE),
)
_GREY = 60  # saturation below: white or black, or light too poor to tell
_LEAST_SHARE = 0.35


def plate_color(plate: Image) -> PlateColor | None:
    """Of the ground between the characters; None where no colour has it, as at night.

    A large new-energy plate (yellow_green) is yellow at its left quarter and green to the right; a
    small one (green) fades to white upward (GA 36-2018).
    """
    if plate.shape[0] < 8 or plate.shape[1] < 20:
        return None
    small = cv2.resize(plate, (64, 20), interpolation=cv2.INTER_AREA)
    hsv = np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2HSV), np.uint8)[3:-3, 3:-3]
    left, right = _named(hsv[:, : hsv.shape[1] // 4]), _named(hsv[:, hsv.shape[1] // 3 :])
    if left is PlateColor.YELLOW and right is PlateColor.GREEN:
        return PlateColor.YELLOW_GREEN
    named = _named(hsv)
    if named is not None:
        return named
    grey = hsv[hsv[..., 1] < _GREY][:, 2]
    if len(grey) < 0.7 * hsv[..., 0].size:
        return None
    level = float(np.median(hsv[..., 2]))
    light, dark = np.percentile(hsv[..., 2], (90, 10))
    if light - dark < 60:
        return None
    return PlateColor.WHITE if level > (light + dark) / 2 else PlateColor.BLACK


def _named(hsv: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> PlateColor | None:
    vivid = (hsv[..., 1] >= _GREY) & (hsv[..., 2] >= 50)
    shares = {
        color: float(((hsv[..., 0] >= low) & (hsv[..., 0] < high) & vivid).mean())
        for low, high, color in _HUES
    }
    best = max(shares, key=lambda color: shares[color])
    return best if shares[best] >= _LEAST_SHARE else None
