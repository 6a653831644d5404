"""Fits a picture into a model's input and its boxes back (等比缩放填充).

As ultralytics does it (`ultralytics.data.augment.LetterBox`, centred, grey 114), so that one model
gives the same boxes on every runtime.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ingest.frame import Image

GREY = 114


@dataclass(frozen=True, slots=True)
class Fit:
    """`scale` model pixels per picture pixel, then shifted by (`left`, `top`) model pixels."""

    scale: float
    left: int
    top: int
    width: int
    height: int

    def to_picture(self, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N, 4) boxes of the model's input -> of the picture, clipped to it."""
        back = (boxes - np.array([self.left, self.top] * 2, np.float32)) / self.scale
        back[:, 0::2] = back[:, 0::2].clip(0, self.width)
        back[:, 1::2] = back[:, 1::2].clip(0, self.height)
        return back.astype(np.float32)


def letterbox(image: Image, width: int, height: int) -> tuple[Image, Fit]:
    """The picture, its proportions kept, centred on grey of `width` × `height` pixels."""
    tall, wide = image.shape[:2]
    scale = min(height / tall, width / wide)
    new_wide, new_tall = round(wide * scale), round(tall * scale)
    left, top = round((width - new_wide) / 2 - 0.1), round((height - new_tall) / 2 - 0.1)
    canvas = np.full((height, width, 3), GREY, np.uint8)
    small = image
    if (new_wide, new_tall) != (wide, tall):
        small = np.asarray(cv2.resize(image, (new_wide, new_tall), interpolation=cv2.INTER_LINEAR))
    canvas[top : top + new_tall, left : left + new_wide] = small
    return canvas, Fit(scale, left, top, wide, tall)
