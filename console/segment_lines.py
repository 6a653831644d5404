"""The lines of a route's segments, for the map."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate, pairwise

from shapely import LineString, MultiLineString
from shapely.affinity import scale
from shapely.ops import substring

from config.route import Route
from geofence.finding import SegmentResult


def segment_lines(
    route: Route | None, segments: Sequence[SegmentResult]
) -> list[LineString | None]:
    """A line in WGS-84 for each segment of a round, all of which are there in the route's order.

    The parts of a MultiLineString are segments; a LineString is cut where the segments' lengths add
    up. None for each where the route no longer has as many.
    """
    none: list[LineString | None] = [None] * len(segments)
    if route is None or not segments:
        return none
    if isinstance(route.geometry, MultiLineString):
        parts = list(route.geometry.geoms)
        return [*parts] if len(parts) == len(segments) else none
    total = sum(segment.length_m for segment in segments)
    if total <= 0:
        return none
    # Cut in a plane where a degree is as long to the east as to the north.
    flat = math.cos(math.radians(route.geometry.centroid.y))
    plane = scale(route.geometry, xfact=flat, yfact=1, origin=(0, 0))
    ends = [0.0, *accumulate(segment.length_m / total for segment in segments)]
    cut = (substring(plane, a, min(b, 1), normalized=True) for a, b in pairwise(ends))
    lines = (scale(line, xfact=1 / flat, yfact=1, origin=(0, 0)) for line in cut)
    return [line if isinstance(line, LineString) else None for line in lines]
