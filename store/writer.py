"""The batch writer: one transaction a batch."""

from __future__ import annotations

from collections import OrderedDict
from uuid import UUID

import psycopg

from ingest.position_columns import PositionColumns
from store.alert_writer import Outcome, passages_named, write_changes
from store.batch import Batch, Written
from store.database import Connection
from store.errors import translated
from store.latest_positions import LatestPositions
from store.outbox_entry import DestinationsOf
from store.passage_word import lock_passages
from store.position_writer import (
    all_differ,
    copy_positions,
    insert_positions,
    make_stage,
    worth_a_row,
    write_rejected,
)
from store.round_writer import write_rounds
from store.sighting_writer import write_attributions, write_sightings
from store.sql import query
from store.trip_writer import write_trips
from store.visit_writer import write_visits

FOLLOWED_AT_MOST = 100_000
"""Alerts remembered as this writer's own; those longest untouched are forgotten first."""

DOUBTED_BATCHES = 20
"""After one with rows that are in the table already, so many take the way that allows for it."""


class Writer:
    """Writes batches on one connection, which may be replaced (`conn`) when it was lost.

    Not for several threads at once.
    """

    def __init__(self, conn: Connection, destinations_of: DestinationsOf) -> None:
        self.conn = conn
        self._destinations_of = destinations_of
        self._staged_on: Connection | None = None
        self._latest = LatestPositions()
        self._doubts = 0  # for so many batches rows may not be new
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
        rows = worth_a_row(batch.positions)
        with translated("writing a batch"):
            self._make_stage()
            new = not self._doubts and all_differ(rows)
            try:
                written, outcome, latest = self._transaction(batch, rows, new=new)
            except psycopg.errors.UniqueViolation:
                new = False
                written, outcome, latest = self._transaction(batch, rows, new=new)
        self._latest = latest
        if not new:
            self._doubts = (
                DOUBTED_BATCHES if written.positions < len(rows) else max(0, self._doubts - 1)
            )
        for alert_id, digest in outcome.changed.items():
            self._followed[alert_id] = digest
            self._followed.move_to_end(alert_id)
        while len(self._followed) > FOLLOWED_AT_MOST:
            self._followed.popitem(last=False)
        return written

    def follow(self) -> None:
        """Bring the latest positions up to the last batch; for when no next one comes.

        Raises:
            StoreUnavailable: they are not known to be; a later call, or batch, does it.
        """
        if self._latest:
            with translated("writing the latest positions"):
                self._make_stage()
                with self.conn.transaction():
                    latest = self._latest.write(self.conn)
            self._latest = latest

    def _make_stage(self) -> None:
        if self._staged_on is not self.conn:
            make_stage(self.conn)
            self._staged_on = self.conn

    def _transaction(
        self, batch: Batch, rows: PositionColumns, *, new: bool
    ) -> tuple[Written, Outcome, LatestPositions]:
        with self.conn.transaction():
            return self._write(batch, rows, new=new)

    def _write(
        self, batch: Batch, rows: PositionColumns, *, new: bool
    ) -> tuple[Written, Outcome, LatestPositions]:
        """`new`: no row is expected to be in the table."""
        conn = self.conn
        number = self._begin(batch, rows)
        if number is None:
            again = Written(duplicates=len(batch.positions))
            return again, write_changes(conn, (), _nobody, {}), self._latest
        stored = 0
        if rows:
            stored = (copy_positions if new else insert_positions)(conn, rows, number)
        latest = self._latest.and_of(rows)
        if latest and (batch.snapshot is not None or latest.due_with(len(rows))):
            latest = latest.write(conn)
        rejected = write_rejected(conn, batch.rejected, number) if batch.rejected else 0
        visits = write_visits(conn, batch.visits) if batch.visits else 0
        trips = write_trips(conn, batch.trips) if batch.trips else 0
        rounds = write_rounds(conn, batch.rounds) if batch.rounds else 0
        if trips or rounds:
            conn.execute(query("notify"), {"channel": "trip", "payload": ""})
        tracks = {sighting.track_uid for sighting in batch.sightings}
        tracks |= {attribution.track_uid for attribution in batch.attributions}
        lock_passages(conn, tracks | {uid for _, uid, _ in passages_named(batch.changes)})
        # Before the alerts: people, too, lay the sighting first and then the alert.
        sightings = write_sightings(conn, batch.sightings)
        attributions = write_attributions(conn, batch.attributions)
        outcome = write_changes(conn, batch.changes, self._destinations_of, self._followed)
        snapshots = list(batch.snapshots)
        if batch.snapshot is not None:
            snapshots.append((batch.worker, batch.snapshot))
        for worker, state in snapshots:
            conn.execute(
                query("upsert_snapshot"), {"worker": worker, "batch": number, "state": state}
            )
        counts = outcome.counts
        written = Written(
            batch=number,
            positions=stored,
            duplicates=len(batch.positions) - stored,
            rejected=rejected,
            visits=visits,
            trips=trips,
            rounds=rounds,
            sightings=sightings,
            attributions=attributions,
            raised=counts["raised"],
            amended=counts["amended"],
            ended=counts["ended"],
            withdrawn=counts["withdrawn"],
            evidence=counts["evidence"],
            outbox=counts["outbox"],
        )
        return written, outcome, latest

    def _begin(self, batch: Batch, rows: PositionColumns) -> int | None:
        """The batch's number; None when it was written before."""
        first, last = rows.span()
        row = self.conn.execute(
            query("insert_batch"),
            {
                "key": batch.key,
                "worker": batch.worker,
                "first_fix_time": first,
                "last_fix_time": last,
            },
        ).fetchone()
        return None if row is None else int(row[0])


def _is_empty(batch: Batch) -> bool:
    told = (
        *(batch.positions, batch.rejected, batch.visits),
        *(batch.trips, batch.rounds, batch.changes),
        *(batch.sightings, batch.attributions, batch.snapshots),
    )
    return not any(told) and batch.snapshot is None


def _nobody(_change: object) -> tuple[str, ...]:
    return ()
