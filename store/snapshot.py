"""What a worker needs to go on where it was at its last commit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec
from psycopg.rows import class_row, dict_row

from alerts.alert import Alert
from ingest.clock import CLOCK_FAULTS
from ingest.position import Position
from store.alert_row import alert_of
from store.database import Connection
from store.errors import translated
from store.sql import query

_ROWS_AT_ONCE = 5000


class WorkerSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A worker's state after the batch of number `batch`."""

    worker: str
    taken_at: datetime
    batch: int
    state: bytes


def load_snapshot(conn: Connection, worker: str) -> WorkerSnapshot | None:
    """The worker's latest snapshot; None when it has none."""
    with (
        translated("reading a snapshot"),
        conn.cursor(row_factory=class_row(WorkerSnapshot)) as cursor,
    ):
        return cursor.execute(query("load_snapshot"), {"worker": worker}).fetchone()


def last_batch_before(conn: Connection, time: datetime) -> int:
    """The number of the last batch committed before `time`, 0 when none is remembered from then."""
    with translated("reading batches"):
        row = conn.execute(query("last_batch_before"), {"time": time}).fetchone()
    return 0 if row is None else int(row[0])


def positions_since(conn: Connection, batch: int) -> Iterator[Position]:
    """The positions of all batches after number `batch`, in the order in which they were judged.

    Those of a wrong clock are left out: they move nothing. Streamed inside a transaction of its
    own: read it to its end, or close it, before using the connection for anything else.
    """
    with translated("reading positions"):
        first, last = conn.execute(query("fix_times_since"), {"batch": batch}).fetchone() or (
            None,
            None,
        )
        if first is None:
            return
        with (
            conn.transaction(),
            conn.cursor("positions_since", binary=True, row_factory=dict_row) as cursor,
        ):
            cursor.itersize = _ROWS_AT_ONCE
            misdated = [int(quality) for quality in CLOCK_FAULTS]
            parameters = {"batch": batch, "first": first, "last": last, "misdated": misdated}
            cursor.execute(query("positions_since"), parameters)
            for row in cursor:
                yield msgspec.convert(row, Position)


def alerts_since(conn: Connection, since: datetime) -> list[Alert]:
    """Alerts that began or ended since, or still go on, oldest first: as the rules know them."""
    with translated("reading alerts"), conn.cursor(row_factory=dict_row) as cursor:
        return [alert_of(row) for row in cursor.execute(query("alerts_since"), {"since": since})]
