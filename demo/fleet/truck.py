"""One truck on its way, as time goes by: where it truly is, and what its sensors would say."""

from __future__ import annotations

from collections.abc import Iterator

from demo.fleet.leg import Drive, Leg
from demo.fleet.motion import Motion, motion
from demo.fleet.plane import Point

LANE_M = 2.5  # driven on the right of the middle line


def first_speed_ms(drive: Drive) -> float:
    """At which a truck begins its first drive: it was on its way before."""
    limit = float(drive.path.limits_ms[drive.path.stretch(drive.from_m)])
    hurry = drive.hurry_m[0] <= drive.from_m < drive.hurry_m[1]
    begin_ms = drive.hurry_kmh / 3.6 if hurry else min(limit, drive.top_kmh / 3.6)
    return begin_ms * (1.0 if hurry else drive.cruise)


class Truck:
    """Follows its legs; the first must be a Drive, which says where it begins, at speed."""

    def __init__(self, legs: Iterator[Leg]) -> None:
        self._legs = legs
        self._leg: Leg = next(legs)
        if not isinstance(self._leg, Drive):
            raise TypeError("a truck begins by driving")
        drive = self._leg
        self._motion: Motion = motion(drive, first_speed_ms(drive))
        self._in_leg_s = 0.0
        self._metres = drive.from_m
        self.speed_ms = float(self._motion.speed[0])
        self.sensors = drive.sensors

    def advance(self, seconds: float) -> None:
        self._in_leg_s += seconds
        while self._in_leg_s >= self._leg_seconds():
            self._in_leg_s -= self._leg_seconds()
            self._begin(next(self._legs))
        if isinstance(self._leg, Drive):
            self._metres, self.speed_ms = self._motion.at(self._in_leg_s)
            return
        self.speed_ms = 0.0
        for after_s, sensors in self._leg.phases:
            if self._in_leg_s >= after_s:
                self.sensors = sensors

    def place(self) -> tuple[Point, float]:
        """The true place in metres and the course in degrees."""
        return self._motion.path.place(self._metres, LANE_M)

    def _leg_seconds(self) -> float:
        return self._motion.seconds if isinstance(self._leg, Drive) else self._leg.seconds

    def _begin(self, leg: Leg) -> None:
        if not isinstance(self._leg, Drive):
            for _after_s, sensors in self._leg.phases:
                self.sensors = sensors
        before, self._leg = self._leg, leg
        if isinstance(leg, Drive):
            begin_ms = float(self._motion.speed[-1]) if isinstance(before, Drive) else 0.0
            self._motion = motion(leg, begin_ms)
            self._metres = leg.from_m
            self.sensors = leg.sensors
        else:
            self._metres = float(self._motion.metres[-1])
