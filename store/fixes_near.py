"""Where the fleet was near a camera about a moment."""

from __future__ import annotations

import math
from datetime import datetime

import msgspec
from psycopg.rows import dict_row

from ingest.position import Position
from store.database import Connection
from store.errors import translated
from store.sql import query

M_PER_DEGREE = 111_195.0  # of latitude, on a sphere of 6,371 km


def fixes_near(
    conn: Connection,
    lon: float,
    lat: float,
    *,
    radius_m: float,
    far_m: float,
    since: datetime,
    until: datetime,
) -> list[Position]:
    """Good fixes in [since, until] within a square of twice `radius_m`, by vehicle and time.

    Of a vehicle that is farther away than `far_m` now, none is asked for.
    """
    parameters: dict[str, object] = {"since": since, "until": until}
    for word, metres in (("", radius_m), ("far_", max(far_m, radius_m))):
        north = metres / M_PER_DEGREE
        east = north / max(math.cos(math.radians(lat)), 0.01)
        parameters |= {
            f"{word}west": lon - east,
            f"{word}east": lon + east,
            f"{word}south": lat - north,
            f"{word}north": lat + north,
        }
    # Binary: numbers and times as text take twice as long to read.
    with (
        translated("reading positions"),
        conn.cursor(binary=True, row_factory=dict_row) as cursor,
    ):
        rows = cursor.execute(query("fixes_near"), parameters).fetchall()
    return msgspec.convert(rows, list[Position])
