"""Where a vehicle stood on the way, for the map: stops as `geofence.rules.stops` has them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from geofence.place_parameters import StopParameters
from store.track import TrackPoint

M_PER_DEGREE = 111_195.0  # of latitude, on a sphere of 6,371 km


class Stop(NamedTuple):
    """`lon`, `lat` is where it began."""

    began_at: datetime
    ended_at: datetime
    lon: float
    lat: float


def stops(
    points: Iterable[TrackPoint], since: datetime, at_least_s: float, parameters: StopParameters
) -> list[Stop]:
    """Stops that began after `since` and lasted `at_least_s`; the last one may still go on.

    One begins with a slow fix and ends where the vehicle moves, or hops, and is away from where it
    began.
    """
    found: list[tuple[TrackPoint, TrackPoint]] = []
    first = last = None
    for point in points:
        slow, radius_m = _slow(point, parameters), parameters.radius_m
        if first is None or last is None:
            first = point if slow else None
        elif _metres(first, point) > radius_m and (not slow or _metres(last, point) > radius_m):
            found.append((first, last))
            first = point if slow else None
        last = point
    if first is not None and last is not None:
        found.append((first, last))
    return [
        Stop(begin.time, end.time, begin.lon, begin.lat)
        for begin, end in found
        if begin.time > since and end.time - begin.time >= timedelta(seconds=at_least_s)
    ]


def _slow(point: TrackPoint, parameters: StopParameters) -> bool:
    return point.speed_kmh is not None and point.speed_kmh < parameters.slow_kmh


def _metres(a: TrackPoint, b: TrackPoint) -> float:
    east = (a.lon - b.lon) * math.cos(math.radians(a.lat))
    return M_PER_DEGREE * math.hypot(east, a.lat - b.lat)
