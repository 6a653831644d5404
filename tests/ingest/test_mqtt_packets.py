"""PUBLISH packets split off before paho: whatever the pieces in which the bytes come."""

from __future__ import annotations

import contextlib
import struct
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.mqtt_packets import Published, PublishReader

PINGRESP = b"\xd0\x00"
SUBACK = b"\x90\x03\x00\x01\x01"


def publish(topic: bytes, payload: bytes, packet_id: int = 0, *, dup: bool = False) -> bytes:
    qos = 1 if packet_id else 0
    body = struct.pack(">H", len(topic)) + topic
    body += (struct.pack(">H", packet_id) if qos else b"") + payload
    length, left = bytearray(), len(body)
    while True:
        left, digit = divmod(left, 128)
        length.append(digit | (0x80 if left else 0))
        if not left:
            return bytes([0x30 | 2 * qos | 8 * dup]) + bytes(length) + body


class Connection:
    """Gives the pieces one by one, then has nothing yet, or is at its end."""

    def __init__(self, pieces: list[bytes], *, ends: bool = False) -> None:
        self.pieces = pieces
        self.ends = ends

    def recv(self, _size: int) -> bytes:
        if self.pieces:
            return self.pieces.pop(0)
        if self.ends:
            return b""
        raise BlockingIOError

    def send(self, buffer: bytes | bytearray) -> int:
        return len(buffer)

    def close(self) -> None:
        pass

    def fileno(self) -> int:
        return -1

    def setblocking(self, flag: bool) -> None:
        pass


def read(pieces: list[bytes]) -> list[Published | bytes]:
    """In order: what was delivered, and what paho read, which reads as paho does."""
    seen: list[Published | bytes] = []
    connection = Connection(list(pieces))
    reader = PublishReader(connection, seen.extend)
    while connection.pieces or reader.pending():
        with contextlib.suppress(BlockingIOError):
            packet = reader.recv(1)
            packet += reader.recv(1)
            packet += reader.recv(packet[1]) if packet[1] else b""
            seen.append(packet)
    return seen


PUBLISHED = st.builds(
    Published,
    topic=st.binary(min_size=1, max_size=20),
    payload=st.binary(max_size=300),
    packet_id=st.just(0),
    qos=st.just(0),
    dup=st.booleans(),
) | st.builds(
    Published,
    topic=st.binary(min_size=1, max_size=20),
    payload=st.binary(max_size=300),
    packet_id=st.integers(1, 65535),
    qos=st.just(1),
    dup=st.booleans(),
)


@given(
    packets=st.lists(PUBLISHED | st.sampled_from([PINGRESP, SUBACK]), max_size=20),
    cuts=st.lists(st.integers(0, 8000), max_size=30),
)
def test_any_pieces_give_the_packets_in_order(
    packets: list[Published | bytes], cuts: list[int]
) -> None:
    wire = b"".join(
        p if isinstance(p, bytes) else publish(p.topic, p.payload, p.packet_id, dup=p.dup)
        for p in packets
    )
    places = sorted({0, len(wire), *(cut for cut in cuts if cut < len(wire))})
    pieces = [wire[a:b] for a, b in pairwise(places)]
    assert read(pieces) == packets


def test_a_packet_of_megabytes_byte_by_byte_at_its_ends() -> None:
    wire = publish(b"t", bytes(3_000_000), 7)
    pieces = [wire[i : i + 1] for i in range(8)] + [wire[8:-3]] + [wire[i:] for i in (-3,)]
    (found,) = read(pieces)
    assert isinstance(found, Published)
    assert (found.topic, len(found.payload), found.packet_id) == (b"t", 3_000_000, 7)


def test_what_waits_behind_a_packet_for_paho_is_pending() -> None:
    """Else paho would sleep until more comes."""
    seen: list[Published] = []
    reader = PublishReader(Connection([PINGRESP + publish(b"t", b"x", 1) + b"\x32"]), seen.extend)
    assert reader.pending() == 0
    assert reader.recv(1) + reader.recv(1) == PINGRESP
    assert not seen
    assert reader.pending() > 0
    with pytest.raises(BlockingIOError):
        reader.recv(1)
    assert seen == [Published(b"t", b"x", 1, 1, dup=False)]
    assert reader.pending() == 0  # the begin of another: no reason to spin


def test_the_end_of_the_connection_is_told() -> None:
    reader = PublishReader(Connection([publish(b"t", b"x")[:3]], ends=True), lambda _: None)
    with pytest.raises(BlockingIOError):
        reader.recv(1)
    assert reader.recv(1) == b""


@pytest.mark.parametrize(
    "wire",
    [
        b"\x30\x05\x00\x09abc",  # a topic longer than its packet
        b"\x32\x04\x00\x01ab",  # no room for the packet id
        b"\x30\x01\x00",
        b"\x30\xff\xff\xff\xff\x01",  # a length of five bytes
    ],
)
def test_what_is_not_mqtt_ends_the_connection(wire: bytes) -> None:
    reader = PublishReader(Connection([wire]), lambda _: None)
    with pytest.raises(ConnectionError):
        reader.recv(1)
