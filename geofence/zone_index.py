"""Points × zones for a whole batch."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import shapely
from shapely import Geometry, MultiPolygon, Polygon

from config.zone import Zone
from geofence.grid import Grid, Ints, expand
from geofence.parameters import ZoneVisitParameters
from geofence.projection import Floats, Projection

# How a point lies to a zone; a pair that is not listed is far outside.
NEAR, INSIDE, CORE = 1, 2, 3

Bytes = npt.NDArray[np.uint8]

_ASK_CORE = 1 << 2  # of a cell: the core's boundary runs through it
CELL_M = 12.5  # benchmarks.fences, 1,000 zones: 2.2 M fixes/s; 1.4 M with 25 m, 0.65 M with 50 m
_SAMPLE_M = 5.0  # boundaries are drawn on the grid as points so far apart


class ZoneIndex:
    """The zones of a site in metres, each with a core (surely inside) and a margin (not yet out).

    A grid holds, for each cell, the zones about it and how the cell lies to them; geometry is asked
    only for points in cells that a boundary runs through, and only about that boundary.

    Zones are numbered in the site's order; `ids[i]` names zone i, `weights[i]` is a hash of its id
    for sums that stand for sets of zones.
    """

    def __init__(
        self, zones: Mapping[str, Zone], projection: Projection, visit: ZoneVisitParameters
    ) -> None:
        self.ids = tuple(zones)
        self.weights = np.array([_weight(z) for z in zones], dtype=np.uint64)
        shapes = [shapely.make_valid(projection.shape(z.geometry)) for z in zones.values()]
        self.shapes = np.array(shapes, dtype=object)
        depth = [min(visit.enter_depth_m, _inradius_m(s) / 2) for s in shapes]
        self.cores = shapely.buffer(self.shapes, -np.array(depth, dtype=float))
        self.margins = shapely.buffer(self.shapes, visit.leave_margin_m)
        self._levels = (self.margins, self.shapes, self.cores)
        for shapes_of_level in self._levels:
            shapely.prepare(shapes_of_level)
        self._core_tree = shapely.STRtree(self.cores)
        if not zones:
            return
        self._grid = Grid.over(tuple(shapely.total_bounds(self.margins)), CELL_M)
        cell, zone, sure, ask = _draw(self._grid, self._levels)
        order = np.lexsort((zone, cell))
        cell, self._zone = cell[order], zone[order].astype(np.int32)
        self._sure, self._ask = sure[order], ask[order]
        # Cell c has the entries from [c] to [c + 1].
        self._entries = np.searchsorted(cell, np.arange(self._grid.cells + 1)).astype(np.int32)
        self._edge_sums = self._summed(cell[self._ask & _ASK_CORE > 0])

    def relate(self, x: Floats, y: Floats) -> tuple[Ints, Ints, Ints]:
        """Pairs (row, zone, NEAR | INSIDE | CORE), sorted, for points in metres, shapes (n,)."""
        if not self.ids:
            none = np.empty(0, dtype=np.intp)
            return none, none, none
        cell = self._grid.number(x, y)
        begin, end = self._entries[cell], self._entries[cell + 1]
        row, entry = expand(begin.astype(np.intp), end.astype(np.intp))
        zone, level = self._zone[entry].astype(np.intp), self._sure[entry].astype(np.intp)
        ask = self._ask[entry]
        for number, shapes in enumerate(self._levels):
            asked = np.nonzero(ask & (1 << number))[0]
            at = row[asked]
            level[asked] += shapely.contains_xy(shapes[zone[asked]], x[at], y[at])
        there = level > 0
        return row[there], zone[there], level[there]

    def crossed(self, x1: Floats, y1: Floats, x2: Floats, y2: Floats) -> tuple[Ints, Ints]:
        """Pairs (segment, zone), sorted, where the straight way from 1 to 2 touches the core.

        A way that lies wholly in a core, and so tells nothing, may be left out.
        """
        none = np.empty(0, dtype=np.intp)
        if not self.ids or not len(x1):
            return none, none
        maybe = np.nonzero(self._edges_about(x1, y1, x2, y2))[0]
        if not len(maybe):
            return none, none
        ends = np.stack([x1[maybe], y1[maybe], x2[maybe], y2[maybe]], axis=-1).reshape(-1, 2, 2)
        segment, zone = self._core_tree.query(shapely.linestrings(ends), predicate="intersects")
        order = np.lexsort((zone, segment))
        return maybe[segment[order]], zone[order]

    def _edges_about(self, x1: Floats, y1: Floats, x2: Floats, y2: Floats) -> npt.NDArray[np.bool_]:
        """Whether a core's boundary may run through the rectangle about each segment."""
        grid, sums = self._grid, self._edge_sums
        left, right = grid.columns(np.minimum(x1, x2)), grid.columns(np.maximum(x1, x2)) + 1
        low, high = grid.rows(np.minimum(y1, y2)), grid.rows(np.maximum(y1, y2)) + 1
        count = sums[high, right] - sums[low, right] - sums[high, left] + sums[low, left]
        about: npt.NDArray[np.bool_] = count > 0
        return about

    def _summed(self, cells: Ints) -> npt.NDArray[np.int32]:
        """How many of the cells lie below and left of each grid corner (a summed-area table)."""
        marked = np.zeros(self._grid.cells, dtype=np.int32)
        marked[cells] = 1
        sums = np.zeros((self._grid.height + 1, self._grid.width + 1), dtype=np.int32)
        shaped = marked.reshape(self._grid.height, self._grid.width)
        sums[1:, 1:] = shaped.cumsum(axis=0).cumsum(axis=1)
        return sums


