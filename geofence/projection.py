"""Metres about a site: a local equirectangular projection on the WGS-84 ellipsoid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely import Geometry

from config.degrees import metres_per_degree
from config.site import Site

Floats = npt.NDArray[np.float64]


def lengths_m(lon1: Floats, lat1: Floats, lon2: Floats, lat2: Floats) -> Floats:
    """Length of each step in metres: equirectangular at its own middle latitude, so valid anywhere.

    Within 0.6 % of the geodesic for steps under 50 km (a sphere of the mean radius); NaN for NaN.
    """
    k = 111_195.0  # metres per degree on the sphere of radius 6,371,009 m
    east = (lon2 - lon1) * np.cos(np.radians((lat1 + lat2) / 2))
    result: Floats = k * np.hypot(east, lat2 - lat1)
    return result


@dataclass(frozen=True, slots=True)
class Projection:
    """Degrees to metres east and north of a centre.

    Error: north-south nothing worth naming; east-west lengths are off by tan(lat) x (lat - centre):
    at 32 degrees north 0.11 % ten km, and 1.1 % a hundred km, north or south of the centre, which
    is 0.06 m and 0.6 m in a half-width of 50 m. Distances across a whole province are not for it.
    """

    lon: float
    lat: float
    kx: float
    ky: float

    @classmethod
    def about(cls, lon: float, lat: float) -> Projection:
        """The projection about a centre in WGS-84 degrees."""
        return cls(lon, lat, *metres_per_degree(lat))

    @classmethod
    def of_site(cls, site: Site) -> Projection:
        """The projection about the middle of the site's zones and routes; (0, 0) without any."""
        shapes: list[Geometry] = [z.geometry for z in site.zones.values()]
        shapes += [r.geometry for r in site.routes.values()]
        if not shapes:
            return cls.about(0.0, 0.0)
        west, south, east, north = shapely.total_bounds(np.array(shapes, dtype=object))
        return cls.about(float(west + east) / 2, float(south + north) / 2)

    def metres(self, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        """(east, north) in metres for arrays of degrees of any shape."""
        x, y = lon - self.lon, lat - self.lat
        x *= self.kx
        y *= self.ky
        return x, y

    def shape(self, geometry: Geometry) -> Geometry:
        """A Shapely geometry in degrees as the same geometry in metres."""
        origin, scale = (self.lon, self.lat), (self.kx, self.ky)
        return shapely.transform(geometry, lambda c: (c - origin) * scale)
