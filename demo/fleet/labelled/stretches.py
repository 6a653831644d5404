"""Stretches of time in which something was so, and how much of them a terminal could show."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from demo.fleet.labelled.diary import Silence

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Stretch = tuple[float, float]


def stretches(t: Floats, flags: Bools, join_s: float = 0.0) -> list[Stretch]:
    """From the first to the last row of each run of flags; runs less than `join_s` apart are one.

    A row stands for the time up to the next one, so a run ends where the next row begins.
    """
    edges = np.diff(np.concatenate(([0], flags.astype(np.int8), [0])))
    begins, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    later = np.minimum(ends, len(t) - 1)
    found: list[Stretch] = []
    for begin, end in zip(t[begins].tolist(), t[later].tolist(), strict=True):
        if found and begin - found[-1][1] < join_s:
            found[-1] = found[-1][0], end
        else:
            found.append((begin, end))
    return found


def longest_visible(stretch: Stretch, silences: Iterable[Silence]) -> float:
    """Seconds of the longest part of a stretch without a silence."""
    best, at = 0.0, stretch[0]
    for silence in sorted(silences, key=lambda s: s.begin):
        if silence.end <= at or silence.begin >= stretch[1]:
            continue
        best = max(best, silence.begin - at)
        at = max(at, silence.end)
    return max(best, stretch[1] - at)


def longest_within(
    stretch: Stretch, parts: Iterable[Stretch], silences: Iterable[Silence]
) -> float:
    """Seconds of the longest visible one of those parts that lie in a stretch."""
    kept = list(silences)
    inside = [p for p in parts if p[0] >= stretch[0] - 1 and p[1] <= stretch[1] + 1]
    return max((longest_visible(p, kept) for p in inside), default=0.0)
