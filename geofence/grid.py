"""A grid of square cells over a site: what is true of a whole cell needs no geometry any more."""

from __future__ import annotations

from dataclasses import dataclass

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
        column = np.floor((x - self.west) / self.cell_m)
        return np.clip(column, 0, self.width - 1).astype(np.intp)

    def rows(self, y: Floats) -> Ints:
        """Row of each y, held to the grid's edge rows."""
        row = np.floor((y - self.south) / self.cell_m)
        return np.clip(row, 0, self.height - 1).astype(np.intp)

    def number(self, x: Floats, y: Floats) -> Ints:
        """The cell of each point."""
        return self.rows(y) * self.width + self.columns(x)

    def centres(self, cells: Ints) -> tuple[Floats, Floats]:
        """The middles of cells."""
        row, column = np.divmod(cells, self.width)
        x = self.west + (column + 0.5) * self.cell_m
        y = self.south + (row + 0.5) * self.cell_m
        return x, y

    def in_bounds(self, west: float, south: float, east: float, north: float) -> Ints:
        """All cells that a rectangle touches."""
        columns = self.columns(np.array([west, east]))
        rows = self.rows(np.array([south, north]))
        inside = np.arange(rows[0], rows[1] + 1)[:, None] * self.width
        cells: Ints = (inside + np.arange(columns[0], columns[1] + 1)).ravel()
        return cells


def expand(begin: Ints, end: Ints) -> tuple[Ints, Ints]:
    """(which slice, index) for every index of the slices [begin, end)."""
    count = end - begin
    which = np.repeat(np.arange(len(count)), count)
    return which, np.arange(len(which)) + np.repeat(begin - (np.cumsum(count) - count), count)
