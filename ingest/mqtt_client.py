"""A paho client for the broker of the settings: MQTT 3.1.1 (OASIS, 2014)."""

from __future__ import annotations

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from config.settings import MqttSettings

KEEPALIVE_S = 30
RECONNECT_S = (1, 30)
"""Back-off after a lost connection: from, to; paho doubles it."""


def mqtt_client(
    settings: MqttSettings, client_id: str, *, persistent: bool, in_flight: int = 20
) -> Client:
    """Not yet connected: `loop_start` connects, and again whenever the connection is lost.

    Messages are acknowledged by hand (`Client.ack`). A persistent session is kept by the broker
    under the client id while we are away. `in_flight` messages of ours are sent unacknowledged.
    """
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id=client_id,
        clean_session=not persistent,
        protocol=MQTTProtocolVersion.MQTTv311,
        manual_ack=True,
    )
    if settings.username is not None:
        secret = settings.password
        client.username_pw_set(settings.username, secret.get_secret_value() if secret else None)
    if settings.tls:
        client.tls_set()  # the system's certificate authorities
    client.max_inflight_messages_set(in_flight)
    client.reconnect_delay_set(*RECONNECT_S)
    client.connect_async(settings.host, settings.port, KEEPALIVE_S)
    return client
