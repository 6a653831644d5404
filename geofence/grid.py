"""A grid of square cells over a site: what is true of a whole cell needs no geometry any more."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from geofence.projection import Floats

Ints = npt.NDArray[np.intp]

MAX_CELLS = 4_000_000  # 16 MB of cell numbers; a larger site gets larger cells


@dataclass(frozen=True, slots=True)
class Grid:
    """`width` x `height` cells of `cell_m` metres from (west, south), numbered row by row."""

    west: float
    south: float
    cell_m: float
    width: int
    height: int
    # Numbers of the columns, of the rows, and of the first cell of each row.
    _columns: Ints = field(init=False, repr=False, compare=False)
    _rows: Ints = field(init=False, repr=False, compare=False)
    _begins: Ints = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_columns", np.arange(self.width))
        object.__setattr__(self, "_rows", np.arange(self.height))
        object.__setattr__(self, "_begins", self._rows * self.width)

    @classmethod
    def over(cls, bounds: tuple[float, float, float, float], cell_m: float) -> Grid:
        """A grid over (west, south, east, north) in metres, with a cell to spare on every side.

        Cells are `cell_m` wide, or 2, 4, 8 … times that where they would be too many.
        """
        west, south, east, north = bounds
        cell = cell_m
        while ((east - west) / cell + 3) * ((north - south) / cell + 3) > MAX_CELLS:
            cell *= 2
        return cls(
            west - cell,
            south - cell,
            cell,
            int((east - west) // cell) + 3,
            int((north - south) // cell) + 3,
        )

    @property
    def cells(self) -> int:
        """How many there are."""
        return self.width * self.height

    def columns(self, x: Floats) -> Ints:
        """Column of each x, held to the grid's edge columns; those are empty by construction."""
        return _stepped(x, self.west, self.cell_m, self._columns)

    def rows(self, y: Floats) -> Ints:
        """Row of each y, held to the grid's edge rows."""
        return _stepped(y, self.south, self.cell_m, self._rows)

    def number(self, x: Floats, y: Floats) -> Ints:
        """The cell of each point."""
        number = _stepped(y, self.south, self.cell_m, self._begins)
        number += self.columns(x)
        return number

    def centres(self, cells: Ints) -> tuple[Floats, Floats]:
        """The middles of cells."""
        row, column = np.divmod(cells, self.width)
        x = self.west + (column + 0.5) * self.cell_m
        y = self.south + (row + 0.5) * self.cell_m
        return x, y


def _stepped(values: Floats, origin: float, step: float, numbers: Ints) -> Ints:
    """`numbers` of the step that each value lies in, held to the first and the last step."""
    steps = values - origin
    steps *= 1 / step
    return numbers.take(steps.astype(np.intp), mode="clip")


def expand(begin: Ints, end: Ints) -> tuple[Ints, Ints]:
    """(which slice, index) for every index of the slices [begin, end)."""
    count = end - begin
    which = np.arange(len(count)).repeat(count)
    index = (end - count.cumsum()).take(which)
    index += np.arange(len(which))
    return which, index


def listed(starts: npt.NDArray[np.int32], group: Ints) -> tuple[Ints, Ints]:
    """(which of the groups asked for, number of a thing) for all things of each group."""
    return expand(starts.take(group).astype(np.intp), starts.take(group + 1).astype(np.intp))


def group_starts(group: Ints, count: int) -> npt.NDArray[np.int32]:
    """Where each of `count` groups begins once things are sorted by their group; and the end."""
    starts = np.zeros(count + 1, dtype=np.int32)
    np.cumsum(np.bincount(group, minlength=count), out=starts[1:])
    return starts
