"""The housekeeping job: parts ahead, and what is older than its time goes."""

from __future__ import annotations

from datetime import datetime, timedelta

from config.settings import RetentionSettings
from store import timescale
from store.database import Connection
from store.errors import translated
from store.partitions import drop_expired, ensure_partitions
from store.sql import query


def maintain(conn: Connection, retention: RetentionSettings, now: datetime) -> None:
    """Run hourly or so; any number of processes may, at any time, on either kind of database.

    Raises:
        StoreUnavailable: the database was away or busy (no lock in 5 s): the next run catches up.
    """
    with translated("housekeeping"):
        if not _on_hypertables(conn):
            ensure_partitions(conn, now, retention)
            drop_expired(conn, now, retention)
        elif not timescale.community(conn):
            timescale.drop_chunks(conn, now, retention)
        for name, days in (
            ("delete_evidence", retention.alert_days),
            ("delete_evidence_chains", retention.alert_days),
            ("delete_evidence_exports", retention.alert_days),
            ("delete_alert_log", retention.alert_days),
            ("delete_old_rounds", retention.trip_days),
            ("delete_outbox", retention.outbox_days),
            ("delete_batches", retention.position_days),
        ):
            conn.execute(
                query(name),
                {"before": now - timedelta(days=days), "yesterday": now - timedelta(days=1)},
            )


def _on_hypertables(conn: Connection) -> bool:
    row = conn.execute(
        "SELECT relkind = 'p' FROM pg_class WHERE oid = 'position'::regclass"
    ).fetchone()
    return row is not None and not row[0]
