"""Events to many streams: each event once, kept for a while for those who reconnect."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client import Counter, Gauge

KEPT = 500
"""Numbered events kept for reconnecting streams; who missed more is told to read all again."""
QUEUE = 200
"""Events that a slow stream may lag behind before it is told so."""

STREAMS = Gauge("muckwatch_console_event_streams", "Open event streams")
EVENTS = Counter("muckwatch_console_events", "Events published to the streams", ["event"])


@dataclass(frozen=True, slots=True)
class Event:
    """`data` is JSON. What a later event makes obsolete needs no id."""

    name: str
    data: str
    id: str | None = None


class Hub:
    """Published to from one thread, read by streams on an event loop.

    An id is `<run>-<number>`: those of an earlier run of the server are recognised as unknown.
    """

    def __init__(self) -> None:
        self._run = secrets.token_hex(4)
        self._number = 0
        self._kept: deque[Event] = deque(maxlen=KEPT)
        self._streams: dict[asyncio.Queue[Event], asyncio.AbstractEventLoop] = {}
        self._lock = threading.Lock()

    def publish(self, name: str, data: str, *, numbered: bool = False) -> None:
        """Tell all streams; from any thread."""
        EVENTS.labels(name).inc()
        with self._lock:
            event = Event(name, data)
            if numbered:
                self._number += 1
                event = Event(name, data, f"{self._run}-{self._number}")
                self._kept.append(event)
            for queue, loop in self._streams.items():
                with contextlib.suppress(RuntimeError):  # its loop was closed meanwhile
                    loop.call_soon_threadsafe(self._put, queue, event)

    @contextlib.contextmanager
    def stream(self, last_id: str | None) -> Iterator[asyncio.Queue[Event]]:
        """A stream's queue, on its event loop; begins with what was missed since `last_id`.

        Where that is not known any more, or nothing is, it begins with `snapshot`: read all again.
        """
        queue: asyncio.Queue[Event] = asyncio.Queue(maxsize=QUEUE + KEPT)
        with self._lock:
            for event in self._missed(last_id):
                queue.put_nowait(event)
            self._streams[queue] = asyncio.get_running_loop()
        STREAMS.inc()
        try:
            yield queue
        finally:
            STREAMS.dec()
            with self._lock:
                del self._streams[queue]

    def _missed(self, last_id: str | None) -> list[Event]:
        run, _, number = (last_id or "").partition("-")
        if run == self._run and number.isdigit():
            missed = self._number - int(number)
            if 0 <= missed <= len(self._kept):
                return list(self._kept)[len(self._kept) - missed :]
        return [self._snapshot()]

    def _snapshot(self) -> Event:
        return Event("snapshot", "{}", f"{self._run}-{self._number}")

    def _put(self, queue: asyncio.Queue[Event], event: Event) -> None:
        if queue.qsize() >= QUEUE and event.name != "snapshot":
            while not queue.empty():
                queue.get_nowait()
            with self._lock:
                event = self._snapshot()
        queue.put_nowait(event)
