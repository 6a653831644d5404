"""Shapes that stand somewhere: where their points then are, and who is in front of whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from demo.scenes.shape import Shape
from demo.scenes.view import Floats


@dataclass(frozen=True)
class Placed:
    """A shape standing at x, y (metres) towards `heading_deg` (0 is away from the camera)."""

    shape: Shape
    x: float
    y: float
    heading_deg: float = 0.0
    lift_m: float = 0.0


@dataclass(frozen=True)
class Stood:
    """A shape with its points in the world, and how they came there."""

    shape: Shape
    points: Floats
    turn: Floats
    offset: Floats


def stand(thing: Placed) -> Stood:
    a = np.radians(thing.heading_deg)
    turn = np.array([[np.sin(a), -np.cos(a), 0], [np.cos(a), np.sin(a), 0], [0, 0, 1]])
    offset = np.array([thing.x, thing.y, thing.lift_m])
    return Stood(thing.shape, thing.shape.points @ turn.T + offset, turn, offset)


def far_to_near(things: Sequence[Placed]) -> list[int]:
    """Their numbers, in the order to paint them."""
    return sorted(range(len(things)), key=lambda i: -float(np.hypot(things[i].x, things[i].y)))
