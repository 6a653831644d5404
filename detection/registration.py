"""Is this still the picture that the zones were drawn in, and how far is it off? (画面配准)

Two searches, the second only where the first fails:

1. The picture in tiles. The direction of the edges in each tile is looked for near its place (a
   tile knows edges, not brightness: day, night, exposure and most headlights change little of
   that). Tiles that agree on one shift, rotation and zoom are the scene; the others show what
   drives by, or what covers it.
2. Corner features (ORB) over the whole picture, for a camera that was turned far.

What drives before the camera is an outlier of the tiles; half of them may be hidden.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from ingest.frame import Image

Edges = NDArray[np.float32]

FEATURES_WIDTH_PX = 640
WIDTH_PX = 320  # the tiles' working picture
TILE_PX = 32
REACH_PX = 12  # a tile is looked for so far around: 3.75 % of the width
EDGE_LEVELS = 24.0
"""Sobel levels of an edge that counts half: above a sensor's grain, below a kerb (ours)."""
LEAST_TEXTURE = 0.10
"""Mean edge strength (0 to 1) of a tile that can be recognised at all (ours, by trial)."""
LEAST_SCORE = 0.45
"""Correlation from which a tile counts as found (ours, by trial on rendered and real scenes)."""
TOGETHER_PX = 1.6
"""So far may a tile be from where the common movement puts it."""
LEAST_TILES = 5
SAME_SHARE = 0.15
"""So many of the reference's tiles must agree to say that this is the scene (ours: of
1,560 pairs of other rendered places none came to be the same, docs/camera-health.md)."""
MOVED_SHARE = 0.02
"""Zones that are off by more than 2 % of the width are not to be trusted (ours)."""
ORB_LEAST_INLIERS = 18
ORB_LEAST_SHARE = 0.30
GOOD_SHARE = 0.5
"""With so many tiles no other reference is asked."""
LEAST_ORB_TEXTURE = 0.25
"""A picture with fewer edges than this share of the reference's holds no corners to be found."""


class View(StrEnum):
    SAME = "same"  # 未移位
    MOVED = "moved"  # 已移位
    UNSURE = "unsure"  # 不能确定


@dataclass(frozen=True, slots=True)
class Registration:
    """One picture against a reference.

    Attributes:
        view: `moved` means that the scene was found again, elsewhere; `unsure` that it was not
            found: hidden, dark, out of focus, or a camera turned to where nothing is known.
        shift: (x, y) the middle of the picture went, in fractions of its width and of its height.
        rotation_deg: anticlockwise; scale: above 1 is nearer. Both of the picture's content.
        moved_share: how far the picture's points went (root mean square), in widths.
        agreement: share of the reference's tiles found where the common movement has them.
        found: which tiles those are, in the reference's order.
        texture: this picture's edges against the reference's: 1 as many, 0 none.
        confidence: 0 to 1, in `view`.
    """

    view: View
    shift: tuple[float, float] = (0.0, 0.0)
    rotation_deg: float = 0.0
    scale: float = 1.0
    moved_share: float = 0.0
    agreement: float = 0.0
    found: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))
    texture: float = 0.0
    confidence: float = 0.0

    def shift_px(self, width_px: int, height_px: int) -> tuple[float, float]:
        return self.shift[0] * width_px, self.shift[1] * height_px


def grey(image: Image, width_px: int) -> NDArray[np.uint8]:
    """(height, `width_px`) brightness."""
    height, width = image.shape[:2]
    size = (width_px, max(1, round(height * width_px / width)))
    how = cv2.INTER_AREA if width_px < width else cv2.INTER_LINEAR
    small = cv2.resize(image, size, interpolation=how) if size[0] != width else image
    return np.asarray(small if small.ndim == 2 else cv2.cvtColor(small, cv2.COLOR_BGR2GRAY))


def edges_of(picture: NDArray[np.uint8]) -> Edges:
    """(h, w, 2): direction of the edge at each pixel, its angle doubled, as long as it is sure.

    Doubled, since a kerb that is bright against the road by day may be dark against it by night.
    """
    smooth = cv2.GaussianBlur(picture, (0, 0), 1.0)
    across = cv2.Sobel(smooth, cv2.CV_32F, 1, 0)
    down = cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    strength2 = across * across + down * down
    scaled = 1 / (strength2 + EDGE_LEVELS * np.sqrt(strength2) + 1e-3)
    both = cv2.merge([(across * across - down * down) * scaled, 2 * across * down * scaled])
    return np.asarray(both, np.float32)


