"""Ways along the segments of a route, from a place on one to a place on another."""

from __future__ import annotations

import heapq
from typing import NamedTuple

import numpy as np
import shapely

from geofence.segment_index import SegmentIndex

JOIN_M = 30.0  # ends of segments so close are one place: a junction, or a turn


class Piece(NamedTuple):
    """Along one segment, in metres from its beginning; backwards where `to_m` is less."""

    segment: int
    from_m: float
    to_m: float


class SegmentWays:
    """Segments meet where their ends are within `JOIN_M`; they are driven either way."""

    def __init__(self, segments: SegmentIndex) -> None:
        self._length_m = segments.length_m.tolist()
        # The neighbours of end 0 (its beginning) and end 1 of each segment.
        self._meets: dict[tuple[int, int], list[tuple[int, int]]] = {}
        for own in segments.of_route.values():
            numbers = range(own.start, own.stop)
            ends = [(s, e) for s in numbers for e in (0, 1)]
            points = shapely.get_coordinates(
                [shapely.get_point(segments.lines[s], -e) for s, e in ends]
            )
            apart = np.hypot(*(points[:, None, :] - points[None, :, :]).transpose(2, 0, 1))
            for i, end in enumerate(ends):
                near = np.nonzero(apart[i] <= JOIN_M)[0].tolist()
                self._meets[end] = [ends[j] for j in near if ends[j][0] != end[0]]

    def between(
        self, begin: tuple[int, float], end: tuple[int, float], longest_m: float
    ) -> list[Piece] | None:
        """The shortest way between two (segment, along_m) of one route; None if it is longer."""
        (first, from_m), (last, to_m) = begin, end
        if first == last:
            return [Piece(first, from_m, to_m)] if abs(to_m - from_m) <= longest_m else None
        # (length so far, segment and end at which it is left, pieces)
        heap: list[tuple[float, int, int, tuple[Piece, ...]]] = []
        for side in (0, 1):
            at = side * self._length_m[first]
            heapq.heappush(heap, (abs(at - from_m), first, side, (Piece(first, from_m, at),)))
        seen: set[tuple[int, int]] = set()
        best: tuple[float, list[Piece]] | None = None
        while heap:
            so_far, segment, side, pieces = heapq.heappop(heap)
            if so_far > longest_m or (best is not None and so_far >= best[0]):
                break
            if (segment, side) in seen:
                continue
            seen.add((segment, side))
            for other, entered in self._meets.get((segment, side), ()):
                at = entered * self._length_m[other]
                if other == last:
                    total = so_far + abs(to_m - at)
                    if total <= longest_m and (best is None or total < best[0]):
                        best = total, [*pieces, Piece(other, at, to_m)]
                elif (other, 1 - entered) not in seen:
                    out = (1 - entered) * self._length_m[other]
                    length = so_far + self._length_m[other]
                    piece = Piece(other, at, out)
                    heapq.heappush(heap, (length, other, 1 - entered, (*pieces, piece)))
        return best[1] if best else None
