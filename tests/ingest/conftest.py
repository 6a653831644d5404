"""Real brokers as children of the tests, and a publisher that waits for its PUBACKs."""

from __future__ import annotations

import contextlib
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
from ingest.mqtt import Message, MqttSource

ROOT = "test/v1"


@pytest.fixture
def nats(tmp_path: Path) -> Iterator[EmbeddedNats]:
    with EmbeddedNats(tmp_path / "nats") as server:
        yield server


@pytest.fixture
def mosquitto_port(tmp_path: Path) -> Iterator[int]:
    program = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if program is None:
        pytest.skip("mosquitto is not installed (apt-get install mosquitto)")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    configuration = tmp_path / "mosquitto.conf"
    configuration.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 100000\n"
        "max_inflight_messages 1000\n"
    )
    child = subprocess.Popen([program, "-c", configuration], stderr=subprocess.DEVNULL)
    try:
        _wait_for_port(port)
        yield port
    finally:
        child.terminate()
        child.wait(10)


@pytest.fixture
def publish() -> Iterator[Callable[[int, list[tuple[str, bytes]]], None]]:
    """`publish(port, [(topic, payload), …])` returns when the broker has acknowledged them all."""
    with contextlib.ExitStack() as stack:

        def send(port: int, messages: list[tuple[str, bytes]], qos: int = 1) -> None:
            client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv311)
            client.connect("127.0.0.1", port)
            client.loop_start()
            stack.callback(client.loop_stop)
            stack.callback(client.disconnect)
            sent = [client.publish(topic, payload, qos) for topic, payload in messages]
            for information in sent:
                information.wait_for_publish(30)
                assert information.is_published()

        yield send


@pytest.fixture
def source() -> Iterator[Callable[..., MqttSource]]:
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


def wait_until(true: Callable[[], bool], what: str, within_s: float = 30) -> None:
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, f"not within {within_s} s: {what}"
        time.sleep(0.02)


def take_all(source: MqttSource, count: int, within_s: float = 40) -> list[Message]:
    """Takes until `count` messages came; more than that come along, if they are there."""
    taken: list[Message] = []
    deadline = time.monotonic() + within_s
    while len(taken) < count and time.monotonic() < deadline:
        taken += source.take(1000, 0.05, idle_s=0.2)
    return taken


def _wait_for_port(port: int) -> None:
    def answers() -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        return False

    wait_until(answers, f"a broker on port {port}")
