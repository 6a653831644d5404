"""How far the segments of a round are worked (覆盖率)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from geofence.finding import SegmentPass


def share_worked(passes: Iterable[SegmentPass], times: int = 1) -> float:
    """Share of a segment, 0 to 1, that at least so many of its passes have worked."""
    edges = sorted(
        edge for one in passes for a, b in one.covered for edge in ((a, 1), (b, -1)) if b > a
    )
    worked, share = 0, 0.0
    for (at, change), (until, _) in pairwise(edges):
        worked += change
        if worked >= times:
            share += until - at
    return min(share, 1.0)


def passes_made(passes: Sequence[SegmentPass], least_share: float) -> int:
    """How many times a segment was worked, each time at least `least_share` of it."""
    made = 0
    while made < len(passes) and share_worked(passes, made + 1) >= least_share:
        made += 1
    return made


def in_order(numbers: Sequence[int]) -> set[int]:
    """Of distinct numbers the most that lie in rising order; the first such set found.

    The longest rising subsequence, in n squared: segments are few.
    """
    best: tuple[int, ...] = ()
    ending: list[tuple[int, ...]] = []
    for number in numbers:
        longest: tuple[int, ...] = ()
        for before in ending:
            if before[-1] < number and len(before) > len(longest):
                longest = before
        ending.append((*longest, number))
        if len(ending[-1]) > len(best):
            best = ending[-1]
    return set(best)
