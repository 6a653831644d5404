"""How a drive goes in time: places and speeds of one truck along one path, all at once."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from demo.fleet.leg import Drive
from demo.fleet.path import Path

Floats = npt.NDArray[np.float64]

# A laden truck: our own choice of ordinary, unhurried values.
ACCELERATE_MS2, BRAKE_MS2 = 0.9, 1.4
STEP_M = 10.0  # between the places at which a speed is worked out
HALT_SHORT_M = 1.5  # a truck stands a little ahead of the line
CREEP_MS = 0.4


@dataclass(frozen=True, slots=True)
class Motion:
    """A drive as a table: at `t` seconds after its begin a truck is `metres` along at `speed`.

    Between two rows the acceleration is constant. All (n,), `t` strictly increasing.
    """

    path: Path
    t: Floats
    metres: Floats
    speed: Floats

    @property
    def seconds(self) -> float:
        return float(self.t[-1])

    def reaches_s(self, metres: float) -> float:
        """When it is so far along; exact where it drives evenly."""
        return float(np.interp(metres, self.metres, self.t))

    def at(self, seconds: float) -> tuple[float, float]:
        """Metres along and m/s, so long after the begin."""
        i = int(np.searchsorted(self.t, seconds, side="right")) - 1
        i = min(max(i, 0), len(self.t) - 2)
        span = float(self.t[i + 1] - self.t[i])
        after = min(max(seconds - float(self.t[i]), 0.0), span)
        v0, v1 = float(self.speed[i]), float(self.speed[i + 1])
        metres = float(self.metres[i]) + v0 * after + (v1 - v0) / span * after * after / 2
        return metres, v0 + (v1 - v0) * after / span


def motion(drive: Drive, begin_ms: float, traffic: Floats | None = None) -> Motion:
    """Drives as fast as the drive's driver wants to and can.

    v^2 grows by at most 2 a for each metre: forwards with what the engine gives, backwards from
    every bend, lower limit and halt with what the brakes give (the usual two passes, each a running
    minimum of v^2 - 2 a s).

    Args:
        begin_ms: the speed at the begin.
        traffic: (k,) factors of the roads' limits, spread evenly over the way; None is a free road.
    """
    begin_m, end_m = drive.from_m, drive.path.length if drive.to_m is None else drive.to_m
    end_m = max(end_m, begin_m + 0.5)
    halts = [h for h in drive.halts if begin_m + 2 < h.at_m < end_m - 1]
    stops = np.array([h.at_m - HALT_SHORT_M for h in halts])
    metres = _places(drive.path, begin_m, end_m, stops)
    wanted = _wanted(drive, metres, traffic)
    wanted[np.isin(metres, stops)] = 0.0
    wanted[-1] = min(wanted[-1], 0.5)
    wanted[0] = begin_ms
    v2 = wanted**2
    v2 = _climb(v2, metres, ACCELERATE_MS2)
    v2 = _climb(v2[::-1], -metres[::-1], BRAKE_MS2)[::-1]
    speed = np.sqrt(np.maximum(v2, 0))
    pace = np.maximum((speed[:-1] + speed[1:]) / 2, CREEP_MS / 2)
    t = np.concatenate(([0.0], np.cumsum(np.diff(metres) / pace)))
    if halts:
        t, metres, speed = _wait(t, metres, speed, stops, np.array([h.wait_s for h in halts]))
    return Motion(drive.path, t, metres, speed)


def _places(path: Path, begin_m: float, end_m: float, stops: Floats) -> Floats:
    grid = np.linspace(begin_m, end_m, max(math.ceil((end_m - begin_m) / STEP_M), 2) + 1)
    bends = path.slow_m[(path.slow_m > begin_m) & (path.slow_m < end_m)]
    places = np.unique(np.concatenate((grid, bends, stops)))
    # Nothing nearer than a decimetre to what must be kept.
    keep = np.concatenate(([True], np.diff(places) > 0.1)) | np.isin(places, stops)
    keep[-1] = True
    return places[keep]


def _wanted(drive: Drive, metres: Floats, traffic: Floats | None) -> Floats:
    path = drive.path
    limit = path.limits_at(metres)
    if traffic is not None:
        limit = limit * np.interp(metres, np.linspace(metres[0], metres[-1], len(traffic)), traffic)
    limit = np.minimum(limit, drive.top_kmh / 3.6) * drive.cruise
    begin, end = drive.hurry_m
    hurry = (begin <= metres) & (metres < end)
    wanted = np.where(hurry, drive.hurry_kmh / 3.6, limit)
    ahead = (path.slow_m > metres[0] - 0.1) & (path.slow_m < metres[-1] + 0.1)
    row = np.searchsorted(metres, path.slow_m[ahead] - 0.11).clip(max=len(metres) - 1)
    slow = path.slow_ms[ahead]
    np.minimum.at(wanted, row, np.where(hurry[row] & (slow > 6), np.inf, slow))
    return np.maximum(wanted, CREEP_MS)


def _climb(v2: Floats, metres: Floats, rate: float) -> Floats:
    return np.minimum.accumulate(v2 - 2 * rate * metres) + 2 * rate * metres


def _wait(
    t: Floats, metres: Floats, speed: Floats, stops: Floats, waits: Floats
) -> tuple[Floats, Floats, Floats]:
    """The table with a second row after each stop, so much later."""
    at = np.flatnonzero(np.isin(metres, stops))
    order = np.argsort(stops)
    longer = np.zeros(len(t))
    longer[at] = waits[order]
    later = t + np.concatenate(([0.0], np.cumsum(longer)[:-1]))
    return (
        np.insert(later, at + 1, later[at] + waits[order]),
        np.insert(metres, at + 1, metres[at]),
        np.insert(speed, at + 1, 0.0),
    )
