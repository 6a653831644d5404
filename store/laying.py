"""At whom an alert is laid, as its row, its log and its destinations are told."""

from __future__ import annotations

from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from alerts.alert import Alert, AlertChange, ChangeKind, Evidence
from store.alert_row import Choice, StoredAlert
from store.database import Connection
from store.outbox_entry import stored_evidence


def told_of(
    conn: Connection,
    kind: ChangeKind,
    before: StoredAlert | None,
    stored: StoredAlert,
    evidence: tuple[Evidence, ...] = (),
) -> AlertChange:
    """A step as destinations are chosen by: where it names another vehicle, with all evidence."""
    shown = stored.shown
    laid = (
        before is not None
        and shown.camera_id is not None
        and shown.vehicle_id is not None
        and shown.vehicle_id != before.shown.vehicle_id
    )
    if laid:
        evidence = stored_evidence(conn, shown.alert_id)
    return AlertChange(change=kind, alert=shown, evidence=evidence, laid=laid)


def laying_detail(before: Alert | None, alert: Alert) -> Jsonb | None:
    """For the log: at whom the rules lay a camera's alert, where this step says so anew."""
    if alert.nobody is None or (
        before is not None
        and (before.vehicle_id, before.candidates) == (alert.vehicle_id, alert.candidates)
    ):
        return None
    laid = {
        "vehicle_id": alert.vehicle_id,
        "candidates": alert.candidates,
        "nobody": alert.nobody,
    }
    return Jsonb(laid, dumps=msgspec.json.encode)


def set_by_people(stored: StoredAlert | None) -> dict[str, Any]:
    """The columns of choice and verdict; None of a new alert."""
    choice = stored.choice if stored else None
    verdict = stored.verdict if stored else None
    return {
        **{
            f"chosen_{name}": getattr(choice, name) if choice else None
            for name in Choice.__struct_fields__
        },
        "verdict": verdict.true if verdict else None,
        "verdict_by": verdict.by if verdict else None,
        "verdict_at": verdict.at if verdict else None,
    }
