"""Points × corridors for a whole batch: is the point within its route's half-width?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from geofence.grid import Ints, group_starts, listed
from geofence.projection import Floats
from geofence.stretches import HALF_DIAGONAL, Stretches, grid_about

CELL_M = 25.0  # small enough to lie wholly in a half-width of 50 m
_MIX = np.uint64(0x9E37_79B9_7F4A_7C15)  # 2^64 / golden ratio, odd: Knuth's multiplicative hash


class CorridorIndex:
    """Cells wholly in a corridor, and cells on its edge; points in the latter are measured.

    Pairs of a cell and a route are found by a hash: bucket b has those from `_starts[b]` on.

    Args of the constructor: `lines` in metres and their half-widths, shapes (r,).
    """

    def __init__(self, lines: npt.NDArray[np.object_], half_width_m: Floats) -> None:
        self.lines = lines
        self.half_width_m = half_width_m
        self._stretches = Stretches(lines)
        if not len(self._stretches.line):
            return
        self._grid = grid_about(lines, half_width_m, CELL_M)
        cell, stretch, distance_m = self._stretches.cells(self._grid, half_width_m)
        key = cell * len(lines) + self._stretches.line[stretch]
        self._shift = np.uint64(64 - max(len(key).bit_length() - 1, 1))
        order = np.lexsort((key, self._bucket(key)))
        key, stretch, distance_m = key[order], stretch[order], distance_m[order]
        first = np.nonzero(np.diff(key, prepend=-1))[0]
        count = np.diff(np.append(first, len(key)))
        inner = half_width_m - HALF_DIAGONAL * self._grid.cell_m
        self._keys = key[first]
        self._wholly = np.minimum.reduceat(distance_m, first) <= inner[self._keys % len(lines)]
        self._starts = group_starts(self._bucket(self._keys), 1 << (64 - int(self._shift)))
        asked = ~np.repeat(self._wholly, count)
        self._stretch = stretch[asked].astype(np.int32)
        self._asked = np.zeros(len(first) + 1, dtype=np.int32)
        np.cumsum(np.where(self._wholly, 0, count), out=self._asked[1:])

    def within(self, route: Ints, x: Floats, y: Floats) -> npt.NDArray[np.bool_]:
        """Whether each point lies in the corridor of its route, shapes (n,)."""
        inside = np.zeros(len(route), dtype=bool)
        if not len(self._stretches.line):
            return inside
        key = self._grid.number(x, y)
        key *= len(self.lines)
        key += route
        row, entry = listed(self._starts, self._bucket(key))
        same = (self._keys.take(entry) == key.take(row)).nonzero()[0]
        row, entry = row.take(same), entry.take(same)
        wholly = self._wholly.take(entry)
        inside[row] = wholly
        ask = (~wholly).nonzero()[0]
        if len(ask):
            entry, row = entry.take(ask), row.take(ask)
            which, item = listed(self._asked, entry)
            at = row.take(which)
            stretch = self._stretch.take(item).astype(np.intp)
            squared, _ = self._stretches.measure(stretch, x.take(at), y.take(at))
            inside[at[squared <= self.half_width_m.take(route.take(at)) ** 2]] = True
        return inside

    def _bucket(self, key: Ints) -> Ints:
        return ((key.astype(np.uint64) * _MIX) >> self._shift).astype(np.intp)
