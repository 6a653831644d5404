"""Zone visits for those who look."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from psycopg.rows import class_row

from geofence.finding import ZoneVisit
from store.database import Connection
from store.errors import translated
from store.sql import query


def visits_overlapping(
    conn: Connection, vehicle_ids: Sequence[str], since: datetime, until: datetime
) -> list[ZoneVisit]:
    """Visits of these vehicles that share a moment with [since, until], by entry."""
    parameters = {"vehicle_ids": list(vehicle_ids), "since": since, "until": until}
    with translated("reading zone visits"), conn.cursor(row_factory=class_row(ZoneVisit)) as cursor:
        return cursor.execute(query("visits_overlapping"), parameters).fetchall()
