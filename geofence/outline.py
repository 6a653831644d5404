"""Outlines of areas, cut along the lines of a grid: a point is asked about its own cell only.

Whether a point lies in an area follows from whether the south-west corner of its cell does, and
from how often the way from there, north along the cell's west side and then east, meets the
outline: the rule of crossings (even-odd), kept within a cell.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from geofence.grid import Grid, Ints, expand
from geofence.projection import Floats

DOUBT_M = 1e-4
"""What is nearer to an outline than this, the cut does not decide: far more than it rounds."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Pieces of outlines, each within one cell of a grid, running north.

    A point (x, y) of the cell whose way meets piece i has `met(...)[i] > 0`.

    Attributes:
        edge, column, row: of which edge, and in which cell; shape (p,).
        line: (p, 4), metres: y of its foot and of its head, x of its foot, and how far east it
            goes with each metre north. Where an edge crosses the west side of a cell there is
            another piece, from there on north and in the far west, so that all ways meet it.
        over_edge, over_column, over_row: where edges cross the south side of a cell, (q,).
    """

    edge: Ints
    column: Ints
    row: Ints
    line: Floats
    over_edge: Ints
    over_column: Ints
    over_row: Ints


def met(line: Floats, x: Floats, y: Floats) -> Floats:
    """How surely each way meets each piece, in metres: no below 0; a doubt within `DOUBT_M` of 0.

    Args:
        line: of a `Cut`, (n, 4); the points' shapes are (n,).
    """
    above = y - line[:, 0]
    east = x - line[:, 2] - line[:, 3] * above
    return np.minimum(np.minimum(above, line[:, 1] - y, out=above), east, out=east)


def outlines(areas: npt.NDArray[np.object_]) -> tuple[Ints, Floats]:
    """(number of the area, x and y of the southern end, x and y of the northern), all its edges."""
    parts, area = shapely.get_parts(areas, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    edge = np.nonzero(ring[1:] == ring[:-1])[0]
    ends = np.hstack([points[edge], points[edge + 1]])
    south = ends[:, 1] > ends[:, 3]
    ends[south] = ends[south][:, [2, 3, 0, 1]]
    return area[part[ring[edge]]], ends


def cut(grid: Grid, ends: Floats) -> Cut:
    """Cut edges, as `outlines` gives them, along the lines of a grid.

    Which lines an edge crosses follows from the cells of its ends alone, so that no rounding can
    lose a crossing: a closed outline stays closed.
    """
    first, last = grid.rows(ends[:, 1]), grid.rows(ends[:, 3])
    edge, row = expand(first, last + 1)
    x1, y1, x2, y2 = ends[edge].T
    slope = np.divide(x2 - x1, y2 - y1, out=np.zeros(len(edge)), where=y2 > y1)

    def at(line: Ints) -> tuple[Floats, Floats]:
        y = np.clip(grid.south + line * grid.cell_m, y1, y2)
        return np.clip(x1 + (y - y1) * slope, np.minimum(x1, x2), np.maximum(x1, x2)), y

    (low_x, low_y), (high_x, high_y) = at(row), at(row + 1)
    begins, ends_here = row == first[edge], row == last[edge]
    low_x, low_y = np.where(begins, x1, low_x), np.where(begins, y1, low_y)
    high_x, high_y = np.where(ends_here, x2, high_x), np.where(ends_here, y2, high_y)
    over = np.nonzero(~begins)[0]
    within, column, line = _cut_row(grid, slope, (low_x, low_y, high_x, high_y))
    return Cut(
        edge[within], column, row[within], line, edge[over], grid.columns(low_x[over]), row[over]
    )


def _cut_row(
    grid: Grid, slope: Floats, ends: tuple[Floats, Floats, Floats, Floats]
) -> tuple[Ints, Ints, Floats]:
    """(number of the edge, column, line) of all pieces of edges that each lie within a row."""
    first, last = grid.columns(ends[0]), grid.columns(ends[2])
    edge, step = expand(np.zeros_like(first), np.abs(last - first) + 1)
    east = last[edge] > first[edge]
    column = first[edge] + np.where(east, step, -step)
    x1, y1, x2, y2 = (e[edge] for e in ends)
    rise = np.divide(y2 - y1, x2 - x1, out=np.zeros(len(edge)), where=x1 != x2)

    def at(side: Ints) -> tuple[Floats, Floats]:
        x = grid.west + side.astype(np.float64) * grid.cell_m
        return x, np.clip(y1 + (x - x1) * rise, y1, y2)

    (low_x, low_y), (_, high_y) = at(column + ~east), at(column + east)
    begins, ends_here = column == first[edge], column == last[edge]
    low_x, low_y = np.where(begins, x1, low_x), np.where(begins, y1, low_y)
    high_y = np.where(ends_here, y2, high_y)
    flat = high_y - low_y < DOUBT_M
    line = np.stack([low_y, high_y, low_x, slope[edge]], axis=1)
    line[flat, 2:] = -np.inf, 0.0  # who is level with it is in doubt anyway
    west = np.nonzero(np.where(east, ~begins, ~ends_here))[0]
    over = np.empty((len(west), 4))
    over[:] = 0.0, np.inf, -np.inf, 0.0
    over[:, 0] = np.where(east[west], low_y[west], high_y[west])
    every = np.concatenate([np.arange(len(edge)), west])
    return edge[every], column[every], np.concatenate([line, over])