class Reference:
    """The scene in one light, from one steady picture of it (best without anything that moves)."""

    def __init__(self, image: Image) -> None:
        self.image = image
        small = grey(image, WIDTH_PX)
        self.brightness = float(small.mean())
        self._edges = edges_of(small)
        self.height_px, self.width_px = small.shape
        self.corners = self._textured()
        self._tiles = [self._edges[y : y + TILE_PX, x : x + TILE_PX] for x, y in self.corners]
        self.strength = strength_of(self._edges)
        self._features: tuple[NDArray[np.float32], NDArray[np.uint8]] | None = None

    @property
    def recognisable(self) -> bool:
        """Enough of it has edges to be known again."""
        return len(self.corners) >= 2 * LEAST_TILES

    @property
    def features(self) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        if self._features is None:
            self._features = features_of(self.image)
        return self._features

    def register(self, image: Image, near: tuple[float, float] = (0.0, 0.0)) -> Registration:
        """Of one picture alone; `near` is the shift last known."""
        return register([self], image, near)[0]

    def _textured(self) -> list[tuple[int, int]]:
        strength = np.sqrt((self._edges**2).sum(axis=2))
        margin = REACH_PX // 2
        corners = []
        for y in range(margin, self.height_px - TILE_PX - margin + 1, TILE_PX):
            for x in range(margin, self.width_px - TILE_PX - margin + 1, TILE_PX):
                if strength[y : y + TILE_PX, x : x + TILE_PX].mean() > LEAST_TEXTURE:
                    corners.append((x, y))  # noqa: PERF401  a comprehension would hide the grid
        return corners

    def by_tiles(self, edges: Edges, near: tuple[float, float]) -> Registration:
        """Tiles about the shift last known (fractions)."""
        texture = strength_of(edges) / max(self.strength, 1e-6)
        if len(self.corners) < LEAST_TILES:
            return Registration(View.UNSURE, texture=texture)
        begin = (round(near[0] * self.width_px), round(near[1] * self.height_px))
        moves = np.full((len(self.corners), 2), np.nan)
        for index, ((x, y), tile) in enumerate(zip(self.corners, self._tiles, strict=True)):
            moves[index] = self._find(edges, tile, (x + begin[0], y + begin[1]))
        moves += begin
        found = np.isfinite(moves).all(axis=1)
        middle = np.array([self.width_px, self.height_px]) / 2
        places = np.array(self.corners, np.float64) + TILE_PX / 2 - middle
        movement = _common(places[found], moves[found])
        if movement is None:
            return Registration(View.UNSURE, texture=texture, found=np.zeros(len(found), bool))
        matrix, agree = movement
        agreeing = np.zeros(len(found), bool)
        agreeing[np.flatnonzero(found)[agree]] = True
        return self._verdict(matrix, float(agreeing.mean()), agreeing, texture)

    def _find(self, edges: Edges, tile: Edges, at: tuple[int, int]) -> NDArray[np.float64]:
        """(2,) pixels from `at` to where the tile is found, NaN where it is not."""
        x1, y1 = max(at[0] - REACH_PX, 0), max(at[1] - REACH_PX, 0)
        x2 = min(at[0] + REACH_PX + TILE_PX, self.width_px)
        y2 = min(at[1] + REACH_PX + TILE_PX, self.height_px)
        nowhere = np.full(2, np.nan)
        if x2 - x1 < TILE_PX + 4 or y2 - y1 < TILE_PX + 4:
            return nowhere
        scores = np.asarray(
            cv2.matchTemplate(edges[y1:y2, x1:x2], tile, cv2.TM_CCORR_NORMED), np.float32
        )
        _, best, _, (column, row) = cv2.minMaxLoc(scores)
        if not best > LEAST_SCORE:
            return nowhere
        peak = (column + _between(scores[row], column), row + _between(scores[:, column], row))
        return np.array([x1 + peak[0] - at[0], y1 + peak[1] - at[1]])

    def by_features(self, image: Image, by_tiles: Registration) -> Registration:
        """Corner features over the whole picture; `by_tiles` where they tell nothing either."""
        points, described = features_of(image)
        known, known_described = self.features
        if len(points) < ORB_LEAST_INLIERS or len(known) < ORB_LEAST_INLIERS:
            return by_tiles
        pairs = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(known_described, described, k=2)
        good = [p[0] for p in pairs if len(p) == 2 and p[0].distance < 0.8 * p[1].distance]
        if len(good) < ORB_LEAST_INLIERS:
            return by_tiles
        middle = np.array([FEATURES_WIDTH_PX, FEATURES_WIDTH_PX * self.height_px / self.width_px])
        source = known[[m.queryIdx for m in good]] - middle / 2
        target = points[[m.trainIdx for m in good]] - middle / 2
        matrix, inliers = cv2.estimateAffinePartial2D(
            source, target, method=cv2.RANSAC, ransacReprojThreshold=4.0, maxIters=2000
        )
        if matrix is None:
            return by_tiles
        agree = int(inliers.sum())
        scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
        if agree < max(ORB_LEAST_INLIERS, ORB_LEAST_SHARE * len(good)) or not 0.33 < scale < 3:
            return by_tiles
        halved = np.array(matrix, np.float64)
        halved[:, 2] *= self.width_px / FEATURES_WIDTH_PX
        return self._verdict(halved, agree / len(good), by_tiles.found, by_tiles.texture)

    def _verdict(
        self,
        matrix: NDArray[np.float64],
        agreement: float,
        found: NDArray[np.bool_],
        texture: float,
    ) -> Registration:
        half = np.array([self.width_px, self.height_px]) / 2
        grid = (
            np.array([(x, y) for x in (-1, -0.5, 0, 0.5, 1) for y in (-1, -0.5, 0, 0.5, 1)]) * half
        )
        went = grid @ matrix[:, :2].T + matrix[:, 2] - grid
        moved = float(np.sqrt((went**2).sum(axis=1).mean())) / self.width_px
        sure = agreement >= SAME_SHARE
        return Registration(
            view=View.UNSURE if not sure else View.SAME if moved <= MOVED_SHARE else View.MOVED,
            shift=(
                float(matrix[0, 2]) / self.width_px,
                float(matrix[1, 2]) / self.height_px,
            ),
            rotation_deg=float(-np.degrees(np.arctan2(matrix[1, 0], matrix[0, 0]))),
            scale=float(np.hypot(matrix[0, 0], matrix[1, 0])),
            moved_share=moved,
            agreement=agreement,
            found=found,
            texture=texture,
            confidence=min(1.0, agreement / (2 * SAME_SHARE)) if sure else 0.0,
        )


