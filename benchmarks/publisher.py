"""Publishes at QoS 1 what was encoded beforehand: the least a publisher can cost the machine.

paho's publisher takes more processor time for a message than the broker, the database and our
pipeline need for it together, and on the same two cores it would be what is measured. MQTT 3.1.1,
sections 3.1 (CONNECT), 3.3 (PUBLISH) and 3.4 (PUBACK).
"""

from __future__ import annotations

import socket
import struct
from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from config.settings import MqttSettings
from ingest.position import Position
from ingest.position_payload import PositionPayload
from ingest.topics import position_topic

UNACKNOWLEDGED = 1000
"""So many messages are on their way at once."""
SILENCE_S = 60.0
PACKET_IDS = 65_535
_CONNECT = bytes((0x10, 12, 0, 4)) + b"MQTT" + bytes((4, 2, 0, 0, 0, 0))
_ACCEPTED = bytes((0x20, 2, 0, 0))
_PUBACK_BYTES = 4


def grouped(fixes: Iterable[Position], fixes_per_message: int) -> list[list[Position]]:
    """Each message's fixes, so many of one vehicle, in the order in which they are complete."""
    waiting: dict[str, list[Position]] = defaultdict(list)
    complete = []
    for fix in fixes:
        group = waiting[fix.terminal_id]
        group.append(fix)
        if len(group) == fixes_per_message:
            complete.append(waiting.pop(fix.terminal_id))
    return complete + list(waiting.values())


def packets(root: str, messages: Iterable[list[Position]]) -> list[bytes]:
    """The PUBLISH packets of messages."""
    encode = msgspec.json.Encoder().encode
    made = []
    for number, fixes in enumerate(messages):
        said = [_payload(fix) for fix in fixes]
        topic = position_topic(root, fixes[0].terminal_id).encode()
        packet_id = struct.pack(">H", number % PACKET_IDS + 1)
        payload = encode(said if len(said) > 1 else said[0])
        body = b"".join((struct.pack(">H", len(topic)), topic, packet_id, payload))
        made.append(b"\x32" + _length(len(body)) + body)
    return made


def publish(settings: MqttSettings, messages: Sequence[bytes]) -> None:
    """Send packets and wait for every PUBACK.

    Raises:
        OSError: the broker refused, left, or acknowledged nothing for `SILENCE_S`.
    """
    with socket.create_connection((settings.host, settings.port), SILENCE_S) as broker:
        broker.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        broker.sendall(_CONNECT)
        if broker.recv(4, socket.MSG_WAITALL) != _ACCEPTED:
            raise ConnectionError("the broker refused the publisher")
        sent = acknowledged_bytes = 0
        while acknowledged_bytes < _PUBACK_BYTES * len(messages):
            room = UNACKNOWLEDGED - (sent - acknowledged_bytes // _PUBACK_BYTES)
            if room > 0 and sent < len(messages):
                broker.sendall(b"".join(messages[sent : sent + room]))
                sent = min(sent + room, len(messages))
            answer = broker.recv(1 << 16)
            if not answer:
                raise ConnectionError("the broker closed the connection")
            acknowledged_bytes += len(answer)


def _payload(fix: Position) -> PositionPayload:
    said = {name: getattr(fix, name) for name in PositionPayload.__struct_fields__[1:]}
    return PositionPayload(time=fix.fix_time, **said)


def _length(count: int) -> bytes:
    """MQTT's variable length (section 2.2.3)."""
    made = bytearray()
    while True:
        count, digit = divmod(count, 128)
        made.append(digit | (0x80 if count else 0))
        if not count:
            return bytes(made)
