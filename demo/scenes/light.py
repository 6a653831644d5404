"""Light and weather: day, overcast, dusk, night, rain, snow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from demo.scenes.ground import Road
from demo.scenes.view import Floats, View

CONDITIONS: tuple[str, ...] = ("day", "overcast", "dusk", "night", "rain", "snow")


@dataclass(frozen=True)
class Light:
    """`sun` points towards the sun; `strength` 0 is none, so no cast shadows.

    `level` scales the picture per channel (blue, green, red); `noise` is the sensor's deviation in
    grey levels; `lamps` light the road at night, each as far as `lamp_reach_m`; `rain` and `snow`
    say how much of it falls, 0 to 1; `headlights` how bright they are on the road.
    """

    condition: str
    sun: tuple[float, float, float]
    strength: float
    level: tuple[float, float, float]
    noise: float
    lamps: tuple[tuple[float, float], ...] = ()
    rain: float = 0.0
    snow: float = 0.0
    lamp_reach_m: float = 9.5
    lamp_tint: tuple[float, float, float] = (0.72, 0.92, 1.08)

    @property
    def dark(self) -> bool:
        """Whether vehicles have their lights on."""
        return self.condition in ("dusk", "night", "rain", "snow")

    @property
    def headlights(self) -> float:
        return {"night": 1.0, "dusk": 0.4, "rain": 0.22, "snow": 0.12}.get(self.condition, 0.0)


_WARM, _WHITE = (0.5, 0.85, 1.15), (1.05, 1.0, 0.92)


def make_light(
    condition: str,
    road: Road,
    rng: np.random.Generator,
    posts: Sequence[tuple[float, float]] = (),
) -> Light:
    """`posts` are the feet of the street lamps; without any the light still comes from a row."""
    azimuth, height = rng.uniform(0, 2 * np.pi), rng.uniform(0.6, 1.25)
    sun = (
        float(np.cos(azimuth) * np.cos(height)),
        float(np.sin(azimuth) * np.cos(height)),
        float(np.sin(height)),
    )
    shift = rng.uniform(0.93, 1.05, 3)

    def level(b: float, g: float, r: float) -> tuple[float, float, float]:
        return float(b * shift[0]), float(g * shift[1]), float(r * shift[2])

    if condition == "day":
        return Light(
            "day", sun, float(rng.uniform(0.5, 1)), level(1, 1, 1.02), float(rng.uniform(1.5, 4))
        )
    if condition == "overcast":
        return Light("overcast", sun, 0, level(0.9, 0.88, 0.86), float(rng.uniform(2, 5)))
    if condition == "dusk":
        k = float(rng.uniform(0.42, 0.62))
        return Light("dusk", sun, 0, level(k * 0.95, k * 0.92, k * 1.08), float(rng.uniform(4, 8)))
    if condition == "rain":
        k = float(rng.uniform(0.5, 0.8))
        return Light(
            "rain",
            sun,
            0,
            level(k * 1.05, k, k * 0.95),
            float(rng.uniform(3, 7)),
            rain=float(rng.uniform(0.3, 1)),
        )
    if condition == "snow":
        k = float(rng.uniform(0.72, 0.9))
        return Light(
            "snow", sun, 0, level(k * 1.05, k, k * 0.98), float(rng.uniform(2, 5)),
            snow=float(rng.uniform(0.3, 1)),
        )  # fmt: skip
    return _night(road, rng, shift, posts)


def _night(
    road: Road,
    rng: np.random.Generator,
    shift: NDArray[np.float64],
    posts: Sequence[tuple[float, float]],
) -> Light:
    k = float(rng.uniform(0.17, 0.32))
    start = float(rng.uniform(-40, -25))
    b, g, r = (float(k * share * s) for share, s in zip((1.1, 0.95, 0.9), shift, strict=True))
    lit = Light("night", (0, 0, 1), 0, (b, g, r), float(rng.uniform(4, 9)))
    if not posts:
        lamps = tuple(road.place(start + 18 * i, -road.width_m / 2) for i in range(6))
        return replace(lit, lamps=lamps)
    tint = _WARM if rng.random() < 0.45 else _WHITE
    return replace(lit, lamps=tuple(posts), lamp_reach_m=13.0, lamp_tint=tint)


def light_map(view: View, light: Light) -> NDArray[np.uint8]:
    """What each pixel is multiplied by, 128 meaning unchanged; (height, width, 3)."""
    x, y, reach = view.ground
    gain = np.ones((*x.shape, 3)) * np.asarray(light.level)
    finite = np.isfinite(reach)
    pools = np.zeros(x.shape)
    for lamp_x, lamp_y in light.lamps:
        away = np.where(finite, np.hypot(x - lamp_x, y - lamp_y), 60)
        pools += np.exp(-((away / light.lamp_reach_m) ** 2))
    gain += (0.62 * (1 - np.exp(-pools)))[..., None] * np.array(light.lamp_tint)
    rows, columns = np.mgrid[-1 : 1 : x.shape[0] * 1j, -1 : 1 : x.shape[1] * 1j]
    gain *= (1 - 0.1 * (rows**2 + columns**2))[..., None]
    return np.asarray(np.clip(gain * 128, 0, 255), dtype=np.uint8)


def glow(
    canvas: NDArray[np.uint8], at: Floats, radius_px: float, color: tuple[float, float, float]
) -> None:
    """Add a soft light in place."""
    r = int(np.clip(radius_px, 2, canvas.shape[1] / 7))
    x, y = int(at[0]), int(at[1])
    x0, x1, y0, y1 = (
        max(0, x - r),
        min(canvas.shape[1], x + r + 1),
        max(0, y - r),
        min(canvas.shape[0], y + r + 1),
    )
    if x0 >= x1 or y0 >= y1:
        return
    rows, columns = np.ogrid[y0 - y : y1 - y, x0 - x : x1 - x]
    bright = np.exp(-((rows**2 + columns**2) / (r * 0.42) ** 2))
    patch = canvas[y0:y1, x0:x1]
    patch[:] = np.clip(patch + bright[..., None] * np.asarray(color), 0, 255).astype(np.uint8)


def rain_streaks(view: View, amount: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Falling drops as a picture to add, (height, width, 3)."""
    small = np.zeros((view.height_px, view.width_px), np.uint8)
    for _ in range(int(260 * amount * view.width_px / 640)):
        x, y = rng.integers(0, view.width_px), rng.integers(-20, view.height_px)
        long = int(rng.uniform(0.02, 0.06) * view.height_px)
        cv2.line(
            small,
            (int(x), int(y)),
            (int(x) + max(1, long // 5), int(y) + long),
            int(rng.integers(25, 70)),
            1,
            cv2.LINE_AA,
        )
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_GRAY2BGR), dtype=np.uint8)


