"""How a person drives in traffic: lights, queues, slow and quick days; into a diary."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import numpy as np

from demo.fleet.labelled.diary import Diary
from demo.fleet.labelled.district import District
from demo.fleet.leg import Drive, Halt, Sensors
from demo.fleet.lights import red_lights
from demo.fleet.motion import motion
from demo.fleet.path import Path
from demo.fleet.plane import Point
from demo.fleet.road_map import Node

CHANGE_M = 350.0  # traffic is about the same over so much of a way
JAM_SHARE, RUSH_JAM_SHARE = 0.04, 0.15
NOTHING = Sensors()


class Driver:
    """Writes the drives and stays of one truck.

    Attributes:
        node: the place in the town at which it stands.
        awake: with the ignition on.
    """

    def __init__(self, district: District, diary: Diary, node: Node, dice: random.Random) -> None:
        self.district, self.diary, self.node, self.dice = district, diary, node, dice
        self.limit_kmh = 100.0
        self.awake = False

    def path(self, points: Sequence[Point]) -> Path:
        return self.district.roads.path(points)

    def go(self, node: Node, avoid: set[str] | None = None) -> tuple[float, float]:
        """The shortest way to a place; begin and end of the drive."""
        if node == self.node:
            return self.diary.clock, self.diary.clock
        begin, end = self.drive(self.path(self.district.roads.way(self.node, node, avoid or ())))
        self.node = node
        return begin, end

    def drive(
        self,
        path: Path,
        from_m: float = 0.0,
        to_m: float | None = None,
        *,
        top_kmh: float = 100.0,
        hurry_kmh: float = 0.0,
        hurry_m: tuple[float, float] = (0.0, 0.0),
        free: bool = False,
        halts: tuple[Halt, ...] | None = None,
    ) -> tuple[float, float]:
        """Along a path; `free` without lights and queues. Where it ends is for the caller to say.

        An honest driver keeps to the limits of the roads and of the permit, one in ten a few per
        cent above.
        """
        dice = self.dice
        cruise = dice.uniform(0.98, 1.035) if dice.random() < 0.1 else dice.uniform(0.78, 0.97)
        if halts is None:
            halts = () if free else red_lights(dice, path, from_m + 60)
        drive = Drive(
            path, NOTHING, cruise, from_m, to_m, min(top_kmh, self.limit_kmh), halts,
            hurry_kmh, hurry_m,
        )  # fmt: skip
        return self.diary.drive(motion(drive, 0.0, None if free else self._traffic(path.length)))

    def stay(self, low_s: float, high_s: float | None = None) -> tuple[float, float]:
        seconds = low_s if high_s is None else self.dice.uniform(low_s, high_s)
        return self.diary.stay(seconds)

    def sleep_until(self, time: float) -> None:
        """Ignition off; it is on again a little before the time."""
        seconds = max(time - self.diary.clock, 0.0)
        warm = min(self.dice.uniform(120, 480), seconds)
        if seconds > 900 or not self.awake:
            if self.awake:
                self.diary.say("ignition", 0)
            self.diary.stay(seconds - warm)
            self.diary.say("ignition", 1)
            self.awake = True
            seconds = warm
        self.diary.stay(seconds)

    def _traffic(self, length_m: float) -> np.typing.NDArray[np.float64]:
        """Factors of the wanted speed, each like the one before it; now and then a jam."""
        dice = self.dice
        count = max(math.ceil(length_m / CHANGE_M), 2)
        factors, last = [], dice.uniform(0.75, 1.0)
        for _ in range(count):
            last = min(max(0.6 * last + 0.4 * dice.uniform(0.55, 1.05), 0.4), 1.0)
            factors.append(last)
        local = (self.diary.clock / 3600 + 8) % 24
        rush = 7 < local < 9 or 17 < local < 19
        if dice.random() < (RUSH_JAM_SHARE if rush else JAM_SHARE):
            factors[dice.randrange(count)] = dice.uniform(0.08, 0.25)
        return np.array(factors)
