"""Permits: what a muck truck may do (准运证)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from config.hours import DailyHours


@dataclass(frozen=True, slots=True)
class Permit:
    """One permit. An empty or absent field does not limit.

    `valid_from` and `valid_to` are aware; the permit is in force in [valid_from, valid_to).
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
        return (self.valid_from is None or self.valid_from <= at) and (
            self.valid_to is None or at < self.valid_to
        )
