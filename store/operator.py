"""What an operator does with an alert: acknowledge it, or dismiss it as false."""

from __future__ import annotations

from uuid import UUID

from psycopg.rows import dict_row

from alerts.alert import AlertChange, AlertStatus, ChangeKind
from store.alert_row import StoredAlert, stored_alert_of
from store.database import Connection
from store.errors import translated
from store.outbox_entry import DestinationsOf, notify, write_entries
from store.sql import query


def acknowledge(
    conn: Connection,
    alert_id: UUID,
    actor: str,
    note: str | None,
    destinations_of: DestinationsOf,
) -> StoredAlert | None:
    """Acknowledge an alert (签收); None where there is none of that id.

    Status, log and outbox entries are one transaction. Done again with the same note it
    changes nothing, by whomever: the first one stays.
    """
    return _set_status(conn, alert_id, AlertStatus.ACKNOWLEDGED, actor, note, destinations_of)


def dismiss(
    conn: Connection,
    alert_id: UUID,
    actor: str,
    note: str | None,
    destinations_of: DestinationsOf,
) -> StoredAlert | None:
    """Dismiss an alert as false (误报); as `acknowledge` otherwise."""
    return _set_status(conn, alert_id, AlertStatus.DISMISSED, actor, note, destinations_of)


def _set_status(  # noqa: PLR0917  private, and each is what its name says
    conn: Connection,
    alert_id: UUID,
    status: AlertStatus,
    actor: str,
    note: str | None,
    destinations_of: DestinationsOf,
) -> StoredAlert | None:
    with (
        translated(f"setting an alert {status.value}"),
        conn.transaction(),
        conn.cursor(row_factory=dict_row) as cursor,
    ):
        # The same lock as the rules' writer: the row may be moving under it.
        cursor.execute(query("lock_alert"), {"alert_id": alert_id})
        before = cursor.execute(query("alerts_by_id"), {"alert_ids": [alert_id]}).fetchone()
        if before is None:
            return None
        if before["status"] == status.value and (before["note"] or "") == (note or ""):
            return stored_alert_of(before)
        revision = before["revision"] + 1
        step = {
            "alert_id": alert_id,
            "started_at": before["started_at"],
            "status": status.value,
            "actor": actor,
            "note": note,
            "revision": revision,
        }
        row = cursor.execute(query("set_status"), step).fetchone()
        if row is None:
            raise RuntimeError(f"alert {alert_id} vanished under its lock")
        cursor.execute(query("insert_log"), {**step, "change": status.value, "digest": None})
        stored = stored_alert_of(row)
        entries = 0
        if stored.alert.rings:
            change = AlertChange(change=ChangeKind.AMENDED, alert=stored.alert)
            entries = write_entries(conn, status.value, stored, destinations_of(change))
        notify(conn, [alert_id], entries)
        return stored
