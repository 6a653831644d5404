"""The hourly housekeeping of the database, on a thread and a connection of its own."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import structlog

from config.settings import DatabaseSettings
from store.database import connect
from store.errors import StoreError
from store.retention import maintain

log = structlog.get_logger()

EVERY_S = 3600.0
RETRY_S = 60.0


def start_maintenance(settings: DatabaseSettings, stop: threading.Event) -> threading.Thread:
    """Run it now and every hour until `stop`; a failure is logged and tried again soon."""
    thread = threading.Thread(target=_run, args=(settings, stop), name="maintenance", daemon=True)
    thread.start()
    return thread


def _run(settings: DatabaseSettings, stop: threading.Event) -> None:
    while not stop.is_set():
        stop.wait(EVERY_S if _once(settings) else RETRY_S)


def _once(settings: DatabaseSettings) -> bool:
    try:
        with connect(settings, "muckwatch-maintenance") as conn:
            maintain(conn, settings.retention, datetime.now(UTC))
    except StoreError as error:
        log.warning("maintenance.failed", error=str(error), retry_in_s=RETRY_S)
        return False
    return True
