"""A frame: one picture of one camera with its time (视频帧)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""Shape (height, width, 3), BGR."""


class Picture(Protocol):
    """A decoded picture whose pixels are converted only where somebody asks for them."""

    @property
    def width_px(self) -> int: ...

    @property
    def height_px(self) -> int: ...

    def image(self) -> Image:
        """All pixels; the same array each time."""

    def scaled(self, width_px: int) -> Image:
        """At most `width_px` wide, proportions kept; the same array each time."""


class ImagePicture:
    """A picture that is there as BGR already."""

    def __init__(self, image: Image) -> None:
        self._image = image
        self._scaled: dict[int, Image] = {}

    @property
    def width_px(self) -> int:
        return int(self._image.shape[1])

    @property
    def height_px(self) -> int:
        return int(self._image.shape[0])

    def image(self) -> Image:
        return self._image

    def scaled(self, width_px: int) -> Image:
        if self.width_px <= width_px:
            return self._image
        if width_px not in self._scaled:
            scale = width_px / self.width_px
            size = (width_px, round(self.height_px * scale))
            how = cv2.INTER_AREA if scale < 0.5 else cv2.INTER_LINEAR
            small = cv2.resize(self._image, size, interpolation=how)
            self._scaled[width_px] = np.asarray(small, np.uint8)
        return self._scaled[width_px]


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """`captured_at` is aware: the stream's clock where it has one, else the time of arrival.

    `number` counts the frames of one connection from 0.
    """

    camera_id: str
    captured_at: datetime
    picture: Picture
    number: int

    @classmethod
    def of(cls, camera_id: str, captured_at: datetime, image: Image, number: int = 0) -> Frame:
        """A frame of pixels in hand."""
        return cls(camera_id, captured_at, ImagePicture(image), number)

    @property
    def image(self) -> Image:
        """All pixels; dear where the codec's picture was not converted yet."""
        return self.picture.image()

    @property
    def size_px(self) -> tuple[int, int]:
        """(width, height)."""
        return self.picture.width_px, self.picture.height_px

    def scaled(self, width_px: int) -> Image:
        """At most `width_px` wide, proportions kept."""
        return self.picture.scaled(width_px)
