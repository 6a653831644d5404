"""The diary of one truck: where it truly was at every moment, and the state it was in."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from demo.fleet.motion import Motion
from demo.fleet.plane import Point
from demo.fleet.truck import LANE_M

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]

EMPTY, HALF, FULL = 0, 1, 2
CLOSED, OPEN = 0, 1
SWEEP, WASH, SPRAY, COLLECT = 1, 2, 4, 8
NO_LIMIT_MS = 99.0
BEFORE_ALL = {"load": EMPTY, "lid": CLOSED, "body": 0, "ignition": 0, "work": 0, "weight": 0,
              "antenna": 0, "power": 0}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Silence:
    """From `begin` to `end` the terminal does not do its work.

    `why`: `lost` nothing is measured or sent; `spoofed` places are wrong; `late` fixes are sent
    only at the end.
    """

    begin: float
    end: float
    why: str = "lost"

    @property
    def seconds(self) -> float:
        return self.end - self.begin


@dataclass(frozen=True, slots=True)
class Cargo:
    """One load: taken up in a place from `begin` to `full`, carried from `left`, gone at `gone`.

    `yard_id` is the yard's, `gone_at` that in which it was got rid of or `roadside`; `place` (in
    metres) is there.
    """

    begin: float
    full: float
    left: float
    yard_id: str
    gone: float
    gone_at: str
    place: Point


@dataclass(frozen=True, slots=True)
class Track:
    """Times, metres east and north, speed and the road's legal limit in m/s; (n,) each."""

    t: Floats
    x: Floats
    y: Floats
    speed: Floats
    limit: Floats

    def with_rows_at(self, times: Floats) -> Track:
        """The same with rows at these times too, which must be sorted."""
        t = np.union1d(self.t, times[(times > self.t[0]) & (times < self.t[-1])])
        before = np.searchsorted(self.t, t, side="right") - 1
        x, y, speed = (np.interp(t, self.t, one) for one in (self.x, self.y, self.speed))
        return Track(t, x, y, speed, self.limit[before])


@dataclass(slots=True)
class Diary:
    """Told in order of time. `clock` is where it stands, seconds since 1970; `place` in metres."""

    clock: float
    place: Point
    cargoes: list[Cargo] = field(default_factory=list)
    silences: list[Silence] = field(default_factory=list)
    _rows: list[Floats] = field(default_factory=list)
    _said: dict[str, list[tuple[float, int]]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self._rows.append(np.array([[self.clock, *self.place, 0.0, NO_LIMIT_MS]]))

    def drive(self, motion: Motion) -> tuple[float, float]:
        """Begin and end of the drive."""
        begin = self.clock
        places = motion.path.places(motion.metres, LANE_M)
        limits = motion.path.limits_at(motion.metres)
        rows = np.column_stack((motion.t + begin, places, motion.speed, limits))
        self._rows.append(rows[1:])
        self.clock = float(rows[-1, 0])
        self.place = float(rows[-1, 1]), float(rows[-1, 2])
        return begin, self.clock

    def stay(self, seconds: float) -> tuple[float, float]:
        begin = self.clock
        self.clock += max(seconds, 0.0)
        x, y = self.place
        stands = [x, y, 0.0, NO_LIMIT_MS]
        self._rows.append(np.array([[begin + 0.01, *stands], [self.clock, *stands]]))
        return begin, self.clock

    def say(self, what: str, code: int, at: float | None = None) -> None:
        """From `at` (or now) on `what` is `code`; any order."""
        self._said[what].append((self.clock if at is None else at, code))

    def track(self) -> Track:
        """All of it; between two rows places and speeds are linear."""
        if len(self._rows) > 1:
            self._rows = [np.concatenate(self._rows)]
        rows = self._rows[0]
        times = np.maximum.accumulate(rows[:, 0])
        return Track(times, rows[:, 1], rows[:, 2], rows[:, 3], rows[:, 4])

    def states(self, what: str, times: Floats) -> Ints:
        """The codes of `what` at these times, (n,)."""
        said = sorted(self._said.get(what, []), key=lambda one: one[0])
        codes = np.array([BEFORE_ALL[what], *(code for _at, code in said)], dtype=np.intp)
        at = np.array([when for when, _code in said])
        return codes[np.searchsorted(at, times, side="right")]

    def moments(self) -> Floats:
        """All times at which any state changed, sorted."""
        return np.array(sorted({at for said in self._said.values() for at, _code in said}))

    def changes(self, what: str) -> list[tuple[float, int]]:
        """All that was said of it, in order of time."""
        return sorted(self._said.get(what, []), key=lambda one: one[0])

    def moving_after(self, time: float) -> float | None:
        """The first moment from `time` on at which it drives at 25 km/h; None if it never does."""
        track = self.track()
        found = np.flatnonzero((track.t >= time) & (track.speed > 7.0))
        return float(track.t[found[0]]) if len(found) else None
