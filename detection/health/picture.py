"""What one picture shows by itself: its light and how sharp its edges are."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.registration import grey
from ingest.frame import Image

WIDTH_PX = 640
WHITE_LEVEL = 250
FINE_PX, COARSE_PX = 0.8, 3.0
"""Blurs (standard deviations) before the two gradients whose ratio tells a sharp edge."""
EDGE_SHARE = 0.04
"""The strongest edges of the reference, where sharpness is measured, as a share of its pixels."""
FLAT_SHARE = 0.4
HARD_LEVELS = 40.0
"""Sobel levels that neither grain nor the blotches of something out of focus reach (ours)."""
SEEN_SHARE = 0.03
"""Edges with less of their coarse energy than this share are not seen: fog to a sixth of the
contrast."""
COARSE_PX_SCALE = 8


@dataclass(frozen=True, slots=True)
class Brightness:
    """Grey levels of a picture: nine tenths lie below `p90`; `white` is a share."""

    mean: float
    p90: float
    spread: float
    white: float


def brightness_of(picture: NDArray[np.uint8]) -> Brightness:
    """`picture` (h, w) grey; a quarter of its pixels are enough."""
    levels = picture[::2, ::2]
    return Brightness(
        mean=float(levels.mean()),
        p90=float(np.partition(levels.ravel(), int(0.9 * levels.size))[int(0.9 * levels.size)]),
        spread=float(levels.std()),
        white=float(np.count_nonzero(levels >= WHITE_LEVEL)) / levels.size,
    )


class Sharpness:
    """Of the edges that one reference has; 1 is as sharp as there, 0 has none.

    The energy of the fine gradient over that of the coarse one, about the reference's strongest
    edges: an edge blurred to a width w keeps its height and loses as 1 / w of its energy, the
    fine one first. Fog and dusk make an edge fainter and take of both alike. What a sensor's grain
    adds is measured where there are no edges, and taken off.
    """

    def __init__(self, image: Image) -> None:
        picture = grey(image, WIDTH_PX)
        strength = _energy(picture, COARSE_PX)[::2, ::2]
        self._edges = strength >= np.quantile(strength, 1 - EDGE_SHARE)
        self._flat = strength <= np.quantile(strength, FLAT_SHARE)
        self._strong = float(strength[self._edges].mean())
        self._own = self._ratio(picture)

    def of(self, picture: NDArray[np.uint8]) -> float | None:
        """None where too few of its edges are to be seen; `picture` is grey, 640 px wide."""
        if picture[::2, ::2].shape != self._edges.shape:
            return None
        ratio = self._ratio(picture)
        return None if ratio is None or not self._own else ratio / self._own

    def _ratio(self, picture: NDArray[np.uint8]) -> float | None:
        coarse = _energy(picture, COARSE_PX)[::2, ::2]
        coarse_edge = float(coarse[self._edges].mean()) - float(np.median(coarse[self._flat]))
        if coarse_edge <= 0 or coarse_edge < SEEN_SHARE * self._strong:
            return None  # also where the first picture was quite even, as a digital black is
        fine = _energy(picture, FINE_PX)[::2, ::2]
        fine_edge = float(fine[self._edges].mean()) - float(np.median(fine[self._flat]))
        return max(fine_edge, 0.0) / coarse_edge


def hard_edges(picture: NDArray[np.uint8]) -> float:
    """Share of pixels on an edge that only a thing in focus has; a cover on the lens shows none."""
    smooth = cv2.GaussianBlur(picture[::2, ::2], (0, 0), 1.0)
    across = cv2.Sobel(smooth, cv2.CV_32F, 1, 0)
    down = cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    return float(np.count_nonzero(cv2.magnitude(across, down) > HARD_LEVELS)) / smooth.size


def coarse_of(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Where it is bright and dark at large: no blur of a lens changes that."""
    height, width = picture.shape
    size = (max(width // COARSE_PX_SCALE, 1), max(height // COARSE_PX_SCALE, 1))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), 1.5), np.float32)


def likeness(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """-1 to 1: correlation of two coarse pictures; 0 for an even one."""
    if one.shape != other.shape:
        return 0.0
    a, b = one - one.mean(), other - other.mean()
    power = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / power if power > one.size else 0.0


def _energy(picture: NDArray[np.uint8], blur_px: float) -> NDArray[np.float32]:
    """Gradient squared after a blur."""
    smooth = cv2.GaussianBlur(picture.astype(np.float32), (0, 0), blur_px)
    across = cv2.Sobel(smooth, cv2.CV_32F, 1, 0)
    down = cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    return np.asarray(across * across + down * down, np.float32)
