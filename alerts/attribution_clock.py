"""By how much a camera's clock is off the fleet's, learned from whom it was sure of (相机钟差)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alerts.attribution_parameters import AttributionParameters

_LEAST = 5
_LEAST_SIGMA_S = 0.5
_NEWEST = 50
OFFSETS = 13


@dataclass(frozen=True, slots=True)
class CameraClock:
    """Seconds to add to the camera's time to get the fleet's, and one standard deviation."""

    offset_s: float
    sigma_s: float

    def offsets(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(K,) offsets, (K,) how likely each is: one in six clocks is twice as far off (ours)."""
        away = np.linspace(-3.6, 3.6, OFFSETS)
        density = 5 / 6 * np.exp(-(away**2) / 2) + 1 / 6 * np.exp(-(away**2) / 8) / 2
        return self.offset_s + away * self.sigma_s, density / density.sum()


def learned_clock(offsets_s: Iterable[float], parameters: AttributionParameters) -> CameraClock:
    """From the `offset_s` of past trucks that their plates named, oldest first.

    The median of the newest 50; with fewer than 5 nothing is learned. 1.4826 makes a median
    absolute deviation a standard deviation (normal errors).
    """
    known = np.array(list(offsets_s)[-_NEWEST:], np.float64)
    if len(known) < _LEAST:
        return CameraClock(0.0, parameters.camera_clock_s)
    middle = float(np.median(known))
    spread = 1.4826 * float(np.median(np.abs(known - middle)))
    # 1.253: a median is by so much less sure than a mean.
    sigma = max(_LEAST_SIGMA_S, 1.253 * spread / float(np.sqrt(len(known))))
    return CameraClock(middle, min(sigma, parameters.camera_clock_s))
