"""The cheap question before the dear ones: does anything move, and where (运动门控)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.background import WORK_WIDTH_PX
from ingest.frame import Frame

GATE_WIDTH_PX = 320
CHANGE_LEVELS = 14  # grey levels of 255, above the noise of a compressed night picture
SMALLEST_CHANGE_PX = 6  # pixels of the small picture: about 12 px square at 1080p
TIMES_USUAL = 4.0  # a change must exceed so many times what is usual at its pixel, too
FOLLOWS = 0.04  # share of a picture in that usual difference: some 5 s at 5 pictures a second
LARGEST_USUAL = 8.0  # levels: noise and leaves, no more
FLASHES_SHARE = 0.4  # of pictures with something that flashes for one of them only: rain, snow...
FLASHES_FOLLOW = 0.05
FLASH_PX = 200  # ...in which less than this must last: three pictures with parts in common
APART_S = 1.0  # pictures further apart do not show the same movement

_Corners = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """`boxes` (N, 4) float32 (x1, y1, x2, y2) in pixels of the frame; `fraction` of it changed."""

    moving: bool
    boxes: NDArray[np.float32]
    fraction: float


class MotionGate:
    """Compares a small grey picture with a background that follows within some ten frames.

    Each pixel has its own usual difference, so that leaves and a night's noise are no motion for
    long. Where rain or snow flashes in most pictures, what moves must last for three of them: a
    drop is elsewhere in the next, who walks still covers a part of where he was. All ours.
    """

    def __init__(self) -> None:
        self._background: NDArray[np.float32] | None = None
        self._usual = np.empty((0, 0), np.float32)
        self._before: NDArray[np.uint8] | None = None
        self._at: datetime | None = None
        self._flashes = 0.0
        self._lasting: list[_Corners] = []
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
        at, before = self._at, self._before
        self._at = frame.captured_at
        if self._background is None or self._background.shape != grey.shape:
            self._background, self._usual = grey, np.ones(grey.shape, np.float32)
            self._before = None
            return Motion(moving=True, boxes=_whole(width, height), fraction=1.0)
        difference = grey - self._background
        # A change of exposure lifts every pixel alike: that is no motion.
        difference -= np.median(difference[::4, ::4])
        brighter = difference > 0
        np.abs(difference, out=difference)
        threshold = np.maximum(TIMES_USUAL * self._usual, CHANGE_LEVELS)
        changed = (difference > threshold).view(np.uint8)
        cv2.accumulateWeighted(grey, self._background, 0.15)
        # What stands out for once is followed slowly: a truck that passes is not made usual.
        seldom = np.minimum(difference, np.minimum(2 * self._usual + 0.5, LARGEST_USUAL))
        cv2.accumulateWeighted(seldom, self._usual, FOLLOWS)
        self._before = changed + (changed & brighter)
        count = cv2.countNonZero(changed)
        if count < SMALLEST_CHANGE_PX:
            self._flashes *= 1 - FLASHES_FOLLOW
            return Motion(moving=False, boxes=_NO_BOXES, fraction=count / changed.size)
        near = (
            before is not None
            and at is not None
            and (frame.captured_at - at).total_seconds() <= APART_S
        )
        # What a flash leaves in the background is darker where it was brighter.
        again = (self._before == before).view(np.uint8) & changed if near else None
        boxes = self._boxes(changed, again)
        in_frame = np.asarray(boxes, np.float32).reshape(-1, 4) / np.float32(scale)
        return Motion(bool(boxes), in_frame, count / changed.size)

    def _boxes(self, changed: NDArray[np.uint8], again: NDArray[np.uint8] | None) -> list[_Corners]:
        """(x1, y1, x2, y2) in pixels of the small picture.

        `again`: those that had changed alike in the picture before; None after a gap.
        """
        _, _, found, _ = cv2.connectedComponentsWithStats(cv2.dilate(changed, np.ones((3, 3))))
        earlier, self._lasting = self._lasting, []
        boxes, confirmed, flashed = [], [], False
        for x, y, w, h, _ in found[1:]:
            place = np.s_[y : y + h, x : x + w]
            size = cv2.countNonZero(changed[place])
            if size < SMALLEST_CHANGE_PX:
                continue
            box = (int(x), int(y), int(x + w), int(y + h))
            boxes.append(box)
            if again is None or cv2.countNonZero(again[place]) < SMALLEST_CHANGE_PX:
                flashed = True
            else:
                self._lasting.append(box)
            if size >= FLASH_PX or (box in self._lasting and any(_touch(box, b) for b in earlier)):
                confirmed.append(box)
        if again is not None:
            self._flashes += FLASHES_FOLLOW * (flashed - self._flashes)
        return confirmed if self._flashes > FLASHES_SHARE else boxes


def _touch(a: _Corners, b: _Corners) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


_NO_BOXES = np.empty((0, 4), np.float32)


def _whole(width: int, height: int) -> NDArray[np.float32]:
    return np.array([[0, 0, width, height]], np.float32)
