"""Outbox entries: what is to be told to whom, written with the change that is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID, uuid5

import msgspec
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from alerts.alert import AlertChange, Evidence
from store.alert_row import StoredAlert
from store.database import Connection
from store.sql import query

OUTBOX_NAMESPACE = UUID("8f8e1d0b-7c54-5a83-a9c4-2f4b3e1f6a90")
"""Outbox ids are UUIDv5 in this namespace and become `webhook-id`: never change it."""

DestinationsOf = Callable[[AlertChange], Sequence[str]]


def outbox_id(alert_id: UUID, revision: int, destination: str) -> UUID:
    """The same for the same revision of an alert and the same destination, whoever writes it."""
    return uuid5(OUTBOX_NAMESPACE, f"{alert_id}:{revision}:{destination}")


def write_entries(
    conn: Connection, event: str, stored: StoredAlert, destinations: Sequence[str]
) -> int:
    """One entry a destination of `alert.<event>`: the alert and its evidence as they are now."""
    if not destinations:
        return 0
    payload = Jsonb(_payload(conn, stored), dumps=msgspec.json.encode)
    rows = [
        {
            "outbox_id": outbox_id(stored.alert.alert_id, stored.revision, destination),
            "destination": destination,
            "event": f"alert.{event}",
            "alert_id": stored.alert.alert_id,
            "revision": stored.revision,
            "payload": payload,
        }
        for destination in dict.fromkeys(destinations)
    ]
    with conn.cursor() as cursor:
        cursor.executemany(query("insert_outbox"), rows)
        return cursor.rowcount


def notify(conn: Connection, alert_ids: Sequence[UUID], outbox: int) -> None:
    """Wake the listeners, at commit: `alert` with the id of each alert changed, `outbox`."""
    notes = [{"channel": "alert", "payload": str(alert_id)} for alert_id in alert_ids]
    if outbox:
        notes.append({"channel": "outbox", "payload": ""})
    if notes:
        with conn.cursor() as cursor:
            cursor.executemany(query("notify"), notes)


def stored_evidence(conn: Connection, alert_id: UUID) -> tuple[Evidence, ...]:
    """All evidence of an alert, without its content."""
    rows = [
        {**row, "content": b"", "size_bytes": row.get("size_bytes") or 0}
        for row in _evidence_rows(conn, alert_id)
    ]
    return msgspec.convert(rows, tuple[Evidence, ...])


def _evidence_rows(conn: Connection, alert_id: UUID) -> list[dict[str, Any]]:
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query("evidence_of_alert"), {"alert_id": alert_id}).fetchall()


def _payload(conn: Connection, stored: StoredAlert) -> dict[str, Any]:
    evidence = _evidence_rows(conn, stored.alert.alert_id)
    chain = conn.execute(query("head_of_alert"), {"alert_id": stored.alert.alert_id}).fetchone()
    for row in evidence:
        row["sha256"] = row["sha256"].hex()
        del row["alert_id"]
    return {
        **msgspec.structs.asdict(stored.shown),
        "attributed_by": stored.attributed_by,
        "attribution_note": stored.choice.note if stored.choice else None,
        "verdict": stored.verdict.true if stored.verdict else None,
        "status": stored.status,
        "acknowledged_by": stored.acknowledged_by,
        "acknowledged_at": stored.acknowledged_at,
        "note": stored.note,
        "revision": stored.revision,
        "evidence": evidence,
        # Kept by the receiver, it shows that nothing was taken away since.
        "evidence_head": None if chain is None else bytes(chain[1]).hex(),
    }