def snow_flakes(view: View, amount: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Flakes near and far as a picture to add, (height, width, 3); it wraps at its edges."""
    small = np.zeros((view.height_px, view.width_px), np.uint8)
    scale = view.width_px / 640
    for _ in range(int(420 * amount * scale)):
        x, y = int(rng.integers(0, view.width_px)), int(rng.integers(0, view.height_px))
        radius = rng.choice([0.7, 1.0, 1.6, 3.0], p=[0.5, 0.3, 0.16, 0.04]) * scale
        tone = int(rng.integers(60, 150) * (0.55 if radius > 2 * scale else 1))
        end = (x + round(rng.normal(0, 1.2) * scale), y + round(rng.uniform(0, 3.5) * scale))
        cv2.line(small, (x, y), end, tone, max(1, round(radius)), cv2.LINE_AA)
    soft = cv2.GaussianBlur(small, (0, 0), 0.7 * scale)
    return np.asarray(cv2.cvtColor(soft, cv2.COLOR_GRAY2BGR), dtype=np.uint8)


class Headlights:
    """Light that vehicles throw on the ground before them; a quarter of the picture's size."""

    def __init__(self, view: View) -> None:
        x, y, reach = (g[2::4, 2::4] for g in view.ground)
        self._x, self._y = x.astype(np.float32), y.astype(np.float32)
        self._ground = np.isfinite(reach) & (reach < 150)
        self._size = (view.width_px, view.height_px)

    def pools(
        self, beams: Sequence[tuple[float, float, float]], strength: float
    ) -> NDArray[np.uint8] | None:
        """What each pixel is lit by more, 128 meaning as by day; (height, width, 3).

        A beam is x, y of a vehicle's nose and its heading. Its lobe is ours: widening by a fifth of
        its length, fading over 13 m.
        """
        total: NDArray[np.float32] | None = None
        for x, y, heading in beams:
            a = np.radians(heading)
            dx, dy = self._x - np.float32(x), self._y - np.float32(y)
            ahead = dx * np.float32(np.sin(a)) + dy * np.float32(np.cos(a))
            if float(ahead.max()) < 0:
                continue
            aside = dx * np.float32(np.cos(a)) - dy * np.float32(np.sin(a))
            front = np.maximum(ahead, 0)
            wide = 1.0 + 0.22 * front
            lobe = np.minimum(front / 3, 1) * np.exp(-front / 13 - (aside / wide) ** 2)
            total = lobe if total is None else total + lobe
        if total is None:
            return None
        level = np.clip(total * self._ground * (strength * 128), 0, 255).astype(np.uint8)
        grown = cv2.resize(level, self._size, interpolation=cv2.INTER_LINEAR)
        return np.asarray(cv2.merge([grown, grown, grown]), dtype=np.uint8)


def sensor_noise(view: View, deviation: float, rng: np.random.Generator) -> NDArray[np.int16]:
    """Grain with a margin beyond the picture, so that each frame can cut it elsewhere."""
    h, w = view.height_px + 64, view.width_px + 64
    grey = rng.normal(0, deviation * 0.8, (h, w, 1))
    color = cv2.GaussianBlur(rng.normal(0, deviation, (h, w, 3)), (0, 0), 0.8)
    return np.asarray(grey + color, dtype=np.int16)
