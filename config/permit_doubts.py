"""What looks wrong with a permit although it can be read: warnings for who wrote it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from config.fields import Fields
from config.permit import Permit
from config.route import Route, RouteKind
from config.zone import Zone

# Metres a degree of latitude, to a per cent: enough to tell "near" from "elsewhere".
_M_PER_DEG = 111_195.0


class PermitDoubts:
    """Looks at permits of one site; `at` is now, None: nothing is said of what has run out."""

    def __init__(
        self, zones: Mapping[str, Zone], routes: Mapping[str, Route], at: datetime | None
    ) -> None:
        self._zones = zones
        self._routes = routes
        self._at = at
        self._apart: dict[tuple[str, str], float] = {}

    def tell(self, permit: Permit, fields: Fields) -> None:
        """Adds the warnings for one permit to those of its row."""
        if not permit.vehicle_ids:
            fields.warning("vehicle_ids", "names no vehicle: the permit binds nobody")
        if self._at is not None and permit.valid_to is not None and permit.valid_to <= self._at:
            fields.warning("valid_to", f"ran out, {fields.values['valid_to']}")
        for field, zone_id in (
            ("site_zone", permit.site_zone),
            ("ground_zone", permit.ground_zone),
        ):
            zone = self._zones.get(zone_id or "")
            if zone is None:
                continue
            if not permit.hours.meets(zone.hours):
                message = f"{permit.hours} and the hours of {zone.id!r}, {zone.hours}, never meet"
                fields.warning("hours", message)
            self._doubt_corridors(permit, field, zone, fields)

    def _doubt_corridors(self, permit: Permit, field: str, zone: Zone, fields: Fields) -> None:
        """Some corridor must lead to the zone; several may follow each other."""
        corridors = [
            route
            for one in permit.route_ids
            if (route := self._routes.get(one)) is not None and route.kind is RouteKind.CORRIDOR
        ]
        beyond = [self._apart_m(route, zone) - route.half_width_m for route in corridors]
        if corridors and min(beyond) > 0:
            nearest = corridors[beyond.index(min(beyond))]
            away_m = min(beyond) + nearest.half_width_m
            message = f"no corridor leads to {zone.id!r} ({field}): {nearest.id!r} passes"
            fields.warning("route_ids", f"{message} {away_m:.0f} m from it")

    def _apart_m(self, route: Route, zone: Zone) -> float:
        key = route.id, zone.id
        if key not in self._apart:
            self._apart[key] = _metres_apart(route.geometry, zone.geometry)
        return self._apart[key]


def _metres_apart(a: BaseGeometry, b: BaseGeometry) -> float:
    """Distance of two geometries in degrees; within a district right to about a per cent."""
    centre = b.centroid
    scale = np.array([np.cos(np.radians(centre.y)), 1.0]) * _M_PER_DEG

    def flat(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return (points - (centre.x, centre.y)) * scale

    return float(shapely.distance(shapely.transform(a, flat), shapely.transform(b, flat)))
