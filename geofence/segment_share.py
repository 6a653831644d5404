"""Which part of a straight way lies in a polygon."""

from __future__ import annotations

import numpy as np
import shapely
from shapely import Geometry

from geofence.projection import Floats


def edges_of(shape: Geometry) -> Floats:
    """The edges of a polygon's rings, (edges, 4): x, y of the begin, and the way to the end."""
    edges = []
    for ring in shapely.get_rings(shapely.get_parts(shape)):
        corners = shapely.get_coordinates(ring)
        edges.append(np.hstack([corners[:-1], np.diff(corners, axis=0)]))
    return np.concatenate(edges) if edges else np.empty((0, 4))


def share_inside(edges: Floats, begin: Floats, end: Floats) -> tuple[float, float] | None:
    """From the first to the last point inside, in fractions of the way; None if none is.

    By where the way cuts the edges: begin + s x (end - begin) = corner + u x edge. An end of the
    way is inside where an odd number of cuts lie on its line beyond it.

    Args:
        edges: as `edges_of` gives them.
        begin, end: (2,), in the same metres.
    """
    way = end - begin
    dx, dy = edges[:, 2], edges[:, 3]
    cross = way[0] * dy - way[1] * dx
    x, y = edges[:, 0] - begin[0], edges[:, 1] - begin[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        s = (x * dy - y * dx) / cross
        u = (x * way[1] - y * way[0]) / cross
    s = s[(u >= 0) & (u < 1)]  # a corner belongs to one of its edges
    cuts = s[(s >= 0) & (s <= 1)].tolist()
    if np.count_nonzero(s > 0) % 2:
        cuts.append(0.0)
    if np.count_nonzero(s > 1) % 2:
        cuts.append(1.0)
    return (min(cuts), max(cuts)) if cuts else None
