"""Points × areas by a grid of cells: in which of several areas does each point lie?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from geofence.grid import Grid, Ints, group_starts, listed
from geofence.outline import DOUBT_M, Cut, cut, met, outlines
from geofence.projection import Floats

Objects = npt.NDArray[np.object_]
Bits = npt.NDArray[np.uint8]

MAX_AREA_CELLS = 4_000_000  # 144 MB; of all areas' own rectangles together, else cells get larger
_BITS, _FIRST, _AREA = 15, 16, 5  # of an item: mask, mask, shift
_ALWAYS_MET = (-1e18, 1e18, -1e18, 0.0)  # as a line of a `Cut`


class AreaGrid:
    """Areas in metres on a grid. The answers are those of `shapely.contains_xy`.

    Each area has a polygon on each of up to four levels; bit i stands for that of level i. A cell
    lists, for each area about it, first the bits that hold in its south-west corner, then the
    pieces of the area's outlines in the cell; each that a point's way from the corner meets turns a
    bit. So a point is asked only about what runs through its own cell.

    Args of the constructor: `levels`, each an array (a,) of polygons; some may be empty.

    Attributes:
        crossed_cells: for each level, the cells that its outlines run through, with repetitions.
    """

    def __init__(self, levels: tuple[Objects, ...], cell_m: float) -> None:
        self._levels = levels
        outline = [outlines(level) for level in levels]
        area = np.concatenate([of for of, _ in outline])
        level = np.repeat(np.arange(len(levels)), [len(of) for of, _ in outline])
        bit = (1 << level).astype(np.uint8)
        self.grid, own = _rectangles(np.stack([shapely.bounds(a) for a in levels]), cell_m)
        pieces = cut(self.grid, np.concatenate([ends for _, ends in outline]))
        of, cell, corner = own.corners(pieces, area, bit)
        piece_cell = self.grid.width * pieces.row + pieces.column
        self.crossed_cells = [piece_cell[level[pieces.edge] == i] for i in range(len(levels))]
        cell = np.concatenate([cell, piece_cell])
        of = np.concatenate([of, area[pieces.edge]])
        bits = np.concatenate([corner | _FIRST, bit[pieces.edge]])
        order = np.argsort(cell * len(levels[0]) + of, kind="stable")
        self._items = (of[order] << _AREA | bits[order]).astype(np.int32)
        self._lines = np.empty((len(order), 4))
        self._lines[order < len(corner)] = _ALWAYS_MET
        self._lines[order >= len(corner)] = pieces.line[order[order >= len(corner)] - len(corner)]
        self._starts = group_starts(cell, self.grid.cells)
        self._near = np.zeros((self.grid.cells >> 3) + 1, dtype=bool)  # small: most points need no
        self._near[cell >> 3] = True  # more than this, of eight cells side by side

    def bits(self, x: Floats, y: Floats) -> tuple[Ints, Ints, npt.NDArray[np.int32]]:
        """(row, area, bits), sorted, for points (n,); an area about a point may have no bits."""
        cell = self.grid.number(x, y)
        row = self._near.take(cell >> 3).nonzero()[0]
        which, item = listed(self._starts, cell.take(row))
        if not len(item):
            return which, item, np.empty(0, dtype=np.int32)
        row, items = row.take(which), self._items.take(item)
        sure = met(self._lines.take(item, axis=0), x.take(row), y.take(row))
        first = (items & _FIRST).nonzero()[0]
        bits = np.bitwise_xor.reduceat((items & _BITS) * (sure > 0), first)
        row, area = row.take(first), (items.take(first) >> _AREA).astype(np.intp)
        doubt = (np.abs(sure, out=sure) < DOUBT_M).nonzero()[0]
        if len(doubt):
            ask = np.unique(first.searchsorted(doubt, side="right") - 1)
            bits[ask] = self._asked(area[ask], x[row[ask]], y[row[ask]])
        return row, area, bits

    def _asked(self, area: Ints, x: Floats, y: Floats) -> npt.NDArray[np.int32]:
        """The bits by Shapely, for pairs of an area and a point."""
        bits = np.zeros(len(area), dtype=np.int32)
        for number, areas in enumerate(self._levels):
            bits |= shapely.contains_xy(areas[area], x, y).astype(np.int32) << number
        return bits


class _Rectangles:
    """Each area's own rectangle of cells, all of them one after the other in one array.

    Args of the constructor: each area's first and last column and row, shapes (a,).
    """

    def __init__(self, grid: Grid, columns: tuple[Ints, Ints], rows: tuple[Ints, Ints]) -> None:
        self._grid = grid
        self._column, self._row = columns[0], rows[0]
        self._width = columns[1] - columns[0] + 2  # a spare one, where every row is outside again
        self._size = self._width * (rows[1] - rows[0] + 1)
        self._begin = np.cumsum(self._size) - self._size

    def corners(self, pieces: Cut, area: Ints, bit: Bits) -> tuple[Ints, Ints, Bits]:
        """(area, cell, bits that hold in its south-west corner) for each area's own cells.

        Only cells with a bit or with a piece. Eastward along a row line the bits turn where an
        outline crosses it.
        """
        state = np.zeros(int(self._size.sum()), dtype=np.uint8)
        turns = self._number(area[pieces.over_edge], pieces.over_column + 1, pieces.over_row)
        np.bitwise_xor.at(state, turns, bit[pieces.over_edge])
        np.bitwise_xor.accumulate(state, out=state)
        there = state > 0
        there[self._number(area[pieces.edge], pieces.column, pieces.row)] = True
        number = np.nonzero(there)[0]
        of = np.repeat(np.arange(len(self._size)), self._size)[number]
        down, right = np.divmod(number - self._begin[of], self._width[of])
        cell = (self._row[of] + down) * self._grid.width + self._column[of] + right
        return of, cell, state[number]

    def _number(self, area: Ints, column: Ints, row: Ints) -> Ints:
        down, right = row - self._row[area], column - self._column[area]
        numbers: Ints = self._begin[area] + down * self._width[area] + right
        return numbers


def _rectangles(bounds: Floats, cell_m: float) -> tuple[Grid, _Rectangles]:
    """A grid over all bounds (levels, areas, 4), and each area's part of it."""
    bounds = np.where(np.isnan(bounds), np.nanmin(bounds), bounds)
    west, south = bounds[..., :2].min(axis=0).T
    east, north = bounds[..., 2:].max(axis=0).T
    while ((east - west) / cell_m + 3) @ ((north - south) / cell_m + 3) > MAX_AREA_CELLS:
        cell_m *= 2
    grid = Grid.over((west.min(), south.min(), east.max(), north.max()), cell_m)
    columns = grid.columns(west), grid.columns(east)
    return grid, _Rectangles(grid, columns, (grid.rows(south), grid.rows(north)))
