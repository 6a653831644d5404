"""Real brokers as children of the tests, and a publisher that waits for its PUBACKs."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from app.servers.nats import EmbeddedNats
from config.settings import MqttSettings
from ingest.mqtt import MqttSource
from tests.ingest.waiting import wait_until

Publish = Callable[..., None]
Source = Callable[..., MqttSource]


@pytest.fixture
def nats(tmp_path: Path) -> Iterator[EmbeddedNats]:
    with EmbeddedNats(tmp_path / "nats") as server:
        yield server


@pytest.fixture
def mosquitto_port(tmp_path: Path) -> Iterator[int]:
    """Mosquitto of the system, sessions in memory."""
    program = shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    if program is None:
        pytest.skip("mosquitto is not installed (apt-get install mosquitto)")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    configuration = tmp_path / "mosquitto.conf"
    configuration.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\n"
        "max_queued_messages 100000\nmax_inflight_messages 1000\n"
    )
    child = subprocess.Popen([program, "-c", configuration], stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: _answers(port), "mosquitto answers")
        yield port
    finally:
        child.terminate()
        child.wait(10)


@pytest.fixture(params=["nats", "mosquitto"])
def broker_port(request: pytest.FixtureRequest) -> int:
    if request.param == "mosquitto":
        port: int = request.getfixturevalue("mosquitto_port")
        return port
    server: EmbeddedNats = request.getfixturevalue("nats")
    return server.mqtt_port


@pytest.fixture
def publish() -> Publish:
    """`publish(port, [(topic, payload), …], qos=1)` returns when the broker has them all."""

    def send(port: int, messages: list[tuple[str, bytes]], qos: int = 1) -> None:
        client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv311)
        client.connect("127.0.0.1", port)
        client.loop_start()
        try:
            for sent in [client.publish(topic, payload, qos) for topic, payload in messages]:
                sent.wait_for_publish(30)
                assert sent.is_published()
        finally:
            client.disconnect()
            client.loop_stop()

    return send


@pytest.fixture
def source() -> Iterator[Source]:
    """`source(port, topics, client_id=…)`: connected, and closed at the end."""
    opened: list[MqttSource] = []

    def make(
        port: int,
        topics: list[str | tuple[str, int]],
        client_id: str = "pipeline",
        **more: int,
    ) -> MqttSource:
        made = MqttSource(MqttSettings(port=port, client_id=client_id), topics, **more)
        opened.append(made)
        wait_until(lambda: made.connected, "the source connects")
        time.sleep(0.2)  # its subscription is on the way
        return made

    yield make
    for each in opened:
        each.close()


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False
