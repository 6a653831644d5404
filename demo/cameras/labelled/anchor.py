"""Where a rendered place lies on the map."""

from __future__ import annotations

import math
from dataclasses import dataclass

from demo.fleet.plane import Plane

BASE_LON, BASE_LAT = 119.95, 31.70
_APART_M = 1500.0
_IN_A_ROW = 32


@dataclass(frozen=True, slots=True)
class Anchor:
    """The foot of the camera's pole in WGS-84, and where the camera looks, clockwise from north.

    The scene's world is metres: x to the right of the camera, y away from it.
    """

    lon: float
    lat: float
    heading_deg: float

    def to_degrees(self, x_m: float, y_m: float) -> tuple[float, float]:
        """(lon, lat) of a place on the ground."""
        a = math.radians(self.heading_deg)
        east = x_m * math.cos(a) + y_m * math.sin(a)
        north = -x_m * math.sin(a) + y_m * math.cos(a)
        return Plane(self.lon, self.lat).to_degrees((east, north))

    def bearing(self, heading_deg: float) -> float:
        """A heading of the scene (0: off the camera) on the map, clockwise from north."""
        return (self.heading_deg + heading_deg) % 360


def anchor_of(number: int, heading_deg: float) -> Anchor:
    """Places lie on a grid of 1.5 km, so that no truck of one is near another's camera.

    Rows go round after 32: 32 x 32 places, seeds that are 1024 apart share theirs.
    """
    row, column = divmod(number % (_IN_A_ROW * _IN_A_ROW), _IN_A_ROW)
    lon, lat = Plane(BASE_LON, BASE_LAT).to_degrees((column * _APART_M, row * _APART_M))
    return Anchor(round(lon, 8), round(lat, 8), heading_deg)
