"""Permits: what a muck truck may do (准运证)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from config.hours import DailyHours
from config.validity import in_force


@dataclass(frozen=True, slots=True)
class Permit:
    """One permit. An empty or absent field does not limit.

    Attributes:
        vehicle_ids: whom it binds; one without vehicles binds nobody.
        valid_from, valid_to: aware; the permit is in force in [valid_from, valid_to).
        daily_trips: how many trips all its vehicles together may make a day; the day begins at
            `hours.day_begins_min`, so that one night's work is one day's.
    """

    permit_id: str
    site_zone: str | None = None
    ground_zone: str | None = None
    route_ids: tuple[str, ...] = ()
    vehicle_ids: tuple[str, ...] = ()
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    hours: DailyHours = field(default_factory=DailyHours)
    speed_limit_kmh: float | None = None
    daily_trips: int | None = None

    def in_force(self, at: datetime) -> bool:
        """Whether `at` (aware) lies within the validity; the daily hours are a rule's matter."""
        return in_force(self, at)
