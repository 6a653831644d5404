"""What was known of the fleet about a moment at a camera: who was near, who laden, whose clock."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
from psycopg.rows import dict_row

from ingest.position import Position
from store.database import Connection
from store.errors import translated
from store.sql import query

M_PER_DEGREE = 111_195.0  # of latitude, on a sphere of 6,371 km
CLOCK_WITHIN = timedelta(days=2)
"""A camera's clock is not learned from older passages: it drifts, or was set."""


class FixesNear(NamedTuple):
    """`fixes`: of the vehicles that were near, by vehicle and time, with the last word of each;
    `elsewhere`: the vehicles that were heard of, and were not near.
    """

    fixes: list[Position]
    elsewhere: frozenset[str]


def fixes_near(  # noqa: PLR0917  a place, its surroundings, a time
    conn: Connection, lon: float, lat: float, radius_m: float, since: datetime, until: datetime
) -> FixesNear:
    """Good fixes in [since, until]; near is within a square of twice `radius_m`."""
    north = radius_m / M_PER_DEGREE
    east = north / max(math.cos(math.radians(lat)), 0.01)
    west, east_end, south, north_end = lon - east, lon + east, lat - north, lat + north
    parameters = {
        "since": since,
        "until": until,
        "west": west,
        "east": east_end,
        "south": south,
        "north": north_end,
    }
    # Binary: numbers and times as text take twice as long to read.
    with (
        translated("reading positions"),
        conn.cursor(binary=True, row_factory=dict_row) as cursor,
    ):
        rows = cursor.execute(query("fixes_near"), parameters).fetchall()
    heard = msgspec.convert(rows, list[Position])
    near = {
        p.vehicle_id for p in heard if west <= p.lon <= east_end and south <= p.lat <= north_end
    }
    return FixesNear(
        [p for p in heard if p.vehicle_id in near],
        frozenset(p.vehicle_id for p in heard) - near,
    )


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
