"""A step that a person takes in the life of an alert: its row, its log, whom it is told to."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from alerts.alert import ChangeKind
from config.site import Site
from store.alert_row import StoredAlert, stored_alert_of
from store.database import Connection
from store.laying import told_of
from store.outbox_entry import DestinationsOf, notify, write_entries
from store.passage_word import PassageWord
from store.sql import query

ATTRIBUTED = "attributed"
"""What is said of a laying in the log and, behind `alert.`, in the outbox."""


class Taken(NamedTuple):
    """The alert after the step, and how many are told of it (`outbox` rows)."""

    stored: StoredAlert
    entries: int


def lay(
    conn: Connection,
    before: StoredAlert,
    word: PassageWord,
    site: Site,
    destinations_of: DestinationsOf,
) -> Taken:
    """Lay an alert, which the caller has locked, as a person says; said before, nothing changes."""
    was = before.choice
    if was is not None and (was.vehicle_id, was.note or "") == (word.vehicle_id, word.note or ""):
        return Taken(before, 0)
    vehicle = site.vehicles.get(word.vehicle_id or "")
    company = site.companies.get(vehicle.company_id) if vehicle else None
    laid = {
        "vehicle_id": word.vehicle_id,
        "plate": vehicle.plate if vehicle else None,
        "plate_color": vehicle.plate_color.value if vehicle else None,
        "company": company.name if company else None,
    }
    step = {
        "change": ATTRIBUTED,
        "actor": word.by,
        "note": word.note,
        "said_at": word.at,
        "detail": Jsonb(laid, dumps=msgspec.json.encode),
    }
    return take_step(conn, "set_choice", step | laid, before, destinations_of)


def take_step(
    conn: Connection,
    update: str,
    step: dict[str, Any],
    before: StoredAlert,
    destinations_of: DestinationsOf,
) -> Taken:
    """Write a step with the named query: `step` has its parameters and those of the log, but for
    the alert's own.
    """
    alert_id = before.alert.alert_id
    step = {
        **step,
        "alert_id": alert_id,
        "started_at": before.alert.started_at,
        "revision": before.revision + 1,
        "digest": None,
    }
    with conn.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(query(update), step).fetchone()
        if row is None:
            raise RuntimeError(f"alert {alert_id} vanished under its lock")
        cursor.execute(query("insert_log"), step)
    stored = stored_alert_of(row)
    entries = 0
    if stored.alert.rings:
        told = told_of(conn, ChangeKind.AMENDED, before, stored)
        entries = write_entries(conn, step["change"], stored, destinations_of(told))
    notify(conn, [alert_id], entries)
    return Taken(stored, entries)
