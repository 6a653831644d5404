"""Metres east and north of a place: the flat map that the trucks drive on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

Point = tuple[float, float]
AnyGeometry = TypeVar("AnyGeometry", bound=BaseGeometry)


@dataclass(frozen=True, slots=True)
class Plane:
    """Equirectangular about (lon, lat), with the degree lengths of the WGS-84 ellipsoid there.

    Right to a few decimetres over a district.
    """

    lon: float
    lat: float

    @property
    def _scale(self) -> NDArray[np.float64]:
        # Series for the length of a degree: Snyder, Map Projections (USGS PP 1395), p. 25.
        phi = np.radians(self.lat)
        north = 111132.954 - 559.822 * np.cos(2 * phi) + 1.175 * np.cos(4 * phi)
        east = 111412.84 * np.cos(phi) - 93.5 * np.cos(3 * phi) + 0.118 * np.cos(5 * phi)
        return np.array([east, north])

    def to_metres(self, geometry: AnyGeometry) -> AnyGeometry:
        return shapely.transform(geometry, lambda p: (p - (self.lon, self.lat)) * self._scale)

    def from_metres(self, geometry: AnyGeometry) -> AnyGeometry:
        return shapely.transform(geometry, lambda p: p / self._scale + (self.lon, self.lat))

    def to_degrees(self, point: Point) -> Point:
        """(lon, lat)."""
        east, north = self._scale
        return self.lon + point[0] / float(east), self.lat + point[1] / float(north)
