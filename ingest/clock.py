"""What is wrong with a terminal's clock, told by fix time against receipt (时钟故障). Pure.

A fix whose clock is wrong has no known time: it moves nothing. Most faults show in one fix: the
future cannot be, nor what is older than any terminal's memory. A clock that is behind by the zone's
offset looks like a fix sent late, and is told from it by what came before (`ZoneFault`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, tzinfo

import msgspec
import numpy as np

from config.settings import PipelineSettings
from ingest.fixes import Codes8, Floats
from ingest.position import Quality

ROLLOVER_S = 1024 * 7 * 86400.0
"""The week number of GPS has ten bits (IS-GPS-200, section 20.3.3.3.1.1): a receiver too old to
know how often it ran over is 1024 weeks behind, or twice that."""
ROLLOVERS = (1, 2)
ROLLOVER_TOLERANCE_S = 86400.0
ZONE_TOLERANCE_S = 120.0
LATE_S = 3600.0
"""Older at receipt than this, without being marked as backfill: late, or the clock is behind."""
RECENT_S = 600.0
STEADY_S = 60.0
"""What was recorded during a gap passes the width of the tolerance at once; a clock stays there."""

CLOCK_FAULTS = (Quality.FUTURE, Quality.ANCIENT, Quality.CLOCK_ZONE, Quality.CLOCK_ROLLOVER)


@dataclass(frozen=True, slots=True)
class ClockLimits:
    """`zone_offsets_s`: what the local clock is ahead of UTC; none: the zone is not looked at."""

    future_tolerance_s: float
    ancient_after_s: float
    zone_offsets_s: tuple[float, ...] = ()

    @classmethod
    def of(cls, settings: PipelineSettings, timezone: tzinfo | None = None) -> ClockLimits:
        return cls(
            settings.future_tolerance_s,
            settings.ancient_after_s,
            _offsets_s(timezone) if timezone else (),
        )


def clock_codes(ahead_s: Floats, limits: ClockLimits) -> Codes8:
    """The faults that a fix shows by itself, else GOOD; `ahead_s` (n,) is fix time less receipt."""
    codes = np.full(len(ahead_s), Quality.GOOD, dtype=np.int8)
    future = ahead_s > limits.future_tolerance_s
    ancient = -ahead_s > limits.ancient_after_s
    if not (future.any() or ancient.any()):
        return codes
    codes[future] = Quality.FUTURE
    codes[ancient] = Quality.ANCIENT
    for offset_s in limits.zone_offsets_s:
        codes[future & (np.abs(ahead_s - offset_s) <= ZONE_TOLERANCE_S)] = Quality.CLOCK_ZONE
    for times in ROLLOVERS:
        rolled = np.abs(ahead_s + times * ROLLOVER_S) <= ROLLOVER_TOLERANCE_S
        codes[ancient & rolled] = Quality.CLOCK_ROLLOVER
    return codes


class ZoneFault(msgspec.Struct, array_like=True, gc=False):
    """What a vehicle's late fixes have shown; receipt times in seconds since 1970.

    `behind_since` and `behind_at`: first and last of those in a row that were behind by the offset
    of the zone. `late_at`: the last that was late by anything else.
    """

    behind_since: float = -math.inf
    behind_at: float = -math.inf
    late_at: float = -math.inf

    def see(self, t: float, received_t: float, current_t: float, limits: ClockLimits) -> bool:
        """Takes in a fix not marked as backfill; True where its clock is behind by the zone.

        That is: by the offset, to two minutes; and the vehicle's clock was right within the last
        ten minutes, so that nothing is late, or it has been behind for a minute without getting
        nearer; and none that was late by something else has come for ten minutes.

        Args:
            t: fix time.
            received_t: of this fix.
            current_t: receipt of the vehicle's newest fix that was not late.
            limits: with the offsets.
        """
        late_s = received_t - t
        if late_s < LATE_S:
            return False
        if not any(abs(late_s - off) <= ZONE_TOLERANCE_S for off in limits.zone_offsets_s):
            self.late_at = received_t
            return False
        if received_t - self.behind_at > RECENT_S:
            self.behind_since = received_t
        self.behind_at = received_t
        if received_t - self.late_at <= RECENT_S:
            return False
        return received_t - current_t <= RECENT_S or received_t - self.behind_since >= STEADY_S


def _offsets_s(timezone: tzinfo) -> tuple[float, ...]:
    """In winter and in summer."""
    days = (datetime(2026, 1, 1), datetime(2026, 7, 1))  # noqa: DTZ001  local ones are meant
    offsets = {timezone.utcoffset(day) for day in days}
    return tuple(sorted(offset.total_seconds() for offset in offsets if offset))
