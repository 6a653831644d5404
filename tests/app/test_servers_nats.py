from __future__ import annotations

import contextlib
import os
import queue
import socket
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest

from app.servers.errors import DataFolderTakenError, PortTakenError
from app.servers.nats import MAX_PAYLOAD_BYTES, EmbeddedNats
from tests.app.server_processes import (
    STRANGER,
    as_stranger,
    gone,
    parent_of,
    python_for_stranger,
)

pytestmark = pytest.mark.servers


class Client:
    """A plain paho client with a persistent session, callbacks turned into queues."""

    def __init__(self, port: int, name: str, subscribe: str | None = None) -> None:
        self.received: queue.Queue[bytes] = queue.Queue()
        subscribed: queue.Queue[int] = queue.Queue()
        self._client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=name, clean_session=False
        )
        self._client.on_message = lambda _c, _u, message: self.received.put(message.payload)
        self._client.on_subscribe = lambda _c, _u, _mid, codes, _p: subscribed.put(codes[0].value)
        if subscribe:  # at each connect: one that is refused, while the last ends, is tried again
            self._client.on_connect = lambda client, *_: client.subscribe(subscribe, qos=1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        if subscribe:
            assert subscribed.get(timeout=30) == 1

    def publish(self, topic: str, payload: bytes) -> None:
        self._client.publish(topic, payload, qos=1).wait_for_publish(30)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def test_a_session_and_its_messages_outlive_a_restart(tmp_path: Path) -> None:
    with EmbeddedNats(tmp_path / "nats") as server:
        Client(server.mqtt_port, "reader", "muckwatch/v1/vehicles/+/position").close()
        writer = Client(server.mqtt_port, "writer")
        writer.publish("muckwatch/v1/vehicles/苏D.1/position", b"kept")
        writer.close()
        pid = server.pid
    assert gone(pid, 0.1)
    with EmbeddedNats(tmp_path / "nats") as server:
        reader = Client(server.mqtt_port, "reader")
        assert reader.received.get(timeout=30) == b"kept"
        reader.close()


def test_dies_with_a_killed_parent_and_the_next_start_has_the_messages(tmp_path: Path) -> None:
    with parent_of("nats", tmp_path / "nats") as (parent, said):
        Client(said["port"], "reader", "t/+").close()
        writer = Client(said["port"], "writer")
        for n in range(50):
            writer.publish(f"t/{n}", str(n).encode())
        parent.kill()
        parent.wait()
        writer.close()
        with EmbeddedNats(tmp_path / "nats") as server:
            reader = Client(server.mqtt_port, "reader")
            got = {int(reader.received.get(timeout=30)) for _ in range(50)}
            assert got == set(range(50))
            reader.close()
    assert gone(said["pid"])


def test_a_frame_as_large_as_a_photo_passes(tmp_path: Path) -> None:
    frame = os.urandom(MAX_PAYLOAD_BYTES - 10_000)
    with EmbeddedNats(tmp_path / "nats") as server:
        reader = Client(server.mqtt_port, "reader", "muckwatch/v1/cameras/+/frame/+")
        writer = Client(server.mqtt_port, "writer")
        writer.publish("muckwatch/v1/cameras/cam/frame/1", frame)
        assert reader.received.get(timeout=30) == frame
        writer.close()
        reader.close()


def test_three_subscriptions_fit_one_session(tmp_path: Path) -> None:
    with EmbeddedNats(tmp_path / "nats") as server:
        for topic in ("a/+/position", "a/+/status", "b/+/status"):
            Client(server.mqtt_port, "reader", topic).close()


def test_refuses_a_second_instance_on_the_same_data(tmp_path: Path) -> None:
    with (
        EmbeddedNats(tmp_path / "nats"),
        pytest.raises(DataFolderTakenError, match=rf"process {os.getpid()}\) runs on .*/nats"),
        EmbeddedNats(tmp_path / "nats"),
    ):
        pass


def test_refuses_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(PortTakenError, match=f"port {port} "),
            EmbeddedNats(tmp_path / "nats", port),
        ):
            pass
    with EmbeddedNats(tmp_path / "nats", port) as server:
        assert server.mqtt_port == port


def test_listens_on_loopback_only(tmp_path: Path) -> None:
    with EmbeddedNats(tmp_path / "nats") as server:
        inodes = set()
        for descriptor in Path(f"/proc/{server.pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):  # files come and go meanwhile
                name = descriptor.readlink().name
                if name.startswith("socket:"):
                    inodes.add(name[8:-1])
        tables = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
        rows = [row.split() for table in tables for row in table.read_text().splitlines()[1:]]
        listening = {
            row[1].partition(":")[0] for row in rows if row[3] == "0A" and row[9] in inodes
        }
        assert listening == {"0100007F"}  # 127.0.0.1, bytes reversed


def test_works_as_a_normal_user(open_folder: Path) -> None:
    prefix, python = as_stranger(), python_for_stranger()
    home = open_folder / "home"
    home.mkdir()
    os.chown(home, STRANGER.uid, STRANGER.gid)
    with parent_of("nats", home / "nats", prefix=prefix, python=python) as (_, said):
        Client(said["port"], "reader", "t/+").close()
        assert Path(f"/proc/{said['pid']}").stat().st_uid == STRANGER.uid
