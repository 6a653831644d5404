"""MQTT in: a persistent session at QoS 1 whose messages are acknowledged when we say so."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

import structlog
from paho.mqtt.client import MQTT_ERR_SUCCESS, Client, ConnectFlags, DisconnectFlags
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from config.settings import MqttSettings
from ingest.intake import Intake
from ingest.message import Message, Token
from ingest.mqtt_client import mqtt_subscriber
from ingest.mqtt_packets import Published

__all__ = ["Message", "MqttCounters", "MqttSource"]

log = structlog.get_logger()

ANSWER_S = 5.0
_NO_CONNECTION = 0


@dataclass(frozen=True, slots=True)
class MqttCounters:
    """Since the start. `stale`: acknowledgements dropped because their connection was gone."""

    received: int = 0
    redelivered: int = 0
    acknowledged: int = 0
    stale: int = 0
    dropped: int = 0
    connections: int = 0


class MqttSource:
    """Connects in the background and for ever; `take` and `acknowledge` from any one thread each.

    `topics` are filters, at QoS 1 or, as (filter, qos), another; QoS 0 for what is perishable.
    Whatever was not acknowledged when a connection ends, the broker sends again on the next, to
    this process or to the one that follows under the same client id. What had arrived before that
    is still handed out, so a message can come twice, but never not at all. On one connection a
    message is handed out once, however long its acknowledgement takes.

    The broker's window of unacknowledged messages (NATS `max_ack_pending`, Mosquitto
    `max_inflight_messages`) must exceed the batches that are taken.
    """

    def __init__(
        self,
        settings: MqttSettings,
        topics: Iterable[str | tuple[str, int]],
        *,
        waiting_messages: int = 20_000,
        waiting_bytes: int = 64 << 20,
    ) -> None:
        self.failure: str | None = "not yet connected"
        self._topics = [topic if isinstance(topic, tuple) else (topic, 1) for topic in topics]
        self._intake = Intake(waiting_messages, waiting_bytes)
        # Each counted by one thread alone: the first three by paho's, the others by the taker's.
        self._received = self._redelivered = self._connections = 0
        self._acknowledged = self._stale = 0
        self._connection = _NO_CONNECTION
        self._connected_at_s = 0.0
        self._connection_lock = threading.Lock()
        self._outstanding: set[int] = set()  # packet ids of this connection, not acknowledged
        self._answered = threading.Event()
        self._client = mqtt_subscriber(
            settings, settings.client_id, persistent=True, deliver=self._on_published
        )
        self._client.on_connect = self._on_connect
        self._client.on_connect_fail = self._on_connect_fail
        self._client.on_disconnect = self._on_disconnect
        self._client.on_subscribe = self._on_subscribe
        self._client.loop_start()

    @property
    def connected(self) -> bool:
        return self._connection != _NO_CONNECTION

    @property
    def connected_s(self) -> float:
        """For how long; 0 while not connected."""
        return time.monotonic() - self._connected_at_s if self.connected else 0.0

    @property
    def waiting(self) -> int:
        """Messages received and not yet taken."""
        return len(self._intake)

    @property
    def counters(self) -> MqttCounters:
        return MqttCounters(
            received=self._received,
            redelivered=self._redelivered,
            acknowledged=self._acknowledged,
            stale=self._stale,
            dropped=self._intake.dropped,
            connections=self._connections,
        )

    def take(
        self, wanted: int, wait_s: float, idle_s: float = 1.0, at_most: int | None = None
    ) -> list[Message]:
        """As soon as there are so many as wanted, or `wait_s` after the first came.

        Empty after `idle_s` without any. Of a backlog `at_most`, which is `wanted` if not given.
        """
        return self._intake.take(wanted, wait_s, idle_s, at_most)

    def acknowledge(self, messages: Iterable[Message]) -> None:
        """Tell the broker that it may forget them; those of an earlier connection are left out."""
        tokens = [message.token for message in messages if message.token.qos]
        # Held over the call: no connection begins between the comparison and the sending.
        with self._connection_lock:
            connection = self._connection
            current = [token.packet_id for token in tokens if token.connection == connection]
            if current:
                self._outstanding.difference_update(current)
                self._client.acknowledge(current)
        self._acknowledged += len(current)
        self._stale += len(tokens) - len(current)

    def close(self) -> None:
        """Leave when the broker has read what was acknowledged; the session stays with it.

        A broker that gets a new connection under our client id throws away what it has not read
        of the old one. It answers in order, so an answer means that it has read all before.
        """
        self._intake.close()
        self._answered.clear()
        if self.connected and self._client.subscribe(self._topics)[0] == MQTT_ERR_SUCCESS:
            self._answered.wait(ANSWER_S)
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(
        self,
        client: Client,
        _userdata: object,
        flags: ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self.failure = f"refused by the broker: {reason}"
            log.error("mqtt.refused", reason=str(reason))
            return
        self._connections += 1
        self._connected_at_s = time.monotonic()
        with self._connection_lock:
            self._connection = self._connections
        self.failure = None
        log.info("mqtt.connected", session_present=flags.session_present, number=self._connection)
        client.subscribe(self._topics)  # also when the session is known: the filters may be new

    def _on_connect_fail(self, client: Client, _userdata: object) -> None:
        self.failure = "the broker cannot be reached"
        log.warning("mqtt.unreachable", host=client.host, port=client.port)

    def _on_disconnect(
        self,
        _client: Client,
        _userdata: object,
        _flags: DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        # From here on no acknowledgement is sent: paho carries one that is queued between two
        # connections over to the next, where its packet id can be another message's.
        with self._connection_lock:
            self._connection = _NO_CONNECTION
            self._outstanding.clear()
        if reason.is_failure:
            self.failure = self.failure or f"connection lost: {reason}"
            log.warning("mqtt.lost", reason=str(reason))

    def _on_subscribe(
        self,
        _client: Client,
        _userdata: object,
        _packet_id: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        for (topic, _), reason in zip(self._topics, reasons, strict=False):
            if reason.is_failure:
                self.failure = f"subscription to {topic} refused: {reason}"
                log.error("mqtt.subscription_refused", topic=topic, reason=str(reason))
        self._answered.set()

    def _on_published(self, packets: list[Published]) -> None:
        now = datetime.now(UTC)
        connection = self._connection
        messages = []
        for topic, payload, packet_id, qos, dup in packets:
            self._redelivered += dup
            if qos:
                # A packet id in use means one message (MQTT 3.1.1, section 2.3.1): what the broker
                # grew tired of waiting for is still with us, and is not to be judged twice for it.
                if dup and packet_id in self._outstanding:
                    continue
                self._outstanding.add(packet_id)
            token = Token(connection, packet_id, qos)
            messages.append(Message(_text(topic), payload, now, token, dup))
        self._received += len(packets)
        self._intake.put(messages)


@lru_cache(maxsize=65536)
def _text(topic: bytes) -> str:
    """A broker should let nothing through that is not UTF-8."""
    return topic.decode("utf-8", "backslashreplace")
