"""What moves is seen at once in calm weather, and told from rain and leaves in the other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import pytest

from detection.motion_gate import MotionGate
from ingest.frame import Frame, Image

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
GROUND = np.random.default_rng(0).integers(80, 120, (360, 640, 1)).repeat(3, axis=2)


def rain(image: Image, dice: np.random.Generator) -> None:
    for _ in range(40):
        x, y = (int(n) for n in dice.integers((0, 0), (640, 340)))
        cv2.line(image, (x, y), (x + 2, y + 22), (160, 160, 160), 2)


def leaves(image: Image, dice: np.random.Generator) -> None:
    """A tree that fills a corner, elsewhere in each picture."""
    by = dice.integers(-3, 4, 2)
    image[:120, :160] = np.roll(image[:120, :160].astype(int) * 2 - 100, by, axis=(0, 1))


def calm(_image: Image, _dice: np.random.Generator) -> None:
    pass


def looks(weather: object, walks: bool, pictures: int = 150) -> list[bool]:
    """At 5 pictures a second; who walks comes after 20 s, 14 px wide, 8 px a picture."""
    dice = np.random.default_rng(1)
    gate = MotionGate()
    seen = []
    for number in range(pictures):
        image = GROUND.astype(np.uint8)
        weather(image, dice)  # type: ignore[operator]
        if walks and number >= 100:
            x = 200 + 8 * (number - 100)
            image[200:244, x : x + 14] = 30
        at = BEGIN + timedelta(seconds=number / 5)
        seen.append(gate.advance(Frame.of("c", at, image, number)).moving)
    return seen


@pytest.mark.parametrize("weather", [calm, rain, leaves])
def test_weather_lets_it_rest_after_a_while(weather: object) -> None:
    assert sum(looks(weather, walks=False)[75:]) <= 10


@pytest.mark.parametrize("weather", [calm, rain, leaves])
def test_who_walks_is_seen_in_any_weather(weather: object) -> None:
    seen = looks(weather, walks=True)[100:]
    assert sum(seen) >= 46
    assert any(seen[:4])
