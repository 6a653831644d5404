"""Positions, rejected messages: into the database, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid5

from ingest.position import Position, Quality
from ingest.rejected_message import RejectedMessage
from store.database import Connection
from store.errors import StoreRefused
from store.sql import query

REJECTED_NAMESPACE = UUID("3c1d3b86-52e8-5f5b-9a39-3e0c1a0a7d11")

_TYPES = [
    *("text", "timestamptz", "timestamptz", "text"),
    *("float8", "float8", "float8", "float8", "float8", "int4"),
    *("text", "text", "bool", "bool", "text[]", "bool", "int2", "int8", "int4"),
]


def stage(conn: Connection) -> None:
    """Make the connection's own staging table; outside of any transaction."""
    conn.execute(query("stage_positions"))


def write_positions(conn: Connection, positions: Sequence[Position], batch: int) -> int:
    """How many were new. Staged binary COPY: the fastest way that keeps the key unique."""
    with conn.cursor() as cursor:
        with cursor.copy(query("copy_positions")) as copy:
            copy.set_types(_TYPES)
            write_row = copy.write_row
            for place, p in enumerate(positions):
                if p.satellites is not None and not 0 <= p.satellites < 2**31:
                    # The driver would cut it to 32 bits without a word.
                    raise StoreRefused(
                        f"satellites of {p.vehicle_id!r} at {p.fix_time}: {p.satellites}"
                    )
                write_row(
                    (
                        p.vehicle_id,
                        p.fix_time,
                        p.received_at,
                        p.terminal_id,
                        p.lon,
                        p.lat,
                        p.speed_kmh,
                        p.course_deg,
                        p.altitude_m,
                        p.satellites,
                        p.lid,
                        p.load,
                        p.body_raised,
                        p.ignition,
                        list(p.work),
                        p.backfill,
                        p.quality,
                        batch,
                        place,
                    )
                )
        cursor.execute(query("insert_positions"))
        stored = cursor.rowcount
        if stored:
            cursor.execute(query("upsert_latest"))
        return stored


def worth_a_row(positions: Sequence[Position]) -> list[Position]:
    """Those that are not known duplicates: these are kept as a count only."""
    return [p for p in positions if p.quality != Quality.DUPLICATE]


def write_rejected(conn: Connection, messages: Sequence[RejectedMessage], batch: int) -> int:
    """How many were new. The same receipt of the same bytes is one row, however often written."""
    rows = [
        {
            "rejected_id": uuid5(
                REJECTED_NAMESPACE,
                repr((m.topic, m.payload, m.element, m.received_at.timestamp())),
            ),
            "received_at": m.received_at,
            "topic": _storable(m.topic),
            "element": m.element,
            "reason": _storable(m.reason),
            "payload": m.payload,
            "batch": batch,
        }
        for m in messages
    ]
    with conn.cursor() as cursor:
        cursor.executemany(query("insert_rejected"), rows)
        return cursor.rowcount


def _storable(text: str) -> str:
    """PostgreSQL holds neither NUL nor lone surrogates; a rejected message is kept all the same."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()
