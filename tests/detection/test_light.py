"""The light that a camera sees by: told from the picture, held against a moment's change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from numpy.typing import NDArray

from detection.light import Light, LightMeter, streak_share

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def scene(level: float, streaks: int, number: int) -> NDArray[np.uint8]:
    dice = np.random.default_rng(number)
    grey = np.clip(dice.normal(level, 2, (180, 320)), 0, 255)
    for _ in range(streaks):
        x, y = dice.integers(0, 320), dice.integers(0, 168)
        grey[y : y + 12, x] += 40
    return np.clip(grey, 0, 255).astype(np.uint8)


def after(meter: LightMeter, level: float, streaks: int, begin_s: int, seconds: int) -> Light:
    for second in range(begin_s, begin_s + seconds):
        meter.advance(scene(level, streaks, second), BEGIN + timedelta(seconds=second))
    return meter.profile.light


@pytest.mark.parametrize(
    ("level", "streaks", "light"),
    [(120, 0, Light.DAY), (70, 0, Light.DUSK), (30, 0, Light.NIGHT), (90, 150, Light.RAIN)],
)
def test_each_light_is_told(level: float, streaks: int, light: Light) -> None:
    assert after(LightMeter(), level, streaks, 0, 25) is light


def test_a_truck_before_the_lens_is_no_night() -> None:
    meter = LightMeter()
    assert after(meter, 120, 0, 0, 5) is Light.DAY
    assert after(meter, 30, 0, 5, 8) is Light.DAY
    assert after(meter, 120, 0, 13, 5) is Light.DAY
    assert after(meter, 30, 0, 18, 14) is Light.NIGHT


def test_about_a_limit_it_does_not_waver() -> None:
    meter = LightMeter()
    assert after(meter, 50, 0, 0, 5) is Light.NIGHT
    assert after(meter, 58, 0, 5, 30) is Light.NIGHT
    assert after(meter, 66, 0, 35, 30) is Light.DUSK


def test_streaks_are_thin_upright_and_new() -> None:
    calm = scene(90, 0, 1)
    rain = scene(90, 150, 1)
    assert streak_share(rain, calm) > 0.01
    assert streak_share(rain, rain) == 0
    block = calm.copy()
    block[50:100, 100:200] += 40
    assert streak_share(block, calm) < 0.002


def test_rain_that_begins_while_the_camera_watches_has_a_begin() -> None:
    meter = LightMeter()
    assert after(meter, 90, 150, 0, 2) is Light.RAIN  # from the first two pictures on
    assert after(meter, 90, 150, 2, 30) is Light.RAIN
    assert meter.rain_began_at is None
    dry = LightMeter()
    assert after(dry, 120, 0, 0, 30) is Light.DAY
    assert not dry.may_rain
    assert after(dry, 120, 150, 30, 5) is Light.DAY  # not held for long enough
    assert dry.may_rain
    assert after(dry, 120, 150, 35, 9) is Light.RAIN
    assert dry.may_rain
    began_at = dry.rain_began_at
    assert began_at is not None
    assert 0 <= (began_at - BEGIN).total_seconds() - 30 <= 3
