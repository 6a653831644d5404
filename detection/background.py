"""Two memories of a scene, one of a second and one of a minute (双背景模型).

What differs from the long memory and agrees with the short one came and stayed. Pixels are those
of a working picture at most `WORK_WIDTH_PX` wide, of 8 bits, so that a quiet one costs little.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.earlier_scene import KEPT, EarlierScene
from detection.exposure import exposed_as, exposure, strongest
from ingest.frame import Frame, Image

WORK_WIDTH_PX = 640
SHORT_S = 0.5  # time constants of the exponential means: about 1 s and 60 s of memory
LONG_S = 60.0
WARM_UP_S = 4.0
WARM_UP_PICTURES = 3  # so many at least, however slowly they come
LEARN_EVERY_S = 2.5  # no finer steps needed: every second picture of a quiet camera
CHANGE_LEVELS = 11.0  # of 255; a change must exceed this and NOISE_TIMES the pixel's own noise
NOISE_TIMES = 4.0
LASTING_MEAN = 0.5  # of the threshold of one picture: the mean of five has half the noise of
# streaks and grain, which are elsewhere in each; where leaves or a tape sway, it has as much
STILL_LEVELS = 9.0  # a still pixel agrees with the short memory within this
UNSETTLED = 0.45  # so much of the picture changed: what it shows is judged later
GLOBAL_CHANGE = 0.45  # for GLOBAL_CHANGE_S: another light or another view
GLOBAL_CHANGE_S = 8.0
DARK_CHANGE_S = 20.0  # in the dark: the lamps of one that stands and tips light half the picture
WHOLE_CHANGE = 0.75  # so much is no vehicle before the lens: after WHOLE_CHANGE_S
WHOLE_CHANGE_S = 2.0

Mask = NDArray[np.bool_]
Picture = NDArray[np.float32]
_NO_IMAGE: Image = np.empty((0, 0, 3), np.uint8)
_NOTHING: Picture = np.empty((0, 0), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One picture against both memories; masks of the working picture.

    Attributes:
        changed: differs from the long memory.
        lasting: differs from it in the mean of the last second too; in rain and in the dark in
            that mean alone: what streaks or grain hide in one picture shows there.
        still: agrees with the short one.
        age_s: how long each pixel has been changed and still, occlusions not counted.
        onset_s: seconds of `at_s` when each pixel's age began; nan where it has none.
        at_s: this picture's time, seconds since the memories began.
        scale: working pixels per pixel of the frame.
        fraction: of the picture changed.
        restarted: the light or the view changed as a whole; everything before is forgotten.
        returned: the scene of before such a change is back, and is known again.
    """

    ready: bool
    changed: Mask
    still: Mask
    age_s: Picture
    onset_s: Picture
    at_s: float
    scale: float
    lasting: Mask
    fraction: float = 0.0
    restarted: bool = False
    returned: bool = False

    @property
    def settled(self) -> bool:
        return self.fraction < UNSETTLED


