"""Points × segments of sanitation routes for a whole batch: how far from each, and where along."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import shapely
from shapely import LineString
from shapely.ops import substring

from config.route import Route, RouteKind
from geofence.grid import Ints
from geofence.line_grid import LineGrid
from geofence.projection import Floats, Projection


class SegmentIndex:
    """The segments of all sanitation routes of a site, in the site's order and each route's own.

    Attributes:
        route_ids: of each segment, (s,); `number` (s,) is its number within the route, from 0.
        names: of each segment, empty where it has none.
        length_m: (s,) in metres.
        lines: (s,) in metres, in the direction of work.
        of_route: route id -> its slice of the above.
    """

    def __init__(self, routes: Mapping[str, Route], projection: Projection) -> None:
        route_ids: list[str] = []
        names: list[str] = []
        number: list[int] = []
        half_width_m: list[float] = []
        lines: list[LineString] = []
        self.of_route: dict[str, slice] = {}
        for route in routes.values():
            if route.kind is RouteKind.CORRIDOR:
                continue
            own = segments(route, projection)
            self.of_route[route.id] = slice(len(lines), len(lines) + len(own))
            route_ids += [route.id] * len(own)
            names += route.segment_names or [""] * len(own)
            number += range(len(own))
            half_width_m += [route.half_width_m] * len(own)
            lines += own
        self.route_ids, self.names = tuple(route_ids), tuple(names)
        self.number: Ints = np.array(number, dtype=np.intp)
        self.lines: npt.NDArray[np.object_] = np.array(lines, dtype=object)
        self._grid = LineGrid(self.lines, np.array(half_width_m, dtype=float))
        self.length_m = self._grid.length_m

    def near(self, x: Floats, y: Floats) -> tuple[Ints, Ints, Floats, Floats]:
        """(row, segment, along_m, distance_m), sorted, of points in metres (n,).

        All segments within their route's half-width of the point. `along_m` leads from the
        segment's beginning to its place nearest to the point.
        """
        row, segment, distance_m, along_m = self._grid.near(x, y)
        return row, segment, along_m, distance_m


def segments(route: Route, projection: Projection) -> list[LineString]:
    """The segments of a route in metres: its parts, or pieces of `segment_m`.

    What remains at the end is the last piece; where it is shorter than half of one, it belongs to
    the piece before.
    """
    line = projection.shape(route.geometry)
    if not isinstance(line, LineString):
        return [part for part in shapely.get_parts(line) if isinstance(part, LineString)]
    count = max(int(line.length / route.segment_m + 0.5), 1)
    ends = [*(route.segment_m * np.arange(count)).tolist(), line.length]
    pieces = [substring(line, ends[i], ends[i + 1]) for i in range(count)]
    return [piece for piece in pieces if isinstance(piece, LineString)]
