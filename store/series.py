"""The tables that grow with time: how each is divided and how long it is kept."""

from __future__ import annotations

from dataclasses import dataclass

from config.settings import RetentionSettings


@dataclass(frozen=True, slots=True)
class Series:
    """A table divided by `column` into parts of `part_days` days; `retention` names its setting."""

    table: str
    column: str
    part_days: int
    retention: str

    def keep_days(self, settings: RetentionSettings) -> int:
        return int(getattr(settings, self.retention))


SERIES = (
    Series("position", "fix_time", 1, "position_days"),
    Series("zone_visit", "entered_at", 30, "visit_days"),
    Series("trip", "began_at", 30, "trip_days"),
    Series("alert", "started_at", 30, "alert_days"),
    Series("sighting", "at", 7, "sighting_days"),
    Series("sighting_picture", "at", 1, "sighting_picture_days"),
    Series("rejected_message", "received_at", 1, "rejected_days"),
)
