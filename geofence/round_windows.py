"""When rounds are to be worked: the windows of the round plans, day by day."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from config.round_plan import RoundPlan
from geofence.moment import moment
from geofence.projection import Floats
from ingest.fixes import Bools, Ints

_AHEAD_DAYS = 8  # every weekday is among them
_KEPT_DAYS = 4096  # days of plans that are worked out already
_VEHICLE = float(2**33)  # more seconds than any time since 1970 will have


@dataclass(frozen=True, slots=True)
class Window:
    """One round to be worked, in [from_t, to_t), seconds since 1970."""

    plan_id: str
    from_t: float
    to_t: float


class RoundWindows:
    """The windows of all plans. One that crosses midnight belongs to the day on which it begins.

    Attributes:
        vehicles: those that the plans name, numbered.
    """

    def __init__(self, plans: Mapping[str, RoundPlan], timezone: ZoneInfo) -> None:
        self._plans = plans
        self._timezone = timezone
        named = dict.fromkeys(v for plan in plans.values() for v in plan.vehicle_ids)
        self.vehicles = {vehicle_id: i for i, vehicle_id in enumerate(named)}
        self._days: dict[tuple[str, date], list[Window]] = {}
        self._table: tuple[tuple[date, date], Floats, Floats] | None = None

    def of_day(self, plan_id: str, day: date) -> list[Window]:
        """The windows of a plan that begin on a local day, in order."""
        if (plan_id, day) not in self._days:
            if len(self._days) >= _KEPT_DAYS:
                self._days.clear()
            self._days[plan_id, day] = self._begun(plan_id, day)
        return self._days[plan_id, day]

    def beginning(self, plan_id: str, after: float, until: float) -> list[Window]:
        """The windows of a plan that begin in (after, until], seconds since 1970, in order."""
        day, last = self.day(after), self.day(until)
        found = []
        while day <= last:
            found += [w for w in self.of_day(plan_id, day) if after < w.from_t <= until]
            day += timedelta(days=1)
        return found

    def next_begin(self, after: float) -> float:
        """When the next window of any plan begins; if none does for a week, then."""
        until = after + _AHEAD_DAYS * 86_400
        begins = (w.from_t for plan in self._plans for w in self.beginning(plan, after, until)[:1])
        return min(begins, default=until if self._plans else math.inf)

    def day(self, t: float) -> date:
        """The local day of a time."""
        return datetime.fromtimestamp(t, UTC).astimezone(self._timezone).date()

    def within(self, vehicle: Ints, t: Floats) -> Bools:
        """(n,): whether each time lies in a window of the vehicle; -1 for one without plans."""
        if not len(t) or not self.vehicles:
            return np.zeros(len(t), dtype=bool)
        begins, ends = self._spans(self.day(float(t.min())), self.day(float(t.max())))
        at = np.searchsorted(begins, vehicle * _VEHICLE + t, side="right") - 1
        result: Bools = (at >= 0) & (vehicle * _VEHICLE + t < np.append(ends, -np.inf)[at])
        return result

    def _begun(self, plan_id: str, day: date) -> list[Window]:
        plan = self._plans[plan_id]
        if day.weekday() not in plan.weekdays:
            return []
        found = []
        for begin, end in sorted(plan.window.spans_min or ((0, 1440),)):
            from_t = self._at(day, begin)
            if plan.in_force(moment(from_t)):
                found.append(
                    Window(plan_id, from_t, self._at(day, end if end > begin else end + 1440))
                )
        return found

    def _at(self, day: date, minute: int) -> float:
        local = datetime.combine(day, time(), self._timezone) + timedelta(minutes=minute)
        return local.timestamp()

    def _spans(self, first: date, last: date) -> tuple[Floats, Floats]:
        """Begins and ends of all vehicles' windows, sorted, each moved by its vehicle's number."""
        if self._table is not None and self._table[0] == (first, last):
            return self._table[1], self._table[2]
        spans: dict[int, list[tuple[float, float]]] = defaultdict(list)
        for plan in self._plans.values():
            day = first - timedelta(days=1)  # it may run over midnight
            while day <= last:
                for window in self.of_day(plan.plan_id, day):
                    for vehicle_id in plan.vehicle_ids:
                        spans[self.vehicles[vehicle_id]].append((window.from_t, window.to_t))
                day += timedelta(days=1)
        begins: list[float] = []
        ends: list[float] = []
        for vehicle in sorted(spans):
            until = -math.inf
            for from_t, to_t in sorted(spans[vehicle]):
                if from_t > until:
                    begins.append(vehicle * _VEHICLE + from_t)
                    ends.append(vehicle * _VEHICLE + to_t)
                else:
                    ends[-1] = max(ends[-1], vehicle * _VEHICLE + to_t)
                until = max(until, to_t)
        self._table = (first, last), np.array(begins), np.array(ends)
        return self._table[1], self._table[2]
