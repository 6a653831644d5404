"""Notices a picture that stands still: the same pixels again and again (画面冻结)."""

from __future__ import annotations

from zlib import crc32

from ingest.frame import Image


class FrozenWatchdog:
    """A live sensor's noise changes every picture somewhere; a hung encoder repeats one exactly."""

    def __init__(self, frozen_after_s: float) -> None:
        self._frozen_after_s = frozen_after_s
        self._digest: int | None = None
        self._since_s = 0.0

    def see(self, image: Image, now_s: float) -> bool:
        """True once the picture was the same for `frozen_after_s`; `now_s` is any steady clock."""
        digest = crc32(image[::4, ::4].tobytes())
        if digest != self._digest:
            self._digest, self._since_s = digest, now_s
            return False
        return now_s - self._since_s >= self._frozen_after_s
