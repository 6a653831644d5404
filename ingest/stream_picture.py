"""A decoded picture as the codec left it, converted only where somebody asks (解码画面)."""

from __future__ import annotations

import threading

import av
import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from ingest.frame import Image

_LARGEST_STEP = 2
_own = threading.local()


def _reformatter(*key: object) -> VideoReformatter:
    """One a thread and conversion: making swscale's tables costs more than a small picture."""
    made: dict[tuple[object, ...], VideoReformatter] | None = getattr(_own, "made", None)
    if made is None:
        made = _own.made = {}
    if key not in made:
        if len(made) >= 32:  # cameras of many sizes came and went
            made.clear()
        made[key] = VideoReformatter()
    return made[key]


class DecodedPicture:
    """Holds the codec's planes (1.5 bytes a pixel) until it is dropped itself.

    Scales by libswscale, by area above a factor of 2, else bilinear.
    """

    def __init__(self, picture: av.VideoFrame) -> None:
        self._picture = picture
        self._made: dict[tuple[int, str], NDArray[np.uint8]] = {}

    @property
    def width_px(self) -> int:
        return self._picture.width

    @property
    def height_px(self) -> int:
        return self._picture.height

    def image(self) -> Image:
        return self._converted(self.width_px, "bgr24")

    def scaled(self, width_px: int) -> Image:
        return self._converted(min(width_px, self.width_px), "bgr24")

    def grey(self, width_px: int) -> NDArray[np.uint8]:
        """(height, width), at most `width_px` wide."""
        return self._converted(min(width_px, self.width_px), "gray")

    def luma_sample(self) -> bytes:
        """Every fourth pixel of every fourth line, as decoded: equal only for the same picture."""
        plane = self._picture.planes[0]
        lines = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        return bytes(lines[: self.height_px : 4, : self.width_px : 4].tobytes())

    def _converted(self, width_px: int, pixels: str) -> NDArray[np.uint8]:
        known = self._made.get((width_px, pixels))
        if known is not None:
            return known
        source = self._picture
        height_px = round(source.height * width_px / source.width)
        how = "AREA" if source.width > _LARGEST_STEP * width_px else "BILINEAR"
        scaler = _reformatter(
            source.width, source.height, source.format.name, width_px, pixels, source.color_range
        )
        # By default swscale keeps threads of its own for each conversion: same pixels, and waits.
        small = scaler.reformat(
            source, width=width_px, height=height_px, format=pixels, interpolation=how, threads=1
        )
        made = np.asarray(small.to_ndarray(), np.uint8)
        self._made[width_px, pixels] = made
        return made
