"""How far the fleet's own time has come (事件时钟): who sent nothing until then is silent. Pure.

When the stream is behind, since the pipeline or the broker was away and what has waited is worked
off, nobody is silent: his fixes are among those still to come.
"""

from __future__ import annotations

import math

import msgspec
import numpy as np

from ingest.fixes import Fixes
from ingest.position import Quality


class EventClock(msgspec.Struct, frozen=True, array_like=True):
    """Times in seconds since 1970.

    Attributes:
        now_t: the fleet's time; never goes back.
        reached_t: the newest good fix of any vehicle, none of backfill.
        lag_s: how far the stream was behind at the last receipt.
    """

    now_t: float = -math.inf
    reached_t: float = -math.inf
    lag_s: float = 0.0

    @property
    def started(self) -> bool:
        """Whether anything has come."""
        return math.isfinite(self.now_t)

    def after(self, fixes: Fixes) -> EventClock:
        """The clock after a batch of at least one, whose qualities are known."""
        received_t = float(fixes.received_t.max())
        live = (fixes.quality == Quality.GOOD) & ~fixes.backfill
        # A clock within the tolerance may be ahead; nobody else is silent for that.
        t = np.minimum(fixes.t, fixes.received_t)[live]
        reached_t = max(self.reached_t, float(t.max(initial=-math.inf)))
        if math.isinf(reached_t):
            return EventClock(max(self.now_t, received_t))
        return EventClock(max(self.now_t, reached_t), reached_t, max(0.0, received_t - reached_t))

    def at(self, wall_t: float) -> EventClock:
        """The clock at a time of day, nothing having come since the last batch."""
        if math.isinf(self.reached_t):
            return self  # a fleet that never said anything has no time yet
        return msgspec.structs.replace(self, now_t=max(self.now_t, wall_t - self.lag_s))
