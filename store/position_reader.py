"""Positions, visits and rejected messages for those who look."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec
from psycopg.rows import class_row, dict_row

from geofence.finding import ZoneVisit
from ingest.position import Position
from ingest.rejected_message import RejectedMessage
from store.database import Connection
from store.errors import translated
from store.sql import query

_ROWS_AT_ONCE = 5000
_DAY = timedelta(days=1)


def latest_positions(conn: Connection, since: datetime) -> list[Position]:
    """The newest good fix of each vehicle, where it was received since (aware), by vehicle id."""
    return _positions(conn, "latest_positions", {"since": since})


def trail(
    conn: Connection, vehicle_id: str, since: datetime, until: datetime, limit: int = 5000
) -> list[Position]:
    """Good fixes of one vehicle, [since, until) by fix time: the newest `limit`, oldest first."""
    parameters = {"vehicle_id": vehicle_id, "since": since, "until": until, "limit": limit}
    return _positions(conn, "trail", parameters)[::-1]


def positions_received_between(
    conn: Connection, since: datetime, until: datetime
) -> Iterator[Position]:
    """The fixes received in [since, until), in that order, whatever their quality.

    Left out are those with clocks that were wrong by a month, or two days ahead. Streamed day by
    day, so that neither side holds, or sorts, more than one day; each day is a transaction of its
    own. Read it to its end, or close it, before using the connection for anything else.
    """
    with translated("reading positions"):
        while since < until:
            end = min(since + _DAY, until)
            with (
                conn.transaction(),
                conn.cursor("positions_received", binary=True, row_factory=dict_row) as cursor,
            ):
                cursor.itersize = _ROWS_AT_ONCE
                cursor.execute(query("positions_received_between"), {"since": since, "until": end})
                for row in cursor:
                    yield msgspec.convert(row, Position)
            since = end


def visits(conn: Connection, vehicle_id: str, since: datetime) -> list[ZoneVisit]:
    """Zone visits of one vehicle that began since, in order."""
    with translated("reading zone visits"), conn.cursor(row_factory=class_row(ZoneVisit)) as cursor:
        return cursor.execute(
            query("visits_of_vehicle"), {"vehicle_id": vehicle_id, "since": since}
        ).fetchall()


def rejected_messages(conn: Connection, since: datetime, limit: int = 100) -> list[RejectedMessage]:
    """The newest rejected messages received since."""
    with (
        translated("reading rejected messages"),
        conn.cursor(row_factory=class_row(RejectedMessage)) as cursor,
    ):
        return cursor.execute(query("rejected_since"), {"since": since, "limit": limit}).fetchall()


def _positions(conn: Connection, name: str, parameters: dict[str, object]) -> list[Position]:
    # Binary: numbers and times as text take twice as long to read.
    with (
        translated("reading positions"),
        conn.cursor(binary=True, row_factory=dict_row) as cursor,
    ):
        return msgspec.convert(cursor.execute(query(name), parameters).fetchall(), list[Position])
