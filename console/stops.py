"""Where a vehicle stood, for the map: how many stops a trip had is the engine's to say."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from store.track import Stretch, TrackPoint

WITHIN_M = 50.0
SLOWER_KMH = 5.0
AT_LEAST = timedelta(seconds=60)
M_PER_DEGREE = 111_195.0  # of latitude, on a sphere of 6,371 km


class Stop(NamedTuple):
    """`lon`, `lat` is the mean of its fixes."""

    began_at: datetime
    ended_at: datetime
    lon: float
    lat: float


def stops(track: Sequence[Stretch], since: datetime) -> list[Stop]:
    """Stays of a minute and more, within 50 m and slower than 5 km/h, from `since` on."""
    found = []
    for stretch in track:
        stay: list[TrackPoint] = []
        for point in stretch:
            if point.time < since:
                continue
            if not _slow(point) or (stay and _metres(stay[0], point) > WITHIN_M):
                found += _stop(stay)
                stay = []
            if _slow(point):
                stay.append(point)
        found += _stop(stay)
    return found


def _stop(stay: Sequence[TrackPoint]) -> list[Stop]:
    if not stay or stay[-1].time - stay[0].time < AT_LEAST:
        return []
    lon, lat = (
        sum(values) / len(stay) for values in zip(*((p.lon, p.lat) for p in stay), strict=True)
    )
    return [Stop(stay[0].time, stay[-1].time, lon, lat)]


def _slow(point: TrackPoint) -> bool:
    return point.speed_kmh is not None and point.speed_kmh < SLOWER_KMH


def _metres(a: TrackPoint, b: TrackPoint) -> float:
    east = (a.lon - b.lon) * math.cos(math.radians(a.lat))
    return M_PER_DEGREE * math.hypot(east, a.lat - b.lat)
