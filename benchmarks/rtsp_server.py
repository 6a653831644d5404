"""A light RTSP server (RFC 2326, RTP interleaved over TCP) for many cameras on one machine.

`python -m benchmarks.rtsp_server SPEC.json`: the spec names pieces (MP4, H.264, each beginning with
a key frame, all alike in size and rate) and what each camera plays. Each piece is cut into RTP
packets once (RFC 6184, FU-A); a client gets those bytes with its own sequence numbers and times.
`rtsp://host:port/<camera>`; for each line on its standard input it prints its own CPU time as JSON.

It can also break: `cut`, `stall`, `damage` (see `Fault`), for tests of who reads.
"""

from __future__ import annotations

import asyncio
import bisect
import contextlib
import json
import os
import signal
import struct
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np
from av.bitstream import BitStreamFilterContext
from numpy.typing import NDArray

_PAYLOAD_BYTES = 1400
_CLOCK_HZ = 90_000
_REPORT_EVERY_S = 4.0
_NTP_TO_UNIX_S = 2_208_988_800  # RFC 3550, 4: from 1900 to 1970
_MOST_WAITING_BYTES = 8 << 20
_STAMPS = np.dtype([("sequence", ">u2"), ("time", ">u4")])
_COUNT = np.arange(1 << 14, dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One access unit as interleaved RTP; `headers` are the offsets of its RTP headers.

    `stamped` (6 a header, flat) are the offsets of their sequence numbers and times.
    """

    content: bytes
    headers: NDArray[np.intp]
    stamped: NDArray[np.intp]
    is_key: bool


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    pictures: tuple[Picture, ...]
    fps: float
    sprop: str


def _nal_units(annex_b: bytes) -> list[bytes]:
    units, start = [], annex_b.find(b"\x00\x00\x01")
    while start >= 0:
        begin = start + 3
        start = annex_b.find(b"\x00\x00\x01", begin)
        unit = annex_b[begin : start if start >= 0 else len(annex_b)]
        units.append(unit.rstrip(b"\x00") if start >= 0 else unit)
    return units


def _packetise(annex_b: bytes, *, is_key: bool) -> Picture:
    payloads: list[bytes] = []
    for unit in _nal_units(annex_b):
        if len(unit) <= _PAYLOAD_BYTES:
            payloads.append(unit)
            continue
        indicator, kind = unit[0] & 0xE0 | 28, unit[0] & 0x1F  # RFC 6184, 5.8: FU-A
        for at in range(1, len(unit), _PAYLOAD_BYTES):
            part = unit[at : at + _PAYLOAD_BYTES]
            first, last = at == 1, at + _PAYLOAD_BYTES >= len(unit)
            payloads.append(bytes((indicator, kind | first << 7 | last << 6)) + part)
    content, headers = bytearray(), []
    for number, payload in enumerate(payloads):
        content += b"$\x00" + struct.pack(">H", 12 + len(payload))
        headers.append(len(content))
        marker = 0x80 if number == len(payloads) - 1 else 0
        content += struct.pack(">BBHII", 0x80, 96 | marker, 0, 0, 0x6D75636B) + payload
    offsets = np.asarray(headers, np.intp)
    stamped = (offsets[:, None] + np.arange(2, 8)).ravel()
    return Picture(bytes(content), offsets, stamped, is_key)


def read_piece(path: Path) -> Piece:
    """Raises `av.FFmpegError` or `OSError` where it is no H.264 file."""
    import base64  # noqa: PLC0415

    pictures = []
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        fps = float(video.average_rate or 25)
        to_annex_b = BitStreamFilterContext("h264_mp4toannexb", video)
        for packet in container.demux(video):
            if not packet.size:
                continue
            for each in to_annex_b.filter(packet):
                pictures.append(_packetise(bytes(each), is_key=each.is_keyframe))
                if len(pictures) == 1:
                    sets = [u for u in _nal_units(bytes(each)) if u[0] & 0x1F in (7, 8)]
    sprop = ",".join(base64.b64encode(unit).decode() for unit in sets)
    return Piece(tuple(pictures), fps, sprop)


@dataclass(slots=True)
class Fault:
    """What a camera does wrong while set.

    `stall`: it sends nothing and keeps the connection. `damage`: each so many-th picture has bytes
    changed in its middle. `refuse`: connections are closed at once.
    """

    stall: bool = False
    damage: int = 0
    refuse: bool = False


@dataclass(slots=True, eq=False)
class Programme:
    """What one camera plays for ever: pieces in order, from picture `offset` of the first round."""

    pieces: Sequence[Piece]
    offset: int = 0
    fault: Fault = field(default_factory=Fault)
    began_s: float = 0.0
    _starts: list[int] = field(default_factory=list)
    _later: Programme | None = None

    def __post_init__(self) -> None:
        at = 0
        for piece in self.pieces:
            self._starts.append(at)
            at += len(piece.pictures)
        self._starts.append(at)

    @property
    def fps(self) -> float:
        return self.pieces[0].fps

    @property
    def length(self) -> int:
        return self._starts[-1]

    def turn_to(self, *pieces: Piece) -> None:
        """Play these for ever, from the next moment that they have a key frame. From any thread."""
        self._later = Programme(pieces)

    def picture(self, number: int) -> Picture:
        later = self._later
        if later is not None and later.picture(number).is_key:
            self.pieces, self._starts, self.offset = later.pieces, later._starts, 0
            self._later = None
        at = (number + self.offset) % self.length
        piece = bisect.bisect_right(self._starts, at) - 1
        return self.pieces[piece].pictures[at - self._starts[piece]]


class Server:
    """Plays `programmes` by camera name, each live: who joins late sees what is on."""

    def __init__(
        self, programmes: Mapping[str, Programme], host: str = "127.0.0.1", port: int = 0
    ) -> None:
        self.programmes = programmes
        self.host, self.port = host, port
        self.lagging = 0
        self._open: set[_Client] = set()
        self._server: asyncio.Server | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped = asyncio.Event()
        self._origin_s = time.monotonic()

    def url(self, camera: str) -> str:
        return f"rtsp://{self.host}:{self.port}/{camera}"

    def due(self, camera: str) -> int:
        """How many pictures the camera has had on so far, taken or not. From any thread."""
        programme = self.programmes[camera]
        now_s = time.monotonic() - self._origin_s
        return int((now_s - programme.began_s) * programme.fps)

    async def run(self, ready: Callable[[], object] = lambda: None) -> None:
        self._loop = asyncio.get_running_loop()
        self._server = await asyncio.start_server(self._serve, self.host, self.port)
        self.port = int(self._server.sockets[0].getsockname()[1])
        ready()
        ticking = asyncio.create_task(self._tick())
        await self._stopped.wait()
        ticking.cancel()
        self._server.close()
        for client in list(self._open):
            client.writer.close()

    def stop(self) -> None:
        """From any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stopped.set)

    def cut(self, camera: str) -> None:
        """Break the camera's connections off. From any thread."""

        def now() -> None:
            for client in list(self._open):
                if client.camera == camera:
                    client.writer.transport.abort()

        if self._loop is not None:
            self._loop.call_soon_threadsafe(now)

    async def _tick(self) -> None:
        while True:
            now_s = time.monotonic() - self._origin_s
            for client in list(self._open):
                if client.writer.is_closing():
                    continue  # it went; its conversation ends in a moment
                if client.playing and not client.send_due(now_s):
                    self.lagging += 1
                    client.writer.transport.abort()
            await asyncio.sleep(0.02)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = _Client(writer)
        self._open.add(client)
        try:
            await self._converse(client, reader)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError, ValueError):
            pass
        finally:
            self._open.discard(client)
            with contextlib.suppress(OSError):
                writer.close()

    async def _converse(self, client: _Client, reader: asyncio.StreamReader) -> None:
        while True:
            first = await reader.readexactly(1)
            if first == b"$":  # a receiver report
                head = await reader.readexactly(3)
                await reader.readexactly(int.from_bytes(head[1:]))
                continue
            request = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            lines = request.split("\r\n")
            method, url = lines[0].split(" ")[:2]
            headers = {
                name.strip().lower(): value.strip()
                for name, _, value in (line.partition(":") for line in lines[1:])
            }
            if length := int(headers.get("content-length", 0)):
                await reader.readexactly(length)
            camera = url.split("://", 1)[-1].split("/", 1)[-1].split("?")[0].split("/")[0]
            programme = self.programmes.get(camera)
            more, body, status = "", "", "200 OK"
            if programme is None or programme.fault.refuse:
                status = "404 Not Found"
            elif method == "OPTIONS":
                more = "Public: DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER\r\n"
            elif method == "DESCRIBE":
                body = _describe(programme)
                more = f"Content-Base: {url}/\r\nContent-Type: application/sdp\r\n"
            elif method == "SETUP":
                if "interleaved" not in headers.get("transport", ""):
                    status = "461 Unsupported Transport"
                more = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"
            elif method == "PLAY":
                client.play(camera, programme, time.monotonic() - self._origin_s)
                more = "Range: npt=0-\r\n"
            number = headers.get("cseq", "0")
            reply = f"RTSP/1.0 {status}\r\nCSeq: {number}\r\nSession: 1;timeout=60\r\n{more}"
            if body:
                reply += f"Content-Length: {len(body)}\r\n"
            client.writer.write(f"{reply}\r\n{body}".encode())
            if method == "TEARDOWN":
                return


