"""Waiting for a database that is away: nothing is lost meanwhile, since nothing is acknowledged."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

import structlog

from config.settings import DatabaseSettings
from store.batch import Batch, Written
from store.database import Connection, connect
from store.errors import StoreUnavailable
from store.outbox_entry import DestinationsOf
from store.writer import Writer

log = structlog.get_logger()

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 15.0

T = TypeVar("T")


class Stopped(Exception):  # noqa: N818  a way out, not an error
    """The role was asked to stop while it waited."""


class PatientStore:
    """A connection that comes back: each call is tried again until the database takes it.

    Not for use by several threads at once.
    """

    def __init__(
        self, settings: DatabaseSettings, destinations_of: DestinationsOf, stop: threading.Event
    ) -> None:
        self._settings = settings
        self._destinations_of = destinations_of
        self._stop = stop
        self._writer: Writer | None = None

    def write(self, batch: Batch) -> Written:
        """Store a batch; the same batch again is recognised, so an unsure commit does no harm.

        Raises:
            StoreRefused: the batch holds something the database will never take.
            Stopped: asked to stop before it was stored.
        """
        return self._patiently(lambda writer: writer.write(batch))

    def follow(self) -> None:
        """Bring the latest positions up to the last batch. Raises `Stopped` as `write`."""
        self._patiently(lambda writer: writer.follow())

    def ask(self, question: Callable[[Connection], T]) -> T:
        """Raises `Stopped` when asked to stop before there was an answer."""
        return self._patiently(lambda writer: question(writer.conn))

    def close(self) -> None:
        if self._writer is not None:
            self._writer.conn.close()

    def _patiently(self, call: Callable[[Writer], T]) -> T:
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                return call(self._connected())
            except StoreUnavailable as error:
                log.warning("store.unavailable", error=str(error), retry_in_s=pause_s)
            if self._stop.wait(pause_s):
                raise Stopped
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    def _connected(self) -> Writer:
        if self._writer is None:
            self._writer = Writer(connect(self._settings), self._destinations_of)
        elif self._writer.conn.closed:
            self._writer.conn = connect(self._settings)
        return self._writer
