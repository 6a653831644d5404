"""Serves a folder of clips over RTSP (interleaved TCP), from a thread of its own."""

from __future__ import annotations

import asyncio
import logging
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

from aio_rtsp_toolkit.server import RtspServer


class ClipServer:
    """A context manager; `url_of` names a clip that plays for ever.

    Every client sees a clip from its beginning.

    Raises:
        OSError: on entry, when the port is taken.
    """

    def __init__(self, folder: Path, port: int, host: str = "127.0.0.1") -> None:
        self._folder, self._host, self.port = folder, host, port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="rtsp", daemon=True)
        self._ready = threading.Event()
        self._error: OSError | None = None
        self._stop = asyncio.Event()

    def url_of(self, clip: Path) -> str:
        return f"rtsp://{self._host}:{self.port}/{clip.name}?play_count=0"

    def __enter__(self) -> ClipServer:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._thread.start()
        self._ready.wait()
        if self._error is not None:
            raise self._error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(timeout=5)

    def _run(self) -> None:
        self._loop.set_exception_handler(self._complain)
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._ready.set()
            self._loop.close()

    def _complain(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Clients cut off by our own end are no error."""
        if not self._stop.is_set():
            loop.default_exception_handler(context)

    async def _serve(self) -> None:
        server = RtspServer(str(self._folder), self._host, self.port)
        # Its own logger prints a line for each request; only its complaints are wanted.
        server.logger = logging.getLogger("demo.cameras.rtsp")
        try:
            await server.start()
        except OSError as error:
            self._error = error
            return
        self._ready.set()
        await self._stop.wait()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await server.close()
