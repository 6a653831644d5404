"""The cheap question before the dear ones: does anything move, and where (运动门控)."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.background import WORK_WIDTH_PX
from ingest.frame import Frame

GATE_WIDTH_PX = 320
CHANGE_LEVELS = 14  # grey levels of 255, above the noise of a compressed night picture
SMALLEST_CHANGE_PX = 6  # pixels of the small picture: about 12 px square at 1080p


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """`boxes` (N, 4) float32 (x1, y1, x2, y2) in pixels of the frame; `fraction` of it changed."""

    moving: bool
    boxes: NDArray[np.float32]
    fraction: float


class MotionGate:
    """Compares a small grey picture with a background that follows within some ten frames."""

    def __init__(self) -> None:
        self._background: NDArray[np.float32] | None = None
        self.grey = np.empty((0, 0), np.uint8)
        """(h, w): the picture it looked at last."""

    def advance(self, frame: Frame) -> Motion:
        width, height = frame.size_px
        scale = min(1.0, GATE_WIDTH_PX / width)
        size = (round(width * scale), round(height * scale))
        # The picture that the background looks at too: half of it is a quick way down.
        grey_px = cv2.cvtColor(frame.scaled(WORK_WIDTH_PX), cv2.COLOR_BGR2GRAY)
        small = cv2.resize(grey_px, size, interpolation=cv2.INTER_AREA)
        smooth = cv2.GaussianBlur(small, (3, 3), 0)
        self.grey = np.asarray(small, np.uint8)
        grey: NDArray[np.float32] = smooth.astype(np.float32)
        if self._background is None or self._background.shape != grey.shape:
            self._background = grey
            return Motion(moving=True, boxes=_whole(width, height), fraction=1.0)
        difference = grey - self._background
        # A change of exposure lifts every pixel alike: that is no motion.
        difference -= np.median(difference[::4, ::4])
        changed = (np.abs(difference) > CHANGE_LEVELS).view(np.uint8)
        cv2.accumulateWeighted(grey, self._background, 0.15)
        count = cv2.countNonZero(changed)
        if count < SMALLEST_CHANGE_PX:
            return Motion(moving=False, boxes=_NO_BOXES, fraction=count / changed.size)
        _, _, found, _ = cv2.connectedComponentsWithStats(cv2.dilate(changed, np.ones((3, 3))))
        boxes = [
            (x, y, x + w, y + h)
            for x, y, w, h, _ in found[1:]
            if cv2.countNonZero(changed[y : y + h, x : x + w]) >= SMALLEST_CHANGE_PX
        ]
        in_frame = np.asarray(boxes, np.float32).reshape(-1, 4) / np.float32(scale)
        return Motion(bool(boxes), in_frame, count / changed.size)


_NO_BOXES = np.empty((0, 4), np.float32)


def _whole(width: int, height: int) -> NDArray[np.float32]:
    return np.array([[0, 0, width, height]], np.float32)
