"""On how many days how many trucks were seen: what alerts are counted against (车日)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

import numpy as np

from ingest.fixes import Fixes
from ingest.position import Quality

_QUARTER_S = 900.0  # every offset from UTC is a multiple of a quarter of an hour
_KEPT_DAYS = 32  # what is later than a month is not good (`PipelineSettings.ancient_after_s`)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class TruckDays:
    """Counts (vehicle, local day) with at least one good fix; remembers the last month only."""

    timezone: tzinfo
    vehicles: set[str] = field(default_factory=set)
    _days: dict[int, set[str]] = field(default_factory=dict)
    _settled: int = 0
    _first_s: float = np.inf
    _last_s: float = -np.inf

    def add(self, fixes: Fixes) -> None:
        good = fixes.quality == Quality.GOOD
        t, vehicle = fixes.t[good], fixes.vehicle[good]
        if not len(t):
            return
        self._first_s = min(self._first_s, float(t.min()))
        self._last_s = max(self._last_s, float(t.max()))
        quarters, quarter = np.unique(t // _QUARTER_S, return_inverse=True)
        days = np.array([self._day(q * _QUARTER_S) for q in quarters.tolist()])[quarter]
        for day, number in set(zip(days.tolist(), vehicle.tolist(), strict=True)):
            vehicle_id = fixes.vehicle_ids[number]
            self._days.setdefault(day, set()).add(vehicle_id)
            self.vehicles.add(vehicle_id)
        newest = max(self._days)
        for day in [d for d in self._days if d <= newest - _KEPT_DAYS]:
            self._settled += len(self._days.pop(day))

    def total(self) -> int:
        """How many truck-days."""
        return self._settled + sum(map(len, self._days.values()))

    @property
    def first_at(self) -> datetime | None:
        """Time of the first good fix, None without any."""
        return None if np.isinf(self._first_s) else _EPOCH + timedelta(seconds=self._first_s)

    @property
    def last_at(self) -> datetime | None:
        """Time of the last good fix, None without any."""
        return None if np.isinf(self._last_s) else _EPOCH + timedelta(seconds=self._last_s)

    def _day(self, t: float) -> int:
        return (_EPOCH + timedelta(seconds=t)).astimezone(self.timezone).toordinal()
