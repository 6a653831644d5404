"""`python -m demo.fleet` against a real broker: it sends, survives the broker, ends when told."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import threading
import time

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from app.servers.nats import EmbeddedNats
from app.servers.ports import free_port
from config.demo_district import folder

pytestmark = pytest.mark.servers

ROOT = "試/v1"


class Listener:
    """Counts what arrives under the root."""

    def __init__(self, port: int) -> None:
        self.topics: list[str] = []
        self.good = 0
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, "listener")
        self.client.on_message = self._hear
        subscribed = threading.Event()
        self.client.on_subscribe = lambda *_: subscribed.set()
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        self.client.subscribe(f"{ROOT}/#", 1)
        assert subscribed.wait(20)

    def _hear(self, _client, _data, message) -> None:
        self.topics.append(message.topic)
        with contextlib.suppress(ValueError):  # some are broken on purpose
            self.good += isinstance(json.loads(message.payload), dict | list)

    def wait_for(self, messages: int) -> None:
        deadline = time.monotonic() + 60
        while self.good < messages and time.monotonic() < deadline:
            time.sleep(0.1)
        assert self.good >= messages

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


def test_the_fleet_sends_survives_the_broker_and_ends(tmp_path):
    port = free_port()
    command = [sys.executable, "-m", "demo.fleet", "--mqtt-port", str(port), "--root", ROOT]
    process = subprocess.Popen([*command, "--site", str(folder())])  # before there is a broker
    try:
        for _ in range(2):
            with EmbeddedNats(tmp_path / "nats", mqtt_port=port):
                listener = Listener(port)
                listener.wait_for(100)
                assert all(t.startswith(f"{ROOT}/vehicles/1390") for t in listener.topics)
                assert all(t.endswith("/position") for t in listener.topics)
                listener.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()


def test_a_broken_site_is_told(tmp_path):
    (tmp_path / "site.toml").write_text("name = 1\n")
    command = [sys.executable, "-m", "demo.fleet", "--site", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "site.toml:1: error: name: must be text" in done.stderr
