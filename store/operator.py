"""What an operator does with an alert: acknowledge it, find it true or false, say who did it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from psycopg import Cursor
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from alerts.alert import AlertStatus, ChangeKind
from config.site import Site
from store.alert_row import StoredAlert, stored_alert_of
from store.database import Connection
from store.errors import translated
from store.laying import told_of
from store.outbox_entry import DestinationsOf, notify, write_entries
from store.sighting_writer import TRACK_AT_MOST
from store.site import read_site
from store.sql import query

CONFIRMED = "confirmed"
ATTRIBUTED = "attributed"
"""What is said of these steps in the log and, behind `alert.`, in the outbox."""


class CannotBeLaidError(ValueError):
    """No such vehicle is registered, or the alert is of the fleet and not of a camera."""


def acknowledge(
    conn: Connection,
    alert_id: UUID,
    actor: str,
    note: str | None,
    destinations_of: DestinationsOf,
) -> StoredAlert | None:
    """Acknowledge an alert (签收); None where there is none of that id.

    Status, log and outbox entries are one transaction. Done again with the same note it
    changes nothing, by whomever: the first one stays. What was dismissed is no longer false.
    """
    return _set_status(conn, alert_id, AlertStatus.ACKNOWLEDGED.value, actor, note, destinations_of)


def confirm(
    conn: Connection,
    alert_id: UUID,
    actor: str,
    note: str | None,
    destinations_of: DestinationsOf,
) -> StoredAlert | None:
    """Acknowledge an alert and find it true (属实); as `acknowledge` otherwise."""
    return _set_status(conn, alert_id, CONFIRMED, actor, note, destinations_of)


def dismiss(
    conn: Connection,
    alert_id: UUID,
    actor: str,
    note: str | None,
    destinations_of: DestinationsOf,
) -> StoredAlert | None:
    """Dismiss an alert as false (误报); as `acknowledge` otherwise."""
    return _set_status(conn, alert_id, AlertStatus.DISMISSED.value, actor, note, destinations_of)


def lay_at(  # noqa: PLR0917  as the others, and at whom
    conn: Connection,
    alert_id: UUID,
    vehicle_id: str | None,
    actor: str,
    note: str | None,
    destinations_of: DestinationsOf,
) -> StoredAlert | None:
    """Lay a camera's alert at a vehicle (人工归因), or with None at no registered one.

    It wins over what the rules say and will say. Where one passer alone is in question, the
    sightings of that passage are laid too. None where there is no alert of that id; the same again
    changes nothing.

    Raises:
        CannotBeLaidError: see there; nothing was changed.
    """
    with (
        translated("laying an alert at a vehicle"),
        conn.transaction(),
        conn.cursor(row_factory=dict_row) as cursor,
    ):
        row = cursor.execute(query("one_alert"), {"alert_id": alert_id}).fetchone()
        if row is None:
            return None
        alert = stored_alert_of(row).alert
        if alert.camera_id is None:
            raise CannotBeLaidError("only what a camera saw can be laid at a vehicle")
        site = read_site(conn)
        _check(site, vehicle_id)
        # Sightings before the alert, as the rules' writer does: neither waits in a circle.
        if len(alert.passers) == 1:
            [passer] = alert.passers
            choice = {
                "track_uid": passer.track_uid,
                "vehicle_id": vehicle_id,
                "by": actor,
                "note": note,
                "since": passer.seen_at - TRACK_AT_MOST,
                "until": passer.seen_at + TRACK_AT_MOST,
            }
            if cursor.execute(query("choose_sightings"), choice).rowcount:
                sighted = {"channel": "sighting", "payload": alert.camera_id}
                cursor.execute(query("notify"), sighted)
        return _choose(cursor, alert_id, vehicle_id, actor, note, site, destinations_of)


def lay_sighting(  # noqa: PLR0917  as `lay_at`
    conn: Connection,
    sighting_id: UUID,
    vehicle_id: str | None,
    actor: str,
    note: str | None,
    destinations_of: DestinationsOf,
) -> bool:
    """Say who a sighting was, and of the alerts about that passage alone; False without one.

    Raises:
        CannotBeLaidError: no such vehicle is registered; nothing was changed.
    """
    with (
        translated("laying a sighting at a vehicle"),
        conn.transaction(),
        conn.cursor(row_factory=dict_row) as cursor,
    ):
        row = cursor.execute(query("one_sighting"), {"sighting_id": sighting_id}).fetchone()
        if row is None:
            return False
        site = read_site(conn)
        _check(site, vehicle_id)
        track, at = row["track_uid"], row["at"]
        span = {"since": at - TRACK_AT_MOST, "until": at + TRACK_AT_MOST}
        choice = {"track_uid": track, "vehicle_id": vehicle_id, "by": actor, "note": note}
        cursor.execute(query("choose_sightings"), {**choice, **span})
        cursor.execute(query("notify"), {"channel": "sighting", "payload": row["camera_id"]})
        of_track = {
            "camera_id": row["camera_id"],
            "passer": Jsonb([{"track_uid": str(track)}]),
            **span,
        }
        for found in cursor.execute(query("alerts_of_track"), of_track).fetchall():
            alert_id = found["alert_id"]
            held = cursor.execute(query("one_alert"), {"alert_id": alert_id}).fetchone()
            if held is not None and len(held["passers"]) == 1:
                _choose(cursor, alert_id, vehicle_id, actor, note, site, destinations_of)
        return True


def _check(site: Site, vehicle_id: str | None) -> None:
    if vehicle_id is not None and vehicle_id not in site.vehicles:
        raise CannotBeLaidError(f"no vehicle {vehicle_id!r} is registered")


def _choose(  # noqa: PLR0917  private, and each is what its name says
    cursor: Cursor[dict[str, Any]],
    alert_id: UUID,
    vehicle_id: str | None,
    actor: str,
    note: str | None,
    site: Site,
    destinations_of: DestinationsOf,
) -> StoredAlert | None:
    before = _locked(cursor, alert_id)
    if before is None:
        return None
    was = before.choice
    if was is not None and (was.vehicle_id, was.note or "") == (vehicle_id, note or ""):
        return before
    vehicle = site.vehicles.get(vehicle_id or "")
    company = site.companies.get(vehicle.company_id) if vehicle else None
    laid = {
        "vehicle_id": vehicle_id,
        "plate": vehicle.plate if vehicle else None,
        "plate_color": vehicle.plate_color.value if vehicle else None,
        "company": company.name if company else None,
    }
    detail = Jsonb(laid, dumps=msgspec.json.encode)
    step = {**_step(before, actor, note), **laid, "change": ATTRIBUTED, "detail": detail}
    return _told(cursor, "set_choice", step, before, destinations_of)


def _set_status(  # noqa: PLR0917  private, and each is what its name says
    conn: Connection,
    alert_id: UUID,
    change: str,
    actor: str,
    note: str | None,
    destinations_of: DestinationsOf,
) -> StoredAlert | None:
    with (
        translated(f"setting an alert {change}"),
        conn.transaction(),
        conn.cursor(row_factory=dict_row) as cursor,
    ):
        before = _locked(cursor, alert_id)
        if before is None:
            return None
        status = AlertStatus.ACKNOWLEDGED.value if change == CONFIRMED else change
        verdict = _verdict_after(before, change)
        was = before.verdict.true if before.verdict else None
        same = (before.status.value, was, before.note or "") == (status, verdict, note or "")
        if same:
            return before
        step = {
            **_step(before, actor, note),
            "status": status,
            "verdict": verdict,
            "change": change,
            "detail": None,
        }
        return _told(cursor, "set_status", step, before, destinations_of)


def _verdict_after(before: StoredAlert, change: str) -> bool | None:
    """Acknowledged alone, what was found true stays so, and what was dismissed is open again."""
    if change == CONFIRMED:
        return True
    if change == AlertStatus.DISMISSED.value:
        return False
    return True if before.verdict is not None and before.verdict.true else None


def _locked(cursor: Cursor[dict[str, Any]], alert_id: UUID) -> StoredAlert | None:
    # The same lock as the rules' writer: the row may be moving under it.
    cursor.execute(query("lock_alert"), {"alert_id": alert_id})
    row = cursor.execute(query("alerts_by_id"), {"alert_ids": [alert_id]}).fetchone()
    return None if row is None else stored_alert_of(row)


def _step(before: StoredAlert, actor: str, note: str | None) -> dict[str, Any]:
    return {
        "alert_id": before.alert.alert_id,
        "started_at": before.alert.started_at,
        "actor": actor,
        "note": note,
        "revision": before.revision + 1,
        "digest": None,
    }


def _told(
    cursor: Cursor[dict[str, Any]],
    update: str,
    step: dict[str, Any],
    before: StoredAlert,
    destinations_of: DestinationsOf,
) -> StoredAlert:
    """Write the step, its log line and whom it is told to."""
    row = cursor.execute(query(update), step).fetchone()
    if row is None:
        raise RuntimeError(f"alert {step['alert_id']} vanished under its lock")
    cursor.execute(query("insert_log"), step)
    stored = stored_alert_of(row)
    conn = cursor.connection
    entries = 0
    if stored.alert.rings:
        told = told_of(conn, ChangeKind.AMENDED, before, stored)
        entries = write_entries(conn, step["change"], stored, destinations_of(told))
    notify(conn, [step["alert_id"]], entries)
    return stored
