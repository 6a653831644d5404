"""Where messages wait between the network thread and the pipeline: a bounded queue."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable

from ingest.message import Message


class Intake:
    """One thread puts, another takes batches. Full, it holds up the putter or drops the perishable.

    A message of QoS 0 is perishable: nobody sends it again, and a frame is worth little when it is
    old. One of QoS 1 is never dropped: while the putter waits, the socket is not read, and the
    broker keeps what it could not send.
    """

    def __init__(self, max_messages: int, max_bytes: int) -> None:
        self.dropped = 0
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._bytes = 0
        self._waiting: deque[tuple[Message, float]] = deque()
        self._wanted = 1  # the taker sleeps until there are so many
        self._held_up = False  # the putter waits for room
        self._closed = False
        self._lock = threading.Lock()
        self._arrived = threading.Condition(self._lock)
        self._drained = threading.Condition(self._lock)

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, messages: Iterable[Message]) -> None:
        """Waits while full, until there is room or `close`."""
        now = time.monotonic()
        with self._lock:
            for message in messages:
                if self._is_full_for(message) and not self._make_room_for(message):
                    continue
                if self._closed:
                    return
                self._waiting.append((message, now))
                self._bytes += len(message.payload)
            if len(self._waiting) >= self._wanted or self._is_full():
                self._arrived.notify()

    def take(
        self, wanted: int, wait_s: float, idle_s: float, at_most: int | None = None
    ) -> list[Message]:
        """As soon as there are so many as wanted, or `wait_s` after the first came.

        Empty after `idle_s` without any. Of a backlog `at_most`, which is `wanted` if not given.
        """
        with self._lock:
            if not self._await(1, time.monotonic() + idle_s):
                return []
            self._await(wanted, self._waiting[0][1] + wait_s)
            count = min(at_most or wanted, len(self._waiting))
            batch = [self._waiting.popleft()[0] for _ in range(count)]
            self._bytes -= sum(len(message.payload) for message in batch)
            self._held_up = False
            self._drained.notify_all()
            return batch

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._arrived.notify_all()
            self._drained.notify_all()

    def _await(self, count: int, until: float) -> bool:
        self._wanted = count
        while len(self._waiting) < count and not (self._closed or self._held_up or self._is_full()):
            left_s = until - time.monotonic()
            if left_s <= 0:
                break
            self._arrived.wait(left_s)
        return bool(self._waiting)

    def _is_full(self) -> bool:
        return len(self._waiting) >= self._max_messages or self._bytes >= self._max_bytes

    def _is_full_for(self, message: Message) -> bool:
        """An empty intake takes a message of any size."""
        return bool(self._waiting) and (
            len(self._waiting) >= self._max_messages
            or self._bytes + len(message.payload) > self._max_bytes
        )

    def _make_room_for(self, message: Message) -> bool:
        """Drops what is perishable, else waits; False where the message itself is to go."""
        while self._is_full_for(message) and not self._closed:
            if message.token.qos == 0:
                self.dropped += 1
                if not self._drop_oldest_perishable():
                    return False  # all that waits must be kept
            else:
                self._held_up = True
                self._arrived.notify()
                self._drained.wait()
        return True

    def _drop_oldest_perishable(self) -> bool:
        for at, (message, _) in enumerate(self._waiting):
            if message.token.qos == 0:
                del self._waiting[at]
                self._bytes -= len(message.payload)
                return True
        return False
