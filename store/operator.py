"""What an operator does with an alert: acknowledge it, find it true or false, say who did it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from psycopg import Cursor
from psycopg.rows import dict_row

from alerts.alert import Alert, AlertStatus
from config.site import Site
from store.alert_row import StoredAlert, alert_of, stored_alert_of
from store.database import Connection
from store.errors import translated
from store.outbox_entry import DestinationsOf
from store.passage_word import (
    Passage,
    PassageWord,
    alerts_of_track,
    choose_sightings,
    lock_passages,
    sole_passer,
)
from store.person_step import lay, take_step
from store.site import read_site
from store.sql import query

CONFIRMED = "confirmed"
"""What is said of this step in the log and, behind `alert.`, in the outbox."""


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

    It wins over what the rules say and will say. Where one passer alone is in question, it is a
    word on that passage, as `lay_sighting`. None where there is no alert of that id; the same again
    changes nothing.

    Raises:
        CannotBeLaidError: see there; nothing was changed.
    """
    with (
        translated("laying an alert at a vehicle"),
        conn.transaction(),
        conn.cursor(row_factory=dict_row) as cursor,
    ):
        alert = _alert(cursor, alert_id)
        if alert is None:
            return None
        if alert.camera_id is None:
            raise CannotBeLaidError("only what a camera saw can be laid at a vehicle")
        site = read_site(conn)
        _check(site, vehicle_id)
        lock_passages(conn, (passer.track_uid for passer in alert.passers))
        alert = _alert(cursor, alert_id) or alert  # who passed may have become known meanwhile
        word = PassageWord(vehicle_id=vehicle_id, by=actor, note=note)
        passer = sole_passer(alert)
        if passer is not None:
            passage = (alert.camera_id or "", passer.track_uid, passer.seen_at)
            _lay_passage(cursor, passage, word, site, destinations_of)
        before = _locked(cursor, alert_id)
        return before and lay(conn, before, word, site, destinations_of).stored


def lay_sighting(  # noqa: PLR0917  as `lay_at`
    conn: Connection,
    sighting_id: UUID,
    vehicle_id: str | None,
    actor: str,
    note: str | None,
    destinations_of: DestinationsOf,
) -> bool:
    """Say who passed: of all sightings of that passage, and of the alerts about it alone, those
    that are still to come too; False without such a sighting.

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
        lock_passages(conn, [row["track_uid"]])
        passage = (row["camera_id"], row["track_uid"], row["at"])
        word = PassageWord(vehicle_id=vehicle_id, by=actor, note=note)
        _lay_passage(cursor, passage, word, site, destinations_of)
        return True


def _check(site: Site, vehicle_id: str | None) -> None:
    if vehicle_id is not None and vehicle_id not in site.vehicles:
        raise CannotBeLaidError(f"no vehicle {vehicle_id!r} is registered")


def _lay_passage(
    cursor: Cursor[dict[str, Any]],
    passage: Passage,
    word: PassageWord,
    site: Site,
    destinations_of: DestinationsOf,
) -> None:
    """Write the word to the passage's sightings and to the alerts that name it alone."""
    conn = cursor.connection
    # Sightings before the alerts, as the rules' writer does: neither waits in a circle.
    choose_sightings(conn, passage, word)
    for alert_id in alerts_of_track(conn, passage):
        before = _locked(cursor, alert_id)
        if before is not None and sole_passer(before.alert) is not None:
            lay(conn, before, word, site, destinations_of)


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
        step = {"change": change, "actor": actor, "note": note, "detail": None}
        set_to = {"status": status, "verdict": verdict}
        return take_step(conn, "set_status", step | set_to, before, destinations_of).stored


def _verdict_after(before: StoredAlert, change: str) -> bool | None:
    """Acknowledged alone, what was found true stays so, and what was dismissed is open again."""
    if change == CONFIRMED:
        return True
    if change == AlertStatus.DISMISSED.value:
        return False
    return True if before.verdict is not None and before.verdict.true else None


def _alert(cursor: Cursor[dict[str, Any]], alert_id: UUID) -> Alert | None:
    row = cursor.execute(query("one_alert"), {"alert_id": alert_id}).fetchone()
    return None if row is None else alert_of(row)


def _locked(cursor: Cursor[dict[str, Any]], alert_id: UUID) -> StoredAlert | None:
    # The same lock as the rules' writer: the row may be moving under it.
    cursor.execute(query("lock_alert"), {"alert_id": alert_id})
    row = cursor.execute(query("alerts_by_id"), {"alert_ids": [alert_id]}).fetchone()
    return None if row is None else stored_alert_of(row)