def _draw(
    grid: Grid, levels: tuple[npt.NDArray[np.object_], ...]
) -> tuple[Ints, Ints, Bytes, Bytes]:
    """(cell, zone, levels that surely hold, levels to ask) for every cell near a zone.

    The levels lie within one another: how many hold is how a point lies to the zone. Bit i of those
    to ask stands for level i, whose boundary runs through the cell.
    """
    cells = [np.empty(0, dtype=np.intp)]
    zones = [np.empty(0, dtype=np.intp)]
    for zone, bounds in enumerate(shapely.bounds(levels[0])):
        if not np.isnan(bounds).any():
            cells.append(grid.in_bounds(*bounds))
            zones.append(np.full(len(cells[-1]), zone, dtype=np.intp))
    cell, zone_of = np.concatenate(cells), np.concatenate(zones)
    key = zone_of * grid.cells + cell
    x, y = grid.centres(cell)
    sure, ask = np.zeros(len(cell), dtype=np.uint8), np.zeros(len(cell), dtype=np.uint8)
    for number, level in enumerate(levels):
        edge = np.isin(key, _boundary(grid, level), assume_unique=True)
        ask[edge] |= 1 << number
        rest = np.nonzero(~edge)[0]
        sure[rest] += shapely.contains_xy(level[zone_of[rest]], x[rest], y[rest])
    there = (sure > 0) | (ask > 0)
    return cell[there], zone_of[there], sure[there], ask[there]


def _boundary(grid: Grid, shapes: npt.NDArray[np.object_]) -> Ints:
    """Keys (zone x cells + cell) of all cells that a shape's boundary runs through."""
    lines = shapely.segmentize(shapely.boundary(shapes), _SAMPLE_M)
    points, zone = shapely.get_coordinates(lines, return_index=True)
    keys = []
    # Whatever lies between two samples is within half their distance of one of them.
    for dx in (-_SAMPLE_M / 2, _SAMPLE_M / 2):
        for dy in (-_SAMPLE_M / 2, _SAMPLE_M / 2):
            cell = grid.number(points[:, 0] + dx, points[:, 1] + dy)
            keys.append(np.unique(zone * grid.cells + cell))
    return np.unique(np.concatenate(keys))


def _inradius_m(shape: Geometry) -> float:
    """Radius of the largest circle inside a polygon, to about a metre."""
    if not isinstance(shape, Polygon | MultiPolygon) or shape.area == 0:
        return 0.0  # nothing to be inside of
    return float(shapely.maximum_inscribed_circle(shape, tolerance=1.0).length)


def _weight(zone_id: str) -> int:
    """The same in every process; odd, so that times a level it is never 0."""
    digest = hashlib.blake2b(zone_id.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") | 1
