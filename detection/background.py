"""Two memories of a scene, one of a second and one of a minute (双背景模型).

What differs from the long memory and agrees with the short one came and stayed. Pixels are those
of a working picture at most `WORK_WIDTH_PX` wide.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import cv2
import numpy as np
from numpy.typing import NDArray

from ingest.frame import Image

WORK_WIDTH_PX = 640
SHORT_S = 0.5  # time constants of the exponential means: about 1 s and 60 s of memory
LONG_S = 60.0
WARM_UP_S = 4.0
CHANGE_LEVELS = 11.0  # of 255; a change must exceed this and NOISE_TIMES the pixel's own noise
NOISE_TIMES = 4.0
STILL_LEVELS = 9.0  # a still pixel agrees with the short memory within this
GLOBAL_CHANGE = 0.45  # so much of the picture changed: another light or another view
GLOBAL_CHANGE_S = 2.0

Mask = NDArray[np.bool_]
Picture = NDArray[np.float32]
_NOTHING: Picture = np.empty((0, 0, 3), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One picture against both memories; masks of the working picture.

    Attributes:
        changed: differs from the long memory.
        still: agrees with the short one.
        age_s: how long each pixel has been changed and still, occlusions not counted.
        scale: working pixels per pixel of the frame.
        restarted: the light or the view changed as a whole; everything before is forgotten.
    """

    ready: bool
    changed: Mask
    still: Mask
    age_s: Picture
    scale: float
    restarted: bool = False


def strongest(picture: cv2.typing.MatLike) -> Picture:
    """(h, w, 3) -> (h, w): the largest channel, many times faster than numpy's `max(axis=2)`."""
    blue, green, red = cv2.split(picture)
    return np.asarray(cv2.max(cv2.max(blue, green), red), np.float32)


