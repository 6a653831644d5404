"""The ways of a site as the fleet drives them: permitted routes and roads, in metres."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property

import shapely
from shapely import MultiLineString
from shapely.geometry.base import BaseGeometry

from config.permit import Permit
from config.road import Road
from config.site import Site
from config.zone import ZoneKind
from demo.fleet.offences import enter_zone
from demo.fleet.path import Path
from demo.fleet.plane import Plane, Point
from demo.fleet.road_map import RoadMap
from demo.fleet.timetabled import Dump
from demo.timetable import DUMP_BEYOND_M, GATE_LINE_M, HOTSPOT_ROAD_M

NO_LIMIT_KMH = 60.0  # where a permit sets none


class Ways:
    """The site's geometry on a plane about the middle of its roads, of which there must be some."""

    def __init__(self, site: Site, roads: Mapping[str, Road]) -> None:
        centre = shapely.union_all([r.geometry for r in roads.values()]).centroid
        self.site = site
        self.plane = Plane(centre.x, centre.y)
        self.roads = RoadMap(roads, self.plane)
        self._paths: dict[tuple[tuple[Point, ...], float], Path] = {}

    def area(self, zone_id: str) -> BaseGeometry:
        return self.plane.to_metres(self.site.zones[zone_id].geometry)

    def routes(self, permit: Permit) -> list[list[Point]]:
        """The permit's routes, each from the site to the ground where it has both."""
        found = []
        for route_id in permit.route_ids:
            line = self.plane.to_metres(self.site.routes[route_id].geometry)
            parts = line.geoms if isinstance(line, MultiLineString) else [line]
            points = [(x, y) for part in parts for x, y in part.coords]
            if permit.site_zone:
                site = self.area(permit.site_zone)
                first, last = (shapely.Point(points[i]).distance(site) for i in (0, -1))
                points = points if first <= last else points[::-1]
            found.append(points)
        return found

    def corridors(self, permit: Permit) -> BaseGeometry:
        """All that the permit's routes permit."""
        routes = (self.site.routes[r] for r in permit.route_ids)
        return shapely.union_all(
            [self.plane.to_metres(r.geometry).buffer(r.half_width_m) for r in routes]
        )

    @cached_property
    def shut(self) -> set[str]:
        """The roads that lead through a restricted zone."""
        zones = self.site.zones.values()
        areas = [self.area(z.id) for z in zones if z.kind is ZoneKind.RESTRICTED]
        lines = self.roads.lines.items()
        return {r for r, line in lines if any(line.intersects(a) for a in areas)}

    def path(self, points: Sequence[Point], permit: Permit) -> Path:
        """A path with the limits of its roads and of the permit."""
        limit = permit.speed_limit_kmh or NO_LIMIT_KMH
        key = (tuple(points), limit)
        if key not in self._paths:
            self._paths[key] = Path(points, lambda p: min(self.roads.speed_kmh(p), limit))
        return self._paths[key]

    def gate(self, camera_id: str) -> Point:
        """Where a gate camera's line crosses the driveway: straight ahead of it."""
        return self._ahead(camera_id, GATE_LINE_M)

    def dump(self, camera_id: str, permit: Permit) -> Dump | None:
        """A way of the permit that leads past a hotspot's camera; None where there is none."""
        place = self._ahead(camera_id, HOTSPOT_ROAD_M)
        watched = shapely.Point(place).buffer(200)
        for points in self.routes(permit):
            detour = enter_zone(points, watched, self.roads, self.shut)
            if detour is not None:
                path = self.path(detour.points, permit)
                return Dump(path, path.nearest(place) + DUMP_BEYOND_M)
        return None

    def _ahead(self, camera_id: str, metres: float) -> Point:
        camera = self.site.cameras[camera_id]
        foot = self.plane.to_metres(shapely.Point(camera.lon, camera.lat))
        heading = math.radians(camera.heading_deg or 0.0)
        return foot.x + metres * math.sin(heading), foot.y + metres * math.cos(heading)
