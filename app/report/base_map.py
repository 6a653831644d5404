"""The map under the alerts, drawn from the site's own roads, zones and routes: no tiles."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import shapely
from shapely import Geometry, LineString, MultiLineString, MultiPolygon, Polygon

from config.route import Route
from config.site import Site
from config.zone import Zone
from geofence.projection import Projection

ROAD_TOLERANCE_M = 2.0
_DIGITS = 5  # of a degree: a metre

Json = dict[str, Any]


def base_map(site: Site, other: Site | None = None) -> Json:
    """Roads, zones, routes with the land that they allow; `other` adds what differs there.

    Lines and rings are flat arrays `lon, lat, lon, lat, …`.
    """
    plane = Projection.of_site(site)
    drawn: Json = {
        "roads": [
            {"name": r.name, "line": _flat(_simpler(plane, r.geometry, ROAD_TOLERANCE_M))}
            for r in site.roads.values()
        ],
        "zones": [_zone(zone) for zone in site.zones.values()],
        "routes": [_route(plane, route) for route in site.routes.values()],
    }
    if other is not None:
        drawn["other_zones"] = [_zone(z) for z in _new(site.zones.values(), other.zones.values())]
        drawn["other_routes"] = [
            _route(plane, r) for r in _new(site.routes.values(), other.routes.values())
        ]
    return drawn


def _new(these: Iterable[Any], those: Iterable[Any]) -> list[Any]:
    known = {thing.id: thing for thing in these}
    return [thing for thing in those if known.get(thing.id) != thing]


def _zone(zone: Zone) -> Json:
    return {
        "id": zone.id,
        "name": zone.name,
        "kind": zone.kind.value,
        "hours": str(zone.hours),
        "limit_kmh": zone.speed_limit_kmh,
        "polygons": _polygons(zone.geometry),
    }


def _route(plane: Projection, route: Route) -> Json:
    land = shapely.buffer(plane.shape(route.geometry), route.half_width_m, quad_segs=4)
    return {
        "id": route.id,
        "name": route.name,
        "kind": route.kind.value,
        "half_width_m": route.half_width_m,
        "lines": [_flat(line) for line in _lines(route.geometry)],
        "polygons": _polygons(_to_degrees(plane, shapely.simplify(land, 1.0))),
    }


def _simpler(plane: Projection, line: LineString, tolerance_m: float) -> Geometry:
    return _to_degrees(plane, shapely.simplify(plane.shape(line), tolerance_m))


def _to_degrees(plane: Projection, geometry: Geometry) -> Geometry:
    scale, origin = (plane.kx, plane.ky), (plane.lon, plane.lat)
    return shapely.transform(geometry, lambda c: c / scale + origin)


def _lines(geometry: LineString | MultiLineString) -> list[LineString]:
    return list(geometry.geoms) if isinstance(geometry, MultiLineString) else [geometry]


def _polygons(geometry: Geometry) -> list[list[list[float]]]:
    """Of each polygon its outer ring, then its holes."""
    parts = geometry.geoms if isinstance(geometry, MultiPolygon) else [geometry]
    return [
        [_flat(ring) for ring in (part.exterior, *part.interiors)]
        for part in parts
        if isinstance(part, Polygon) and not part.is_empty
    ]


def _flat(geometry: Geometry) -> list[float]:
    flat: list[float] = np.round(shapely.get_coordinates(geometry), _DIGITS).ravel().tolist()
    return flat
