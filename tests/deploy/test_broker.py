"""deploy/nats.conf on a real server: who may do what, and in step with the embedded broker."""

from __future__ import annotations

import json
import re
import subprocess
import threading
import time
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest

from app.servers import nats
from app.servers.ports import free_port

pytestmark = pytest.mark.servers


@pytest.fixture
def configuration(root: Path, secrets: Path, tmp_path: Path) -> tuple[Path, int]:
    """The file laid out as in the container, with free ports; and its MQTT port."""
    mqtt_port = free_port()
    text = (root / "deploy" / "nats.conf").read_text("utf-8")
    for old, new in {
        "/data/jetstream": str(tmp_path / "jetstream"),
        "0.0.0.0:1883": f"127.0.0.1:{mqtt_port}",
        "127.0.0.1:4222": f"127.0.0.1:{free_port()}",
        "127.0.0.1:8222": f"127.0.0.1:{free_port()}",
    }.items():
        assert old in text
        text = text.replace(old, new)
    file = tmp_path / "etc" / "nats" / "nats.conf"
    file.parent.mkdir(parents=True)
    file.write_text(text, "utf-8")
    assert secrets == tmp_path / "run" / "secrets"  # where the include points
    return file, mqtt_port


@pytest.fixture
def port(configuration):
    file, mqtt_port = configuration
    server = subprocess.Popen(
        [nats._program(), "--config", file], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 60
    while True:
        try:
            assert connected(mqtt_port, "nobody", "") is not None
            break
        except OSError:
            assert time.monotonic() < deadline
            assert server.poll() is None
            time.sleep(0.05)
    yield mqtt_port
    server.terminate()
    server.wait()


@pytest.fixture
def passwords(secrets) -> dict[str, str]:
    text = (secrets / "broker_passwords.conf").read_text()
    return dict(re.findall(r'(?m)^(\w+)_PASSWORD: "(\w+)"$', text))


class Client:
    """An MQTT 3.1.1 client that waits for the broker's answers."""

    def __init__(self, port: int, user: str, password: str) -> None:
        self.answers: dict[str, object] = {}
        self.topics: list[str] = []
        self._news = threading.Condition()
        self._client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, f"test-{user}", protocol=mqtt.MQTTv311
        )
        self._client.username_pw_set(user, password)
        self._client.on_connect = lambda *a: self._tell("connect", a[3].is_failure is False)
        self._client.on_subscribe = lambda *a: self._tell("subscribe", not a[3][0].is_failure)
        self._client.on_message = lambda *a: self._tell("message", a[2].topic)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def _tell(self, what: str, value: object) -> None:
        with self._news:
            if what == "message":
                self.topics.append(str(value))
            self.answers[what] = value
            self._news.notify_all()

    def answer(self, what: str) -> object:
        with self._news:
            assert self._news.wait_for(lambda: what in self.answers, 30), what
            return self.answers.pop(what)

    def subscribe(self, pattern: str) -> object:
        self._client.subscribe(pattern, 1)
        return self.answer("subscribe")

    def publish(self, topic: str, payload: bytes) -> None:
        self._client.publish(topic, payload, 1).wait_for_publish(30)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def connected(port: int, user: str, password: str) -> bool:
    client = Client(port, user, password)
    try:
        return client.answer("connect") is True
    finally:
        client.close()


def test_nobody_comes_in_without_the_password(port, passwords):
    assert connected(port, "muckwatch", passwords["MUCKWATCH"])
    assert connected(port, "device", passwords["DEVICE"])
    assert not connected(port, "muckwatch", passwords["DEVICE"])
    assert not connected(port, "device", "")


def test_devices_are_heard_below_the_root_only_and_hear_nothing(port, passwords):
    pipeline = Client(port, "muckwatch", passwords["MUCKWATCH"])
    device = Client(port, "device", passwords["DEVICE"])
    try:
        assert pipeline.answer("connect")
        assert device.answer("connect")
        assert pipeline.subscribe("#") is True
        assert device.subscribe("muckwatch/v1/#") is False
        device.publish("elsewhere/position", b"{}")
        device.publish("muckwatch/v1/vehicles/渣土.1/position", b"{}")
        device.publish("muckwatch/v1/cameras/c1/frame/1700000000000", b"\xff" * 3_000_000)
        deadline = time.monotonic() + 30
        while len(pipeline.topics) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert pipeline.topics == [
            "muckwatch/v1/vehicles/渣土.1/position",
            "muckwatch/v1/cameras/c1/frame/1700000000000",
        ]
    finally:
        pipeline.close()
        device.close()


def test_without_its_passwords_it_does_not_start(configuration, secrets):
    file, _ = configuration
    (secrets / "broker_passwords.conf").unlink()
    found = subprocess.run([nats._program(), "-t", "--config", file], check=False)
    assert found.returncode != 0


def test_it_is_in_step_with_the_embedded_broker(root, tmp_path):
    text = (root / "deploy" / "nats.conf").read_text("utf-8")
    server = nats.EmbeddedNats(tmp_path)
    server._write_configuration()
    embedded = json.loads((tmp_path / "nats.conf").read_text())
    assert f"server_name: {embedded['server_name']} " in text
    assert f'ack_wait: "{embedded["mqtt"]["ack_wait"]}"' in text
    assert f"max_ack_pending: {embedded['mqtt']['max_ack_pending']}" in text
    assert f'sync_interval: "{embedded["jetstream"]["sync_interval"]}"' in text
    assert f"max_payload: {embedded['max_payload'] // 2**20}MB" in text
    assert f"max_pending: {embedded['max_pending'] // 2**20}MB" in text
