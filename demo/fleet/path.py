"""A way to drive: places along it, how fast it may be driven, where it bends."""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise

import numpy as np
import numpy.typing as npt
from shapely import LineString
from shapely import Point as ShapelyPoint

from demo.fleet.plane import Point

Floats = npt.NDArray[np.float64]


def corner_speed_ms(turn_deg: float) -> float:
    """How fast a loaded truck takes a turn: our own choice, 90 degrees at about 18 km/h."""
    if turn_deg < 25:
        return math.inf
    return max(2.0, 11.0 - turn_deg / 15)


class Path:
    """A polyline in metres. `limits_ms` is the speed limit of each stretch between two vertices.

    `slow` are the places to brake for, (metres along, speed in m/s): bends, lower limits, and the
    end, where a truck halts.
    """

    def __init__(self, points: Sequence[Point], limit_kmh: Callable[[Point], float]) -> None:
        self.points = [points[0]] + [b for a, b in pairwise(points) if math.dist(a, b) > 0.05]
        self.along = list(
            accumulate((math.dist(a, b) for a, b in pairwise(self.points)), initial=0)
        )
        self.limits_ms = [
            limit_kmh(((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)) / 3.6
            for a, b in pairwise(self.points)
        ]
        self.courses = [
            math.degrees(math.atan2(b[0] - a[0], b[1] - a[1])) % 360
            for a, b in pairwise(self.points)
        ]
        self.slow = [
            (self.along[i], min(corner_speed_ms(self.turn_deg(i)), self.limits_ms[i]))
            for i in range(1, len(self.points) - 1)
        ]
        self.slow.append((self.length, 0.5))
        self.slow_m = np.array([metres for metres, _speed in self.slow])
        self.slow_ms = np.array([speed for _metres, speed in self.slow])
        self._along = np.array(self.along)
        self._limits = np.array(self.limits_ms)
        self._xy = np.array(self.points, dtype=float)
        self._right = np.array(
            [(math.cos(math.radians(c)), -math.sin(math.radians(c))) for c in self.courses]
        )

    @property
    def length(self) -> float:
        return self.along[-1]

    def turn_deg(self, vertex: int) -> float:
        """The change of course at a vertex, 0 to 180."""
        change = abs(self.courses[vertex] - self.courses[vertex - 1])
        return min(change, 360 - change)

    def stretch(self, metres: float) -> int:
        return min(max(bisect.bisect_right(self.along, metres) - 1, 0), len(self.courses) - 1)

    def place(self, metres: float, offset_m: float = 0.0) -> tuple[Point, float]:
        """The place so far along, `offset_m` to the right of the line, and the course there."""
        i = self.stretch(metres)
        share = (metres - self.along[i]) / (self.along[i + 1] - self.along[i])
        (ax, ay), (bx, by) = self.points[i], self.points[i + 1]
        course = math.radians(self.courses[i])
        x = ax + (bx - ax) * share + offset_m * math.cos(course)
        y = ay + (by - ay) * share - offset_m * math.sin(course)
        return (x, y), self.courses[i]

    def limits_at(self, metres: Floats) -> Floats:
        """The speed limit in m/s at places so far along, (n,)."""
        return self._limits[self._stretches(metres)]

    def places(self, metres: Floats, offset_m: float = 0.0) -> Floats:
        """The places so far along, (n, 2), `offset_m` to the right of the line."""
        i = self._stretches(metres)
        share = (metres - self._along[i]) / (self._along[i + 1] - self._along[i])
        a, b = self._xy[i], self._xy[i + 1]
        places: Floats = a + (b - a) * share[:, None] + offset_m * self._right[i]
        return places

    def _stretches(self, metres: Floats) -> npt.NDArray[np.intp]:
        found = np.searchsorted(self._along, metres, side="right") - 1
        return np.clip(found, 0, len(self._limits) - 1)

    def nearest(self, point: Point) -> float:
        """How far along the path comes nearest to a place."""
        return float(LineString(self.points).project(ShapelyPoint(point)))

    def where(self, point: Point) -> float | None:
        """How far along a vertex lies, or None where the path has none at this place."""
        for metres, vertex in zip(self.along, self.points, strict=True):
            if math.dist(vertex, point) < 1:
                return metres
        return None
