"""What light a camera sees by, told from its picture (光照工况).

A clock and a map would say when the sun sets, not that the street lamps are on or that it rains.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

_EVERY = timedelta(seconds=1)
_HOLDS = timedelta(seconds=10)
"""A new light must be seen for so long: a truck before the lens is no night (ours)."""

NIGHT_LEVEL = 55.0
"""Median grey level: below it is night, up to `DUSK_LEVEL` dusk; `HYSTERESIS` to come back."""
DUSK_LEVEL = 85.0
HYSTERESIS = 8.0
STREAK_SHARE = 0.0055
"""Share of the picture's pixels that flash brighter for one picture only, and are longer than
wide: rain or snow make 0.0063 and more, noise, leaves and traffic 0.0032 in the
median and for moments 0.0074, which do not hold (ours; drawn clips of seeds 2001 to 2040)."""
GOES_ON = 0.65
"""Rain goes on until there are fewer than this share of what it takes to begin."""


class Light(StrEnum):
    DAY = "day"  # 白天
    DUSK = "dusk"  # 黄昏
    NIGHT = "night"  # 夜间
    RAIN = "rain"  # 雨雪


@dataclass(frozen=True, slots=True)
class LightProfile:
    """Thresholds that go with a light (ours, chosen on the tuning clips of docs/cameras.md).

    Attributes:
        wet_road: the road shines and dries: what only darkens or brightens it proves nothing.
        dark: headlights light the ground, all of it where one stands before the camera.
    """

    light: Light
    wet_road: bool = False
    dark: bool = False


PROFILES = {
    Light.DAY: LightProfile(Light.DAY),
    Light.DUSK: LightProfile(Light.DUSK, dark=True),
    Light.NIGHT: LightProfile(Light.NIGHT, dark=True),
    Light.RAIN: LightProfile(Light.RAIN, wet_road=True),
}


class LightMeter:
    """Feed every looked-at picture in order of time; the profile follows with hysteresis.

    `rain_began_at`: when it began to rain or snow while the camera watched; None where it did
    from the first.
    """

    def __init__(self) -> None:
        self._profile: LightProfile | None = None
        self._candidate: tuple[Light, datetime] | None = None
        self._due: datetime | None = None
        self._last: NDArray[np.uint8] | None = None
        self._streaks: float | None = None
        self.level = 0.0
        self.rain_began_at: datetime | None = None

    @property
    def profile(self) -> LightProfile:
        return self._profile or PROFILES[Light.DAY]

    @property
    def may_rain(self) -> bool:
        """It rains or snows, or seems to and has not done so for long enough to be told."""
        begins = self._candidate is not None and self._candidate[0] is Light.RAIN
        return begins or self.profile.wet_road

    def advance(self, grey: NDArray[np.uint8], at: datetime) -> LightProfile:
        """`grey` (h, w) is a small picture: some 320 px wide."""
        if self._due is not None and at < self._due:
            return self.profile
        self._due = at + _EVERY
        self.level = float(np.median(grey[::4, ::4]))
        if self._last is not None and self._last.shape == grey.shape:
            share = streak_share(grey, self._last)
            self._streaks = share if self._streaks is None else 0.8 * self._streaks + 0.2 * share
        self._last = grey
        if self._streaks is None:
            return self.profile
        seen = self._light(self._streaks)
        if self._profile is None:
            self._profile = PROFILES[seen]
        elif seen is self._profile.light:
            self._candidate = None
        elif self._candidate is None or self._candidate[0] is not seen:
            self._candidate = (seen, at)
        elif at - self._candidate[1] >= _HOLDS:
            if seen is Light.RAIN:
                self.rain_began_at = self._candidate[1]
            self._profile, self._candidate = PROFILES[seen], None
        return self.profile

    def _light(self, streaks: float) -> Light:
        now = self._profile.light if self._profile else None
        if streaks > STREAK_SHARE * (GOES_ON if now is Light.RAIN else 1.0):
            return Light.RAIN
        if self.level < NIGHT_LEVEL + (HYSTERESIS if now is Light.NIGHT else 0):
            return Light.NIGHT
        if self.level < DUSK_LEVEL + (HYSTERESIS if now is Light.DUSK else 0):
            return Light.DUSK
        return Light.DAY


def streak_share(grey: NDArray[np.uint8], before: NDArray[np.uint8]) -> float:
    """Share of pixels in thin upright flashes that the picture before did not have."""
    flash = cv2.subtract(grey, before)
    wide = cv2.morphologyEx(flash, cv2.MORPH_OPEN, np.ones((1, 3), np.uint8))
    thin = cv2.subtract(flash, wide)
    upright = cv2.morphologyEx(thin, cv2.MORPH_OPEN, np.ones((3, 1), np.uint8))
    return float(np.count_nonzero(upright > 10)) / upright.size
