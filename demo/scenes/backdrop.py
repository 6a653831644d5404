"""What stands still beside the road: sky, buildings, walls, a gate, trees, lamp posts."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from demo.scenes.ground import Road, noise_tile, paint_ground
from demo.scenes.shape import Color, shade_of
from demo.scenes.view import Floats, View
from demo.scenes.wear import wear

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Surroundings:
    """`wall` is `hoarding`, `brick`, `fence` or empty; it stands `wall_m` beyond the left verge.

    At `gate_m` along the road a site begins: walls on both sides of the road, pillars at it.
    """

    wall: str = "hoarding"
    wall_m: float = 4.0
    wall_height_m: float = 2.6
    trees: int = 5
    skyline: bool = True
    gate_m: float | None = None


@dataclass(frozen=True)
class Standing:
    """A wall panel, pillar, tree or lamp post: where along and across the road, and its size.

    `size` is metres: of a panel and a pillar how long, of a tree and a post how high.
    """

    at: float
    what: str
    across: float
    size: float


@dataclass(frozen=True, eq=False)
class Backdrop:
    """The empty place in even daylight; what stands in it; where leaves show (height, width).

    `upright` is where anything that stands shows.
    """

    picture: Picture
    standing: tuple[Standing, ...]
    foliage: NDArray[np.bool_]
    upright: NDArray[np.bool_]


def paint_backdrop(
    view: View, road: Road, around: Surroundings, rng: np.random.Generator
) -> Picture:
    """The empty place in even daylight."""
    return paint_place(view, road, around, rng).picture


def paint_place(view: View, road: Road, around: Surroundings, rng: np.random.Generator) -> Backdrop:
    """The empty place with all that stands beside the road."""
    ground = paint_ground(view, road, rng)
    wear(ground, view, road, np.random.default_rng(int(rng.integers(1 << 30))))
    sky = _sky(view, around.skyline, rng)
    above = (view.ground[2] > 220)[..., None]
    haze = np.clip((view.ground[2] - 40) / 260, 0, 0.75)[..., None]
    haze = np.where(np.isfinite(haze), haze, 0.75)
    picture = np.where(above, sky, ground * (1 - haze) + np.array((206, 206, 200)) * haze)
    canvas = np.clip(picture, 0, 255).astype(np.uint8)
    canvas = np.asarray(cv2.GaussianBlur(canvas, (0, 0), 0.5), dtype=np.uint8)
    standing = _stand_beside(road, around, rng)
    tints: dict[str, Color] = {
        "hoarding": ((190, 132, 62), (92, 140, 70), (206, 204, 200))[rng.integers(3)],
        "brick": ((120, 136, 168), (176, 182, 188), (100, 116, 150))[rng.integers(3)],
        "fence": (150, 150, 148),
        "": (0, 0, 0),
    }
    foliage, empty = np.zeros(canvas.shape[:2], bool), canvas.copy()
    for one in standing:
        at, across, size = one.at, one.across, one.size
        if one.what == "wall":
            tone = shade_of(tints[around.wall], rng, 0.03)
            _panel(canvas, view, road, around, at=at, across=across, step=size, color=tone)
        elif one.what == "pillar":
            high = around.wall_height_m + 0.7
            _upright(canvas, view, road, (at, across), wide=size, high=high, color=(120, 128, 140))
        elif one.what == "cross_wall":
            tone = shade_of(tints[around.wall], rng, 0.03)
            ends = (road.place(at, across), road.place(at, across + size))
            _quad(
                canvas,
                view,
                [(*end, z) for end, z in zip((*ends, *ends[::-1]), (0, 0, 2.6, 2.6), strict=True)],
                tone,
            )
        elif one.what == "tree":
            before = canvas.copy()
            _tree(canvas, view, road.place(at, across), size, rng)
            foliage |= (before != canvas).any(axis=2)
        else:
            before = canvas.copy()
            _lamp(canvas, view, road.place(at, across), size)
            foliage &= (before == canvas).all(axis=2)
    upright = (canvas != empty).any(axis=2)
    return Backdrop(canvas, tuple(standing), foliage, upright)


def _stand_beside(road: Road, around: Surroundings, rng: np.random.Generator) -> list[Standing]:
    """Farthest first, as they are painted."""
    edge = -(road.width_m / 2 + road.kerb_m + road.walk_m + around.wall_m)
    standing: list[Standing] = []
    if around.wall:
        step = 2.0 if around.wall == "hoarding" else 2.6
        standing += [
            Standing(float(s), "wall", edge, step)
            for s in np.arange(-80, 80, step)
            if not _in_gate(road, s, step)
        ]
        if road.apron_m is not None:
            standing += [
                Standing(road.apron_m[0] - 0.5, "pillar", edge, 0.5),
                Standing(road.apron_m[1], "pillar", edge, 0.5),
            ]
    if around.gate_m is not None:
        beside = road.width_m / 2 + 0.9
        for side in (-1, 1):
            standing += [
                Standing(around.gate_m, "cross_wall", side * c - (2.0 if side < 0 else 0), 2.0)
                for c in np.arange(beside, 34, 2.0)
            ]
            standing.append(Standing(around.gate_m, "pillar", side * (beside - 0.3), 0.6))
    for _ in range(around.trees):
        beyond = edge - rng.uniform(0.8, 9)
        at = rng.uniform(-55, 55)
        if not _in_gate(road, at, 3):
            standing.append(Standing(float(at), "tree", float(beyond), float(rng.uniform(4, 8))))
    standing += [
        Standing(float(s), "lamp", -(road.width_m / 2 + 0.8), 7.5)
        for s in np.arange(-54 + rng.uniform(0, 10), 60, 27)
        if not _in_gate(road, s, 1)
    ]
    return sorted(standing, key=lambda one: -float(np.hypot(*road.place(one.at, one.across))))


def _in_gate(road: Road, at: float, step: float) -> bool:
    return road.apron_m is not None and at + step > road.apron_m[0] and at < road.apron_m[1]


def _sky(view: View, skyline: bool, rng: np.random.Generator) -> Floats:
    h, w = view.height_px, view.width_px
    horizon = int(np.clip(view.horizon_px, 0, h))
    base: Floats = np.array(
        ((226, 214, 202), (236, 206, 172), (214, 212, 208))[rng.integers(3)], dtype=np.float64
    )
    fade = np.linspace(0.86, 1.04, max(horizon, 1))[:, None, None]
    sky = np.ones((h, w, 3)) * base
    sky[:horizon] = base * fade[:horizon]
    if skyline and horizon > 6:
        sky = np.clip(sky, 0, 255).astype(np.uint8).astype(np.float64)
        x = -20.0
        while x < w:
            wide, high = rng.uniform(0.04, 0.13) * w, rng.uniform(0.3, 1.3) * horizon
            tone = np.array(shade_of((176, 174, 172), rng, 0.1))
            top, left, right = int(max(0, horizon - high)), int(max(0, x)), int(min(w, x + wide))
            if right > left:
                sky[top : horizon + 2, left:right] = tone
                pitch = max(3, int(0.012 * w))
                for row in range(top + pitch, horizon, pitch):
                    sky[row : row + max(1, pitch // 2), left + 2 : right - 1 : pitch] *= 0.86
                    sky[row : row + max(1, pitch // 2), left + 3 : right - 1 : pitch] *= 0.9
            x += wide * rng.uniform(0.7, 1.8)
        bushes = (
            horizon
            - np.abs(cv2.GaussianBlur(rng.normal(0, 1, (1, w)).astype(np.float32), (0, 0), 5)[0])
            * 0.06
            * h
            - 0.012 * h
        )
        rows = np.arange(h)[:, None]
        mask = (rows > bushes[None, :]) & (rows < horizon + 3)
        sky[mask] = (92, 118, 100)
    return sky


def _quad(
    canvas: Picture, view: View, corners: list[tuple[float, float, float]], color: Color
) -> bool:
    pixels, depth = view.project(np.array(corners))
    if depth.min() < 0.6 or np.abs(pixels).max() > 20000:
        return False
    cv2.fillConvexPoly(canvas, np.round(pixels * 16).astype(np.int32), color, cv2.LINE_AA, 4)
    return True


def _panel(
    canvas: Picture,
    view: View,
    road: Road,
    around: Surroundings,
    *,
    at: float,
    across: float,
    step: float,
    color: Color,
) -> None:
    (x0, y0), (x1, y1) = road.place(at, across), road.place(at + step, across)
    high = around.wall_height_m

    def band(low: float, top: float, tone: Color) -> None:
        _quad(canvas, view, [(x0, y0, low), (x1, y1, low), (x1, y1, top), (x0, y0, top)], tone)

    if around.wall == "fence":
        for z in (0.3, 1.0, high * 0.7):
            band(z, z + 0.07, color)
        _upright(canvas, view, road, (at, across), wide=0.08, high=high * 0.75, color=color)
        return
    band(0, high, color)
    band(0, 0.35, (color[0] * 0.7, color[1] * 0.7, color[2] * 0.7))
    band(
        high - 0.12,
        high,
        (min(255, color[0] * 1.15), min(255, color[1] * 1.15), min(255, color[2] * 1.15)),
    )
    if around.wall == "hoarding":
        if round(at / step) % 5 == 0:
            band(0.8, 2.0, (228, 230, 230))
        _upright(
            canvas,
            view,
            road,
            (at, across),
            wide=0.07,
            high=high,
            color=(color[0] * 0.8, color[1] * 0.8, color[2] * 0.8),
        )
    else:
        for z in np.arange(0.5, high - 0.2, 0.45):
            band(z, z + 0.035, (color[0] * 0.88, color[1] * 0.88, color[2] * 0.88))


def _upright(
    canvas: Picture,
    view: View,
    road: Road,
    at: tuple[float, float],
    *,
    wide: float,
    high: float,
    color: Color,
) -> None:
    """`at` is along and across the road."""
    (x0, y0), (x1, y1) = road.place(at[0], at[1] + 0.02), road.place(at[0] + wide, at[1] + 0.02)
    _quad(canvas, view, [(x0, y0, 0), (x1, y1, 0), (x1, y1, high), (x0, y0, high)], color)


def _tree(
    canvas: Picture, view: View, place: tuple[float, float], high: float, rng: np.random.Generator
) -> None:
    pixels, depth = view.project(np.array([(*place, 0.0), (*place, high * 0.5), (*place, high)]))
    if depth.min() < 12 or abs(pixels[0, 0]) > 4 * view.width_px:
        return
    scale = view.focal_px / float(depth[1])
    foot, mid = pixels[0], pixels[1]
    cv2.line(
        canvas, _point(foot), _point(mid), (52, 66, 80), max(1, int(0.22 * scale)), cv2.LINE_AA
    )
    green = np.array(shade_of((58, 102, 66), rng, 0.15))
    for i in range(220):
        a, d = rng.uniform(0, 2 * np.pi), np.sqrt(rng.random()) * high * 0.3
        up = (pixels[2] - pixels[0]) / high
        centre = (
            foot + up * (high * 0.68 + np.sin(a) * d * 1.1) + np.array([np.cos(a) * d * scale, 0])
        )
        tone = green * (0.72 + 0.5 * i / 220 + 0.1 * rng.normal() + 0.14 * np.sin(a))
        radius = max(1, int(rng.uniform(0.02, 0.06) * high * scale))
        cv2.circle(
            canvas,
            _point(centre),
            radius,
            tuple(float(c) for c in np.clip(tone, 0, 255)),
            -1,
            cv2.LINE_AA,
        )


def _lamp(canvas: Picture, view: View, place: tuple[float, float], high: float) -> None:
    pixels, depth = view.project(np.array([(*place, 0.0), (*place, high)]))
    if depth.min() < 3 or np.abs(pixels).max() > 8000:
        return
    thick = max(1, int(0.14 * view.focal_px / float(depth[0])))
    cv2.line(canvas, _point(pixels[0]), _point(pixels[1]), (130, 132, 134), thick, cv2.LINE_AA)


def _point(xy: Floats) -> tuple[int, int]:
    return round(float(xy[0])), round(float(xy[1]))


def screen_texture(rng: np.random.Generator) -> Floats:
    """A seamless tile around 1 that roughens drawn surfaces."""
    return 1 + 0.035 * noise_tile(rng)
