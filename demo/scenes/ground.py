"""The ground: asphalt, kerb, verge and markings, textured in perspective."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from demo.scenes.shape import Color
from demo.scenes.view import Floats, View


@dataclass(frozen=True)
class Road:
    """A straight road: its line passes `x_m`, `y_m` towards `heading_deg` (0: off the camera).

    Across it, positive is to the right of the heading. `apron_m` (from, to along the road) paves
    the verge on the left, as before a gate; at `zebra_m` along it people cross.
    """

    x_m: float
    y_m: float
    heading_deg: float
    width_m: float
    lanes: int = 2
    kerb_m: float = 0.25
    walk_m: float = 2.0
    apron_m: tuple[float, float] | None = None
    zebra_m: float | None = None

    def frame(self) -> tuple[Floats, Floats]:
        """Unit vectors (along, across) in the world's plane."""
        a = np.radians(self.heading_deg)
        return np.array([np.sin(a), np.cos(a)]), np.array([np.cos(a), -np.sin(a)])

    def place(self, along_m: float, across_m: float) -> tuple[float, float]:
        """World x, y of a place on the road."""
        along, across = self.frame()
        return (
            float(self.x_m + along_m * along[0] + across_m * across[0]),
            float(self.y_m + along_m * along[1] + across_m * across[1]),
        )

    def coordinates(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        along, across = self.frame()
        dx, dy = x - self.x_m, y - self.y_m
        return dx * along[0] + dy * along[1], dx * across[0] + dy * across[1]


def noise_tile(rng: np.random.Generator, size: int = 256) -> Floats:
    """A tile without seams, mean 0, deviation 1: several octaves of smoothed noise."""
    tile = np.zeros((size, size))
    for blur, weight in ((0.8, 0.6), (3.0, 0.6), (12.0, 0.5), (32.0, 0.4)):
        layer = rng.normal(0, 1, (size, size)).astype(np.float32)
        wrapped = cv2.copyMakeBorder(layer, 96, 96, 96, 96, cv2.BORDER_WRAP)
        soft = cv2.GaussianBlur(wrapped, (0, 0), blur)[96:-96, 96:-96]
        tile += weight * soft / soft.std()
    return np.asarray(tile / tile.std())


def _sample(tile: Floats, x: Floats, y: Floats, per_m: float) -> Floats:
    size = tile.shape[0]
    return cv2.remap(
        tile.astype(np.float32),
        np.mod(x * per_m, size - 1).astype(np.float32),
        np.mod(y * per_m, size - 1).astype(np.float32),
        cv2.INTER_LINEAR,
    ).astype(np.float64)


def paint_ground(view: View, road: Road, rng: np.random.Generator) -> NDArray[np.float64]:
    """The ground in the whole picture, (height, width, 3); above the horizon it means nothing."""
    x, y, reach = view.ground
    along, across = road.coordinates(x, y)
    fine = np.clip(9 / np.maximum(reach, 1), 0.05, 1)
    tile = noise_tile(rng)
    # In the road's coordinates: they turn with the place when the camera is turned.
    grain, patches = _sample(tile, across, along, 40) * fine, _sample(tile, along, across, 3)
    asphalt: Color = ((96, 98, 98), (84, 86, 88), (112, 114, 114), (122, 124, 124))[rng.integers(4)]
    verge: Color = ((62, 104, 84), (70, 112, 104), (88, 124, 142), (104, 126, 140))[rng.integers(4)]
    walk: Color = ((146, 150, 154), (136, 142, 152), (124, 132, 146))[rng.integers(3)]
    picture = np.empty((*x.shape, 3))
    picture[:] = verge
    picture *= (1 + 0.16 * grain + 0.1 * patches)[..., None]
    half = road.width_m / 2
    side = np.abs(across) - half
    soft = np.maximum(reach / view.focal_px, 1e-3) * 1.2  # a pixel's width on the ground, in metres

    def lay(mask: NDArray[np.floating], color: Color, coarse: float, wide: float) -> None:
        nonlocal picture
        tone = np.asarray(color) * (1 + coarse * grain + wide * patches)[..., None]
        picture = picture * (1 - mask[..., None]) + tone * mask[..., None]

    paved = np.clip((road.kerb_m + road.walk_m - side) / soft + 0.5, 0, 1)
    lay(paved, walk, 0.05, 0.04)
    joints = np.minimum(np.abs(np.mod(along, 0.8) - 0.4), np.abs(np.mod(across, 0.8) - 0.4)) < 0.025
    near = np.clip(1.4 - reach / 14, 0, 1)
    picture *= (1 - 0.18 * near * paved * joints * (side > road.kerb_m))[..., None]
    lay(np.clip((road.kerb_m - side) / soft + 0.5, 0, 1), (172, 176, 176), 0.04, 0.03)
    if road.apron_m is not None:
        inside = (along > road.apron_m[0]) & (along < road.apron_m[1]) & (across < 0)
        lay(inside * 1.0, (150, 154, 156), 0.06, 0.06)
    on_road = np.clip(-side / soft + 0.5, 0, 1)
    lay(on_road, asphalt, 0.07, 0.05)
    lane = road.width_m / road.lanes
    tracks = np.cos(
        (np.mod(across + half, lane) / lane - 0.5) * 4 * np.pi
    )  # darker where tyres run
    picture *= (1 - 0.05 * on_road * np.clip(-tracks, 0, 1))[..., None]
    _marks(picture, road, (along, across), soft, grain=grain, rng=rng)
    return picture


def _marks(
    picture: Floats,
    road: Road,
    at: tuple[Floats, Floats],
    soft: Floats,
    *,
    grain: Floats,
    rng: np.random.Generator,
) -> None:
    along, across = at
    half, lane = road.width_m / 2, road.width_m / road.lanes

    def line(at: float, dashed: bool, color: Color) -> None:
        mask = np.clip((0.075 - np.abs(across - at)) / soft + 0.5, 0, 1)
        if dashed:
            mask = mask * (np.mod(along, 6) < 2.4)
        mask = mask * np.clip(0.85 - 0.16 * grain, 0, 1)
        picture[:] = picture * (1 - mask[..., None]) + np.asarray(color) * mask[..., None]

    if rng.random() < 0.8:
        line(-half + 0.25, False, (214, 216, 216))
        line(half - 0.25, False, (214, 216, 216))
    if road.zebra_m is not None:
        stripes = (np.abs(along - road.zebra_m) < 1.6) & (np.abs(across) < half - 0.3)
        picture[stripes & (np.mod(across, 1.0) < 0.5)] = (212, 214, 214)
    for i in range(1, road.lanes):
        middle = i * 2 == road.lanes
        yellow = middle and rng.random() < 0.7
        line(-half + i * lane, not yellow, (70, 178, 214) if yellow else (218, 220, 220))
