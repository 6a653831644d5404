"""Where things are seen in a drawn picture: boxes from the very pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Owners = NDArray[np.int32]
"""(height, width): what a pixel shows: 1 + 8 x index of the thing + its part; 0 the backdrop."""

PARTS = 8
Extent = tuple[float, float, float, float]


@dataclass(frozen=True)
class LabelledBox:
    """A box of what is visible, in pixels: `x1`, `y1` inside, `x2`, `y2` just outside."""

    label: str
    x1: int
    y1: int
    x2: int
    y2: int


def visible_boxes(
    owners: Owners,
    labels: Sequence[tuple[str | None, Sequence[str | None]]],
    drawn: dict[int, int],
    extents: dict[int, Extent],
) -> list[LabelledBox]:
    """Boxes of things of which enough is visible.

    Enough is 4 px each way, a third of the thing, and a quarter of it in the picture. `labels` are
    each thing's class and its parts'; `drawn` its pixels when it was painted, `extents` its whole
    box (x1, y1, x2, y2), the picture's edge or not.
    """
    height, width = owners.shape
    found = []
    for index, (label, parts) in enumerate(labels):
        x0, y0, x1, y1 = extents.get(index, (0.0, 0.0, 0.0, 0.0))
        whole = (x1 - x0) * (y1 - y0)
        inside = max(0.0, min(x1, width) - max(x0, 0)) * max(0.0, min(y1, height) - max(y0, 0))
        if label is None or whole <= 0 or inside < 0.25 * whole:
            continue
        left, top = max(0, int(x0) - 1), max(0, int(y0) - 1)
        window = owners[top : int(y1) + 2, left : int(x1) + 2]
        base = 1 + PARTS * index
        mine = (window >= base) & (window < base + PARTS)
        if np.count_nonzero(mine) < max(8, 0.34 * drawn.get(index, 0)):
            continue
        box = _extent(mine, label, left, top)
        if box is None:
            continue
        found.append(box)
        for part, part_label in enumerate(parts):
            if part_label and part_label != label:
                inner = _extent(window == base + part, part_label, left, top)
                if inner is not None:
                    found.append(inner)
    return found


def patches(matter: NDArray[np.bool_], label: str) -> list[LabelledBox]:
    """A box around each heap of pixels (height, width); what lies within 4 px is one heap."""
    near = cv2.dilate(matter.astype(np.uint8), np.ones((9, 9), np.uint8))
    count, heaps = cv2.connectedComponents(near)
    found = [_extent(matter & (heaps == i), label, 0, 0) for i in range(1, count)]
    return [box for box in found if box is not None]


def _extent(mask: NDArray[np.bool_], label: str, left: int, top: int) -> LabelledBox | None:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if len(rows) < 4 or len(columns) < 4:
        return None
    return LabelledBox(
        label,
        left + int(columns[0]),
        top + int(rows[0]),
        left + int(columns[-1]) + 1,
        top + int(rows[-1]) + 1,
    )
