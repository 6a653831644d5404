"""What was known of the fleet about a moment at a camera: who was near, who laden, whose clock."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

import msgspec
from psycopg.rows import dict_row

from ingest.position import Position
from store.database import Connection
from store.errors import translated
from store.sql import query

M_PER_DEGREE = 111_195.0  # of latitude, on a sphere of 6,371 km
CLOCK_WITHIN = timedelta(days=2)
"""A camera's clock is not learned from older passages: it drifts, or was set."""


def fixes_near(  # noqa: PLR0917  a place, its surroundings, a time
    conn: Connection, lon: float, lat: float, radius_m: float, since: datetime, until: datetime
) -> list[Position]:
    """Good fixes in [since, until], by vehicle and time: of each vehicle the last one, and all that
    lie within a square of twice `radius_m`.
    """
    north = radius_m / M_PER_DEGREE
    east = north / max(math.cos(math.radians(lat)), 0.01)
    parameters = {
        "since": since,
        "until": until,
        "west": lon - east,
        "east": lon + east,
        "south": lat - north,
        "north": lat + north,
    }
    # Binary: numbers and times as text take twice as long to read.
    with (
        translated("reading positions"),
        conn.cursor(binary=True, row_factory=dict_row) as cursor,
    ):
        rows = cursor.execute(query("fixes_near"), parameters).fetchall()
    return msgspec.convert(rows, list[Position])


def newest_fix(conn: Connection, now: datetime) -> datetime | None:
    """The time of the newest fix of the fleet, none of the future; None without any."""
    with translated("reading positions"):
        row = conn.execute(query("newest_fix"), {"now": now}).fetchone()
    return None if row is None else row[0]


def on_a_trip(conn: Connection, at: datetime) -> frozenset[str]:
    """The vehicles that were loaded and had not emptied at that time, as their trips say."""
    with translated("reading trips"):
        return frozenset(row[0] for row in conn.execute(query("on_a_trip"), {"at": at}))


def clock_offsets(conn: Connection, camera_id: str, at: datetime, limit: int) -> list[float]:
    """Seconds the camera's clock was off at past trucks that their plates named, oldest first."""
    parameters = {"camera_id": camera_id, "since": at - CLOCK_WITHIN, "until": at, "limit": limit}
    with translated("reading sightings"):
        rows = conn.execute(query("clock_offsets"), parameters).fetchall()
    return [row[0] for row in rows][::-1]
