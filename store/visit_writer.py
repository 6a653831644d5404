"""Zone visits into the database, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from geofence.finding import ZoneVisit, identity
from store.database import Connection
from store.sql import query


def write_visits(conn: Connection, visits: Sequence[ZoneVisit]) -> int:
    """How many rows changed. Of one visit only the last word counts; a withdrawn one is removed."""
    last = {identity(visit): visit for visit in visits}
    # Always in one order: two writers wait for each other and never in a circle.
    ordered = sorted(last.values(), key=lambda v: (v.vehicle_id, v.zone_id, v.entered_at))
    changed = 0
    with conn.cursor() as cursor:
        for name, withdrawn in (("upsert_visit", False), ("delete_visit", True)):
            rows = [msgspec.structs.asdict(v) for v in ordered if v.withdrawn is withdrawn]
            if rows:
                cursor.executemany(query(name), rows)
                changed += cursor.rowcount
    return changed
