"""Cheap signs that something moves, before all pictures are decoded (码流线索)."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
"""Shape (height, width): a small grey picture."""

CUE_WIDTH_PX = 320


class SizeCue:
    """The sizes of packets between key frames against what this camera's usually are.

    Movement costs bits. Sizes are judged as their logarithm, averaged over five packets; the usual
    level and its spread follow within some ten seconds, and follow an outlier only as far as the
    spread allows. Where a rate control holds the sizes level, this says little and the key frames
    decide. The figures are ours, from rendered gates at 2 Mbit/s (docs/streams.md).
    """

    _SMOOTH = 1 / 5
    _FOLLOW = 1 / 250
    _SETTLES = 100  # packets before it says anything
    _LEAST = math.log(1.25)

    def __init__(self, spreads: float = 5.0) -> None:
        self._spreads = self._spreads_at_rest = spreads
        self._level = self._spread = self._smooth = 0.0
        self._seen = 0

    def see(self, size_bytes: int) -> bool:
        """True where the last packets stand out; for packets that are no key frames."""
        logarithm = math.log(size_bytes + 64)
        self._seen += 1
        if self._seen == 1:
            self._level = self._smooth = logarithm
            self._spread = 0.2
        self._smooth += self._SMOOTH * (logarithm - self._smooth)
        off = self._smooth - self._level
        stands_out = off > max(self._LEAST, self._spreads * self._spread)
        follow = max(self._FOLLOW, 1 / self._seen)
        within = max(-3 * self._spread, min(3 * self._spread, off))
        self._level += follow * within
        self._spread = max(
            0.01, self._spread + follow * (min(abs(off), 3 * self._spread) - self._spread)
        )
        self._spreads += (self._spreads_at_rest - self._spreads) / 15000  # ten minutes of 25/s
        return stands_out and self._seen > self._SETTLES

    def was_false(self) -> None:
        """Nothing moved when all pictures were looked at: be slower to cry."""
        self._spreads = min(self._spreads * 1.3, 40.0)


class PictureCue:
    """A key frame's small grey picture against the last one's.

    Each pixel has its own usual difference, so that leaves in the wind and a night's noise wake
    nothing after a while; a change of all pixels alike is one of exposure. `LEVELS` of 255 and
    `SMALLEST_PX` of the 320 px wide picture are our own choice: a person 40 px tall at 1080p.
    """

    LEVELS = 8.0
    SMALLEST_PX = 5
    _TIMES_USUAL = 4.0
    _FOLLOW = 0.1

    def __init__(self) -> None:
        self._last: NDArray[np.float32] | None = None
        self._usual: NDArray[np.float32] | None = None
        self._difference: NDArray[np.float32] | None = None
        self._times = self._TIMES_USUAL

    def see(self, grey: Grey) -> bool:
        """True where something is elsewhere than in the last picture, or there is no last one."""
        now = cv2.blur(grey, (3, 3)).astype(np.float32)
        last, self._last = self._last, now
        if last is None or last.shape != now.shape:
            self._usual = np.full(now.shape, 1.0, np.float32)
            return True
        difference = now - last
        difference -= np.float32(np.median(difference[::4, ::4]))
        np.abs(difference, out=difference)
        usual = self._usual
        if usual is None:
            raise AssertionError("set with the first picture")
        self._difference = difference
        changed = difference > np.maximum(self.LEVELS, self._times * usual)
        # What stands out for once is followed slowly: a truck that passes is not made usual.
        usual += np.float32(self._FOLLOW) * (np.minimum(difference, 2 * usual + 0.5) - usual)
        self._times += 0.01 * (self._TIMES_USUAL - self._times)
        return int(np.count_nonzero(changed)) >= self.SMALLEST_PX

    def follow(self, grey: Grey) -> None:
        """A key frame that was looked at anyway."""
        self._last = cv2.blur(grey, (3, 3)).astype(np.float32)

    def was_false(self) -> None:
        """Nothing moved when all pictures were looked at: such a difference is usual there."""
        self._times = min(self._times * 1.3, 12.0)
        if self._usual is not None and self._difference is not None:
            more = np.maximum(self._difference - self._usual, 0)
            self._usual += np.float32(0.5) * more
