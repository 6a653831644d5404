"""The straight stretches of lines in metres: how far a point is from them, and where along."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import shapely

from geofence.grid import Grid, Ints, expand
from geofence.projection import Floats

HALF_DIAGONAL = 0.5**0.5  # of a cell: what is true of its middle is true of it give or take this
_AT_ONCE = 20_000  # stretches that are drawn at once: bounds the memory


class Stretches:
    """The stretches of lines, in the order of the lines and along each.

    Args of the constructor: `lines`, LineStrings or MultiLineStrings in metres, shape (l,). What
    lies along a line of several parts is told as if they were joined.

    Attributes:
        line: (s,) number of the line.
        along: (s,) metres from the line's beginning.
        length_m: (l,) of each line.
    """

    def __init__(self, lines: npt.NDArray[np.object_]) -> None:
        parts, of = shapely.get_parts(lines, return_index=True)
        points, part = shapely.get_coordinates(parts, return_index=True)
        first = np.nonzero(part[1:] == part[:-1])[0]
        self.line: Ints = of[part[first]]
        begin, way = points[first], points[first + 1] - points[first]
        length = np.hypot(way[:, 0], way[:, 1])
        # x and y of the beginning, the direction as a unit vector, and the length.
        self._row = np.zeros((len(first), 5))
        self._row[:, :2], self._row[:, 4] = begin, length
        np.divide(way, length[:, None], out=self._row[:, 2:4], where=length[:, None] > 0)
        before = np.cumsum(length) - length
        starts = np.searchsorted(self.line, np.arange(len(lines)))
        counts = np.bincount(self.line, minlength=len(lines))
        self.length_m: Floats = shapely.length(lines)
        self.along: Floats = before - np.repeat(before[starts[counts > 0]], counts[counts > 0])

    def measure(self, stretch: Ints, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """(distance squared, metres from the stretch's beginning to the nearest place), (n,)."""
        row = self._row.take(stretch, axis=0)
        east, north = x - row[:, 0], y - row[:, 1]
        at = np.clip(east * row[:, 2] + north * row[:, 3], 0.0, row[:, 4])
        east -= at * row[:, 2]
        north -= at * row[:, 3]
        return east * east + north * north, at

    def cells(self, grid: Grid, reach_m: Floats) -> tuple[Ints, Ints, Floats]:
        """(cell, stretch, distance of the cell's middle), wherever a stretch may be in reach.

        Args:
            grid: covers all lines and their reach.
            reach_m: of each line, (l,).
        """
        drawn = [
            (np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp), np.empty(0)),
            *self._drawn(grid, reach_m + HALF_DIAGONAL * grid.cell_m),
        ]
        cell, stretch, distance = (np.concatenate(column) for column in zip(*drawn, strict=True))
        return cell, stretch, distance

    def _drawn(self, grid: Grid, reach_m: Floats) -> Iterator[tuple[Ints, Ints, Floats]]:
        # A slanted stretch of many cells would have a rectangle of very many.
        pieces = np.maximum(np.ceil(self._row[:, 4] / (4 * grid.cell_m)), 1).astype(np.intp)
        stretches, step = expand(np.zeros_like(pieces), pieces)
        for i in range(0, len(stretches), _AT_ONCE):
            stretch, row = stretches[i : i + _AT_ONCE], self._row[stretches[i : i + _AT_ONCE]]
            piece_m = row[:, 4] / pieces[stretch]
            begin = row[:, :2] + row[:, 2:4] * (step[i : i + _AT_ONCE] * piece_m)[:, None]
            end = begin + row[:, 2:4] * piece_m[:, None]
            reach = reach_m[self.line[stretch]]
            low, high = np.minimum(begin, end).T - reach, np.maximum(begin, end).T + reach
            left, right = grid.columns(low[0]), grid.columns(high[0])
            which, y = expand(grid.rows(low[1]), grid.rows(high[1]) + 1)
            of, x = expand(left[which], right[which] + 1)
            cell, stretch = y[of] * grid.width + x, stretch[which[of]]
            squared, _ = self.measure(stretch, *grid.centres(cell))
            near = np.nonzero(squared <= reach[which[of]] ** 2)[0]
            cell, stretch, squared = cell[near], stretch[near], squared[near]
            # The pieces of a stretch may share cells.
            _, one = np.unique(stretch * grid.cells + cell, return_index=True)
            yield cell[one], stretch[one], np.sqrt(squared[one])


def grid_about(lines: npt.NDArray[np.object_], reach_m: Floats, cell_m: float) -> Grid:
    """A grid over lines and all within reach of them; there must be a line."""
    bounds, reach = shapely.bounds(lines), reach_m[:, None]
    west, south = np.nanmin(bounds[:, :2] - reach, axis=0).tolist()
    east, north = np.nanmax(bounds[:, 2:] + reach, axis=0).tolist()
    return Grid.over((west, south, east, north), cell_m)