class Background:
    """Feed every picture in order of time; nothing here reads a clock."""

    def __init__(self) -> None:
        self._started_at: datetime | None = None  # of the warm-up
        self._at: datetime | None = None
        self._changed_since: datetime | None = None
        self._samples: list[Picture] = []
        self._sample_due: datetime | None = None
        self._short = self._long = _NOTHING  # `_long` stays so until the warm-up is over
        self._noise = self._age = _NOTHING
        self._gain = np.ones(3, np.float32)

    @property
    def short(self) -> Picture:
        """(h, w, 3) BGR, exposure of the long memory."""
        return self._exposed(self._short)

    @property
    def long(self) -> Picture:
        """(h, w, 3) BGR; empty while warming up."""
        return self._long

    def advance(self, image: Image, at: datetime) -> Look:
        height, width = image.shape[:2]
        scale = min(1.0, WORK_WIDTH_PX / width)
        size = (round(width * scale), round(height * scale))
        how = cv2.INTER_AREA if scale < 0.5 else cv2.INTER_LINEAR
        small = cv2.resize(image, size, interpolation=how) if scale < 1 else image
        picture: Picture = cv2.GaussianBlur(small, (5, 5), 0).astype(np.float32)
        if self._started_at is None or self._short.shape != picture.shape:
            self._restart(at)
            self._short = picture
        dt_s = min((at - (self._at or at)).total_seconds(), 2.0)
        self._at = at
        rate = np.float32(1 - np.exp(-dt_s / SHORT_S))
        self._short = self._short + rate * (picture - self._short)
        if self._long is _NOTHING:
            return self._warm_up(picture, at, scale)
        return self._compare(picture, at, dt_s, scale)

    def absorb(self, region: Mask) -> None:
        """What is in `region` now belongs to the scene from now on."""
        self.long[region] = self.short[region]
        self._age[region] = 0

    def _restart(self, at: datetime) -> None:
        self._started_at, self._samples = at, []
        self._sample_due = self._changed_since = None
        self._long = _NOTHING

    def _warm_up(self, picture: Picture, at: datetime, scale: float) -> Look:
        if self._sample_due is None or at >= self._sample_due:
            self._samples.append(picture)
            self._sample_due = at + timedelta(seconds=WARM_UP_S / 12)
        if self._started_at is not None and at - self._started_at >= timedelta(seconds=WARM_UP_S):
            stack = np.stack(self._samples)
            self._long = np.median(stack, axis=0).astype(np.float32)
            spread = np.median(np.abs(stack - self._long), axis=0).max(axis=2)
            self._noise = np.clip(1.48 * spread, 1.0, 12.0).astype(np.float32)
            self._age = np.zeros(picture.shape[:2], np.float32)
            self._gain = np.ones(3, np.float32)
            self._samples = []
        nothing = np.zeros(picture.shape[:2], bool)
        return Look(False, nothing, nothing, nothing.astype(np.float32), scale)

    def _compare(self, picture: Picture, at: datetime, dt_s: float, scale: float) -> Look:
        self._gain = self._exposure()
        threshold = self._threshold()
        exposed = self._exposed(picture)
        now = strongest(cv2.absdiff(exposed, self._long))
        lately = strongest(cv2.absdiff(self.short, self._long))
        changed = now > threshold
        unrest = strongest(cv2.absdiff(picture, self._short))
        still = unrest < np.maximum(STILL_LEVELS, 3 * self._noise)
        stays = changed & (lately > threshold) & still
        self._age[stays] += dt_s
        # Back to the old scene: forget soon. Changed but not still: somebody stands before it.
        lost = np.maximum(3 * dt_s, self._age * min(dt_s, 1.0))
        self._age = np.where(changed, self._age, np.maximum(self._age - lost, 0)).astype(np.float32)
        self._learn(exposed, now, changed, dt_s)
        restarted = self._whole_change(float(changed.mean()), at)
        return Look(not restarted, changed, still, self._age, scale, restarted)

    def _exposed(self, picture: Picture) -> Picture:
        """As the long memory would show it, saturated where a sensor is."""
        if np.abs(self._gain - 1).max() < 0.01:
            return picture
        return np.asarray(np.minimum(picture * (1 / self._gain), 255), np.float32)

    def _threshold(self) -> Picture:
        """Levels a pixel must differ by.

        One gain stands for a camera's whole tone curve: it is right for the usual brightness and
        the less sure the further a pixel is from it and the more the exposure changed.
        """
        doubt = 0.8 * float(np.abs(1 - 1 / self._gain).max())
        usual = float(np.median(self._long[::6, ::6]))
        unsure = doubt * np.abs(self._long[:, :, 1] - usual)
        return np.asarray(np.maximum(CHANGE_LEVELS, NOISE_TIMES * self._noise) + unsure, np.float32)

    def _exposure(self) -> NDArray[np.float32]:
        """The gain between now and the long memory, per channel, over the unchanged majority."""
        now, then = self._short[::6, ::6].reshape(-1, 3), self.long[::6, ::6].reshape(-1, 3)
        bright = then.min(axis=1) > 16
        if bright.sum() < 50:
            return np.ones(3, np.float32)
        gain = np.median(now[bright] / then[bright], axis=0)
        return np.asarray(np.clip(gain, 0.4, 2.5), np.float32)

    def _learn(self, exposed: Picture, now: Picture, changed: Mask, dt_s: float) -> None:
        rate = np.float32(1 - np.exp(-dt_s / LONG_S))
        cv2.accumulateWeighted(exposed, self._long, float(rate), (~changed).astype(np.uint8))
        # 1.25 turns a mean of absolute differences into a standard deviation (normal noise).
        step = np.where(changed, rate / 4, rate * 3)
        self._noise += step * (np.minimum(1.25 * now, 30) - self._noise)
        np.clip(self._noise, 1.0, 12.0, out=self._noise)

    def _whole_change(self, fraction: float, at: datetime) -> bool:
        if fraction < GLOBAL_CHANGE:
            self._changed_since = None
            return False
        self._changed_since = self._changed_since or at
        if at - self._changed_since < timedelta(seconds=GLOBAL_CHANGE_S):
            return False
        self._restart(at)
        return True
