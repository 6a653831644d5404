"""How far a measured share or rate may lie from the true one (置信区间)."""

from __future__ import annotations

import math

Z_95 = 1.959964
"""Of the normal distribution, two-sided 95 %."""


def wilson(hits: int, of: int) -> tuple[float, float] | None:
    """The 95 % interval of a share (Wilson 1927); None where nothing was counted."""
    if of == 0:
        return None
    share, z2 = hits / of, Z_95**2
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = Z_95 / (1 + z2 / of) * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    return max(0.0, middle - half), min(1.0, middle + half)


def most_expected(count: int) -> float:
    """The largest mean that, at 97.5 %, would have given no more than `count` (Garwood 1936).

    3.69 for none: so little does footage without a false alarm say.
    """
    low, high = float(count), count + 10 * math.sqrt(count + 1.0) + 10
    for _ in range(60):
        middle = (low + high) / 2
        if _poisson_at_most(count, middle) > 0.025:
            low = middle
        else:
            high = middle
    return low


def _poisson_at_most(count: int, mean: float) -> float:
    total = term = math.exp(-mean)
    for k in range(1, count + 1):
        term *= mean / k
        total += term
    return total


def percentile(values: list[float], share: float) -> float | None:
    """Between the two nearest, linearly; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
