"""Points × zones for a whole batch."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import shapely
from shapely import Geometry, MultiPolygon

from config.zone import Zone
from geofence.area_grid import AreaGrid, Objects
from geofence.grid import Ints
from geofence.place_parameters import ZoneVisitParameters
from geofence.projection import Floats, Projection

# How a point lies to a zone; a pair that is not listed is far outside.
NEAR, INSIDE, CORE = 1, 2, 3

CELL_M = 12.5
_LEVEL = np.array([0, 1, 1, 2, 1, 2, 2, 3], dtype=np.intp)  # how many of three areas hold


class ZoneIndex:
    """The zones of a site in metres, each with a core (surely inside) and a margin (not yet out).

    Zones are numbered in the site's order; `ids[i]` names zone i, `weights[i]` is a hash of its id
    for sums that stand for sets of zones.
    """

    def __init__(
        self, zones: Mapping[str, Zone], projection: Projection, visit: ZoneVisitParameters
    ) -> None:
        self.ids = tuple(zones)
        self.weights = np.array([_weight(z) for z in zones], dtype=np.uint64)
        shapes = [_area(projection.shape(z.geometry)) for z in zones.values()]
        self.shapes = np.array(shapes, dtype=object)
        self.cores = shapely.buffer(self.shapes, -_core_depths(self.shapes, visit.enter_depth_m))
        self.margins = shapely.buffer(self.shapes, visit.leave_margin_m)
        self._core_tree = shapely.STRtree(self.cores)
        if zones:
            self._areas = AreaGrid((self.margins, self.shapes, self.cores), CELL_M)
            self._core_edges = self._summed(self._areas.crossed_cells[2])

    def relate(self, x: Floats, y: Floats) -> tuple[Ints, Ints, Ints]:
        """Pairs (row, zone, NEAR | INSIDE | CORE), sorted, for points in metres, shapes (n,)."""
        if not self.ids:
            none = np.empty(0, dtype=np.intp)
            return none, none, none
        row, zone, bits = self._areas.bits(x, y)
        level = _LEVEL.take(bits)
        there = level.nonzero()[0]
        return row.take(there), zone.take(there), level.take(there)

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
        grid, sums = self._areas.grid, self._core_edges
        left, right = grid.columns(np.minimum(x1, x2)), grid.columns(np.maximum(x1, x2)) + 1
        low = grid.rows(np.minimum(y1, y2)) * (grid.width + 1)
        high = (grid.rows(np.maximum(y1, y2)) + 1) * (grid.width + 1)
        count = sums.take(high + right) - sums.take(low + right)
        count -= sums.take(high + left) - sums.take(low + left)
        about: npt.NDArray[np.bool_] = count > 0
        return about

    def _summed(self, cells: Ints) -> npt.NDArray[np.int32]:
        """How many of the cells lie below and left of each grid corner (a summed-area table)."""
        grid = self._areas.grid
        marked = np.zeros(grid.cells, dtype=np.int32)
        marked[cells] = 1
        sums = np.zeros((grid.height + 1, grid.width + 1), dtype=np.int32)
        sums[1:, 1:] = marked.reshape(grid.height, grid.width).cumsum(axis=0).cumsum(axis=1)
        return sums.ravel()


def _area(shape: Geometry) -> Geometry:
    """A valid area; of a boundary that touches or crosses itself, what it surrounds."""
    valid = shapely.make_valid(shape)
    if valid.geom_type != "GeometryCollection":
        return valid
    parts = shapely.get_parts(shapely.get_parts(valid))
    return MultiPolygon([p for p in parts if p.geom_type == "Polygon"])


def _core_depths(shapes: Objects, depth_m: float) -> Floats:
    """How deep in each zone its core begins: half the inradius where that is less than the depth.

    The inradius is found to about a metre, and only where it may matter.
    """
    depths = np.full(len(shapes), float(depth_m))
    narrow = np.nonzero(shapely.is_empty(shapely.buffer(shapes, -(2 * depth_m + 1.0))))[0]
    for i in narrow.tolist():
        radius = 0.0  # nothing to be inside of
        if shapes[i].area > 0:
            radius = shapely.maximum_inscribed_circle(shapes[i], tolerance=1.0).length
        depths[i] = min(depth_m, radius / 2)
    return depths


def _weight(zone_id: str) -> int:
    """The same in every process; odd, so that times a level it is never 0."""
    digest = hashlib.blake2b(zone_id.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") | 1
