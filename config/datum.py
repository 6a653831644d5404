"""The datum that geometry was drawn in, and its way to WGS-84 (坐标系).

Amap and Tencent maps draw in GCJ-02, Baidu's in BD-09; both lie hundreds of metres from WGS-84.
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from typing import TypeVar

import geocoordinates_ffi as geocoordinates
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

AnyGeometry = TypeVar("AnyGeometry", bound=BaseGeometry)


class Datum(StrEnum):
    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"


@lru_cache(maxsize=1 << 18)
def point_to_wgs84(datum: Datum, lon: float, lat: float) -> tuple[float, float]:
    """(lon, lat) in WGS-84 degrees; the inverse is iterated, its error well below a metre.

    Kept: corridors run along roads, sites are read again and again, and a conversion costs some
    20 us, finding it again 1.
    """
    match datum:
        case Datum.WGS84:
            return lon, lat
        case Datum.GCJ02:
            found = geocoordinates.gcj02_to_wgs84_refined(geocoordinates.Gcj02(lat=lat, lon=lon))
        case Datum.BD09:
            found = geocoordinates.bd09_to_wgs84_refined(geocoordinates.Bd09(lat=lat, lon=lon))
    return found.lon, found.lat


def geometry_to_wgs84(datum: Datum, geometry: AnyGeometry) -> AnyGeometry:
    """The geometry with every vertex in WGS-84."""
    if datum is Datum.WGS84:
        return geometry

    def convert(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.array([point_to_wgs84(datum, lon, lat) for lon, lat in points]).reshape(-1, 2)

    return shapely.transform(geometry, convert)


def point_from_wgs84(datum: Datum, lon: float, lat: float) -> tuple[float, float]:
    """(lon, lat) in the datum, of WGS-84 degrees."""
    here = geocoordinates.Wgs84(lat=lat, lon=lon) if datum is not Datum.WGS84 else None
    match datum:
        case Datum.WGS84:
            return lon, lat
        case Datum.GCJ02:
            gcj = geocoordinates.wgs84_to_gcj02(here)
            return gcj.lon, gcj.lat
        case Datum.BD09:
            bd = geocoordinates.wgs84_to_bd09(here)
            return bd.lon, bd.lat
