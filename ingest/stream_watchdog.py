"""Notices a picture that stands still: the same pixels again and again (画面冻结)."""

from __future__ import annotations

from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from ingest.frame import Image

_LEAST_ALIKE = 3
"""So many pictures at least must be alike, however far apart they come."""
SKIPPED_BYTES = 256
"""A packet of nothing but skipped blocks is smaller: 8,160 macroblocks of 1080p take some 20 to 60
bytes by CABAC, and headers. Sensor noise takes kilobytes. Ours."""
_COPY_LEVELS = 2
"""An encoder that codes a standing picture anew may round it differently by so much. Ours."""


class FrozenWatchdog:
    """A live sensor's noise changes every picture somewhere; a hung encoder repeats one exactly."""

    def __init__(self, frozen_after_s: float) -> None:
        self._frozen_after_s = frozen_after_s
        self._digest: int | None = None
        self._since_s = 0.0

    def see(self, image: Image, now_s: float) -> bool:
        """True once the picture was the same for `frozen_after_s`; `now_s` is any steady clock."""
        return self.see_sample(image[::4, ::4].tobytes(), now_s)

    def see_sample(self, sample: bytes, now_s: float) -> bool:
        """As `see`, of any part of the picture that shows its noise."""
        digest = crc32(sample)
        if digest != self._digest:
            self._digest, self._since_s = digest, now_s
            return False
        return now_s - self._since_s >= self._frozen_after_s


class FrozenStream:
    """The same for a coded stream: by its key frames, and by what lies between them.

    Frozen are key frames that decode to the same pixels, as when a server repeats what it last got;
    and key frames that are alike but for rounding while every other packet skips the whole picture,
    as when an encoder goes on with a sensor that hangs.
    """

    def __init__(self, frozen_after_s: float) -> None:
        self._frozen_after_s = frozen_after_s
        self._sample = b""
        self._grey: NDArray[np.uint8] | None = None
        self._same_since_s = self._alike_since_s = 0.0
        self._same = self._alike = 0
        self._coded_s = float("-inf")

    def packet(self, size_bytes: int, at_s: float) -> None:
        """A packet between key frames."""
        if size_bytes > SKIPPED_BYTES:
            self._coded_s = at_s

    def key_picture(self, sample: bytes, grey: NDArray[np.uint8], at_s: float) -> bool:
        """True while the picture stands still; `sample` and `grey` are of one key frame."""
        if sample != self._sample:
            self._sample, self._same_since_s, self._same = sample, at_s, 0
        self._same += 1
        first = self._grey
        if first is None or first.shape != grey.shape or _most(first, grey) > _COPY_LEVELS:
            self._grey, self._alike_since_s, self._alike = grey, at_s, 0
        self._alike += 1
        same = self._same >= _LEAST_ALIKE and at_s - self._same_since_s >= self._frozen_after_s
        skipping_since_s = max(self._alike_since_s, self._coded_s)
        skipped = self._alike >= _LEAST_ALIKE and at_s - skipping_since_s >= self._frozen_after_s
        return same or skipped


def _most(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> int:
    return int(np.abs(a.astype(np.int16) - b).max())
