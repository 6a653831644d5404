"""When a vehicle's foot crosses a line drawn in the picture, and to which side (越线判定).

With hysteresis: a side is taken only beyond a band about the line, so a truck that waits on the
line and whose box trembles crosses once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from config.camera import CameraZone, Side
from detection.scene_event import Box

BAND = 0.12
"""Half the band, as a share of the box's shorter side (ours: twice what a box trembles by)."""
BEGINS = 0.5
"""A track that begins within the band is on a side only this far (of the band) off the line."""
HELD_S = 0.3
"""And only when it is held so long: boxes of parts of a vehicle come and go."""
EDGE_SHARE = 0.01
"""A box so near to the picture's side goes on beyond it: its foot is not seen."""
BEYOND_END = 0.08
"""A line drawn so much too short, as a share of its length, still counts."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Crossing:
    """`inward` towards the line's inner side; `at` interpolated between pictures."""

    at: datetime
    inward: bool
    box: Box


@dataclass(slots=True, eq=False)
class LineCrossing:
    """One track before one line. Feed its boxes in order of time."""

    line: CameraZone
    size_px: tuple[int, int]
    _side: int = 0  # 1 inside, -1 outside, 0 not known yet
    _between: list[tuple[datetime, Box, float, float]] = field(default_factory=list)

    def advance(self, at: datetime, box: Box) -> Crossing | None:
        """The crossing that this box makes sure of."""
        if self._is_cut(box):
            return None
        depth, along = self.depth(box)
        band = BAND * min(box[2] - box[0], box[3] - box[1])
        if self._side == 0:
            if abs(depth) > BEGINS * band:
                self._side = 1 if depth > 0 else -1
                self._between = [(at, box, depth, along)]
            return None
        self._between.append((at, box, depth, along))
        side = 0 if abs(depth) <= band else (1 if depth > 0 else -1)
        if side == self._side:
            self._between = self._between[-1:]
            return None
        if side == 0 or not self._held(side, at):
            return None
        return self._cross(side)

    def _is_cut(self, box: Box) -> bool:
        """By the left or right edge. Where the lower edge cuts it, its foot is at least there."""
        width, height = self.size_px
        aside = box[0] < width * EDGE_SHARE or box[2] > width * (1 - EDGE_SHARE)
        return aside and box[3] < height * (1 - EDGE_SHARE)

    def _held(self, side: int, at: datetime) -> bool:
        """Beyond the line since `HELD_S` without a picture on the other side."""
        since = at
        for seen_at, _, depth, _ in reversed(self._between):
            if depth * side <= 0:
                break
            since = seen_at
        return (at - since).total_seconds() >= HELD_S

    def lost(self) -> Crossing | None:
        """The track ended: what was already half over the line has crossed it."""
        if self._side == 0 or not self._between:
            return None
        _, box, depth, _ = self._between[-1]
        band = BAND * min(box[2] - box[0], box[3] - box[1])
        side = 1 if depth > 0 else -1
        if side == self._side or abs(depth) < BEGINS * band:
            return None
        return self._cross(side)

    def taken_over(self) -> LineCrossing:
        """For a new track that is the same vehicle: it begins on the side where this one was."""
        other = LineCrossing(self.line, self.size_px, self._side)
        other._between = self._between[-1:]
        return other

    def depth(self, box: Box) -> tuple[float, float]:
        """(pixels on the inner side, negative outside; where along the line, 0 to 1 within it)."""
        foot = np.array([(box[0] + box[2]) / 2, box[3]])
        ends = np.asarray(self.line.points, float) * self.size_px
        lengths = [float(np.hypot(*(b - a))) for a, b in pairwise(ends)]
        total, before = sum(lengths), 0.0
        best: tuple[float, float, float] | None = None
        for (a, b), length in zip(pairwise(ends), lengths, strict=True):
            if length > 0:
                way, to = b - a, foot - a
                share = float(to @ way) / length**2
                near = min(max(share, 0.0), 1.0)
                away = float(np.hypot(*(to - near * way)))
                right = float(way[0] * to[1] - way[1] * to[0]) / length
                if best is None or away < best[0]:
                    best = (away, right, (before + share * length) / total)
            before += length
        if best is None:
            return 0.0, 0.5
        _, right, along = best
        return (right if self.line.inside is Side.RIGHT else -right), along

    def _cross(self, side: int) -> Crossing | None:
        """Where the foot last went over; None where that was beyond the line's ends."""
        between, self._side = self._between, side
        self._between = between[-1:]
        for (t1, box1, d1, a1), (t2, _, d2, a2) in reversed(list(pairwise(between))):
            if d1 * side <= 0 < d2 * side:
                share = abs(d1) / max(abs(d1) + abs(d2), 1e-9)
                along = a1 + share * (a2 - a1)
                if not -BEYOND_END <= along <= 1 + BEYOND_END:
                    return None
                return Crossing(t1 + share * (t2 - t1), side > 0, box1)
        return None


def nearest_middle(
    path: Sequence[tuple[datetime, Box]], size_px: tuple[int, int]
) -> tuple[datetime, Box]:
    """The sighting of a path that is nearest to the middle of the picture."""
    middle = np.array(size_px) / 2
    return min(path, key=lambda seen: float(np.hypot(*(_centre(seen[1]) - middle))))


def _centre(box: Box) -> Floats:
    return np.array([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2])
