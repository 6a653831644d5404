"""Points × corridors for a whole batch: is the point within its route's half-width?"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geofence.grid import Grid, Ints
from geofence.projection import Floats

CELL_M = 25.0  # small enough to lie wholly in a half-width of 50 m
_HALF_DIAGONAL = 0.5**0.5


class CorridorIndex:
    """Cells that lie wholly in a corridor are kept; points elsewhere are measured.

    Args of the constructor: `lines` in metres and their half-widths, shapes (r,).
    """

    def __init__(self, lines: npt.NDArray[np.object_], half_width_m: Floats) -> None:
        self.lines = lines
        self.half_width_m = half_width_m
        shapely.prepare(lines)
        keys: list[Ints] = []
        if len(lines):
            self._grid = Grid.over(tuple(shapely.total_bounds(lines)), CELL_M)
            keys = [
                cells * len(lines) + i
                for i, (line, half) in enumerate(zip(lines, half_width_m, strict=True))
                if len(cells := _wholly_within(self._grid, line, float(half)))
            ]
        self._inside = np.sort(np.concatenate(keys)) if keys else np.empty(0, dtype=np.intp)

    def within(self, route: Ints, x: Floats, y: Floats) -> npt.NDArray[np.bool_]:
        """Whether each point lies in the corridor of its route, shapes (n,)."""
        inside = np.zeros(len(route), dtype=bool)
        if len(self._inside):
            key = self._grid.number(x, y) * len(self.lines) + route
            at = np.minimum(np.searchsorted(self._inside, key), len(self._inside) - 1)
            inside = self._inside[at] == key
        ask = np.nonzero(~inside)[0]
        if len(ask):
            half_width: Any = self.half_width_m[route[ask]]  # shapely's types know one number only
            inside[ask] = shapely.dwithin(
                self.lines[route[ask]], shapely.points(x[ask], y[ask]), half_width
            )
        return inside


def _wholly_within(grid: Grid, line: Any, half_width_m: float) -> Ints:  # noqa: ANN401 (untyped in shapely)
    """Cells that a corridor covers: their middle is half a diagonal nearer than its edge."""
    reach = half_width_m - _HALF_DIAGONAL * grid.cell_m
    if reach <= 0:
        return np.empty(0, dtype=np.intp)
    # A middle within reach of the line is within reach + step / 2 of a point sampled on it.
    step = grid.cell_m / 2
    points = shapely.get_coordinates(shapely.segmentize(line, step))
    near = int(np.ceil((reach + step / 2) / grid.cell_m)) + 1
    offsets = np.arange(-near, near + 1)
    columns = grid.columns(points[:, 0])[:, None, None] + offsets[None, :, None]
    rows = grid.rows(points[:, 1])[:, None, None] + offsets[None, None, :]
    # The edge cells of the grid also stand for all that lies outside it.
    valid = (columns > 0) & (columns < grid.width - 1) & (rows > 0) & (rows < grid.height - 1)
    cells = np.unique((rows * grid.width + columns)[valid])
    x, y = grid.centres(cells)
    within = shapely.dwithin(line, shapely.points(x, y), reach)
    covered: Ints = cells[within]
    return covered
