"""The two memories of a scene: what rain and grain hide in one picture."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from detection.background import Background, Look
from ingest.frame import Frame

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
STAIN = np.s_[80:120, 100:200]


def looked(*, rain: bool = False, dark: bool = False, stain_levels: int, seconds: int = 40) -> Look:
    """A grey road in noise of its own in each picture; from 30 s on a stain lies there."""
    dice = np.random.default_rng(3)
    background = Background()
    look: Look | None = None
    for number in range(seconds * 5):
        at_s = number / 5
        picture = np.full((180, 320), 130.0)
        if at_s >= 30:
            picture[STAIN] -= stain_levels
        picture += dice.normal(0, 28, picture.shape)
        grey = np.clip(picture, 0, 255).astype(np.uint8)
        frame = Frame.of("c1", BEGIN + timedelta(seconds=at_s), np.dstack([grey] * 3), number)
        look = background.advance(frame, rain=rain, dark=dark)
    assert look is not None
    return look


@pytest.mark.parametrize(
    ("rain", "dark", "least", "most"),
    [(True, False, 0.6, 1.0), (False, True, 0.6, 1.0), (False, False, 0.0, 0.3)],
)
def test_in_rain_and_in_the_dark_a_stain_shows_in_the_mean_of_a_second(
    rain: bool, dark: bool, least: float, most: float
) -> None:
    look = looked(rain=rain, dark=dark, stain_levels=24)
    assert look.changed[STAIN].mean() < 0.4
    assert least <= look.lasting[STAIN].mean() <= most


def test_in_rain_alone_nothing_lasts() -> None:
    look = looked(rain=True, stain_levels=0)
    assert look.lasting.mean() < 0.01


@pytest.mark.parametrize(("dark", "forgotten"), [(False, True), (True, False)])
def test_in_the_dark_lamps_may_light_half_the_picture_for_longer(
    dark: bool, forgotten: bool
) -> None:
    """A truck with its lamps on stands before the camera for 14 s."""
    background, looks = Background(), list[Look]()
    for number in range(30 * 5):
        picture = np.full((180, 320, 3), 60, np.uint8)
        if 10 <= number / 5 < 24:
            picture[:84] += 50
        at = BEGIN + timedelta(seconds=number / 5)
        looks.append(background.advance(Frame.of("c1", at, picture, number), dark=dark))
    assert any(look.restarted for look in looks) is forgotten
    assert not looks[80].settled  # nothing is judged meanwhile
