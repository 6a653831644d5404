"""Speed limits of the roads about points, for a whole batch (道路限速)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from config.road import Road
from geofence.grid import Ints
from geofence.line_grid import LineGrid
from geofence.projection import Floats, Projection
from geofence.stretches import HALF_DIAGONAL

REACH_M = 30.0  # half a wide road and what a fix may be off: real drives, 95 % within 10 to 28 m
CELL_M = 16.0  # 2,000 roads are drawn in 0.8 s, one fix in ten is measured; 1.6 s and 5 % with 12.5
_NO_ROAD, _NOT_KNOWN = -np.inf, np.inf  # so that the highest of several is the answer


class RoadLimits:
    """The highest limit among the roads within `reach_m` of a point.

    The benefit of the doubt: a parallel road or a flyover may be the one that is driven on. So a
    road without a known limit in reach makes the answer unknown.

    Most cells have one answer for all their points; in the others the roads are measured.
    """

    def __init__(
        self, roads: Mapping[str, Road], projection: Projection, reach_m: float = REACH_M
    ) -> None:
        lines = [projection.shape(road.geometry) for road in roads.values()]
        known = [road.speed_limit_kmh for road in roads.values()]
        self._limit_kmh = np.array([_NOT_KNOWN if k is None else k for k in known], dtype=float)
        self._reach_m = reach_m
        doubt_m = HALF_DIAGONAL * CELL_M
        reach = np.full(len(lines), reach_m + doubt_m)
        self._roads = roads_near = LineGrid(np.array(lines, dtype=object), reach, CELL_M)
        grid, used = roads_near.grid, roads_near.used
        row, road, distance_m, _ = roads_near.near(*grid.centres(used))
        surely = distance_m <= reach_m - doubt_m
        highest = self._highest(len(used), row, road)
        sure = self._highest(len(used), row[surely], road[surely])
        decided = highest == sure
        if grid.cell_m > CELL_M:  # a site so wide that its cells are larger: all are measured
            decided[:] = False
        self._cell_kmh = np.full(grid.cells, _NO_ROAD, dtype=np.float32)
        self._cell_kmh[used] = np.where(decided, highest, np.nan)

    def limit_kmh(self, x: Floats, y: Floats) -> Floats:
        """(n,) for points in metres, (n,). NaN where no road, or one of unknown limit, is near."""
        limit = self._cell_kmh.take(self._roads.grid.number(x, y)).astype(np.float64)
        ask = np.isnan(limit).nonzero()[0]
        if len(ask):
            row, road, distance_m, _ = self._roads.near(x.take(ask), y.take(ask))
            near = distance_m <= self._reach_m
            limit[ask] = self._highest(len(ask), row[near], road[near])
        limit[np.isinf(limit)] = np.nan
        return limit

    def _highest(self, count: int, row: Ints, road: Ints) -> Floats:
        highest = np.full(count, _NO_ROAD)
        np.maximum.at(highest, row, self._limit_kmh[road])
        return highest
