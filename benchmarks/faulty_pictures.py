"""Pictures of a camera with something wrong with it, made from sound ones (合成镜头故障)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from demo.cameras.cast import traffic
from demo.cameras.script import Script
from demo.scenes.light import make_light
from demo.scenes.random_scene import random_place
from demo.scenes.stage import Stage
from ingest.frame import Image

SIZE_PX = (640, 360)
MARGIN = 1.5
"""Scenes are this much larger than what the camera sees of them, so that it can turn."""
FPS = 1.0

Distort = Callable[[Image, int], Image]
"""A seen picture and its number -> what the faulty camera gives."""


@dataclass(frozen=True, slots=True)
class Aim:
    """Where the camera looks in the larger scene: pixels, degrees, times."""

    x_px: float = 0.0
    y_px: float = 0.0
    turn_deg: float = 0.0
    zoom: float = 1.0


def seen(scene: Image, aim: Aim | None = None) -> Image:
    """What the camera sees of the scene."""
    aim = aim or Aim()
    height, width = scene.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), aim.turn_deg, aim.zoom)
    matrix[0, 2] += SIZE_PX[0] / 2 - width / 2 + aim.x_px
    matrix[1, 2] += SIZE_PX[1] / 2 - height / 2 + aim.y_px
    return np.asarray(
        cv2.warpAffine(
            scene, matrix, SIZE_PX, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
        ),
        np.uint8,
    )


def rendered(seed: int, condition: str, seconds: float) -> Iterator[Image]:
    """A random place with traffic in one light; larger than the camera sees (`MARGIN`)."""
    size = (round(SIZE_PX[0] * MARGIN), round(SIZE_PX[1] * MARGIN))
    place = random_place(seed, *size)
    rng = np.random.default_rng((seed, 21))
    stage = Stage(place.view, place.backdrop, make_light(condition, place.road, rng), rng)
    kinds = ("car", "van", "bus", "covered", "open", "car")
    cars = [
        (4 + 9.0 * i + float(rng.uniform(0, 4)), kinds[i % 6], int(rng.choice([-1, 1])), 9.0)
        for i in range(int(seconds / 9))
    ]
    script = Script(seconds, stage, place.road, traffic(place.road, seed, *cars))
    yield from script.frames(FPS, seed)


@lru_cache(maxsize=8)
def _grain(number: int) -> NDArray[np.float32]:
    rng = np.random.default_rng((number, 5))
    return rng.normal(0, 1, (SIZE_PX[1], SIZE_PX[0], 3)).astype(np.float32)


def grained(picture: Image, number: int, deviation: float = 3.0) -> Image:
    """With a sensor's grain, eight of which follow each other."""
    noise = _grain(number % 8) * np.float32(deviation)
    return np.asarray(cv2.add(picture, noise, dtype=cv2.CV_8U), np.uint8)


def blurred(sigma_px: float) -> Distort:
    return lambda picture, number: grained(
        np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma_px), np.uint8), number, 2.0
    )


def black(picture: Image, number: int) -> Image:
    """The lamps went out: a sensor's grain."""
    return grained((picture * 0.02 + 4).astype(np.uint8), number, 4.0)


def overexposed(picture: Image, number: int) -> Image:
    return grained(np.clip(picture * 5.0 + 60, 0, 255).astype(np.uint8), number)


def sun(picture: Image, number: int) -> Image:
    """A sun in the picture: a white disc, and a veil over the rest."""
    height, width = picture.shape[:2]
    rows, columns = np.ogrid[:height, :width]
    away = np.hypot(columns - 0.55 * width, rows - 0.4 * height) / width
    veil = np.exp(-((away / 0.3) ** 2))[..., None]
    return grained(np.clip(picture * 0.5 + 90 + 330 * veil, 0, 255).astype(np.uint8), number)


def covered(share: float, level: float = 70.0, *, blotchy: bool = False) -> Distort:
    """Something close before the lens from the left: out of focus itself, and even or blotchy."""

    def cover(picture: Image, number: int) -> Image:
        height, width = picture.shape[:2]
        edge = np.clip((share * width - np.arange(width)) / (0.04 * width) + 0.5, 0, 1)
        rng = np.random.default_rng(77)
        tone = np.full((height, width, 3), level, np.float32)
        if blotchy:
            spots = cv2.GaussianBlur(
                rng.normal(0, 1, (height, width)).astype(np.float32), (0, 0), 22
            )
            tone += (spots / spots.std() * 18)[..., None]
        mask = (np.ones(width) if share >= 1 else edge)[None, :, None]
        return grained(np.clip(picture * (1 - mask) + tone * mask, 0, 255).astype(np.uint8), number)

    return cover


def gain(times: float) -> Distort:
    return lambda picture, _number: np.clip(picture * times, 0, 255).astype(np.uint8)


def truck_side(share: float) -> Distort:
    """A truck stands before the lens: sharp, with edges of its own, over part of the picture."""

    def stand(picture: Image, number: int) -> Image:
        height, width = picture.shape[:2]
        drawn = picture.copy()
        right = round(share * width)
        cv2.rectangle(drawn, (-5, round(0.12 * height)), (right, height), (60, 120, 50), -1)
        for column in range(0, right, round(0.07 * width)):
            cv2.rectangle(
                drawn, (column, round(0.16 * height)), (column + 6, round(0.8 * height)),
                (40, 84, 36), -1,
            )  # fmt: skip
        cv2.rectangle(drawn, (-5, round(0.84 * height)), (right, height), (30, 30, 32), -1)
        for column in range(0, right, round(0.2 * width)):
            cv2.circle(drawn, (column, round(0.95 * height)), round(0.1 * height), (15, 15, 15), -1)
        return grained(drawn, number)

    return stand


def headlights(picture: Image, _number: int) -> Image:
    """Two full beams towards the camera."""
    lit = picture.astype(np.float32)
    height, width = picture.shape[:2]
    rows, columns = np.ogrid[:height, :width]
    for x in (0.42, 0.55):
        away = np.hypot(columns - x * width, rows - 0.6 * height) / width
        lit += (400 * np.exp(-((away / 0.07) ** 2)))[..., None]
    return np.clip(lit, 0, 255).astype(np.uint8)


def fog(picture: Image, number: int) -> Image:
    return grained((picture * 0.35 + 118).astype(np.uint8), number, 2.0)


def snow(picture: Image, number: int) -> Image:
    rng = np.random.default_rng((number, 6))
    drawn = picture.copy()
    for _ in range(250):
        x, y = int(rng.integers(SIZE_PX[0])), int(rng.integers(SIZE_PX[1]))
        cv2.circle(drawn, (x, y), int(rng.integers(1, 4)), (235, 235, 235), -1)
    return drawn


def shaking(amount_px: float) -> Callable[[int], Aim]:
    """A pole in the wind."""

    def aim(number: int) -> Aim:
        rng = np.random.default_rng((number, 7))
        x, y = rng.normal(0, amount_px, 2)
        return Aim(float(np.clip(x, -8, 8)), float(np.clip(y, -8, 8)), float(rng.normal(0, 0.15)))

    return aim


def still(aim: Aim) -> Callable[[int], Aim]:
    return lambda _number: aim


def looped(pictures: Sequence[Image], count: int) -> Iterator[Image]:
    """There and back again, so that nothing jumps."""
    there_and_back = [*range(len(pictures)), *range(len(pictures) - 2, 0, -1)]
    for number in range(count):
        yield pictures[there_and_back[number % len(there_and_back)]]
