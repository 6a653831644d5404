"""Points × lines for a whole batch: which lines are within reach, how far, and where along."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from geofence.grid import Grid, Ints, group_starts, listed
from geofence.projection import Floats
from geofence.stretches import HALF_DIAGONAL, Stretches, grid_about

CELL_M = 25.0


class LineGrid:
    """Lines in metres, each with a reach. A cell lists the stretches that a point in it may need.

    Args of the constructor: `lines` and `reach_m`, shapes (l,).

    Attributes:
        grid: the cells; `used` are those that some line may be in reach of.
        length_m: (l,) of each line.
    """

    def __init__(
        self, lines: npt.NDArray[np.object_], reach_m: Floats, cell_m: float = CELL_M
    ) -> None:
        self._stretches = Stretches(lines)
        self._reach_m = reach_m
        self.length_m = self._stretches.length_m
        self.used = np.empty(0, dtype=np.intp)
        self.grid = Grid.over((0.0, 0.0, 0.0, 0.0), cell_m)
        if not len(self._stretches.line):
            return
        self.grid = grid = grid_about(lines, reach_m, cell_m)
        cell, stretch, distance_m = self._stretches.cells(grid, reach_m)
        order = np.lexsort((stretch, cell))
        cell, stretch, distance_m = cell[order], stretch[order], distance_m[order]
        # Of one line, what is a diagonal further from the middle than the nearest is the nearest
        # to no point of the cell.
        key = cell * len(lines) + self._stretches.line[stretch]
        first = np.nonzero(np.diff(key, prepend=-1))[0]
        nearest = np.minimum.reduceat(distance_m, first)
        nearest = np.repeat(nearest, np.diff(np.append(first, len(key))))
        needed = distance_m <= nearest + 2 * HALF_DIAGONAL * grid.cell_m + 1e-6
        self._stretch = stretch[needed].astype(np.int32)
        self._starts = group_starts(cell[needed], grid.cells)
        self.used = np.nonzero(np.diff(self._starts))[0]

    def near(self, x: Floats, y: Floats) -> tuple[Ints, Ints, Floats, Floats]:
        """(row, line, distance_m, along_m), sorted, for points (n,) and the lines in reach of each.

        `along_m` leads from the line's beginning to its place nearest to the point, the first of
        several equally near.
        """
        if not len(self._stretches.line):
            none = np.empty(0, dtype=np.intp)
            return none, none, np.empty(0), np.empty(0)
        row, item = listed(self._starts, self.grid.number(x, y))
        stretch = self._stretch.take(item).astype(np.intp)
        squared, at = self._stretches.measure(stretch, x.take(row), y.take(row))
        line = self._stretches.line.take(stretch)
        reach = self._reach_m.take(line)
        within = (squared <= reach * reach).nonzero()[0]
        row, line, squared = row.take(within), line.take(within), squared.take(within)
        # Pairs come together: the best of each, the first of equals.
        first = np.ones(len(row), dtype=bool)
        first[1:] = (row[1:] != row[:-1]) | (line[1:] != line[:-1])
        starts = first.nonzero()[0]
        if not len(starts):
            return row, line, squared, squared
        least = np.minimum.reduceat(squared, starts)
        pair = first.cumsum() - 1
        equal = (squared == least.take(pair)).nonzero()[0]
        pair = pair.take(equal)
        best = equal[np.diff(pair, prepend=-1) > 0]
        chosen = within.take(best)
        along_m = self._stretches.along.take(stretch.take(chosen)) + at.take(chosen)
        return row.take(best), line.take(best), np.sqrt(least), along_m
