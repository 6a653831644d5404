"""Points × corridors for a whole batch: is the point within its route's half-width?"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely import Geometry

from geofence.grid import Grid, Ints
from geofence.projection import Floats

CELL_M = 25.0  # small enough to lie wholly in a half-width of 50 m
_HALF_DIAGONAL = 0.5**0.5


class CorridorIndex:
    """Cells wholly in a corridor, and cells on its edge; points in the latter are measured.

    Args of the constructor: `lines` in metres and their half-widths, shapes (r,).
    """

    def __init__(self, lines: npt.NDArray[np.object_], half_width_m: Floats) -> None:
        self.lines = lines
        self.half_width_m = half_width_m
        shapely.prepare(lines)
        keys, within = [np.empty(0, dtype=np.intp)], [np.empty(0, dtype=bool)]
        if len(lines):
            west, south, east, north = shapely.total_bounds(lines)
            widest = float(half_width_m.max())
            bounds = (west - widest, south - widest, east + widest, north + widest)
            self._grid = Grid.over(bounds, CELL_M)
            for i, (line, half) in enumerate(zip(lines, half_width_m.tolist(), strict=True)):
                cells, wholly = _draw(self._grid, line, half)
                keys.append(cells * len(lines) + i)
                within.append(wholly)
        key, wholly = np.concatenate(keys), np.concatenate(within)
        order = np.argsort(key)
        self._keys, self._wholly = key[order], wholly[order]

    def within(self, route: Ints, x: Floats, y: Floats) -> npt.NDArray[np.bool_]:
        """Whether each point lies in the corridor of its route, shapes (n,)."""
        if not len(self._keys):
            return np.zeros(len(route), dtype=bool)
        key = self._grid.number(x, y) * len(self.lines) + route
        at = np.minimum(np.searchsorted(self._keys, key), len(self._keys) - 1)
        inside: npt.NDArray[np.bool_] = self._keys[at] == key
        ask = np.nonzero(inside & ~self._wholly[at])[0]
        if len(ask):
            half_width: Any = self.half_width_m[route[ask]]  # shapely's types know one number only
            inside[ask] = shapely.dwithin(
                self.lines[route[ask]], shapely.points(x[ask], y[ask]), half_width
            )
        return inside


def _draw(grid: Grid, line: Geometry, half_width_m: float) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """The cells that a corridor touches, and whether it covers them.

    A cell's points are at most half a diagonal from its middle.
    """
    reach = half_width_m + _HALF_DIAGONAL * grid.cell_m
    # A middle within reach of the line is within reach + half a cell of a point sampled on it.
    points = shapely.get_coordinates(shapely.segmentize(line, grid.cell_m))
    on_line = np.unique(grid.number(points[:, 0], points[:, 1]))
    row, column = np.divmod(on_line, grid.width)
    near = int(np.ceil(reach / grid.cell_m + 0.5)) + 1
    offsets = np.arange(-near, near + 1)
    columns = column[:, None, None] + offsets[None, :, None]
    rows = row[:, None, None] + offsets[None, None, :]
    valid = (columns >= 0) & (columns < grid.width) & (rows >= 0) & (rows < grid.height)
    cells = np.unique((rows * grid.width + columns)[valid])
    middles = np.array(shapely.points(*grid.centres(cells)), dtype=object)
    touched = shapely.dwithin(line, middles, reach)
    inner = half_width_m - _HALF_DIAGONAL * grid.cell_m
    if inner <= 0:
        return cells[touched], np.zeros(int(touched.sum()), dtype=bool)
    return cells[touched], shapely.dwithin(line, middles[touched], inner)
