"""The hourly housekeeping of the database, on a thread and a connection of its own."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import structlog

from config.settings import DatabaseSettings, EvidenceSettings
from store.database import Connection, connect
from store.errors import StoreError
from store.evidence_objects import EvidenceObjects, ObjectStoreError
from store.evidence_room import make_room, move_into_store, sweep, used
from store.retention import maintain

log = structlog.get_logger()

EVERY_S = 3600.0
RETRY_S = 60.0


def start_maintenance(
    settings: DatabaseSettings, stop: threading.Event, evidence: EvidenceSettings | None = None
) -> threading.Thread:
    """Run it now and every hour until `stop`; a failure is logged and tried again soon.

    With `evidence`, its object store is minded too.
    """
    arguments = (settings, evidence, stop)
    thread = threading.Thread(target=_run, args=arguments, name="maintenance", daemon=True)
    thread.start()
    return thread


def _run(
    settings: DatabaseSettings, evidence: EvidenceSettings | None, stop: threading.Event
) -> None:
    objects = None if evidence is None else EvidenceObjects(evidence)
    while not stop.is_set():
        stop.wait(EVERY_S if _once(settings, objects) else RETRY_S)


def _once(settings: DatabaseSettings, objects: EvidenceObjects | None) -> bool:
    try:
        with connect(settings, "muckwatch-maintenance") as conn:
            maintain(conn, settings.retention, datetime.now(UTC))
            if objects is not None:
                _mind_evidence(conn, objects)
    except StoreError as error:
        log.warning("maintenance.failed", error=str(error), retry_in_s=RETRY_S)
        return False
    return True


def _mind_evidence(conn: Connection, objects: EvidenceObjects) -> None:
    """What waits in the database moves out, what nobody names goes, the limit is held."""
    try:
        moved = move_into_store(conn, objects)
        if moved:
            log.info("evidence.moved", pieces=moved)
        beyond = used(conn).objects_bytes - objects.settings.most_bytes
        if beyond > 0:
            make_room(conn, objects, beyond)
        sweep(conn, objects, datetime.now(UTC))
    except ObjectStoreError as error:  # in an hour again: nothing depends on it
        log.warning("maintenance.evidence", error=str(error))
