"""The roles of `muckwatch serve`: each a process, and a service of docker-compose.yml."""

from __future__ import annotations

import signal
import threading
from enum import StrEnum
from types import FrameType

import structlog
from prometheus_client import start_http_server

from app.maintenance import start_maintenance
from app.patient_store import Stopped
from app.vision.share import Share, worker_count
from config.settings import Settings
from config.site_files import load_site, read_site_folder
from store.database import connect
from store.migrate import migrate
from store.site import seed_site_files

log = structlog.get_logger()


class Role(StrEnum):
    PIPELINE = "pipeline"
    VISION = "vision"
    DELIVERY = "delivery"
    CONSOLE = "console"


def prepare(settings: Settings) -> None:
    """Bring the schema up to date and seed an empty database with the site folder.

    Every role does so at its start; an advisory lock lets one of them do the work.
    """
    with connect(settings.database) as conn:
        applied = migrate(conn, settings.database.retention)
        if applied:
            log.info("schema.migrated", applied=applied)
        if settings.site is not None:
            files = read_site_folder(settings.site)
            load_site(files)  # an unsound folder is refused before it becomes the truth
            if seed_site_files(conn, files):
                log.info("site.seeded", folder=str(settings.site))


def run_role(
    role: Role, settings: Settings, cameras: tuple[str, ...] = (), share: Share | None = None
) -> None:
    """Run one role until SIGTERM or SIGINT; `share` is of one vision worker."""
    stop = threading.Event()

    def asked_to_stop(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    prepare(settings)
    if role is Role.CONSOLE:  # uvicorn minds signals itself
        from console.server import run as run_console
        from exchange.routing import destinations_of

        run_console(settings, destinations_of(settings.delivery))
        return
    signal.signal(signal.SIGTERM, asked_to_stop)
    signal.signal(signal.SIGINT, asked_to_stop)
    workers = worker_count(settings.vision.processes, cameras) if role is Role.VISION else 1
    if settings.metrics_port and (share is not None or workers == 1):  # else they serve their own
        start_http_server(settings.metrics_port, addr=settings.metrics_host)
    try:
        _run(role, settings, stop, cameras, share)
    except Stopped:
        log.info("role.stopped", role=role.value, while_waiting_for="database")


def _run(
    role: Role,
    settings: Settings,
    stop: threading.Event,
    cameras: tuple[str, ...],
    share: Share | None,
) -> None:
    if role is Role.PIPELINE:
        start_maintenance(settings.database, stop, settings.evidence)
        from app.pipeline import run as run_pipeline

        run_pipeline(settings, stop)
    elif role is Role.VISION:
        from app.vision.role import run as run_vision

        run_vision(settings, stop, cameras, share)
    else:
        from exchange.deliver import run as run_delivery

        run_delivery(settings.database, settings.delivery, stop, settings.evidence)