def _describe(programme: Programme) -> str:
    return (
        "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=camera\r\nt=0 0\r\n"
        "m=video 0 RTP/AVP 96\r\nc=IN IP4 0.0.0.0\r\na=rtpmap:96 H264/90000\r\n"
        f"a=framerate:{programme.fps:g}\r\n"
        "a=fmtp:96 packetization-mode=1;sprop-parameter-sets="
        f"{programme.pieces[0].sprop}\r\na=control:track1\r\n"
    )


class _Client:
    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self.camera = ""
        self.playing = False
        self._programme: Programme | None = None
        self._next = 0
        self._sequence = 0
        self._reported_s = -_REPORT_EVERY_S
        self._sent = self._octets = 0

    def play(self, camera: str, programme: Programme, now_s: float) -> None:
        """From the newest key frame that is on, as cameras do."""
        at = int((now_s - programme.began_s) * programme.fps)
        while not programme.picture(at).is_key:
            at -= 1
        self.camera, self._programme, self._next, self.playing = camera, programme, at, True

    def send_due(self, now_s: float) -> bool:
        """False where the client takes too little: a camera would lose pictures."""
        programme = self._programme
        if programme is None or programme.fault.stall:
            return True
        due = int((now_s - programme.began_s) * programme.fps)
        if programme.fault.stall or due < self._next:
            return True
        if self.writer.transport.get_write_buffer_size() > _MOST_WAITING_BYTES:
            return False
        if now_s - self._reported_s >= _REPORT_EVERY_S:
            self._reported_s = now_s
            self.writer.write(self._report(programme))
        while self._next <= due:
            self.writer.write(self._stamped(programme))
            self._next += 1
        return True

    def _stamped(self, programme: Programme) -> bytearray:
        number = self._next
        picture = programme.picture(number)
        content = bytearray(picture.content)
        view = np.frombuffer(content, np.uint8)
        count = len(picture.headers)
        stamps = np.empty(count, _STAMPS)
        stamps["sequence"] = (_COUNT[:count] + self._sequence) & 0xFFFF
        stamps["time"] = round(number * _CLOCK_HZ / programme.fps) & 0xFFFFFFFF
        view[picture.stamped] = stamps.view(np.uint8)
        damage = programme.fault.damage
        if damage and number % damage == 0:
            hit = max(int(np.searchsorted(picture.headers, len(content) // 2)) - 1, 0)
            begin = int(picture.headers[hit]) + 12 + 40
            end = (
                int(picture.headers[hit + 1]) - 4 if hit + 1 < count else len(content)
            )  # no other's header
            view[begin : min(begin + 200, end)] ^= 0x5A
        self._sequence = (self._sequence + count) & 0xFFFF
        self._sent += count
        self._octets += len(content) - 16 * count
        return content

    def _report(self, programme: Programme) -> bytes:
        """A sender report (RFC 3550, 6.4.1): the time of day of the next picture."""
        stamp = round(self._next * _CLOCK_HZ / programme.fps) & 0xFFFFFFFF
        ntp_s = time.time() + _NTP_TO_UNIX_S
        body = struct.pack(
            ">BBHIIIIII",
            0x80,
            200,
            6,
            0x6D75636B,
            int(ntp_s),
            int(ntp_s % 1 * 2**32),
            stamp,
            self._sent & 0xFFFFFFFF,
            self._octets & 0xFFFFFFFF,
        )
        return b"$\x01" + struct.pack(">H", len(body)) + body


class ThreadedServer:
    """A `Server` on a thread of its own; a context manager."""

    def __init__(self, programmes: Mapping[str, Programme], port: int = 0) -> None:
        self.server = Server(programmes, port=port)
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rtsp", daemon=True)

    def _run(self) -> None:
        asyncio.run(self.server.run(self._ready.set))

    def __enter__(self) -> Server:
        self._thread.start()
        if not self._ready.wait(10):
            raise OSError("the RTSP server did not start")
        return self.server

    def __exit__(self, *_: object) -> None:
        self.server.stop()
        self._thread.join(10)


def main() -> None:
    spec = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    pieces = {name: read_piece(Path(path)) for name, path in spec["pieces"].items()}
    programmes = {
        camera: Programme([pieces[name] for name in plays["pieces"]], plays["offset"])
        for camera, plays in spec["cameras"].items()
    }
    server = Server(programmes, port=spec.get("port", 0))

    def ready() -> None:
        print(json.dumps({"port": server.port}), flush=True)

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, server.stop)
        loop.add_reader(sys.stdin, say)
        await server.run(ready)

    def say() -> None:
        if not sys.stdin.readline():  # who started us is gone
            server.stop()
            return
        spent = os.times()
        told = {"cpu_s": spent.user + spent.system, "lagging": server.lagging}
        print(json.dumps(told), flush=True)

    asyncio.run(serve())


if __name__ == "__main__":
    main()
