"""The few pictures of a passage that are worth reading its plate in (车牌抓拍选优).

A plate belongs to the mover only if it moves with it: what is read twice at one place of the
picture while the box went on is the plate of somebody parked there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import cv2
import numpy as np

from detection.box_geometry import area_of, share_covered
from detection.color_name import color_name
from detection.plate_reader import PlateRead, PlateReader
from detection.plate_votes import vote
from detection.scene_event import Box
from detection.sighting import PlateReading
from ingest.frame import Frame, Image

MOST_CROPS = 6
_LEAST_WIDE_PX = 90  # of a vehicle's box: a plate of 30 px is a third of a small car's rear
_APART = timedelta(seconds=0.15)
_SHARED = 0.05  # of the box that somebody else's covers
_MARGIN = 0.04
_WHOLE = 0.99
_SETTLED = 0.97  # reliability at which no more is read
_VAIN = 3  # of the best crops, in which nothing reads like a plate: the others are not read (ours)
_STANDS_WIDTHS = 0.6
_MOVED_WIDTHS = 1.2


@dataclass(frozen=True, slots=True, eq=False)
class _Crop:
    at: datetime
    box: Box
    corner: tuple[float, float]
    image: Image
    worth: float


@dataclass(slots=True, eq=False)
class PlateCrops:
    """Of one track. Shown every frame of it; read from at the end, at most `MOST_CROPS` times."""

    colors: list[str] = field(default_factory=list)
    _crops: list[_Crop] = field(default_factory=list)
    _reads: list[tuple[Box, PlateRead]] = field(default_factory=list)
    _closed: bool = False

    def add(self, frame: Frame, box: Box, others: Iterable[Box], *, moves: bool) -> None:
        """Keeps the crop if it is among the best. Somebody else's box over it: only if it moves,
        and what the other covers is blacked out.
        """
        if self._closed or box[2] - box[0] < _LEAST_WIDE_PX:
            return
        if self._crops and frame.captured_at - self._crops[-1].at < _APART:
            return
        over = [other for other in others if share_covered(box, other) > _SHARED]
        if over and not moves:
            return
        # Size alone decides whether the pixels are looked at: most pictures are not.
        if len(self._crops) == MOST_CROPS:
            least = min(self._crops, key=lambda crop: crop.worth)
            if area_of(box) < 0.5 * area_of(least.box):
                return
        image, corner = _cut(frame, box, over)
        # Plates are low on a vehicle: one whose foot is out of the picture hardly shows its own.
        hidden = bool(over) or box[3] > frame.size_px[1] * _WHOLE
        worth = float(np.sqrt(area_of(box))) * _sharpness(image) * (0.4 if hidden else 1.0)
        self._crops.append(_Crop(frame.captured_at, box, corner, image, worth))
        if len(self._crops) > MOST_CROPS:
            self._crops.remove(min(self._crops, key=lambda crop: crop.worth))

    def read_next(self, reader: PlateReader) -> bool:
        """Reads the best crop left; False where there is nothing more worth reading.

        From the first read on no crop is added.
        """
        self._closed = True
        settled = self.result()
        if not self._crops or (settled and settled.reliability >= _SETTLED and self._moved()):
            return False
        if not self._reads and len(self.colors) >= _VAIN:
            return False
        crop = max(self._crops, key=lambda crop: (crop.worth, crop.at))
        self._crops.remove(crop)
        height, width = crop.image.shape[:2]
        self.colors.append(color_name(crop.image, (0, 0, width, height)))
        for read in reader.read(crop.image)[:3]:
            self._reads.append((crop.box, _placed(read, crop.corner)))
        return bool(self._crops)

    def absorb(self, other: PlateCrops) -> None:
        """The crops of another track that is the same vehicle; none once reading began."""
        if self._closed:
            return
        self._crops = sorted([*self._crops, *other._crops], key=lambda c: -c.worth)[:MOST_CROPS]
        self._crops.sort(key=lambda crop: crop.at)
        other._crops = []

    def clear(self) -> None:
        """Lets go of the pixels; what was read stays."""
        self._crops.clear()
        self._closed = True

    def result(self) -> PlateReading | None:
        """What all reads say that go along with the vehicle; the surest of each picture."""
        own = [(box, read) for box, read in self._reads if not self._stands(box, read)]
        pictures: dict[Box, list[PlateRead]] = {}
        for box, read in own:
            pictures.setdefault(box, []).append(read)
        return vote([_surest(reads) for reads in pictures.values()])

    def _moved(self) -> bool:
        """Whether the reads are far enough apart to tell a mover's plate from one parked there."""
        boxes = [box for box, _ in self._reads]
        if len(boxes) < 2:
            return False
        wide = max(read.box[2] - read.box[0] for _, read in self._reads)
        return max(_apart(boxes[0], box) for box in boxes[1:]) > _MOVED_WIDTHS * wide

    def _stands(self, box: Box, read: PlateRead) -> bool:
        wide = read.box[2] - read.box[0]
        return any(
            _alike(read.text, other.text)
            and _apart(read.box, other.box) < _STANDS_WIDTHS * wide
            and _apart(box, where) > _MOVED_WIDTHS * wide
            for where, other in self._reads
            if other is not read
        )


def _cut(frame: Frame, box: Box, over: Iterable[Box]) -> tuple[Image, tuple[float, float]]:
    """The box with a margin, others in it blacked out; and where its corner is in the frame."""
    dx, dy = (box[2] - box[0]) * _MARGIN, (box[3] - box[1]) * _MARGIN
    left, top = max(int(box[0] - dx), 0), max(int(box[1] - dy), 0)
    image = frame.image[top : int(box[3] + dy) + 1, left : int(box[2] + dx) + 1].copy()
    for x1, y1, x2, y2 in over:
        # Whose box lies deeper in the picture stands behind: what it shares is the mover's own.
        if y2 > box[3]:
            rows = slice(max(int(y1) - top, 0), max(int(y2) - top, 0))
            image[rows, max(int(x1) - left, 0) : max(int(x2) - left, 0)] = 0
    return image, (float(left), float(top))


def _sharpness(image: Image) -> float:
    """How much fine detail its lower half has, where plates are; square root of the energy."""
    lower = image[image.shape[0] // 2 :: 2, ::2]
    if lower.size == 0:
        return 0.0
    grey = cv2.cvtColor(np.ascontiguousarray(lower), cv2.COLOR_BGR2GRAY)
    return float(np.sqrt(cv2.Laplacian(grey, cv2.CV_32F).std() + 1.0))


def _surest(reads: Sequence[PlateRead]) -> PlateRead:
    """Of one picture, with the colour of the smallest that reads alike: a tail carries its number
    enlarged too (放大号), on the body's paint.
    """
    best = max(reads, key=lambda read: read.chance)
    alike = [read for read in reads if _alike(read.text, best.text)]
    smallest = min(alike, key=lambda read: area_of(read.box))
    return PlateRead(best.text, best.chance, smallest.color, best.box)


def _placed(read: PlateRead, corner: tuple[float, float]) -> PlateRead:
    x, y = corner
    x1, y1, x2, y2 = read.box
    return PlateRead(read.text, read.chance, read.color, (x1 + x, y1 + y, x2 + x, y2 + y))


def _apart(a: Box, b: Box) -> float:
    return float(np.hypot(a[0] + a[2] - b[0] - b[2], a[1] + a[3] - b[1] - b[3])) / 2


def _alike(a: str, b: str) -> bool:
    return len(a) == len(b) and sum(x != y for x, y in zip(a, b, strict=True)) <= 2
