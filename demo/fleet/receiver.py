"""A GPS receiver: the true place becomes a fix with an error that has a memory."""

from __future__ import annotations

import math
import random

from demo.fleet.plane import Point

SIGMA_M = 3.0  # a car receiver under open sky: a few metres, one sigma
MEMORY_S = 40.0  # the error drifts within tens of seconds (first-order Gauss-Markov process)


class Receiver:
    """Keeps the error of one receiver from fix to fix; it is kept below three sigma."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._error = [rng.gauss(0, SIGMA_M), rng.gauss(0, SIGMA_M)]

    def locate(self, true: Point, after_s: float) -> Point:
        """The fix, `after_s` seconds after the last one."""
        keep = math.exp(-after_s / MEMORY_S)
        fresh = SIGMA_M * math.sqrt(1 - keep**2)
        limit = 3 * SIGMA_M
        self._error = [
            min(max(e * keep + self._rng.gauss(0, fresh), -limit), limit) for e in self._error
        ]
        return true[0] + self._error[0], true[1] + self._error[1]

    def speed_kmh(self, true_ms: float) -> float:
        """Doppler speed: far better than the places; below about 1 km/h receivers say 0."""
        measured = true_ms * 3.6 + self._rng.gauss(0, 0.4)
        return round(measured, 1) if measured > 1.2 else 0.0
