"""Alerts for those who look: the console's lists, pages and counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from psycopg.rows import class_row, dict_row

from alerts.alert import AlertStatus, Severity
from store.alert_row import StoredAlert, stored_alert_of
from store.database import Connection
from store.errors import translated
from store.evidence_reader import EvidenceEntry
from store.outbox import OutboxState, outbox_of_alert
from store.sql import query


class LogEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A step in an alert's life.

    Attributes:
        change: a ChangeKind, or what a person did: `acknowledged`, `confirmed`, `dismissed`,
            `attributed`.
        actor: an operator or `rules`.
        detail: at whom the alert is laid by this step (`vehicle_id`, and of rules `candidates` and
            `nobody`); None where it says nothing of that.
    """

    alert_id: UUID
    revision: int
    at: datetime
    change: str
    actor: str
    note: str | None
    detail: dict[str, Any] | None = None


class EvidenceContent(msgspec.Struct, frozen=True, kw_only=True):
    media_type: str
    content: bytes
    sha256: bytes


class AlertPage(msgspec.Struct, frozen=True, kw_only=True):
    """One alert with all that belongs to it."""

    stored: StoredAlert
    log: tuple[LogEntry, ...]
    evidence: tuple[EvidenceEntry, ...]
    outbox: tuple[OutboxState, ...]


class HourCount(msgspec.Struct, frozen=True, kw_only=True):
    hour: datetime
    kind: str
    severity: Severity
    alerts: int


class StatusCount(msgspec.Struct, frozen=True, kw_only=True):
    status: AlertStatus
    severity: Severity
    alerts: int
    going_on: int


def recent_alerts(
    conn: Connection,
    *,
    status: AlertStatus | None = None,
    kinds: Sequence[str] | None = None,
    severity: Severity | None = None,
    vehicle_id: str | None = None,
    camera_id: str | None = None,
    since: datetime | None = None,
    withdrawn: bool = False,
    before: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> list[StoredAlert]:
    """Alerts by begin, newest first; None does not filter, withdrawn ones only when asked for.

    `before` is (started_at, alert_id) of the last alert of the page before: paging by it neither
    skips nor repeats one when new ones come.
    """
    parameters = {
        "status": status,
        "kinds": None if kinds is None else list(kinds),
        "severity": severity,
        "vehicle_id": vehicle_id,
        "camera_id": camera_id,
        "since": since,
        "withdrawn": withdrawn,
        "before_started_at": before[0] if before else None,
        "before_id": before[1] if before else None,
        "limit": limit,
    }
    with translated("reading alerts"), conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(query("recent_alerts"), parameters)
        return [stored_alert_of(row) for row in rows]


def alerts_overlapping(
    conn: Connection, vehicle_ids: Sequence[str], since: datetime, until: datetime
) -> list[StoredAlert]:
    """Alerts of these vehicles that share a moment with [since, until], oldest first."""
    parameters = {"vehicle_ids": list(vehicle_ids), "since": since, "until": until}
    with translated("reading alerts"), conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(query("alerts_overlapping"), parameters)
        return [stored_alert_of(row) for row in rows]


def stored_alert(conn: Connection, alert_id: UUID) -> StoredAlert | None:
    """One alert; None where there is none of that id."""
    with translated("reading an alert"), conn.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(query("one_alert"), {"alert_id": alert_id}).fetchone()
    return None if row is None else stored_alert_of(row)


def alert_page(conn: Connection, alert_id: UUID) -> AlertPage | None:
    """One alert with log, evidence and deliveries as of one moment; None where there is none."""
    with translated("reading an alert"), conn.transaction():
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        stored = stored_alert(conn, alert_id)
        if stored is None:
            return None
        by_id = {"alert_id": alert_id}
        with conn.cursor(row_factory=class_row(LogEntry)) as log:
            entries = log.execute(query("log_of_alert"), by_id).fetchall()
        with conn.cursor(row_factory=dict_row) as rows:
            evidence = rows.execute(query("evidence_of_alert"), by_id).fetchall()
        return AlertPage(
            stored=stored,
            log=tuple(entries),
            evidence=msgspec.convert(evidence, tuple[EvidenceEntry, ...]),
            outbox=tuple(outbox_of_alert(conn, alert_id)),
        )


def alerts_per_hour(conn: Connection, since: datetime) -> list[HourCount]:
    """How many alerts began in each hour since, by kind and severity; withdrawn ones left out."""
    with translated("counting alerts"), conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(query("alerts_per_hour"), {"since": since}).fetchall()
    return msgspec.convert(rows, list[HourCount])


def alert_counts(conn: Connection, since: datetime) -> list[StatusCount]:
    """How many alerts begun since stand where, by status and severity; how many still go on."""
    with translated("counting alerts"), conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(query("alert_counts"), {"since": since}).fetchall()
    return msgspec.convert(rows, list[StatusCount])
