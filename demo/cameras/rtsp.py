"""A light RTSP server (RFC 2326, RTP interleaved over TCP) for many cameras on one machine.

`rtsp://host:port/<camera>` is live: who joins late sees what is on now, from the newest key frame.
It can also break: see `demo.cameras.programme.Fault`.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Mapping

from demo.cameras.programme import Programme
from demo.cameras.viewer import Viewer


class Server:
    """Plays `programmes` by camera name, each live: who joins late sees what is on.

    More may be put into the mapping while it runs. `began_at` (unix time, may lie ahead) is when
    the first picture of each is on; None is now.
    """

    def __init__(
        self,
        programmes: Mapping[str, Programme],
        host: str = "127.0.0.1",
        port: int = 0,
        began_at: float | None = None,
    ) -> None:
        self.programmes = programmes
        self.host, self.port = host, port
        self.lagging = 0
        self._open: set[Viewer] = set()
        self._server: asyncio.Server | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped = asyncio.Event()
        self._origin_s = time.monotonic()
        if began_at is not None:
            self._origin_s -= time.time() - began_at

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
        client = Viewer(writer)
        self._open.add(client)
        try:
            await self._converse(client, reader)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError, ValueError):
            pass
        finally:
            self._open.discard(client)
            with contextlib.suppress(OSError):
                writer.close()

    async def _converse(self, client: Viewer, reader: asyncio.StreamReader) -> None:
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


class ThreadedServer:
    """A `Server` on a thread of its own; a context manager.

    Raises:
        OSError: on entry, when the port is taken.
    """

    def __init__(
        self,
        programmes: Mapping[str, Programme],
        port: int = 0,
        began_at: float | None = None,
    ) -> None:
        self.server = Server(programmes, port=port, began_at=began_at)
        self._ready = threading.Event()
        self._error: OSError | None = None
        self._thread = threading.Thread(target=self._run, name="rtsp", daemon=True)

    def _run(self) -> None:
        try:
            asyncio.run(self.server.run(self._ready.set))
        except OSError as error:
            self._error = error
            self._ready.set()

    def __enter__(self) -> Server:
        self._thread.start()
        if not self._ready.wait(10):
            raise OSError("the RTSP server did not start")
        if self._error is not None:
            raise self._error
        return self.server

    def __exit__(self, *_: object) -> None:
        self.server.stop()
        self._thread.join(10)