class Background:
    """Feed every picture in order of time; nothing here reads a clock."""

    def __init__(self) -> None:
        self._began_at: datetime | None = None  # of `at_s`
        self._started_at: datetime | None = None  # of the warm-up
        self._at: datetime | None = None
        self._learnt_at: datetime | None = None
        self._changed_since: datetime | None = None
        self._samples: list[Image] = []
        self._sample_due: datetime | None = None
        self._short = self._long = self._now = _NO_IMAGE  # `_long` so until the warm-up is over
        self._long_exact = self._noise = self._age = self._onset = _NOTHING
        self._threshold = self._still_within = np.empty((0, 0), np.uint8)
        self._gain = np.ones(3, np.float32)
        self._earlier: EarlierScene | None = None
        self._returned_at: datetime | None = None

    @property
    def short(self) -> Picture:
        """(h, w, 3) BGR, exposure of the long memory."""
        return self._exposed(self._short).astype(np.float32)

    @property
    def long(self) -> Picture:
        """(h, w, 3) BGR; empty while warming up."""
        return self._long.astype(np.float32)

    @property
    def noise(self) -> Picture:
        """(h, w): each pixel's own standard deviation, in levels; empty while warming up."""
        return self._noise

    @property
    def gain(self) -> float:
        """The exposure of now over that of the long memory."""
        return float(self._gain.mean())

    def patch(self, rows: slice, columns: slice) -> tuple[Picture, Picture]:
        """(now, before): that part of the short memory, exposed alike, and of the long one."""
        now = self._exposed(self._short[rows, columns])
        return now.astype(np.float32), self._long[rows, columns].astype(np.float32)

    def advance(self, frame: Frame, *, rain: bool = False, dark: bool = False) -> Look:
        """`rain`: rain or snow falls through the picture. `dark`: lamps light it."""
        at = frame.captured_at
        picture = np.asarray(cv2.GaussianBlur(frame.scaled(WORK_WIDTH_PX), (5, 5), 0), np.uint8)
        scale = picture.shape[1] / frame.size_px[0]
        if self._started_at is None or self._short.shape != picture.shape:
            self.restart(at)
            self._short = picture
        self._began_at = self._began_at or at
        dt_s = min((at - (self._at or at)).total_seconds(), 2.0)
        self._at = at
        rate = float(1 - np.exp(-dt_s / SHORT_S))
        self._short = np.asarray(cv2.addWeighted(picture, rate, self._short, 1 - rate, 0), np.uint8)
        unrest = np.asarray(strongest(cv2.absdiff(picture, self._short)), np.uint8)
        if self._long is _NO_IMAGE and not self._returns(at):
            return self._warm_up(picture, at, scale)
        patience_s = DARK_CHANGE_S if dark else GLOBAL_CHANGE_S
        hidden = rain or dark
        return self._compare(picture, unrest, at, dt_s, scale, hidden=hidden, patience_s=patience_s)

    def absorb(self, region: Mask) -> None:
        """What is in `region` now belongs to the scene from now on."""
        now = self._exposed(self._short)
        self._long[region] = now[region]
        self._long_exact[region] = now[region]
        self._age[region] = 0
        self._onset[region] = np.nan

    def restart(self, at: datetime) -> None:
        """Forget the scene; it is learnt anew from here."""
        self._earlier = None
        self._started_at, self._samples = at, []
        self._sample_due = self._changed_since = None
        self._long = _NO_IMAGE

    def _warm_up(self, picture: Image, at: datetime, scale: float) -> Look:
        if self._sample_due is None or at >= self._sample_due:
            self._samples.append(picture)
            self._sample_due = at + timedelta(seconds=WARM_UP_S / 12)
        enough = len(self._samples) >= WARM_UP_PICTURES
        long_ago = self._started_at is not None and at - self._started_at >= timedelta(
            seconds=WARM_UP_S
        )
        if enough and long_ago:
            stack = np.stack(self._samples)
            self._long = np.median(stack, axis=0).astype(np.uint8)
            self._long_exact = self._long.astype(np.float32)
            apart = np.abs(stack.astype(np.int16) - self._long).max(axis=3)
            spread = np.median(apart, axis=0)
            self._noise = np.clip(1.48 * spread, 1.0, 12.0).astype(np.float32)
            self._begin_ages(picture.shape[:2])
            self._gain = np.ones(3, np.float32)
            self._samples = []
            self._learnt_at = at
            self._set_thresholds()
        nothing = np.zeros(picture.shape[:2], bool)
        unaged = nothing.astype(np.float32)
        return Look(False, nothing, nothing, unaged, unaged, self._seconds(at), scale, nothing)

    def _compare(
        self,
        picture: Image,
        unrest: NDArray[np.uint8],
        at: datetime,
        dt_s: float,
        scale: float,
        *,
        hidden: bool,
        patience_s: float,
    ) -> Look:
        self._gain = exposure(self._short, self._long)
        threshold = self._threshold
        doubt = 0.8 * float(np.abs(1 - 1 / self._gain).max())
        if doubt > 0.01:
            # One gain stands for a camera's whole tone curve: it is right for the usual brightness
            # and the less sure the further a pixel is from it and the more the exposure changed.
            usual = float(np.median(self._long[::6, ::6]))
            far = cv2.absdiff(self._long[:, :, 1], np.full_like(self._long[:, :, 1], usual))
            threshold = np.asarray(cv2.addWeighted(threshold, 1.0, far, doubt, 0), np.uint8)
        exposed = self._exposed(picture)
        now = np.asarray(strongest(cv2.absdiff(exposed, self._long)), np.uint8)
        lately = strongest(cv2.absdiff(self._exposed(self._short), self._long))
        changed = now > threshold
        still = unrest <= self._still_within
        if hidden:
            lower = cv2.convertScaleAbs(threshold, alpha=LASTING_MEAN)
            lasting = lately > np.maximum(lower, np.uint8(CHANGE_LEVELS))
        else:
            lasting = changed & (lately > threshold)
        fraction = float(np.count_nonzero(changed)) / changed.size
        if fraction >= GLOBAL_CHANGE and self._returns(at):
            return self._compare(
                picture, unrest, at, dt_s, scale, hidden=hidden, patience_s=patience_s
            )
        self._grow(lasting & still, changed | lasting, dt_s, at)
        since_s = (at - (self._learnt_at or at)).total_seconds()
        if since_s >= LEARN_EVERY_S:
            # What lasts is no noise of the scene, though in rain one picture seldom shows it.
            unlike, noisy = (
                (changed | lasting, changed & ~lasting) if hidden else (changed, changed)
            )
            self._learn(exposed, now, unlike, noisy, min(since_s, 5.0))
            self._learnt_at = at
        restarted = self._whole_change(fraction, at, patience_s)
        return Look(
            ready=not restarted,
            changed=changed,
            still=still,
            age_s=self._age,
            onset_s=self._onset,
            at_s=self._seconds(at),
            scale=scale,
            lasting=lasting,
            fraction=fraction,
            restarted=restarted,
            returned=self._returned_at == at,
        )

    def _seconds(self, at: datetime) -> float:
        return (at - (self._began_at or at)).total_seconds()

    def _grow(self, stays: Mask, changed: Mask, dt_s: float, at: datetime) -> None:
        """Back to the old scene: forget soon. Changed but not still: somebody stands before it."""
        age = self._age
        aged = age > 0
        returned = aged & ~changed
        if returned.any():
            was = age[returned]
            age[returned] = np.maximum(was - np.maximum(3 * dt_s, was * min(dt_s, 1.0)), 0)
            self._onset[returned & (age <= 0)] = np.nan
        if stays.any():
            self._onset[stays & ~aged] = self._seconds(at)
            age[stays] += dt_s

    def _exposed(self, picture: Image) -> Image:
        """As the long memory would show it, saturated where a sensor is."""
        return exposed_as(picture, self._gain)

    def _learn(
        self, exposed: Image, now: NDArray[np.uint8], unlike: Mask, noisy: Mask, dt_s: float
    ) -> None:
        """All that is not `unlike` is the scene; what is `noisy` makes its noise, slowly."""
        rate = float(1 - np.exp(-dt_s / LONG_S))
        same = (~unlike).view(np.uint8)
        cv2.accumulateWeighted(exposed, self._long_exact, rate, same)
        self._long = np.asarray(cv2.convertScaleAbs(self._long_exact), np.uint8)
        # 1.25 turns a mean of absolute differences into a standard deviation (normal noise).
        seen = np.minimum(now, 24).astype(np.float32) * np.float32(1.25)
        cv2.accumulateWeighted(seen, self._noise, 3 * rate, same)
        if noisy.any():
            cv2.accumulateWeighted(seen, self._noise, rate / 4, noisy.view(np.uint8))
        np.clip(self._noise, 1.0, 12.0, out=self._noise)
        self._set_thresholds()

    def _set_thresholds(self) -> None:
        noise = self._noise
        self._threshold = np.maximum(CHANGE_LEVELS, NOISE_TIMES * noise).astype(np.uint8)
        self._still_within = np.maximum(STILL_LEVELS, 3 * noise).astype(np.uint8)

    def _whole_change(self, fraction: float, at: datetime, patience_s: float) -> bool:
        if fraction < GLOBAL_CHANGE:
            self._changed_since = None
            return False
        self._changed_since = self._changed_since or at
        long_enough_s = WHOLE_CHANGE_S if fraction > WHOLE_CHANGE else patience_s
        if at - self._changed_since < timedelta(seconds=long_enough_s):
            return False
        earlier = self._earlier
        if earlier is None or at - earlier.covered_at > KEPT:
            earlier = EarlierScene(at, self._long_exact, self._threshold, self._noise)
        self.restart(at)
        self._earlier = earlier
        return True

    def _returns(self, at: datetime) -> bool:
        """The scene of before the last whole change is back: what was known of it holds again."""
        earlier = self._earlier
        if earlier is None or not earlier.is_back(self._short, at):
            return False
        self._long_exact, self._noise = earlier.mean, earlier.noise
        self._long = np.asarray(cv2.convertScaleAbs(self._long_exact), np.uint8)
        self._earlier = self._changed_since = None
        self._samples = []
        self._learnt_at = self._returned_at = at
        self._begin_ages(self._long.shape[:2])
        self._set_thresholds()
        return True

    def _begin_ages(self, shape: tuple[int, ...]) -> None:
        self._age = np.zeros(shape, np.float32)
        self._onset = np.full(shape, np.nan, np.float32)
