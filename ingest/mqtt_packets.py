"""PUBLISH packets taken from a connection many at a time, before paho sees them.

paho 2.2 reads every packet with three calls of `recv` and hands it over alone; that is four fifths
of what it costs. Here one `recv` takes what has come, the PUBLISH packets in it are split off, and
paho reads the rest: CONNACK, SUBACK, PINGRESP. MQTT 3.1.1 (OASIS, 2014), sections 2.2 and 3.3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from paho.mqtt.client import SocketLike

CHUNK_BYTES = 1 << 16
_PUBLISH = 0x30
_LENGTH_BYTES = 4  # at most, section 2.2.3


class Published(NamedTuple):
    """A PUBLISH packet; `packet_id` is 0 at QoS 0."""

    topic: bytes
    payload: bytes
    packet_id: int
    qos: int
    dup: bool


class PublishReader:
    """paho's socket: `recv` gives paho what is no PUBLISH, in order with those that are.

    `deliver` gets the others on paho's thread. While it takes its time the connection is not read.
    QoS 2, which we never subscribe with, is left to paho.
    """

    def __init__(self, connection: SocketLike, deliver: Callable[[list[Published]], None]) -> None:
        self._connection = connection
        self._deliver = deliver
        self._unread: list[bytes] = []
        self._unread_bytes = 0
        self._needed_bytes = 2  # with fewer there is nothing new to be found
        self._for_paho = b""

    def recv(self, buffer_size: int) -> bytes:
        """Some bytes of a packet for paho, at the end of the connection none.

        Raises:
            BlockingIOError: none have come yet; PUBLISH packets may have.
            OSError: the connection broke, or what came is not MQTT.
        """
        if not self._for_paho and self._unread_bytes < self._needed_bytes:
            chunk = self._connection.recv(CHUNK_BYTES)
            if not chunk:
                return b""
            self._unread.append(chunk)
            self._unread_bytes += len(chunk)
        if not self._for_paho and self._unread_bytes >= self._needed_bytes:
            self._split()
        if not self._for_paho:
            raise BlockingIOError
        taken, self._for_paho = self._for_paho[:buffer_size], self._for_paho[buffer_size:]
        return taken

    def pending(self) -> int:
        """Bytes that `recv` can give, or look at, without waiting for the connection."""
        here = len(self._for_paho)
        if self._unread_bytes >= self._needed_bytes:
            here += self._unread_bytes
        below = getattr(self._connection, "pending", None)  # what TLS has read ahead
        return here + (below() if below else 0)

    def send(self, buffer: bytes | bytearray) -> int:
        return self._connection.send(buffer)

    def close(self) -> None:
        self._connection.close()

    def fileno(self) -> int:
        return self._connection.fileno()

    def setblocking(self, flag: bool) -> None:
        self._connection.setblocking(flag)

    def _split(self) -> None:
        """Deliver the PUBLISH packets up to the first that is none, which is left for paho."""
        data = self._unread[0] if len(self._unread) == 1 else b"".join(self._unread)
        size = len(data)
        begin = 0
        needed = 2
        found: list[Published] = []
        while size - begin >= needed:
            first = data[begin]
            body = begin + 2
            length = data[begin + 1]
            if length & 0x80:
                decoded = _length(data, begin + 1)
                if decoded is None:
                    needed = size - begin + 1
                    break
                length, body = decoded
            end = body + length
            if end > size:
                needed = end - begin
                break
            qos = (first >> 1) & 3
            if first & 0xF0 != _PUBLISH or qos > 1:
                self._for_paho = data[begin:end]
                begin, needed = end, 2
                break
            topic_end = body + 2 + (data[body] << 8 | data[body + 1]) if length > 1 else end + 1
            payload = topic_end + 2 * qos
            if payload > end:
                raise ConnectionError("a PUBLISH packet that is shorter than its topic")
            packet_id = data[topic_end] << 8 | data[topic_end + 1] if qos else 0
            found.append(
                Published(
                    data[body + 2 : topic_end], data[payload:end], packet_id, qos, first & 8 != 0
                )
            )
            begin = end
        self._unread = [data[begin:]] if begin < size else []
        self._unread_bytes = size - begin
        self._needed_bytes = needed
        if found:
            self._deliver(found)


def _length(data: bytes, at: int) -> tuple[int, int] | None:
    """The remaining length that begins there and where the packet's body does; None if cut off."""
    length = 0
    for place in range(_LENGTH_BYTES):
        if at + place >= len(data):
            return None
        digit = data[at + place]
        length |= (digit & 0x7F) << (7 * place)
        if not digit & 0x80:
            return length, at + place + 1
    raise ConnectionError("a packet length of more than four bytes")
