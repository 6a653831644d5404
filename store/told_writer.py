"""What the engine tells of again and again (visits, trips, rounds), in the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from geofence.finding import Round, Trip, ZoneVisit, identity
from store.database import Connection
from store.sql import query

Told = TypeVar("Told", ZoneVisit, Trip, Round)


def write_told(
    conn: Connection, told: Sequence[Told], what: str, row: Callable[[Told], Mapping[str, Any]]
) -> int:
    """Write by the queries `upsert_<what>` and `delete_<what>`; how many rows changed.

    Of what has one identity only the last word counts; what was withdrawn is removed.
    """
    last = {identity(each): each for each in told}
    # Always in one order: two writers wait for each other and never in a circle.
    ordered = [last[key] for key in sorted(last)]
    changed = 0
    with conn.cursor() as cursor:
        for name, withdrawn in ((f"upsert_{what}", False), (f"delete_{what}", True)):
            rows = [row(each) for each in ordered if each.withdrawn is withdrawn]
            if rows:
                cursor.executemany(query(name), rows)
                changed += cursor.rowcount
    return changed
