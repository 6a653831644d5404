"""Positions, rejected messages: into the database, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid5

import numpy as np

from ingest.clock import CLOCK_FAULTS
from ingest.position import Position, Quality
from ingest.position_columns import PositionColumns
from ingest.rejected_message import RejectedMessage
from store.database import Connection
from store.position_copy import copy_of
from store.sql import query

REJECTED_NAMESPACE = UUID("3c1d3b86-52e8-5f5b-9a39-3e0c1a0a7d11")

_MISDATED = [int(quality) for quality in CLOCK_FAULTS]


def make_stage(conn: Connection) -> None:
    """Make the connection's own staging table; outside of any transaction."""
    conn.execute(query("stage_positions"))


def copy_positions(conn: Connection, positions: PositionColumns, batch: int) -> int:
    """How many there were; no two of them, nor one in the table, of the same vehicle and time.

    Raises:
        psycopg.errors.UniqueViolation: one is not new; the transaction is lost.
    """
    _copy(conn, "copy_positions", positions, batch)
    return len(positions)


def insert_positions(conn: Connection, positions: PositionColumns, batch: int) -> int:
    """How many were new; by way of a table of our own, twice as dear as `copy_positions`.

    Of two at one time of one vehicle the first stays, unless its clock was wrong and the other's
    was not.
    """
    stage_positions(conn, positions, batch)
    with conn.cursor() as cursor:
        cursor.execute(query("insert_positions"), {"misdated": _MISDATED})
        stored = cursor.rowcount
        first, last = positions.span()
        if stored < len(positions) and first is not None:
            cursor.execute(query("decompress_without_limit"))
            cursor.execute(
                query("displace_misdated"), {"misdated": _MISDATED, "first": first, "last": last}
            )
            stored += cursor.rowcount
        return stored


def stage_positions(conn: Connection, positions: PositionColumns, batch: int) -> None:
    """Into the staging table, which is empty again after the transaction."""
    _copy(conn, "copy_staged", positions, batch)


def all_differ(positions: PositionColumns) -> bool:
    """Whether no two are of one vehicle and time."""
    fixes = positions.fixes
    order = np.lexsort((fixes.t, fixes.vehicle))
    vehicle, t = fixes.vehicle[order], fixes.t[order]
    return not np.any((vehicle[1:] == vehicle[:-1]) & (t[1:] == t[:-1]))


def worth_a_row(positions: Sequence[Position]) -> PositionColumns:
    """Those that are not known duplicates: these are kept as a count only."""
    columns = PositionColumns.of(positions)
    kept = columns.fixes.quality != Quality.DUPLICATE
    return columns if kept.all() else columns.take(kept)


def _copy(conn: Connection, name: str, positions: PositionColumns, batch: int) -> None:
    with conn.cursor() as cursor, cursor.copy(query(name)) as copy:
        copy.write(copy_of(positions, batch))


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
