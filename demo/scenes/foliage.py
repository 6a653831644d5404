"""Leaves in the wind: the trees of a place, and a branch that hangs into the picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from demo.scenes.backdrop import Picture
from demo.scenes.shape import shade_of
from demo.scenes.view import View

_STEPS = 15


class Foliage:
    """The leaves of a backdrop, bent to and fro; each of its states is drawn once."""

    def __init__(
        self, picture: Picture, leaves: NDArray[np.bool_], rng: np.random.Generator
    ) -> None:
        rows, columns = np.flatnonzero(leaves.any(axis=1)), np.flatnonzero(leaves.any(axis=0))
        self._states: list[Picture] = []
        if len(rows) == 0:
            return
        self._window = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        part = picture[self._window]
        high, wide = part.shape[:2]
        self._mask = leaves[self._window][..., None]
        bend_x, bend_y = (
            cv2.GaussianBlur(rng.normal(0, 1, (high, wide)).astype(np.float32), (0, 0), 6)
            for _ in range(2)
        )
        scale = picture.shape[1] / 640
        bend_x *= 2.2 * scale / max(float(bend_x.std()), 1e-6)
        bend_y *= 1.1 * scale / max(float(bend_y.std()), 1e-6)
        y, x = np.mgrid[0:high, 0:wide].astype(np.float32)
        for step in np.linspace(-1, 1, _STEPS):
            k = np.float32(step)
            moved = cv2.remap(
                part, x + k * (bend_x + 1.2 * scale), y + k * bend_y, cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REPLICATE,
            )  # fmt: skip
            self._states.append(np.asarray(moved, dtype=np.uint8))

    def sway(self, canvas: Picture, bend: float) -> None:
        """Paints the leaves bent by -1 to 1 over the canvas."""
        if self._states:
            step = round((min(max(bend, -1), 1) + 1) / 2 * (_STEPS - 1))
            np.copyto(canvas[self._window], self._states[step], where=self._mask)


class Branch:
    """A branch before the camera, out of focus, in one of the upper corners."""

    def __init__(self, view: View, rng: np.random.Generator) -> None:
        w, h = view.width_px, view.height_px
        self._left = bool(rng.random() < 0.5)
        wide, high = int(w * rng.uniform(0.22, 0.34)), int(h * rng.uniform(0.24, 0.42))
        picture = np.zeros((high, wide, 3), np.uint8)
        cover = np.zeros((high, wide), np.uint8)
        for _ in range(70):
            # Dense at the corner, loose towards the picture's middle.
            x, y = wide * rng.beta(1, 2.2), high * rng.beta(1, 2.2)
            axes = (int(w * rng.uniform(0.012, 0.03)), int(w * rng.uniform(0.005, 0.011)))
            turn = float(rng.uniform(0, 360))
            tone = shade_of((46, 92, 58), rng, 0.2)
            at = (int(x), int(y))
            cv2.ellipse(picture, at, axes, turn, 0, 360, tone, -1, cv2.LINE_AA)
            cv2.ellipse(cover, at, axes, turn, 0, 360, 255, -1, cv2.LINE_AA)
        soft = w / 640 * 1.6
        self._picture = cv2.GaussianBlur(picture, (0, 0), soft)
        self._cover = cv2.GaussianBlur(cover, (0, 0), soft)
        if not self._left:
            self._picture, self._cover = self._picture[:, ::-1].copy(), self._cover[:, ::-1].copy()
        self._reach = w / 640 * 9

    def hang(self, canvas: Picture, bend: float, level: tuple[float, float, float]) -> None:
        """Draws it over a picture in its light; bent by about -1 to 1."""
        high, wide = self._cover.shape
        dx, dy = self._reach * bend, 0.5 * self._reach * bend
        turn = np.array([[1, 0.04 * bend, dx], [0, 1, dy]], np.float32)
        picture = cv2.warpAffine(self._picture, turn, (wide, high), borderMode=cv2.BORDER_REPLICATE)
        cover = cv2.warpAffine(self._cover, turn, (wide, high), borderMode=cv2.BORDER_REPLICATE)
        part = canvas[:high, :wide] if self._left else canvas[:high, -wide:]
        share = (cover / np.float32(255))[..., None]
        shade = np.asarray(level, np.float32) * 0.8
        part[:] = part * (1 - share) + picture * shade * np.minimum(share * 1.2, 1)
