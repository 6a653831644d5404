"""Lamps of things that stand in the dark: how they shine at the camera, and where ahead."""

from __future__ import annotations

import numpy as np

from demo.scenes.backdrop import Picture
from demo.scenes.boxes import PARTS, Owners
from demo.scenes.light import Light, glow
from demo.scenes.placed import Placed, Stood
from demo.scenes.view import View


def shine(
    canvas: Picture, owners: Owners, stood: Stood, base: int, *, view: View, light: Light
) -> None:
    """Lights that look at the camera, where the thing itself (`base`) is not hidden."""
    turn, offset = stood.turn, stood.offset
    for x, y, z, ahead in stood.shape.lamps:
        at = turn @ np.array((x, y, z)) + offset
        out = turn[:, 0] * (1 if ahead else -1)
        towards = view.eye - at
        facing = float(out @ towards / np.linalg.norm(towards))
        if facing <= 0.05:
            continue
        pixels, depth = view.project(at[None])
        column, row = int(pixels[0, 0]), int(pixels[0, 1])
        near = owners[max(0, row - 2) : max(0, row + 3), max(0, column - 2) : max(0, column + 3)]
        if depth[0] > 1 and bool(((near >= base) & (near < base + PARTS)).any()):
            size = view.focal_px / float(depth[0])
            reach = size * (1.1 if ahead else 0.5) * facing
            color = (200.0, 225.0, 240.0) if ahead else (20.0, 20.0, 150.0)
            glow(canvas, pixels[0], reach, color)
            if ahead and light.headlights > 0.3 and facing > 0.35:  # it dazzles the lens
                weak = 0.22 * light.headlights * facing
                glow(canvas, pixels[0], reach * 4.5, (200 * weak, 225 * weak, 240 * weak))


def has_headlights(thing: Placed) -> bool:
    return any(lamp[3] for lamp in thing.shape.lamps)


def beam(thing: Placed) -> tuple[float, float, float]:
    """x, y of a vehicle's nose and where it looks."""
    nose = max(lamp[0] for lamp in thing.shape.lamps)
    a = np.radians(thing.heading_deg)
    return (
        thing.x + nose * float(np.sin(a)),
        thing.y + nose * float(np.cos(a)),
        thing.heading_deg,
    )
