"""Where a vehicle drove in a stretch of time, for those who look."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec
from psycopg.rows import dict_row

from ingest.position import Lid, Load, Work
from store.database import Connection
from store.errors import translated
from store.sql import query

SILENCE = timedelta(minutes=5)
"""After a longer one a new stretch begins: the way between is unknown (as `track_gap` has it)."""

FIXES = 20_000
"""At most so many fixes of one track: five and a half hours of one a second."""


class TrackPoint(msgspec.Struct, frozen=True, kw_only=True):
    """One good fix, with what it says of load, lid, body and tools. `time` is its fix time."""

    time: datetime
    lon: float
    lat: float
    speed_kmh: float | None
    load: Load | None
    lid: Lid | None
    body_raised: bool | None
    work: tuple[Work, ...]


Stretch = tuple[TrackPoint, ...]
"""Fixes in order, without a silence longer than `SILENCE` between two of them."""


def track(
    conn: Connection, vehicle_id: str, since: datetime, until: datetime
) -> tuple[Stretch, ...]:
    """The first `FIXES` good fixes of a vehicle in [since, until], in stretches."""
    parameters = {"vehicle_id": vehicle_id, "since": since, "until": until, "limit": FIXES}
    with (
        translated("reading a track"),
        conn.cursor(binary=True, row_factory=dict_row) as cursor,
    ):
        rows = cursor.execute(query("track"), parameters).fetchall()
    return stretches(msgspec.convert(rows, list[TrackPoint]))


def stretches(points: Iterable[TrackPoint], silence: timedelta = SILENCE) -> tuple[Stretch, ...]:
    """Points in order, parted where nothing was heard for longer than `silence`."""
    parted: list[list[TrackPoint]] = []
    for point in points:
        if parted and point.time - parted[-1][-1].time <= silence:
            parted[-1].append(point)
        else:
            parted.append([point])
    return tuple(tuple(part) for part in parted)


def every_nth(parts: Sequence[Stretch], about: int) -> tuple[Stretch, ...]:
    """Evenly fewer points where there are more than `about`; first and last of each part stay."""
    step = -(-sum(map(len, parts)) // about)
    if step <= 1:
        return tuple(parts)
    return tuple((*part[:-1:step], part[-1]) for part in parts)
