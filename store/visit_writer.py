"""Zone visits into the database, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from geofence.finding import ZoneVisit
from store.database import Connection
from store.told_writer import write_told


def write_visits(conn: Connection, visits: Sequence[ZoneVisit]) -> int:
    """How many rows changed. Of one visit only the last word counts; a withdrawn one is removed."""
    return write_told(conn, visits, "visit", msgspec.structs.asdict)
