"""The outbox as the delivery sees it: what is due, and what became of it.

One row a (destination, change of an alert). A row is open until it is delivered or failed. Among
the open rows of one alert only the first is ever due, so a destination hears an alert's story in
order.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from psycopg.rows import class_row

from alerts.alert import Evidence
from exchange.outcome import Deferred, Delivered, Outcome, Refused


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the outbox. `outbox_id` is the id the receiver sees, the same at each attempt.

    `payload` is the alert as it was after the change, with `evidence`: its pictures without their
    content.
    """

    outbox_id: UUID
    destination: str
    event: str
    alert_id: UUID
    revision: int
    payload: dict[str, Any]
    created_at: datetime
    attempts: int


_DUE = """
SELECT outbox_id, destination, event, alert_id, revision, payload, created_at, attempts
FROM outbox o
WHERE destination = %(destination)s
  AND delivered_at IS NULL AND failed_at IS NULL
  AND next_attempt_at <= now()
  AND NOT EXISTS (
    SELECT FROM outbox e
    WHERE e.destination = o.destination AND e.alert_id = o.alert_id
      AND e.delivered_at IS NULL AND e.failed_at IS NULL
      AND (e.revision, e.created_at, e.outbox_id) < (o.revision, o.created_at, o.outbox_id))
ORDER BY next_attempt_at, created_at
LIMIT %(limit)s
"""


def due(connection: psycopg.Connection[Any], destination: str, limit: int) -> list[Entry]:
    """The entries to try now, at most one an alert, longest waiting first."""
    with connection.cursor(row_factory=class_row(Entry)) as cursor:
        return cursor.execute(_DUE, {"destination": destination, "limit": limit}).fetchall()


def record(
    connection: psycopg.Connection[Any], entry: Entry, outcome: Outcome, retry_in_s: float | None
) -> None:
    """Write down what an attempt came to. `retry_in_s` None after a `Deferred`: given up."""
    failed = isinstance(outcome, Refused) or (isinstance(outcome, Deferred) and retry_in_s is None)
    connection.execute(
        """
        UPDATE outbox SET
            attempts = attempts + 1,
            delivered_at = CASE WHEN %(delivered)s THEN now() END,
            failed_at = CASE WHEN %(failed)s THEN now() END,
            next_attempt_at = now() + make_interval(secs => %(retry_in_s)s),
            last_error = %(error)s,
            response = %(response)s
        WHERE outbox_id = %(outbox_id)s
        """,
        {
            "outbox_id": entry.outbox_id,
            "delivered": isinstance(outcome, Delivered),
            "failed": failed,
            "retry_in_s": retry_in_s or 0.0,
            "error": None if isinstance(outcome, Delivered) else outcome.error,
            "response": outcome.response if isinstance(outcome, Delivered) else None,
        },
    )


def evidence_of(connection: psycopg.Connection[Any], entry: Entry) -> list[Evidence]:
    """The pictures that the payload names, with their content, in the payload's order."""
    ids = [UUID(picture["evidence_id"]) for picture in entry.payload.get("evidence") or []]
    with connection.cursor(row_factory=class_row(Evidence)) as cursor:
        rows = cursor.execute(
            """
            SELECT evidence_id, alert_id, moment, captured_at, media_type, width_px, height_px,
                   content, sha256, box, passer_box, passer_class, passer_color
            FROM evidence WHERE evidence_id = ANY(%s)
            """,
            (ids,),
        ).fetchall()
    return sorted(rows, key=lambda picture: ids.index(picture.evidence_id))
