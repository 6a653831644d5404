"""The scene before another one covered it, to be taken up again when it comes back (原场景恢复).

A truck that stands close by fills half the picture and is learnt as a scene of its own. Without
this the ground behind it would be learnt anew when it drives off, with what it tipped out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.exposure import exposed_as, exposure, strongest
from ingest.frame import Image

KEPT = timedelta(seconds=120)  # longer than a truck stands at a gate to be looked at (ours)
DIFFERS_SHARE = 0.3  # of the picture: a heap, who walks there, no other view (ours)


@dataclass(frozen=True, slots=True, eq=False)
class EarlierScene:
    """What `Background` knew of a scene: its mean (h, w, 3), threshold and noise (h, w) a pixel."""

    covered_at: datetime
    mean: NDArray[np.float32]
    threshold: NDArray[np.uint8]
    noise: NDArray[np.float32]

    def is_back(self, picture: Image, at: datetime) -> bool:
        """`picture` shows it again, but for `DIFFERS_SHARE`."""
        if at - self.covered_at > KEPT or picture.shape != self.mean.shape:
            return False
        then = np.asarray(cv2.convertScaleAbs(self.mean), np.uint8)
        now = exposed_as(picture, exposure(picture, then))
        differs = np.asarray(strongest(cv2.absdiff(now, then)), np.uint8) > self.threshold
        return bool(np.count_nonzero(differs) < DIFFERS_SHARE * differs.size)
