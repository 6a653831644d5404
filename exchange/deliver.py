"""The delivery process: the outbox to webhooks and to the GA/T 1400 platform (投递进程).

At least once: a crash between the sending and the recording sends the entry again, under the same
id. In order for each alert; destinations don't wait for each other.
"""

from __future__ import annotations

import threading

import psycopg
import structlog

from config.settings import DatabaseSettings, DeliverySettings, EvidenceSettings
from exchange.lane import Lane
from exchange.routing import destinations_of
from exchange.sender import Sender
from exchange.viid.sender import ViidSender
from exchange.webhook import WebhookSender
from store.database import Connection, connect
from store.errors import StoreUnavailable
from store.evidence_objects import EvidenceObjects
from store.outbox import outbox_counts

CHANNEL = "outbox"
LISTEN_S = 1.0
RECONNECT_S = 5.0

_log = structlog.get_logger()


def senders_of(settings: DeliverySettings) -> list[Sender]:
    """A sender for each destination of the settings.

    Raises:
        ValueError: an id used twice, or a secret that cannot be one.
    """
    destinations_of(settings)  # checks the ids
    senders: list[Sender] = [
        WebhookSender(webhook, settings.timeout_s, settings.public_url)
        for webhook in settings.webhooks
    ]
    if settings.viid is not None:
        senders.append(ViidSender(settings.viid, settings.timeout_s, settings.public_url))
    return senders


def run(
    database: DatabaseSettings,
    delivery: DeliverySettings,
    stop: threading.Event,
    evidence: EvidenceSettings | None = None,
) -> None:
    """Deliver until `stop` is set; returns when what is under way has been recorded.

    `evidence` says where the pictures are that go out with an object.

    Raises:
        ValueError: the settings name a destination that cannot be (see `senders_of`).
    """
    objects = EvidenceObjects(evidence or EvidenceSettings())
    lanes = [
        Lane(s, database, delivery.attempts, stop, objects=objects) for s in senders_of(delivery)
    ]
    threads = [
        threading.Thread(target=lane.run, name=f"deliver-{number}", daemon=True)
        for number, lane in enumerate(lanes)
    ]
    for thread in threads:
        thread.start()
    if not lanes:
        _log.warning("delivery.no_destination")
    try:
        while not stop.is_set():
            _listen(database, lanes, stop)
    finally:
        stop.set()
        for lane in lanes:
            lane.wake.set()
        for thread in threads:
            thread.join()


def _listen(database: DatabaseSettings, lanes: list[Lane], stop: threading.Event) -> None:
    """Wake the lanes at each notification, until `stop` or the connection's end."""
    try:
        with connect(database, "muckwatch-delivery") as connection:
            connection.execute(f"LISTEN {CHANNEL}")
            _tell_of_abandoned(connection, {lane.destination for lane in lanes})
            while not stop.is_set():
                for _ in connection.notifies(timeout=LISTEN_S, stop_after=1):
                    for lane in lanes:
                        lane.wake.set()
    except (psycopg.OperationalError, StoreUnavailable) as error:
        # The lanes poll meanwhile.
        _log.warning("delivery.listen_lost", error=str(error).strip())
        stop.wait(RECONNECT_S)


def _tell_of_abandoned(connection: Connection, destinations: set[str]) -> None:
    """Say which destinations have entries waiting that the settings no longer name."""
    for count in outbox_counts(connection):
        if count.waiting and count.destination not in destinations:
            _log.warning("delivery.abandoned", destination=count.destination, waiting=count.waiting)
