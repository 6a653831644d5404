"""What years of use leave on a road: patches, manholes, cracks, tyre marks, leaves, damp spots."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from demo.scenes.ground import Road
from demo.scenes.view import Floats, View

_REACH_M = 45.0


def wear(picture: Floats, view: View, road: Road, rng: np.random.Generator) -> None:
    """Changes the ground in place; the same dice leave the same marks."""
    reach = view.ground[2]
    along, across = road.coordinates(view.ground[0], view.ground[1])
    on_road = (np.abs(across) < road.width_m / 2 - 0.1) & (reach < 80)
    _patches(picture, road, along, across, on_road=on_road, rng=rng)
    _damp(picture, along, across, on_road, rng)
    _tyre_marks(picture, view, road, on_road, rng)
    _cracks(picture, view, road, on_road, rng)
    _manholes(picture, view, road, rng)
    _leaves(picture, view, road, rng)


def _patches(
    picture: Floats,
    road: Road,
    along: Floats,
    across: Floats,
    *,
    on_road: NDArray[np.bool_],
    rng: np.random.Generator,
) -> None:
    """Asphalt that was cut out and laid anew, with the seam around it."""
    half = road.width_m / 2
    for _ in range(int(rng.integers(1, 5))):
        a0, c0 = rng.uniform(-25, 25), rng.uniform(-half, half - 1)
        long, wide = rng.uniform(1.2, 9), rng.uniform(0.8, 2.6)
        a = np.abs(along - a0 - long / 2) - long / 2
        c = np.abs(across - c0 - wide / 2) - wide / 2
        edge = np.maximum(a, c)
        picture[(edge < 0) & on_road] *= rng.uniform(0.8, 1.14)
        picture[(np.abs(edge) < 0.035) & on_road] *= 0.72


def _damp(
    picture: Floats,
    along: Floats,
    across: Floats,
    on_road: NDArray[np.bool_],
    rng: np.random.Generator,
) -> None:
    """Oil and damp: soft dark blots, most of them in the middle of a lane."""
    for _ in range(int(rng.integers(2, 9))):
        a0, c0 = rng.uniform(-25, 25), rng.uniform(-5, 5)
        long, wide = rng.uniform(0.3, 2.2), rng.uniform(0.2, 0.6)
        far = ((along - a0) / long) ** 2 + ((across - c0) / wide) ** 2
        deep = rng.uniform(0.06, 0.24) * np.exp(-far)
        picture *= (1 - np.where(on_road, deep, 0))[..., None]


def _tyre_marks(
    picture: Floats, view: View, road: Road, on_road: NDArray[np.bool_], rng: np.random.Generator
) -> None:
    mask = np.zeros(on_road.shape, np.uint8)
    for _ in range(int(rng.integers(0, 4))):
        a0, c0, bend = rng.uniform(-20, 20), rng.uniform(-3, 3), rng.normal(0, 0.02)
        steps = np.linspace(0, rng.uniform(4, 14), 20)
        for gauge in (0.0, 1.6):
            line = [(a0 + s, c0 + gauge + bend * s * s) for s in steps]
            _draw(mask, view, road, line, wide_m=0.16, level=int(rng.integers(60, 150)))
    dark = cv2.GaussianBlur(mask, (0, 0), 1.2)[..., None] / 255.0
    picture *= np.asarray(1 - 0.4 * dark * on_road[..., None], dtype=np.float64)


def _cracks(
    picture: Floats, view: View, road: Road, on_road: NDArray[np.bool_], rng: np.random.Generator
) -> None:
    mask = np.zeros(on_road.shape, np.uint8)
    half = road.width_m / 2
    for _ in range(int(rng.integers(3, 10))):
        spot = np.array([rng.uniform(-22, 22), rng.uniform(-half, half)])
        turn = rng.choice([0.0, np.pi / 2]) + rng.normal(0, 0.3)
        line = [tuple(spot)]
        for _ in range(int(rng.integers(8, 34))):
            turn += rng.normal(0, 0.35)
            spot = spot + 0.22 * np.array([np.cos(turn), np.sin(turn)])
            line.append(tuple(spot))
        _draw(mask, view, road, line, wide_m=0.022, level=int(rng.integers(110, 230)))
    picture *= 1 - 0.5 * (mask / 255.0 * on_road)[..., None]


def _manholes(picture: Floats, view: View, road: Road, rng: np.random.Generator) -> None:
    half = road.width_m / 2
    turn = np.linspace(0, 2 * np.pi, 33)[:-1]
    for _ in range(int(rng.integers(0, 4))):
        a0, c0 = rng.uniform(-20, 25), rng.uniform(-half + 0.6, half - 0.6)
        for radius, tone in ((0.42, 0.72), (0.36, 1.25), (0.28, 0.8), (0.2, 1.15)):
            ring = [(a0 + radius * np.cos(t), c0 + radius * np.sin(t)) for t in turn]
            _fill(picture, view, road, ring, tone)
    for side in (-1, 1):  # drains at the kerb
        for a0 in np.arange(-30 + rng.uniform(0, 10), 40, 22):
            c = side * (half - 0.25)
            corners = [(a0, c - 0.2), (a0 + 0.6, c - 0.2), (a0 + 0.6, c + 0.2), (a0, c + 0.2)]
            _fill(picture, view, road, corners, 0.5)


def _leaves(picture: Floats, view: View, road: Road, rng: np.random.Generator) -> None:
    """Fallen leaves and scraps, gathered at the kerbs."""
    half = road.width_m / 2
    colors = ((52, 118, 148), (60, 96, 112), (70, 132, 150), (190, 196, 198))
    for _ in range(int(rng.integers(10, 90))):
        side = rng.choice([-1, 1])
        c = side * (half + rng.normal(0, 0.5))
        a0, r = rng.uniform(-25, 25), rng.uniform(0.03, 0.075)
        turn = rng.uniform(0, 6.3) + np.arange(4) * np.pi / 2
        corners = [(a0 + r * np.cos(t), c + 0.6 * r * np.sin(t)) for t in turn]
        pixels = _pixels(view, road, corners)
        if pixels is not None:
            tone = colors[int(rng.choice(4, p=[0.4, 0.3, 0.25, 0.05]))]
            cv2.fillConvexPoly(picture, pixels, tone, cv2.LINE_8, 4)


def _pixels(view: View, road: Road, line: list[tuple[float, float]]) -> NDArray[np.int32] | None:
    """Places on the road in sixteenths of a pixel; None where one is behind the camera."""
    pixels, depth = view.project(np.array([(*road.place(a, c), 0.0) for a, c in line]))
    if depth.min() < 2 or depth.max() > _REACH_M or np.abs(pixels).max() > 8000:
        return None
    return np.round(pixels * 16).astype(np.int32)


def _draw(
    mask: NDArray[np.uint8],
    view: View,
    road: Road,
    line: list[tuple[float, float]],
    *,
    wide_m: float,
    level: int,
) -> None:
    """A line of `wide_m`; below one pixel it is fainter instead of thinner."""
    pixels = _pixels(view, road, line)
    if pixels is None:
        return
    _, depth = view.project(np.array([(*road.place(*line[0]), 0.0)]))
    wide = wide_m * view.focal_px / float(depth[0])
    tone = int(level * min(1.0, wide))
    cv2.polylines(mask, [pixels], False, tone, max(1, round(wide)), cv2.LINE_AA, 4)


def _fill(
    picture: Floats, view: View, road: Road, ring: list[tuple[float, float]], tone: float
) -> None:
    pixels = _pixels(view, road, ring)
    if pixels is None:
        return
    x0, y0 = np.maximum(pixels.min(axis=0) // 16 - 1, 0)
    x1, y1 = np.minimum(pixels.max(axis=0) // 16 + 2, (view.width_px, view.height_px))
    if x0 >= x1 or y0 >= y1:
        return
    mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
    shifted = pixels - np.array([x0, y0], np.int32) * 16
    cv2.fillPoly(mask, [shifted.astype(np.int32)], 255, cv2.LINE_AA, 4)
    picture[y0:y1, x0:x1] *= 1 - (1 - tone) * (mask / 255.0)[..., None]
