"""What the true path and state of any truck amount to, by the words of the rules, not their code.

Each kind has two measures: from the lower one on an act is labelled, from the higher one on it must
be found. Between them lies what is near a threshold of docs/rules.md, or is shown by too few fixes.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from config.hours import DailyHours
from demo.fleet.labelled.diary import Diary, Ints
from demo.fleet.labelled.district import Crew, District
from demo.fleet.labelled.label import Label
from demo.fleet.labelled.stretches import (
    Bools,
    Stretch,
    longest_visible,
    longest_within,
    stretches,
)

CONFUSED = ("off_route", "restricted_zone", "suspected_dumping", "unknown_ground", "overspeed",
            "left_work_area", "long_stop")  # fmt: skip
"""What spoofed places may be taken for: no truth, but no mistake of the rules either."""


class Truth:
    """What every truck can be guilty of. `diary.silences` must be complete.

    Attributes:
        permits: those in force for it, all through the set.
        labels: what was found so far.
    """

    def __init__(self, district: District, crew: Crew, diary: Diary) -> None:
        self.district, self.crew, self.diary = district, crew, diary
        self.track = diary.track().with_rows_at(diary.moments())
        self.t = self.track.t
        self.dt = crew.equipment.interval_s
        self.permits = [
            p for p in district.permits.values()
            if crew.vehicle_id in p.vehicle_ids and p.in_force(district.start + timedelta(hours=1))
        ]  # fmt: skip
        self.labels: list[Label] = []

    def overspeed(self) -> None:
        permit = min((p.speed_limit_kmh for p in self.permits if p.speed_limit_kmh), default=None)
        limit = np.full(len(self.t), 999.0) if permit is None else np.full(len(self.t), permit)
        road = self.track.limit * 3.6
        low, high = np.minimum(limit, road), np.where(limit < 900, np.maximum(limit, road), road)
        speed = self.track.speed * 3.6
        sure_parts = stretches(self.t, speed > 1.18 * high)
        for one in stretches(self.t, speed > 1.045 * low, 30.0):
            if one[1] - one[0] > 6:
                seen = longest_within(one, sure_parts, self.diary.silences)
                self.label("overspeed", one, seen >= max(40.0, 4.2 * self.dt))

    def silences(self) -> None:
        for silence in self.diary.silences:
            one = silence.begin, silence.end
            seconds = silence.end - silence.begin
            # The last fix before it may be as old as the interval.
            last = silence.begin - np.linspace(0, self.dt, 4)
            speed = float(np.interp(last, self.t, self.track.speed).min())
            if silence.why == "spoofed":
                around = silence.begin - 60, silence.end + 300
                for kind in CONFUSED:
                    self.label(kind, around, False, detail="spoofed")
            if seconds > 270:
                sure = silence.why == "lost" and seconds >= 390 and speed > 5.0
                self.label("track_gap", one, sure, detail=silence.why)
            if seconds > 40 * 60 and silence.why == "lost":
                self.label("terminal_offline", one, seconds >= 72 * 60)

    # What the measures are made of.

    def label(self, kind: str, one: Stretch, sure: bool, detail: str = "") -> None:
        x = float(np.interp(one[0], self.t, self.track.x))
        y = float(np.interp(one[0], self.t, self.track.y))
        lon, lat = self.district.town.plane.to_degrees((x, y))
        self.labels.append(
            Label(kind=kind, vehicle_id=self.crew.vehicle_id, started=one[0], ended=one[1],
                  evident=one[0], lon=lon, lat=lat, required=sure, detail=detail)
        )  # fmt: skip

    def seen(self, one: Stretch) -> float:
        return longest_visible(one, self.diary.silences)

    def minutes_in(self, hours: DailyHours) -> Bools:
        minute = (self.t / 60 + 8 * 60) % 1440  # no summer time there
        inside = np.full(len(minute), not hours.spans_min)
        for a, b in hours.spans_min:
            after, before = minute >= a, minute < b
            inside |= (after & before) if a < b else (after | before)
        return inside

    def inside(self, area: BaseGeometry, rows: Ints | None = None) -> Bools:
        x, y = self.track.x, self.track.y
        if rows is not None:
            x, y = x[rows], y[rows]
        west, south, east, north = area.bounds
        inside = (x >= west) & (x <= east) & (y >= south) & (y <= north)
        some = np.flatnonzero(inside)
        shapely.prepare(area)
        inside[some] = shapely.contains_xy(area, x[some], y[some])
        return inside
