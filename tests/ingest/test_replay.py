"""Recorded fixes through a real broker: all of them, in order, at the times that were asked for."""

from __future__ import annotations

import socket
import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.servers.nats import EmbeddedNats
from config.settings import MqttSettings
from config.terminal_register import TerminalRegister
from ingest.decode import decode_positions
from ingest.message import Message
from ingest.position import Lid, Position, Work
from ingest.replay import ReplayError, Shift, replay
from ingest.topics import position_filter
from ingest.tracks import read_tracks
from tests.ingest.conftest import Source
from tests.ingest.waiting import take_all

BEGIN = datetime(2020, 7, 18, 15, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def track(vehicle: str, fixes: int, every_s: float = 10) -> list[Position]:
    return [
        Position(
            vehicle_id=vehicle,
            terminal_id=f"T-{vehicle}",
            fix_time=BEGIN + timedelta(seconds=every_s * n),
            received_at=BEGIN,
            lon=119.9 + n / 1000,
            lat=31.7,
            lid=Lid.CLOSED,
            work=(Work.WASH,),
        )
        for n in range(fixes)
    ]


def decoded(messages: list[Message]) -> dict[str, list[Position]]:
    by_terminal = defaultdict(list)
    for message in messages:
        positions, rejected = decode_positions([message], TerminalRegister((), ()))
        assert rejected == []
        by_terminal[positions[0].terminal_id] += positions
    return by_terminal


@pytest.mark.servers
@pytest.mark.parametrize(("per_message", "messages"), [(1, 80), (7, 7 + 6)])
def test_every_fix_arrives_in_order_and_whole(
    nats: EmbeddedNats, source: Source, per_message: int, messages: int
) -> None:
    settings = MqttSettings(port=nats.mqtt_port, root="r")
    listening = source(nats.mqtt_port, [position_filter("r")])
    told: list[tuple[int, int]] = []
    replayed = replay(
        [*track("b", 37), *reversed(track("a", 43))],
        settings,
        speed=None,
        shift=Shift.NONE,
        fixes_per_message=per_message,
        terminal_of_vehicle={"a": "T-registered"},
        progress=lambda done, of: told.append((done, of)),
    )
    assert (replayed.fixes, replayed.messages, replayed.vehicles) == (80, messages, 2)
    assert told[-1] == (80, 80)
    taken = take_all(listening, messages)
    assert len(taken) == messages
    arrived = decoded(taken)
    for terminal, sent in (("T-registered", track("a", 43)), ("T-b", track("b", 37))):
        assert [(p.fix_time, p.lon, p.lat, p.lid, p.work) for p in arrived[terminal]] == [
            (p.fix_time, p.lon, p.lat, p.lid, p.work) for p in sent
        ]


@pytest.mark.servers
def test_times_are_moved_as_asked(nats: EmbeddedNats) -> None:
    settings = MqttSettings(port=nats.mqtt_port)
    fixes = track("a", 5)

    same = replay(fixes, settings, speed=None, shift=Shift.NONE)
    assert (same.first_fix, same.last_fix) == (fixes[0].fix_time, fixes[-1].fix_time)

    before = datetime.now(UTC)
    days = replay(fixes, settings, speed=None, shift=Shift.DAYS)
    assert days.shift % DAY == timedelta(0)
    assert days.last_fix is not None
    assert before - DAY < days.last_fix <= datetime.now(UTC)

    now = replay(fixes, settings, speed=400, shift=Shift.NOW)
    assert now.last_fix is not None
    assert abs(now.last_fix - before) < timedelta(seconds=30)
    assert now.seconds >= 0.1  # 40 s of recording


@pytest.mark.servers
def test_it_can_be_stopped(nats: EmbeddedNats) -> None:
    stop = threading.Event()
    replayed = replay(
        track("a", 1000),
        MqttSettings(port=nats.mqtt_port),
        speed=20,
        progress=lambda done, _: stop.set() if done >= 2 else None,
        stop=stop,
    )
    assert 2 <= replayed.fixes < 1000


def test_a_broker_that_is_not_there() -> None:
    with pytest.raises(ReplayError, match=r"127\.0\.0\.1:1 accepted no connection for 0\.2 s"):
        replay(track("a", 5), MqttSettings(port=1), speed=None, give_up_after_s=0.2)


def test_the_order_holds_where_the_broker_is_slow_to_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Some messages are due before there is a connection, and some before its CONNACK."""
    connect = socket.create_connection

    def slowly(*given: Any, **named: Any) -> socket.socket:
        time.sleep(0.2)
        return connect(*given, **named)

    monkeypatch.setattr(socket, "create_connection", slowly)
    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor(1) as pool:
        arrived = pool.submit(hesitating_broker, listening, hesitates_s=0.4, messages=100)
        settings = MqttSettings(port=listening.getsockname()[1])
        replay(track("a", 100), settings, speed=1000, give_up_after_s=5)
    assert arrived.result() == list(range(1, 101))


def hesitating_broker(listening: socket.socket, *, hesitates_s: float, messages: int) -> list[int]:
    """Packet ids in order of arrival; its CONNACK comes late (MQTT 3.1.1, sections 3.1 to 3.4)."""
    arrived: list[int] = []
    connection, _ = listening.accept()
    with connection, connection.makefile("rb") as stream:
        while len(arrived) < messages:
            (kind,) = stream.read(1)
            length = shift = 0
            while True:
                (byte,) = stream.read(1)
                length |= (byte & 0x7F) << shift
                shift += 7
                if byte < 0x80:
                    break
            body = stream.read(length)
            if kind >> 4 == 1:
                time.sleep(hesitates_s)
                connection.sendall(b"\x20\x02\x00\x00")
            elif kind >> 4 == 3:
                topic = int.from_bytes(body[:2])
                packet_id = body[2 + topic : 4 + topic]
                arrived.append(int.from_bytes(packet_id))
                connection.sendall(b"\x40\x02" + packet_id)
    return arrived


def test_a_refusal_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

        def refuse() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(200)
                connection.sendall(b"\x20\x02\x00\x05")  # CONNACK: not authorized
                connection.recv(1)

        with ThreadPoolExecutor(1) as pool:
            pool.submit(refuse)
            with pytest.raises(ReplayError, match=r"no connection for 0\.5 s \(Not authorized\)"):
                replay(track("a", 5), MqttSettings(port=port), speed=None, give_up_after_s=0.5)


@pytest.mark.parametrize("wrong", [{"speed": 0}, {"speed": -1.0}, {"fixes_per_message": 0}])
def test_senseless_arguments(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        replay([], MqttSettings(port=1), **wrong)  # type: ignore[arg-type]  # of mixed types


@pytest.mark.servers
def test_a_day_around_wuxi_loses_nothing(nats: EmbeddedNats, source: Source) -> None:
    path = Path(__file__).parents[2].parent / "shared/data/gps/wuxi_vehicles.csv"
    if not path.exists():
        pytest.skip(f"{path.name} is not beside the repository")
    fixes = list(read_tracks(path, ZoneInfo("Asia/Shanghai")))
    listening = source(nats.mqtt_port, [position_filter("muckwatch/v1")])
    arrived: list[Message] = []

    def listen() -> None:
        while len(arrived) < len(fixes) and (messages := listening.take(1000, 0.05, idle_s=20)):
            listening.acknowledge(messages)
            arrived.extend(messages)

    listener = threading.Thread(target=listen)
    listener.start()
    replayed = replay(fixes, MqttSettings(port=nats.mqtt_port), speed=None)
    listener.join()
    assert replayed.fixes == len(arrived) == 20_188
    sent = {(f.vehicle_id, f.fix_time + replayed.shift, f.lon, f.lat) for f in fixes}
    got = {
        (p.vehicle_id, p.fix_time, p.lon, p.lat)
        for positions in decoded(arrived).values()
        for p in positions
    }
    assert got == sent
