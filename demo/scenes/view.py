"""Where the camera stands and what it projects to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class View:
    """A pinhole camera above the world's origin.

    The world is in metres: x to the right, y away from the camera, z up from the ground.
    `pitch_deg` looks down, `focal` is in widths of the picture.
    """

    width_px: int
    height_px: int
    height_m: float
    pitch_deg: float
    focal: float

    @cached_property
    def axes(self) -> Floats:
        """Rows: right, down, forward, as unit vectors of the world."""
        p = np.radians(self.pitch_deg)
        return np.array(
            [[1, 0, 0], [0, -np.sin(p), -np.cos(p)], [0, np.cos(p), -np.sin(p)]], dtype=np.float64
        )

    @property
    def eye(self) -> Floats:
        return np.array([0.0, 0.0, self.height_m])

    @property
    def focal_px(self) -> float:
        return self.focal * self.width_px

    @property
    def horizon_px(self) -> float:
        """Row of the horizon from the top; may lie outside the picture."""
        return self.height_px / 2 - self.focal_px * float(np.tan(np.radians(self.pitch_deg)))

    def project(self, points: Floats) -> tuple[Floats, Floats]:
        """World points (n, 3) to pixels (n, 2) and depth along the axis (n,) in metres.

        A depth below 0.5 m is no picture point: it is in the camera or behind it.
        """
        seen = (points - self.eye) @ self.axes.T
        depth = seen[:, 2]
        safe = np.maximum(depth, 0.05)
        centre = np.array([self.width_px / 2, self.height_px / 2])
        return seen[:, :2] / safe[:, None] * self.focal_px + centre, depth

    @cached_property
    def ground(self) -> tuple[Floats, Floats, Floats]:
        """World x and y of the ground under each pixel (height, width), and its distance.

        Above the horizon the distance is infinite.
        """
        rows, columns = np.mgrid[0 : self.height_px, 0 : self.width_px].astype(np.float64) + 0.5
        right = (columns - self.width_px / 2) / self.focal_px
        down = (rows - self.height_px / 2) / self.focal_px
        rays = np.stack([right, down, np.ones_like(right)], axis=-1) @ self.axes
        falls = rays[..., 2] < -1e-4
        reach = np.where(falls, self.height_m / np.where(falls, -rays[..., 2], 1), np.inf)
        far = np.where(falls, reach, 0)
        return rays[..., 0] * far, rays[..., 1] * far, reach
