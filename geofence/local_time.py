"""Local minutes of the day for whole batches, and which daily hours they fall into."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from config.hours import DailyHours
from geofence.projection import Floats

_QUARTER_S = 900  # every offset in the tz database since 1972 changes on a quarter of an hour


def minutes_of_day(timezone: ZoneInfo, at: Floats) -> Floats:
    """Local minute of the day, in [0, 1440), for times in seconds since 1970, shape (n,)."""
    quarters, which = np.unique(at // _QUARTER_S, return_inverse=True)
    offsets = np.array([_offset_s(timezone, q * _QUARTER_S) for q in quarters], dtype=float)
    minutes: Floats = ((at + offsets[which]) / 60) % 1440
    return minutes


def in_hours(hours: Sequence[DailyHours], minutes: Floats) -> npt.NDArray[np.bool_]:
    """(len(hours), n): `DailyHours.contains` for every hours and minute."""
    result = np.ones((len(hours), len(minutes)), dtype=bool)
    for i, daily in enumerate(hours):
        if daily.spans_min:
            result[i] = False
            for begin, end in daily.spans_min:
                after, before = minutes >= begin, minutes < end
                result[i] |= (after & before) if begin < end else (after | before)
    return result


def _offset_s(timezone: ZoneInfo, at: float) -> float:
    offset = datetime.fromtimestamp(at, UTC).astimezone(timezone).utcoffset()
    return offset.total_seconds() if offset else 0.0
