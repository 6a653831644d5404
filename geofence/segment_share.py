"""Which part of a straight way lies in a polygon."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import shapely
from shapely import Geometry

Point = tuple[float, float]
Edge = tuple[float, float, float, float]
"""x and y of its begin, and the way to its end."""


def edges_of(shape: Geometry) -> list[Edge]:
    """The edges of a polygon's rings."""
    edges: list[Edge] = []
    for ring in shapely.get_rings(shapely.get_parts(shape)):
        corners = shapely.get_coordinates(ring).tolist()
        for (x, y), (next_x, next_y) in pairwise(corners):
            edges.append((x, y, next_x - x, next_y - y))
    return edges


def share_inside(edges: Sequence[Edge], begin: Point, end: Point) -> tuple[float, float] | None:
    """From the first to the last point inside, in fractions of the way; None if none is.

    By where the way cuts the edges: begin + s x (end - begin) = corner + u x edge. An end of the
    way is inside where an odd number of cuts lie on its line beyond it. Plain Python: most zones
    have a handful of edges, for which one call of numpy takes longer than all of this.

    Args:
        edges: as `edges_of` gives them.
        begin, end: in the same metres.
    """
    from_x, from_y = begin
    way_x, way_y = end[0] - from_x, end[1] - from_y
    first, last, ahead, beyond = 2.0, -1.0, 0, 0
    for corner_x, corner_y, edge_x, edge_y in edges:
        cross = way_x * edge_y - way_y * edge_x
        if cross == 0:  # along each other
            continue
        x, y = corner_x - from_x, corner_y - from_y
        u = (x * way_y - y * way_x) / cross
        if not 0 <= u < 1:  # a corner belongs to one of its edges
            continue
        s = (x * edge_y - y * edge_x) / cross
        ahead += s > 0
        beyond += s > 1
        if 0 <= s <= 1:
            first, last = min(first, s), max(last, s)
    if ahead % 2:
        first, last = 0.0, max(last, 0.0)
    if beyond % 2:
        first, last = min(first, 1.0), 1.0
    return (first, last) if first <= last else None
