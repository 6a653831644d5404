"""What light, weather and the camera's pole do to a drawn picture, from moment to moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from demo.cameras.labelled.take import Disturbance
from demo.scenes.backdrop import Picture
from demo.scenes.stage import Placed, Stage


@dataclass
class Weather:
    """Keeps the exposure and the pole's sway; `sway_px` is what a calm wind moves it by."""

    seed: int
    disturbances: Sequence[Disturbance]
    sway_px: float = 0.6
    _gain: float = 1.0
    _rng: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        self._rng = np.random.default_rng((self.seed, 41))
        self._phases = self._rng.uniform(0, 6.3, 6)

    def finish(
        self, stage: Stage, canvas: Picture, things: Sequence[Placed], t_s: float
    ) -> Picture:
        lit = stage.lit(canvas, things)
        gain, shift, aim = 1.0, self.sway_px, None
        for one in self.disturbances:
            if not one.started_s <= t_s < one.ended_s:
                continue
            into = min(t_s - one.started_s, one.ended_s - t_s)
            if one.what == "cloud_shadow":
                gain *= 1 - 0.4 * one.amount * min(1.0, into / 3)
            elif one.what == "exposure_step":
                gain *= 1 - 0.25 * one.amount * min(1.0, into / 0.6)
            elif one.what == "shaking":
                shift += 2.5 * one.amount
            elif one.what == "re_aimed":
                aim = min(1.0, (t_s - one.started_s) / 2)
        if gain != 1.0:
            lit = np.asarray(cv2.convertScaleAbs(lit, alpha=gain), dtype=np.uint8)
        p = self._phases
        dx = shift * (0.6 * np.sin(2.1 * t_s + p[0]) + 0.4 * np.sin(5.3 * t_s + p[1]))
        dy = 0.6 * shift * np.sin(2.7 * t_s + p[2])
        if aim is not None:
            dx += 0.22 * aim * stage.view.width_px
            dy += 0.08 * aim * stage.view.height_px
        move = np.array([[1, 0, dx], [0, 1, dy]], dtype=np.float32)
        size = (stage.view.width_px, stage.view.height_px)
        moved = cv2.warpAffine(
            lit, move, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
        )
        return stage.expose(np.asarray(moved, dtype=np.uint8), self._rng)
