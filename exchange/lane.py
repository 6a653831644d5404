"""One destination's delivery: what is due is sent, what came of it recorded, for ever (投递).

One lane a destination, each with its own thread and connection, so that one that is dead holds
nobody up. A session lock in the database lets one process at a time serve a destination; another
delivery process stands by for it.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from random import Random

import psycopg
import structlog
from prometheus_client import Counter, Histogram

from config.settings import DatabaseSettings, EvidenceSettings
from exchange import backoff
from exchange.evidence import evidence_of
from exchange.outcome import Deferred, Delivered, Outcome, Refused
from exchange.sender import EvidenceOf, Sender
from store.database import Connection, connect
from store.errors import StoreUnavailable
from store.evidence_objects import EvidenceObjects
from store.outbox import OutboxEntry, claim_due, mark_delivered, mark_failed, mark_retry

POLL_S = 1.0  # retries have no notification; nor has what was written while nobody listened
STANDBY_S = 5.0
LEASE = timedelta(seconds=30)
"""How long after a crash an entry that was under way waits to be sent again. It need not cover an
attempt: the session lock keeps others from the destination."""
LOCK_SPACE = 0x6D75636B  # "muck": keeps our advisory locks apart from others'

ATTEMPTS = Counter(
    "muckwatch_delivery_attempts_total", "Attempts to deliver", ["destination", "outcome"]
)
DELAY_SECONDS = Histogram(
    "muckwatch_delivery_delay_seconds",
    "From the storing of a change to its delivery",
    ["destination"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 3600, 86400),
)

_log = structlog.get_logger()


class Lane:
    """Serves one destination until `stop` is set. `wake` says that there may be something new."""

    def __init__(
        self,
        sender: Sender,
        database: DatabaseSettings,
        attempts: int,
        stop: threading.Event,
        rng: Random | None = None,
        *,
        objects: EvidenceObjects | None = None,
    ) -> None:
        self.wake = threading.Event()
        self.destination = sender.destination
        self._sender = sender
        self._database = database
        self._attempts = attempts
        self._stop = stop
        self._objects = objects or EvidenceObjects(EvidenceSettings())
        self._rng = rng or Random()  # noqa: S311 - spreads retries; no secret
        self._log = _log.bind(destination=sender.destination)
        self._failures = 0  # times in a row that the destination could not be reached
        self._gone = False

    def run(self) -> None:
        """For ever: whatever the database or the receiver does, it takes up again."""
        trouble = 0
        while not self._stop.is_set():
            try:
                with connect(self._database, "muckwatch-delivery") as connection:
                    trouble = 0
                    self._serve(connection)
            except (psycopg.OperationalError, StoreUnavailable) as error:
                trouble += 1
                self._log.warning("delivery.database_lost", error=str(error).strip())
            except Exception:  # noqa: BLE001 - a fault must neither end the lane nor go unseen
                trouble += 1
                self._log.exception("delivery.fault")
            if trouble:
                self._stop.wait(backoff.rest_s(trouble, self._rng))

    def _serve(self, connection: Connection) -> None:
        while not self._lock(connection):
            if self._stop.wait(STANDBY_S):
                return
        self._sender.open()
        try:
            while not self._stop.is_set():
                self.wake.clear()
                if self._gone or not self.step(connection):
                    self.wake.wait(POLL_S)
        finally:
            self._sender.close()

    def _lock(self, connection: Connection) -> bool:
        row = connection.execute(
            "SELECT pg_try_advisory_lock(%s, hashtext(%s))", (LOCK_SPACE, self._sender.destination)
        ).fetchone()
        return bool(row and row[0])

    def step(self, connection: Connection) -> bool:
        """Send what is due, once. False when there was nothing.

        While the destination is down, a single entry probes it, and after each failure it rests.
        """
        limit = 1 if self._failures else self._sender.batch
        entries = claim_due(
            connection, [self._sender.destination], datetime.now(UTC), limit=limit, lease=LEASE
        )
        if not entries:
            return False
        outcomes = self._sender.send(entries, self._evidence_of(connection))
        with connection.transaction():
            for entry, outcome in zip(entries, outcomes, strict=True):
                self._record(connection, entry, outcome)
        self._rest(outcomes)
        return True

    def _evidence_of(self, connection: Connection) -> EvidenceOf:
        return lambda entry: evidence_of(connection, self._objects, entry)

    def _record(self, connection: Connection, entry: OutboxEntry, outcome: Outcome) -> None:
        id_, attempts = entry.outbox_id, entry.attempts
        ATTEMPTS.labels(entry.destination, type(outcome).__name__.lower()).inc()
        log = self._log.bind(
            outbox_id=str(id_), alert_id=str(entry.alert_id), type=entry.event, attempts=attempts
        )
        if isinstance(outcome, Delivered):
            mark_delivered(connection, id_, outcome.response)
            DELAY_SECONDS.labels(entry.destination).observe(_age_s(entry))
            log.info("delivery.delivered")
            return
        if isinstance(outcome, Refused):
            mark_failed(connection, id_, outcome.error)
            log.error("delivery.refused", error=outcome.error)
            return
        if backoff.gives_up(attempts, self._attempts, outcome.reached, _age_s(entry)):
            mark_failed(connection, id_, outcome.error)
            log.error("delivery.given_up", error=outcome.error)
            return
        wait_s = backoff.wait_s(attempts, self._rng, outcome.retry_after_s)
        retry_at = datetime.now(UTC) + timedelta(seconds=wait_s)
        mark_retry(connection, id_, retry_at, outcome.error)
        log.warning("delivery.deferred", error=outcome.error, retry_in_s=round(wait_s, 1))

    def _rest(self, outcomes: list[Outcome]) -> None:
        if any(isinstance(outcome, Refused) and outcome.gone for outcome in outcomes):
            self._gone = True
            self._log.error("delivery.disabled", until="the delivery is restarted")
            return
        deferred = [outcome for outcome in outcomes if isinstance(outcome, Deferred)]
        asked = [o.retry_after_s for o in deferred if o.retry_after_s is not None]
        down = len(deferred) == len(outcomes) and not any(o.reached for o in deferred)
        self._failures = self._failures + 1 if down else 0
        if down or asked:
            self._stop.wait(
                backoff.rest_s(self._failures or 1, self._rng, max(asked, default=None))
            )


def _age_s(entry: OutboxEntry) -> float:
    return (datetime.now(UTC) - entry.created_at).total_seconds()
