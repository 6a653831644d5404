"""One truck on its way: where it truly is, second by second."""

from __future__ import annotations

import math
from collections.abc import Iterator

from demo.fleet.leg import Drive, Leg
from demo.fleet.plane import Point

STEP_S = 0.5
# A laden truck: our own choice of ordinary, unhurried values.
ACCELERATE_MS2, BRAKE_MS2, LOOK_AHEAD_M = 0.9, 1.4, 250.0
LANE_M = 2.5  # driven on the right of the middle line


class Truck:
    """Follows its legs; the first must be a Drive, which says where it begins."""

    def __init__(self, legs: Iterator[Leg]) -> None:
        self._legs = legs
        self._leg: Leg = next(legs)
        if not isinstance(self._leg, Drive):
            raise TypeError("a truck begins by driving")
        self._drive = self._leg
        self._in_leg_s = 0.0
        self._metres = self._leg.from_m
        self._halts = [h for h in self._leg.halts if h.at_m > self._metres]
        self._waits_s = 0.0
        self.speed_ms = 0.0
        self.sensors = self._leg.sensors
        self.speed_ms = self._wanted_ms(self._leg)

    def advance(self, seconds: float) -> None:
        for _ in range(round(seconds / STEP_S)):
            self._step()

    def place(self) -> tuple[Point, float]:
        """The true place in metres and the course in degrees."""
        return self._drive.path.place(self._metres, LANE_M)

    def _step(self) -> None:
        self._in_leg_s += STEP_S
        leg = self._leg
        if isinstance(leg, Drive):
            end = leg.path.length if leg.to_m is None else leg.to_m
            if self._metres >= end - 1:
                self._begin(next(self._legs))
            else:
                self._roll(leg, end)
            return
        self.speed_ms = 0.0
        for after_s, sensors in leg.phases:
            if self._in_leg_s >= after_s:
                self.sensors = sensors
        if self._in_leg_s >= leg.seconds:
            self._begin(next(self._legs))

    def _begin(self, leg: Leg) -> None:
        self._leg, self._in_leg_s = leg, 0.0
        if isinstance(leg, Drive):
            self._drive = leg
            self._metres = leg.from_m
            self._halts = list(leg.halts)
            self.sensors = leg.sensors

    def _roll(self, leg: Drive, end: float) -> None:
        if self._waits_s > 0:
            self._waits_s -= STEP_S
            self.speed_ms = 0.0
            return
        if self._halts and self._metres >= self._halts[0].at_m - 1.5:
            self._waits_s = self._halts.pop(0).wait_s
            self.speed_ms = 0.0
            return
        wanted = self._wanted_ms(leg)
        change = wanted - self.speed_ms
        change = max(min(change, ACCELERATE_MS2 * STEP_S), -2 * BRAKE_MS2 * STEP_S)
        self.speed_ms = max(self.speed_ms + change, 0.4)
        self._metres = min(self._metres + self.speed_ms * STEP_S, end)

    def _wanted_ms(self, leg: Drive) -> float:
        hurry = leg.hurry_m[0] <= self._metres < leg.hurry_m[1]
        limit = leg.path.limits_ms[leg.path.stretch(self._metres)]
        wanted = leg.hurry_kmh / 3.6 if hurry else min(limit, leg.top_kmh / 3.6) * leg.cruise
        ahead = [(h.at_m, 0.3) for h in self._halts[:1]]
        if leg.to_m is not None:
            ahead.append((leg.to_m, 0.5))
        for at_m, slow_ms in [*leg.path.slow, *ahead]:
            gap = at_m - self._metres
            if 0 <= gap < LOOK_AHEAD_M and not (hurry and slow_ms > 6):
                wanted = min(wanted, math.sqrt(slow_ms**2 + 2 * BRAKE_MS2 * gap))
        return wanted
