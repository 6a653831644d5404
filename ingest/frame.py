"""A frame: one picture of one camera with its time (视频帧)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""Shape (height, width, 3), BGR."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """`captured_at` is aware: the stream's clock where it has one, else the time of arrival.

    `number` counts the frames of one connection from 0.
    """

    camera_id: str
    captured_at: datetime
    image: Image
    number: int
