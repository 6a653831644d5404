"""Points × zones for a whole batch."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import shapely
from shapely import Geometry, MultiPolygon, Polygon

from config.zone import Zone
from geofence.parameters import ZoneVisitParameters
from geofence.projection import Floats, Projection

Ints = npt.NDArray[np.intp]

# How a point lies to a zone; a pair that is not listed is far outside.
NEAR, INSIDE, CORE = 1, 2, 3


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
        shapes = [shapely.make_valid(projection.shape(z.geometry)) for z in zones.values()]
        self.shapes = np.array(shapes, dtype=object)
        depth = [min(visit.enter_depth_m, _inradius_m(s) / 2) for s in shapes]
        self.cores = shapely.buffer(self.shapes, -np.array(depth, dtype=float))
        self.margins = shapely.buffer(self.shapes, visit.leave_margin_m)
        for level in (self.shapes, self.cores, self.margins):
            shapely.prepare(level)
        self._tree = shapely.STRtree(self.margins)
        self._core_tree = shapely.STRtree(self.cores)

    def relate(self, x: Floats, y: Floats) -> tuple[Ints, Ints, Ints]:
        """Pairs (row, zone, NEAR | INSIDE | CORE), sorted, for points in metres, shapes (n,)."""
        if not self.ids:
            none = np.empty(0, dtype=np.intp)
            return none, none, none
        row, zone = self._tree.query(shapely.points(x, y))
        near = shapely.contains_xy(self.margins[zone], x[row], y[row])
        row, zone = row[near], zone[near]
        level = (
            NEAR
            + shapely.contains_xy(self.shapes[zone], x[row], y[row]).astype(np.intp)
            + shapely.contains_xy(self.cores[zone], x[row], y[row])
        )
        order = np.lexsort((zone, row))
        return row[order], zone[order], level[order]

    def crossed(self, x1: Floats, y1: Floats, x2: Floats, y2: Floats) -> tuple[Ints, Ints]:
        """Pairs (segment, zone) where the straight way from 1 to 2 touches the zone's core."""
        if not self.ids or not len(x1):
            none = np.empty(0, dtype=np.intp)
            return none, none
        ends = np.stack([np.stack([x1, y1], axis=-1), np.stack([x2, y2], axis=-1)], axis=1)
        segment, zone = self._core_tree.query(shapely.linestrings(ends), predicate="intersects")
        return segment, zone


def _inradius_m(shape: Geometry) -> float:
    """Radius of the largest circle inside a polygon, to about a metre."""
    if not isinstance(shape, Polygon | MultiPolygon) or shape.area == 0:
        return 0.0  # nothing to be inside of
    return float(shapely.maximum_inscribed_circle(shape, tolerance=1.0).length)


def _weight(zone_id: str) -> int:
    """The same in every process; odd, so that times a level it is never 0."""
    digest = hashlib.blake2b(zone_id.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") | 1
