"""paho clients for the broker of the settings: MQTT 3.1.1 (OASIS, 2014)."""

from __future__ import annotations

import struct
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MessageType, MQTTProtocolVersion

from config.settings import MqttSettings
from ingest.mqtt_packets import Published, PublishReader

if TYPE_CHECKING:
    from paho.mqtt.client import SocketLike

KEEPALIVE_S = 30
RECONNECT_S = (1, 30)
"""Back-off after a lost connection: from, to; paho doubles it."""
_PUBACK = 0x4002  # packet type and remaining length, MQTT 3.1.1, section 3.4.1


class Subscriber(Client):
    """paho's client, given PUBLISH packets of QoS 0 and 1 by the chunk; it has no `on_message`.

    Two of paho's own methods are used that it does not promise to keep (both are in 2.1 and 2.2):
    `_create_socket` is where a connection comes from, `_packet_queue` what sends a packet.
    """

    def __init__(
        self, client_id: str, *, clean_session: bool, deliver: Callable[[list[Published]], None]
    ) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=clean_session,
            protocol=MQTTProtocolVersion.MQTTv311,
            manual_ack=True,
        )
        self._deliver = deliver

    def acknowledge(self, packet_ids: Collection[int]) -> None:
        """Send the PUBACKs of messages of QoS 1, all at once."""
        words = [word for packet_id in packet_ids for word in (_PUBACK, packet_id)]
        packets = struct.pack(f">{len(words)}H", *words)
        self._packet_queue(MessageType.PUBACK, packets, 0, 1)

    def _create_socket(self) -> SocketLike:
        return PublishReader(super()._create_socket(), self._deliver)


def mqtt_client(
    settings: MqttSettings, client_id: str, *, persistent: bool, in_flight: int = 20
) -> Client:
    """For publishing; `in_flight` messages of ours are sent unacknowledged.

    Not yet connected: `loop_start` connects, and again whenever the connection is lost. A
    persistent session is kept by the broker under the client id while we are away.
    """
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id=client_id,
        clean_session=not persistent,
        protocol=MQTTProtocolVersion.MQTTv311,
    )
    client.max_inflight_messages_set(in_flight)
    _aim(client, settings)
    return client


def mqtt_subscriber(
    settings: MqttSettings,
    client_id: str,
    *,
    persistent: bool,
    deliver: Callable[[list[Published]], None],
) -> Subscriber:
    """For subscribing, as `mqtt_client`; messages are acknowledged by hand (`acknowledge`)."""
    client = Subscriber(client_id, clean_session=not persistent, deliver=deliver)
    _aim(client, settings)
    return client


def _aim(client: Client, settings: MqttSettings) -> None:
    if settings.username is not None:
        secret = settings.password
        client.username_pw_set(settings.username, secret.get_secret_value() if secret else None)
    if settings.tls:
        client.tls_set()  # the system's certificate authorities
    client.reconnect_delay_set(*RECONNECT_S)
    client.connect_async(settings.host, settings.port, KEEPALIVE_S)
