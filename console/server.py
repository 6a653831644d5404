"""Runs the console as a process."""

from __future__ import annotations

import uvicorn

from config.settings import Settings
from console.application import create_app
from store.outbox_entry import DestinationsOf

SHUTDOWN_S = 3  # open event streams are not waited for longer


def run(settings: Settings, destinations_of: DestinationsOf) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        UnsafeConsoleError: it would be open to the network without a password.
    """
    uvicorn.run(
        create_app(settings, destinations_of),
        host=settings.console.host,
        port=settings.console.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )
