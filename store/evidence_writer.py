"""Evidence into the database: each piece a link of its alert's chain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from alerts.alert import AlertChange, ChangeKind, Evidence
from alerts.manifest import FIRST, Link, chained
from store.alert_row import stored_alert_of
from store.database import Connection
from store.errors import translated
from store.outbox_entry import DestinationsOf, notify, write_entries
from store.sql import query


def add_evidence(conn: Connection, evidence: Sequence[Evidence]) -> int:
    """Write what is not there yet, inside the caller's transaction; returns how many pieces."""
    added = 0
    by_alert: dict[UUID, list[Evidence]] = {}
    for piece in evidence:
        by_alert.setdefault(piece.alert_id, []).append(piece)
    for alert_id, pieces in by_alert.items():
        row = conn.execute(query("chain_of_alert"), {"alert_id": alert_id}).fetchone()
        links, head = (0, FIRST) if row is None else (int(row[0]), bytes(row[1]))
        before = links
        for piece in pieces:
            link = link_of(piece, links + 1)
            chain = chained(head, link)
            written = conn.execute(query("insert_evidence"), _row(piece, link.number, chain))
            if written.rowcount:
                links, head = link.number, chain
        if links > before:
            conn.execute(query("put_chain"), {"alert_id": alert_id, "links": links, "head": head})
            added += links - before
    return added


def attach_evidence(
    conn: Connection, evidence: Sequence[Evidence], destinations_of: DestinationsOf
) -> int:
    """Add evidence to one alert that is stored already: the alert is amended by it alone.

    Returns how many pieces are new; 0 also where there is no such alert.

    Raises:
        StoreUnavailable, StoreRefused
    """
    if not evidence:
        return 0
    (alert_id,) = {piece.alert_id for piece in evidence}
    with (
        translated("adding evidence"),
        conn.transaction(),
        conn.cursor(row_factory=dict_row) as cursor,
    ):
        # The same lock as the rules' writer: the row may be moving under it.
        cursor.execute(query("lock_alert"), {"alert_id": alert_id})
        before = cursor.execute(query("alerts_by_id"), {"alert_ids": [alert_id]}).fetchone()
        if before is None:
            return 0
        added = add_evidence(conn, evidence)
        if not added:
            return 0
        step = {
            "alert_id": alert_id,
            "started_at": before["started_at"],
            "revision": before["revision"] + 1,
        }
        row = cursor.execute(query("touch_alert"), step).fetchone()
        if row is None:
            raise RuntimeError(f"alert {alert_id} vanished under its lock")
        stored = stored_alert_of(row)
        log = {"change": ChangeKind.AMENDED.value, "actor": "rules", "note": None, "digest": None}
        cursor.execute(query("insert_log"), {**step, **log, "detail": None})
        entries = 0
        if stored.alert.rings:
            change = AlertChange(
                change=ChangeKind.AMENDED, alert=stored.alert, evidence=tuple(evidence)
            )
            entries = write_entries(conn, change.change.value, stored, destinations_of(change))
        notify(conn, [alert_id], entries)
        return added


def link_of(evidence: Evidence, number: int) -> Link:
    return Link(
        number=number,
        evidence_id=evidence.evidence_id,
        alert_id=evidence.alert_id,
        moment=evidence.moment,
        captured_at=evidence.captured_at,
        until=evidence.until,
        camera_id=evidence.camera_id,
        media_type=evidence.media_type,
        codec=evidence.codec,
        size_bytes=evidence.size_bytes or len(evidence.content),
        sha256=evidence.sha256.hex(),
        taken_by=evidence.taken_by,
    )


def _row(evidence: Evidence, number: int, chain: bytes) -> dict[str, Any]:
    row = msgspec.structs.asdict(evidence)
    for name in ("box", "passer_box"):
        row[name] = None if row[name] is None else [float(x) for x in row[name]]
    return row | {
        "content": evidence.content or None,
        "size_bytes": evidence.size_bytes or len(evidence.content),
        "seen": Jsonb(evidence.seen, dumps=msgspec.json.encode),
        "chain_number": number,
        "chain": chain,
    }
