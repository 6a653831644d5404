"""What light, weather and the camera's pole do to a drawn picture, from moment to moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from demo.cameras.labelled.take import Disturbance
from demo.scenes.backdrop import Picture
from demo.scenes.foliage import Branch
from demo.scenes.ground import noise_tile
from demo.scenes.placed import Placed
from demo.scenes.stage import Painted, Stage
from demo.scenes.view import View

_EXPOSURE_S = 0.8
"""How fast the camera follows a change of light (ours; common for street cameras)."""

TURNS_S = 1.5
"""How long a camera takes to turn elsewhere (ours)."""


@dataclass(frozen=True)
class Mood:
    """How the clip looks as a whole.

    `wind` 0 to 1 bends the leaves and sways the pole; `soft_px` is how far off the focus is;
    `drops` are on the lens: x, y, radius in fractions of the width.
    """

    wind: float
    soft_px: float
    drops: tuple[tuple[float, float, float], ...] = ()
    branch: bool = False


class Weather:
    """Keeps the exposure; frames have to be asked for in order."""

    def __init__(
        self, seed: int, view: View, mood: Mood, disturbances: Sequence[Disturbance]
    ) -> None:
        self._rng = np.random.default_rng((seed, 41))
        self._phases = self._rng.uniform(0, 6.3, 6)
        self._view, self._mood = view, mood
        self._disturbances = disturbances
        self._gain, self._usual, self._at_s = 1.0, 0.0, 0.0
        cloud = cv2.GaussianBlur(noise_tile(self._rng, 256), (0, 0), 14)
        self._cloud = np.asarray(cloud / max(float(cloud.std()), 1e-6), dtype=np.float32)
        self._branch = Branch(view, self._rng) if mood.branch else None

    def _level(self, what: str, t_s: float, fade_s: float) -> float:
        """0 to its amount: how much of a disturbance there is."""
        most = 0.0
        for one in self._disturbances:
            if one.what == what and one.started_s <= t_s < one.ended_s:
                into = min(t_s - one.started_s, one.ended_s - t_s)
                most = max(most, one.amount * min(1.0, into / fade_s))
        return most

    def sunshine(self, t_s: float) -> float:
        """Share of the sun that comes through, in steps."""
        return 1 - round(self._level("sun_hidden", t_s, 4) * 20) / 20

    def wetness(self, t_s: float) -> float:
        """Of a road on which rain began or stopped, in steps; 1 where it always rains."""
        begins = [d.started_s for d in self._disturbances if d.what == "rain_starts"]
        return 1.0 if not begins else round(min(max((t_s - begins[0]) / 25, 0), 1) * 12) / 12

    def bend(self, t_s: float) -> float:
        p = self._phases
        gust = self._level("gust", t_s, 2)
        calm = 0.55 * np.sin(1.9 * t_s + p[3]) + 0.3 * np.sin(4.7 * t_s + p[4])
        return float((self._mood.wind + gust) * calm + 0.4 * gust)

    def finish(
        self, stage: Stage, painted: Painted, things: Sequence[Placed], t_s: float
    ) -> Picture:
        lit = stage.lit(painted, things)
        lit = self._overhead(lit, t_s)
        if self._branch is not None:
            self._branch.hang(lit, self.bend(t_s), stage.light.level)
        lit = self._exposed(lit, t_s)
        lit = self._moved(lit, t_s)
        for x, y, radius in self._mood.drops:
            _drop(lit, x, y, radius)
        begins = [d.started_s for d in self._disturbances if d.what == "rain_starts"]
        fall = 1.0 if not begins else min(max((t_s - begins[0]) / 4, 0), 1)
        return stage.expose(lit, self._rng, fall)

    def _overhead(self, lit: Picture, t_s: float) -> Picture:
        """The shadow of a cloud that passes over the ground."""
        amount = self._level("cloud_shadow", t_s, 5)
        if amount <= 0:
            return lit
        x, y, reach = (g[::8, ::8] for g in self._view.ground)
        near = np.clip(np.where(np.isfinite(reach), reach, 300), 0, 300)
        u = np.mod(np.where(near < 300, x, 0) * 0.9 + 26 * t_s * 0.35 + 400, 255)
        v = np.mod(np.where(near < 300, y, 0) * 0.9 + 400, 255)
        field = cv2.remap(self._cloud, u.astype(np.float32), v.astype(np.float32), cv2.INTER_LINEAR)
        dark = 255 * (1 - 0.5 * amount * np.clip(0.5 + 0.9 * field, 0, 1))
        full = cv2.resize(dark.astype(np.uint8), lit.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        return np.asarray(cv2.multiply(lit, cv2.merge([full, full, full]), scale=1 / 255), np.uint8)

    def _exposed(self, lit: Picture, t_s: float) -> Picture:
        """Automatic exposure: what is bright in the picture makes all of it darker, and back."""
        mean = float(lit[::8, ::8].mean()) + 8
        if self._usual == 0:
            self._usual = mean
        wanted = float(np.clip((self._usual / mean) ** 0.55, 0.72, 1.35))
        self._gain += (wanted - self._gain) * min(1.0, (t_s - self._at_s) / _EXPOSURE_S)
        self._usual += (mean - self._usual) * min(1.0, (t_s - self._at_s) / 60)
        self._at_s = t_s
        gain = self._gain * (1 - 0.28 * self._level("exposure_step", t_s, 0.4))
        if abs(gain - 1) < 0.004:
            return lit
        return np.asarray(cv2.convertScaleAbs(lit, alpha=gain), dtype=np.uint8)

    def _aim(self, t_s: float) -> float:
        """How far the camera has turned away, 0 to 1; 0 again once it looks elsewhere."""
        for one in self._disturbances:
            if one.what == "re_aimed" and one.started_s <= t_s < one.started_s + TURNS_S:
                return (t_s - one.started_s) / TURNS_S
        return 0.0

    def _moved(self, lit: Picture, t_s: float) -> Picture:
        """The pole sways by a pixel or two of 640, more in a gust; the lens is a little soft."""
        p, unit = self._phases, self._view.width_px / 640
        gust = self._level("gust", t_s, 2) + self._level("shaking", t_s, 1)
        shift = unit * (0.15 + 0.5 * self._mood.wind + 2.4 * gust)
        dx = shift * (0.6 * np.sin(2.1 * t_s + p[0]) + 0.4 * np.sin(9.3 * t_s + p[1]))
        dy = 0.6 * shift * np.sin(2.7 * t_s + p[2])
        aim = self._aim(t_s)
        dx += 0.45 * aim * self._view.width_px
        move = np.array([[1, 0, dx], [0, 1, dy]], dtype=np.float32)
        mode = cv2.BORDER_REFLECT
        size = (self._view.width_px, self._view.height_px)
        moved = cv2.warpAffine(lit, move, size, flags=cv2.INTER_LINEAR, borderMode=mode)
        if aim > 0:  # the picture smears while the camera turns
            moved = cv2.blur(moved, (max(3, int(14 * unit)), 1))
        if self._mood.soft_px > 0.3:
            moved = cv2.GaussianBlur(moved, (0, 0), self._mood.soft_px * unit)
        return np.asarray(moved, dtype=np.uint8)


def _drop(lit: Picture, x: float, y: float, radius: float) -> None:
    """A drop on the lens: a blurred, upside-down picture of what is around it, in place."""
    high, wide = lit.shape[:2]
    r = max(3, int(radius * wide))
    cx, cy = int(x * wide), int(y * high)
    x0, x1, y0, y1 = max(0, cx - r), min(wide, cx + r), max(0, cy - r), min(high, cy + r)
    if x1 - x0 < 4 or y1 - y0 < 4:
        return
    around = lit[max(0, cy - 3 * r) : cy + 3 * r, max(0, cx - 3 * r) : cx + 3 * r]
    small = cv2.resize(around[::-1, ::-1], (x1 - x0, y1 - y0), interpolation=cv2.INTER_AREA)
    soft = cv2.blur(small, (max(3, r // 2), max(3, r // 2)))
    rows, columns = np.ogrid[y0 - cy : y1 - cy, x0 - cx : x1 - cx]
    away = np.sqrt(rows**2 + columns**2) / r
    share = (0.8 * np.clip((1 - away) * 2.2, 0, 1))[..., None]
    patch = lit[y0:y1, x0:x1]
    patch[:] = (patch * (1 - share) + soft * share).astype(np.uint8)
