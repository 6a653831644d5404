"""The outbox, for delivery: claim what is due, say what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from psycopg.rows import class_row

from store.database import Connection
from store.errors import translated
from store.sql import query


class OutboxEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to tell one destination. `attempts` counts this one; `payload` as decoded JSON."""

    outbox_id: UUID
    destination: str
    event: str
    alert_id: UUID
    revision: int
    payload: dict[str, Any]
    created_at: datetime
    attempts: int


class OutboxState(msgspec.Struct, frozen=True, kw_only=True):
    """How far the delivery of one entry is."""

    outbox_id: UUID
    destination: str
    event: str
    alert_id: UUID
    revision: int
    created_at: datetime
    next_attempt_at: datetime
    attempts: int
    delivered_at: datetime | None
    failed_at: datetime | None
    last_error: str | None
    response: str | None


class OutboxCount(msgspec.Struct, frozen=True, kw_only=True):
    destination: str
    delivered: int
    waiting: int
    failed: int
    last_delivered_at: datetime | None
    waiting_since: datetime | None


def claim_due(
    conn: Connection,
    destinations: Sequence[str],
    now: datetime,
    *,
    limit: int = 10,
    lease: timedelta = timedelta(minutes=2),
) -> list[OutboxEntry]:
    """Claim entries that are due, for as long as `lease`; one deliverer's claim is no other's.

    Of one alert and destination only the first step not yet done with is given: an end never
    overtakes its beginning. `lease` must exceed the longest attempt.
    """
    parameters = {
        "destinations": list(destinations),
        "now": now,
        "lease_until": now + lease,
        "limit": limit,
    }
    with (
        translated("claiming outbox entries"),
        conn.cursor(row_factory=class_row(OutboxEntry)) as cursor,
    ):
        # Planned each time: a plan kept from when the table was small is slow when it is not.
        entries = cursor.execute(query("claim_outbox"), parameters, prepare=False).fetchall()
    return sorted(entries, key=lambda entry: (entry.created_at, entry.revision))


def mark_delivered(conn: Connection, outbox_id: UUID, response: str | None = None) -> None:
    """The destination has it."""
    _mark(conn, "mark_delivered", outbox_id, response=response)


def mark_retry(
    conn: Connection, outbox_id: UUID, at: datetime, error: str, response: str | None = None
) -> None:
    """Not this time: due again at `at`."""
    _mark(conn, "mark_retry", outbox_id, at=at, error=error, response=response)


def mark_failed(conn: Connection, outbox_id: UUID, error: str, response: str | None = None) -> None:
    """Given up: kept for a person to see."""
    _mark(conn, "mark_failed", outbox_id, error=error, response=response)


def next_due(conn: Connection, destinations: Sequence[str]) -> datetime | None:
    """When the next entry is due; None when none waits."""
    with translated("reading the outbox"):
        row = conn.execute(query("next_due"), {"destinations": list(destinations)}).fetchone()
    return None if row is None else row[0]


def outbox_of_alert(conn: Connection, alert_id: UUID) -> list[OutboxState]:
    """Every entry about one alert."""
    with (
        translated("reading the outbox"),
        conn.cursor(row_factory=class_row(OutboxState)) as cursor,
    ):
        return cursor.execute(query("outbox_of_alert"), {"alert_id": alert_id}).fetchall()


def outbox_counts(conn: Connection) -> list[OutboxCount]:
    """How each destination stands."""
    with (
        translated("reading the outbox"),
        conn.cursor(row_factory=class_row(OutboxCount)) as cursor,
    ):
        return cursor.execute(query("outbox_counts")).fetchall()


def _mark(conn: Connection, name: str, outbox_id: UUID, **values: object) -> None:
    with translated("writing the outbox"):
        conn.execute(query(name), {"outbox_id": outbox_id, **values})
