"""What a receiver makes of a true path: errors with a memory, bursts, strays (定位误差)."""

from __future__ import annotations

import numpy as np

from demo.fleet.labelled.diary import Floats
from demo.fleet.labelled.stretches import Bools

MEMORY_S, MEMORY_STEP_S = 40.0, 10.0  # first-order Gauss-Markov process, as `demo.fleet.receiver`
SLOW_S = 300.0  # the ionosphere's and the satellites' share changes over minutes
IN_CENTRE = 2.2  # times the error between tall houses
FARTHEST_M = 45.0  # without a burst no error is larger
BURSTS_PER_S = 0.06 / 3600
BURSTS_PER_S_IN_CENTRE = 1.2 / 3600


def errors_m(
    rng: np.random.Generator, t: Floats, stands: Bools, in_centre: Bools, sigma_m: float
) -> Floats:
    """Errors east and north in metres, (n, 2), at sorted times (n,)."""
    begin, end = float(t[0]), float(t[-1]) + 1
    fast = _remembered(rng, t, begin, end)
    slow = _smooth(rng, t, begin, end, SLOW_S)
    # Now and then a parked truck wanders: reflections that change as satellites rise and set.
    wanders = np.interp(t, *_sometimes(rng, begin, end))[:, None] * stands[:, None]
    error = 0.75 * fast + 0.6 * slow * (1 + 4.5 * wanders) + 0.2 * rng.standard_normal((len(t), 2))
    error *= sigma_m * np.where(in_centre & ~stands, IN_CENTRE, 1.0)[:, None]
    size = np.maximum(np.hypot(error[:, 0], error[:, 1]), 1e-6)
    error *= (FARTHEST_M * np.tanh(size / FARTHEST_M) / size)[:, None]
    _add_bursts(rng, t, in_centre, error)
    return error


def add_settling(
    rng: np.random.Generator,
    t: Floats,
    error: Floats,
    *,
    since: Floats,
    size_m: tuple[float, float],
    settle_s: float,
) -> None:
    """Adds to the error: large at each of the times `since`, it dies away (cold start, tunnel)."""
    for at in since:
        i, j = np.searchsorted(t, (at, at + 5 * settle_s))
        if j > i:
            size, angle = rng.uniform(*size_m), rng.uniform(0, 2 * np.pi)
            fade = np.exp(-(t[i:j] - at) / settle_s)
            error[i:j] += size * fade[:, None] * (np.cos(angle), np.sin(angle))


def _remembered(rng: np.random.Generator, t: Floats, begin: float, end: float) -> Floats:
    """A Gauss-Markov process of unit variance, worked out on a grid."""
    keep = np.exp(-MEMORY_STEP_S / MEMORY_S)
    kernel = np.sqrt(1 - keep**2) * keep ** np.arange(30)
    grid = np.arange(begin - MEMORY_STEP_S, end + MEMORY_STEP_S, MEMORY_STEP_S)
    both = [
        np.interp(t, grid, np.convolve(rng.standard_normal(len(grid) + 29), kernel, "valid"))
        for _ in range(2)
    ]
    return np.column_stack(both)


def _smooth(rng: np.random.Generator, t: Floats, begin: float, end: float, step: float) -> Floats:
    grid = np.arange(begin, end + step, step)
    return np.column_stack([np.interp(t, grid, rng.standard_normal(len(grid))) for _ in range(2)])


def _sometimes(rng: np.random.Generator, begin: float, end: float) -> tuple[Floats, Floats]:
    grid = np.arange(begin, end + 900, 900.0)
    return grid, (rng.random(len(grid)) < 0.15).astype(float)


def _add_bursts(rng: np.random.Generator, t: Floats, in_centre: Bools, error: Floats) -> None:
    """Multipath: for tens of seconds all places lie 30 to 80 m to one side."""
    step = np.minimum(np.diff(t, append=t[-1]), 60.0)
    rate = np.where(in_centre, BURSTS_PER_S_IN_CENTRE, BURSTS_PER_S) * step
    for i in np.flatnonzero(rng.random(len(t)) < rate):
        seconds = rng.uniform(10, 60)
        j = int(np.searchsorted(t, t[i] + seconds))
        size, angle = rng.uniform(30, 80), rng.uniform(0, 2 * np.pi)
        shape = np.sin(np.pi * (t[i:j] - t[i] + 1) / (seconds + 2))[:, None]
        error[i:j] += size * shape * (np.cos(angle), np.sin(angle))
        error[i:j] += rng.normal(0, 6, (j - i, 2))
