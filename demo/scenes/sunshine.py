"""Shadows that what stands beside the road casts on the ground, for any place of the sun."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from demo.scenes.backdrop import Standing, Surroundings
from demo.scenes.ground import Road
from demo.scenes.view import Floats, View


def still_shadows(
    view: View,
    road: Road,
    around: Surroundings,
    standing: Sequence[Standing],
    *,
    sun: tuple[float, float, float],
    upright: NDArray[np.bool_],
) -> NDArray[np.uint8]:
    """(height, width): 255 in full shadow, 0 in the sun; nothing on what is `upright`."""
    shade = np.zeros((view.height_px, view.width_px), np.uint8)
    fall = -np.asarray(sun[:2]) / max(sun[2], 0.35)  # metres on the ground a metre of height
    dice = np.random.default_rng(7)
    for one in standing:
        foot = np.array(road.place(one.at, one.across))
        if one.what in ("wall", "pillar", "cross_wall"):
            across = one.across + (one.size if one.what == "cross_wall" else 0)
            along = one.at + (0 if one.what == "cross_wall" else one.size)
            end = np.array(road.place(along, across))
            top = fall * around.wall_height_m
            if around.wall != "fence" or one.what != "wall":
                _fill(shade, view, [foot, end, end + top, foot + top])
            continue
        wide = 0.12 if one.what == "lamp" else 0.2
        side = np.array([fall[1], -fall[0]]) / max(float(np.hypot(*fall)), 1e-6) * wide / 2
        high = one.size if one.what == "lamp" else one.size * 0.5
        _fill(
            shade,
            view,
            [foot - side, foot + side, foot + fall * high + side, foot + fall * high - side],
        )
        if one.what == "tree":
            middle = foot + fall * one.size * 0.68
            for _ in range(40):
                turn, away = dice.uniform(0, 6.3), np.sqrt(dice.random()) * one.size * 0.3
                spot = middle + away * np.array([np.cos(turn), np.sin(turn)])
                spot = spot + fall * dice.normal(0, one.size * 0.12)
                _blot(shade, view, spot, one.size * float(dice.uniform(0.05, 0.1)))
    shade[upright] = 0
    return np.asarray(cv2.GaussianBlur(shade, (0, 0), 1.3), dtype=np.uint8)


def _blot(shade: NDArray[np.uint8], view: View, spot: Floats, radius: float) -> None:
    turn = np.linspace(0, 2 * np.pi, 9)[:-1]
    _fill(shade, view, [spot + radius * np.array([np.cos(t), np.sin(t)]) for t in turn])


def _fill(shade: NDArray[np.uint8], view: View, ring: Sequence[Floats]) -> None:
    points = np.array([(*p, 0.0) for p in ring])
    pixels, depth = view.project(points)
    if depth.min() < 1 or np.abs(pixels).max() > 8000:
        return
    cv2.fillConvexPoly(shade, np.round(pixels * 16).astype(np.int32), 255, cv2.LINE_AA, 4)