def register(
    references: Sequence[Reference], image: Image, near: tuple[float, float] = (0.0, 0.0)
) -> tuple[Registration, Reference]:
    """Against the reference that agrees best: that of the nearest light first, then the others."""
    small = grey(image, WIDTH_PX)
    brightness = float(small.mean())
    edges = edges_of(small)
    order = sorted(references, key=lambda r: abs(np.log((r.brightness + 4) / (brightness + 4))))
    best = (Registration(View.UNSURE), order[0])
    for reference in order:
        if (reference.height_px, reference.width_px) != small.shape:
            continue
        found = reference.by_tiles(edges, near)
        if found.view is View.SAME and found.agreement >= GOOD_SHARE:
            return found, reference
        if best[0].texture == 0 or found.agreement > best[0].agreement:
            best = (found, reference)
    found, reference = best
    if found.view is View.SAME or found.texture < LEAST_ORB_TEXTURE or not reference.recognisable:
        return best
    return reference.by_features(image, found), reference


def strength_of(edges: Edges) -> float:
    """Mean edge strength of a whole picture, 0 to 1."""
    return float(np.sqrt((edges**2).sum(axis=2)).mean())


def features_of(image: Image) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Corner points (n, 2) in a picture 640 px wide, and their descriptors (n, 32)."""
    picture = cv2.createCLAHE(2.0, (8, 8)).apply(grey(image, FEATURES_WIDTH_PX))
    orb = cv2.ORB.create(nfeatures=700, fastThreshold=12)
    points, described = orb.detectAndCompute(picture, None)
    if described is None:
        return np.empty((0, 2), np.float32), np.empty((0, 32), np.uint8)
    return np.array([p.pt for p in points], np.float32), np.asarray(described, np.uint8)


def _between(scores: NDArray[np.float32], at: int) -> float:
    """The top of the parabola through a peak and its neighbours, in steps from the peak."""
    if not 0 < at < len(scores) - 1:
        return 0.0
    before, top, after = (float(s) for s in scores[at - 1 : at + 2])
    bend = before - 2 * top + after
    return 0.5 * (before - after) / bend if bend < 0 else 0.0


def _common(
    places: NDArray[np.float64], moves: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]] | None:
    """(2, 3) shift, rotation and zoom that most tiles agree on, and which do."""
    if len(places) < LEAST_TILES:
        return None
    matrix, inliers = cv2.estimateAffinePartial2D(
        places, places + moves, method=cv2.RANSAC, ransacReprojThreshold=TOGETHER_PX, maxIters=500
    )
    if matrix is None:
        return None
    agree = np.asarray(inliers, bool).reshape(-1)
    if agree.sum() < LEAST_TILES:
        return None
    return np.asarray(matrix, np.float64), agree
