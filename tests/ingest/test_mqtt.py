"""The MQTT source on real brokers: what is acknowledged is gone, what is not comes again."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from app.servers.nats import EmbeddedNats
from config.settings import MqttSettings
from ingest.message import Message
from ingest.mqtt import MqttSource
from ingest.topics import camera_status_filter, frame_filter, position_filter, position_topic
from tests.ingest.conftest import Publish, Source
from tests.ingest.proxy import Proxy
from tests.ingest.waiting import take_all, wait_until

ROOT = "test/v1"
POSITIONS = [position_filter(ROOT)]


def numbered(first: int, last: int) -> list[tuple[str, bytes]]:
    return [(position_topic(ROOT, f"T{n % 7}"), b"%d" % n) for n in range(first, last)]


def numbers(messages: list[Message]) -> set[int]:
    return {int(message.payload) for message in messages}


@pytest.mark.servers
def test_what_was_not_acknowledged_comes_again_and_nothing_else(
    broker_port: int, publish: Publish, source: Source
) -> None:
    first = source(broker_port, POSITIONS)
    publish(broker_port, numbered(0, 300))
    taken = take_all(first, 300)
    assert numbers(taken) == set(range(300))
    assert len(taken) == 300
    first.acknowledge(taken[:120])
    assert first.counters.acknowledged == 120
    first.close()

    publish(broker_port, numbered(300, 310))  # while nobody is there: the session is kept
    second = source(broker_port, POSITIONS)
    again = take_all(second, 190)
    assert numbers(again) == numbers(taken[120:]) | set(range(300, 310))
    second.acknowledge(again)
    second.close()

    third = source(broker_port, POSITIONS)
    assert take_all(third, 1, within_s=12) == []  # longer than the brokers wait to send again


@pytest.mark.servers
def test_acknowledgements_are_read_before_the_next_process_takes_over(
    mosquitto_port: int, publish: Publish, source: Source
) -> None:
    """Mosquitto drops what it has not read of a connection when the next one has its client id."""
    for first in range(0, 2700, 900):
        leaving = source(mosquitto_port, POSITIONS)
        publish(mosquitto_port, numbered(first, first + 900))
        leaving.acknowledge(take_all(leaving, 900))
        leaving.close()
        following = source(mosquitto_port, POSITIONS)
        assert take_all(following, 1, within_s=0.5) == []
        following.close()


@pytest.mark.servers
def test_a_cut_connection_loses_nothing_and_old_acknowledgements_are_dropped(
    broker_port: int, publish: Publish, source: Source
) -> None:
    with closing(Proxy(broker_port)) as proxy:
        cut = source(proxy.port, POSITIONS)
        publish(broker_port, numbered(0, 50))
        taken = take_all(cut, 50)
        cut.acknowledge(taken[:10])
        publish(broker_port, [(position_topic(ROOT, "T1"), b"50")])  # the tenth's ack is through
        taken += take_all(cut, 1)
        proxy.cut()
        wait_until(lambda: cut.counters.connections == 2, "it connects again")
        cut.acknowledge(taken[10:])
        assert cut.counters.stale == 41
        assert cut.counters.acknowledged == 10

        publish(broker_port, numbered(51, 60))
        again = take_all(cut, 50)
        assert numbers(again) >= set(range(10, 60))
        cut.acknowledge(again)
        cut.close()
    rest = source(broker_port, POSITIONS)
    assert take_all(rest, 1, within_s=12) == []


@pytest.mark.servers
def test_a_killed_broker_loses_nothing(tmp_path: Path, publish: Publish) -> None:
    with EmbeddedNats(tmp_path / "nats", sync_interval="always") as first:
        port = first.mqtt_port
        source = MqttSource(MqttSettings(port=port), POSITIONS)
        with closing(source):
            wait_until(lambda: source.connected, "the source connects")
            wait_until(lambda: source.failure is None, "and says so")
            publish(port, numbered(0, 1))
            assert numbers(take_all(source, 1)) == {0}
            publish(port, numbered(1, 200))
            os.kill(first.pid, signal.SIGKILL)
            wait_until(lambda: not source.connected, "the source notices")
            assert source.failure is not None
            first.__exit__(None, None, None)
            with EmbeddedNats(tmp_path / "nats", port):
                seen: set[int] = set()
                while not seen >= set(range(200)):
                    messages = take_all(source, 1)
                    assert messages, f"{200 - len(seen)} messages were lost"
                    source.acknowledge(messages)
                    seen |= numbers(messages)
                assert source.counters.connections >= 2


@pytest.mark.servers
def test_an_old_acknowledgement_never_meets_another_message(
    tmp_path: Path, publish: Publish, source: Source
) -> None:
    """A broker that begins anew counts packet ids from the start again."""
    with EmbeddedNats(tmp_path / "first") as first:
        port = first.mqtt_port
        listening = source(port, POSITIONS)
        publish(port, numbered(0, 50))
        old = take_all(listening, 50)
    with EmbeddedNats(tmp_path / "second", port):
        wait_until(lambda: listening.counters.connections == 2, "it connects again")
        wait_until(lambda: listening.failure is None, "and says so")
        time.sleep(0.5)  # its subscription is on the way
        publish(port, numbered(50, 100))
        new = take_all(listening, 50)
        assert {m.token.packet_id for m in new} & {m.token.packet_id for m in old}
        listening.acknowledge(old)
        listening.close()
        after = source(port, POSITIONS)
        assert numbers(take_all(after, 50)) == set(range(50, 100))


@pytest.mark.servers
def test_a_broker_that_grows_impatient_gives_no_work_twice(
    nats: EmbeddedNats, publish: Publish, source: Source
) -> None:
    """NATS sends again on the same connection what was not acknowledged for ten seconds."""
    slow = source(nats.mqtt_port, POSITIONS)
    publish(nats.mqtt_port, numbered(0, 60))
    taken = take_all(slow, 60)
    wait_until(lambda: slow.counters.redelivered >= 60, "the broker sends them again")
    assert slow.take(100, 0.05, idle_s=0.5) == []
    slow.acknowledge(taken)
    slow.close()
    after = source(nats.mqtt_port, POSITIONS)
    assert take_all(after, 1, within_s=12) == []


@pytest.mark.servers
def test_several_filters_each_with_its_quality_of_service(
    nats: EmbeddedNats, publish: Publish, source: Source
) -> None:
    cameras = source(
        nats.mqtt_port,
        [(camera_status_filter(ROOT), 1), (frame_filter(ROOT), 0)],
        client_id="vision",
    )
    jpeg = os.urandom(3_000_000)
    publish(
        nats.mqtt_port,
        [
            (f"{ROOT}/cameras/门口.1/status", b"{}"),
            (f"{ROOT}/cameras/门口.1/frame/1777608000123", jpeg),
            (f"{ROOT}/vehicles/T1/position", b"not for us"),
        ],
    )
    by_topic = {message.topic: message for message in take_all(cameras, 2)}
    frame = by_topic.pop(f"{ROOT}/cameras/门口.1/frame/1777608000123")
    assert (frame.payload, frame.token.qos) == (jpeg, 0)
    status = by_topic.pop(f"{ROOT}/cameras/门口.1/status")
    assert (status.payload, status.token.qos) == (b"{}", 1)
    assert not by_topic
    cameras.acknowledge([frame, status])
    assert cameras.counters.acknowledged == 1


@pytest.mark.servers
def test_a_slow_pipeline_holds_the_broker_up_and_loses_nothing(
    broker_port: int, publish: Publish, source: Source
) -> None:
    slow = source(broker_port, POSITIONS, waiting_messages=20)
    publish(broker_port, numbered(0, 500))
    assert slow.waiting <= 20
    seen: list[int] = []
    while len(seen) < 500:
        messages = slow.take(20, 0.05, idle_s=15)
        assert messages
        slow.acknowledge(messages)
        seen += sorted(numbers(messages))
    assert set(seen) == set(range(500))


def test_a_broker_that_is_not_there_is_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with closing(MqttSource(MqttSettings(port=port), POSITIONS)) as source:
        wait_until(lambda: source.failure == "the broker cannot be reached", "it says so")
        assert not source.connected
        assert source.take(10, 0.01, idle_s=0.01) == []


def test_a_refusal_is_told() -> None:
    """CONNACK with return code 5, not authorised (MQTT 3.1.1, section 3.2)."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def refuse() -> None:
            connection, _ = listener.accept()
            connection.recv(1024)
            connection.sendall(b"\x20\x02\x00\x05")

        threading.Thread(target=refuse, daemon=True).start()
        settings = MqttSettings(port=listener.getsockname()[1], username="a", password="wrong")
        with closing(MqttSource(settings, POSITIONS)) as source:
            wait_until(lambda: "refused" in (source.failure or ""), "it says so")
            assert source.failure == "refused by the broker: Not authorized"
            assert not source.connected
