"""The batch writer: one transaction a batch."""

from __future__ import annotations

from collections import OrderedDict
from uuid import UUID

from ingest.position import Quality
from store.alert_writer import Outcome, write_changes
from store.batch import Batch, Written
from store.database import Connection
from store.errors import translated
from store.outbox_entry import DestinationsOf
from store.position_writer import stage, worth_a_row, write_positions, write_rejected
from store.round_writer import write_rounds
from store.sql import query
from store.trip_writer import write_trips
from store.visit_writer import write_visits

FOLLOWED_AT_MOST = 100_000
"""Alerts remembered as this writer's own; those longest untouched are forgotten first."""


class Writer:
    """Writes batches on one connection, which may be replaced (`conn`) when it was lost.

    Not for several threads at once.
    """

    def __init__(self, conn: Connection, destinations_of: DestinationsOf) -> None:
        self.conn = conn
        self._destinations_of = destinations_of
        self._staged_on: Connection | None = None
        self._followed: OrderedDict[UUID, bytes] = OrderedDict()

    def write(self, batch: Batch) -> Written:
        """Store all of it or nothing; a batch with nothing in it touches nothing.

        Raises:
            StoreUnavailable: nothing is known to be stored; write the same batch again, on a new
                connection where `conn.closed`.
            StoreRefused: a value that the database can't hold; nothing was stored.
        """
        if _is_empty(batch):
            return Written()
        with translated("writing a batch"):
            if self._staged_on is not self.conn:
                stage(self.conn)
                self._staged_on = self.conn
            with self.conn.transaction():
                written, outcome = self._write(batch)
        for alert_id, digest in outcome.changed.items():
            self._followed[alert_id] = digest
            self._followed.move_to_end(alert_id)
        while len(self._followed) > FOLLOWED_AT_MOST:
            self._followed.popitem(last=False)
        return written

    def _write(self, batch: Batch) -> tuple[Written, Outcome]:
        conn = self.conn
        number = self._begin(batch)
        if number is None:
            return Written(duplicates=len(batch.positions)), write_changes(conn, (), _nobody, {})
        rows = worth_a_row(batch.positions)
        stored = write_positions(conn, rows, number) if rows else 0
        rejected = write_rejected(conn, batch.rejected, number) if batch.rejected else 0
        visits = write_visits(conn, batch.visits) if batch.visits else 0
        trips = write_trips(conn, batch.trips) if batch.trips else 0
        rounds = write_rounds(conn, batch.rounds) if batch.rounds else 0
        if trips or rounds:
            conn.execute(query("notify"), {"channel": "trip", "payload": ""})
        outcome = write_changes(conn, batch.changes, self._destinations_of, self._followed)
        if batch.snapshot is not None:
            conn.execute(
                query("upsert_snapshot"),
                {"worker": batch.worker, "batch": number, "state": batch.snapshot},
            )
        counts = outcome.counts
        return Written(
            batch=number,
            positions=stored,
            duplicates=len(batch.positions) - stored,
            rejected=rejected,
            visits=visits,
            trips=trips,
            rounds=rounds,
            raised=counts["raised"],
            amended=counts["amended"],
            ended=counts["ended"],
            withdrawn=counts["withdrawn"],
            evidence=counts["evidence"],
            outbox=counts["outbox"],
        ), outcome

    def _begin(self, batch: Batch) -> int | None:
        """The batch's number; None when it was written before."""
        times = [p.fix_time for p in batch.positions if p.quality != Quality.ANCIENT]
        row = self.conn.execute(
            query("insert_batch"),
            {
                "key": batch.key,
                "worker": batch.worker,
                "first_fix_time": min(times, default=None),
                "last_fix_time": max(times, default=None),
            },
        ).fetchone()
        return None if row is None else int(row[0])


def _is_empty(batch: Batch) -> bool:
    told = (
        *(batch.positions, batch.rejected, batch.visits),
        *(batch.trips, batch.rounds, batch.changes),
    )
    return not any(told) and batch.snapshot is None


def _nobody(_change: object) -> tuple[str, ...]:
    return ()
