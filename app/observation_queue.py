"""What cameras observed, waiting to be written: in order of each camera, so much and no more."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from alerts.attribution import Attribution
from app.patient_store import Stopped
from detection.scene_event import SceneEvent
from detection.scene_view import Observation

Told = Observation | Attribution
"""Of a camera: what it saw, and at whom that was laid."""

PLAIN_BYTES = 2_000
"""An observation without its pictures, about (ours)."""


def size_of(told: Told) -> int:
    """Bytes, about: the pictures are what weighs."""
    if isinstance(told, SceneEvent):
        return PLAIN_BYTES + sum(len(snapshot.jpeg) for snapshot in told.snapshots)
    if isinstance(told, Attribution) or told.snapshot is None:
        return PLAIN_BYTES
    return PLAIN_BYTES + len(told.snapshot.jpeg)


@dataclass(slots=True)
class _Waiting:
    items: deque[tuple[Told, int]] = field(default_factory=deque)
    size_bytes: int = 0


class ObservationQueue:
    """For many threads that put and one that takes.

    Attributes:
        blocked: how often somebody had to wait for room.
    """

    def __init__(self, most_bytes: int) -> None:
        """`most_bytes` may wait of one camera; something always may, however large."""
        self._most_bytes = most_bytes
        self._changed = threading.Condition()
        self._waiting: OrderedDict[str, _Waiting] = OrderedDict()
        self._taken = 0
        self._closed = False
        self.blocked = 0

    def put(self, camera_id: str, told: Sequence[Told]) -> None:
        """Wait for room where this camera has too much waiting; others are not held up.

        Raises:
            Stopped: nothing is taken any more.
        """
        with self._changed:
            for each in told:
                size_bytes = size_of(each)
                self.blocked += not self._closed and not self._room(camera_id, size_bytes)
                while not self._closed and not self._room(camera_id, size_bytes):
                    self._changed.wait()
                if self._closed:
                    raise Stopped
                waiting = self._waiting.setdefault(camera_id, _Waiting())
                waiting.items.append((each, size_bytes))
                waiting.size_bytes += size_bytes
                self._changed.notify_all()

    def has_room(self, camera_id: str) -> bool:
        """Whether `put` of a usual event would not wait."""
        with self._changed:
            return self._room(camera_id, PLAIN_BYTES)

    def take(self, most: int, most_bytes: int, timeout_s: float) -> dict[str, list[Told]]:
        """What waits, of each camera in order; {} after `timeout_s` without anything.

        Cameras take turns: who had to be left out is first next time. Call `done` before the next.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed, timeout_s)
            taken: dict[str, list[Told]] = {}
            count = size = 0
            for camera_id in list(self._waiting):
                waiting = self._waiting[camera_id]
                mine: list[Told] = []
                while waiting.items and count < most and (not count or size < most_bytes):
                    each, each_bytes = waiting.items.popleft()
                    waiting.size_bytes -= each_bytes
                    mine.append(each)
                    count, size = count + 1, size + each_bytes
                if mine:
                    taken[camera_id] = mine
                    self._waiting.move_to_end(camera_id)
                if not waiting.items:
                    del self._waiting[camera_id]
            self._taken = count
            self._changed.notify_all()
            return taken

    def done(self) -> None:
        """What was taken last is written, or given up."""
        with self._changed:
            self._taken = 0
            self._changed.notify_all()

    def wait_empty(self, timeout_s: float) -> bool:
        """Whether all that was put is written by then."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and not self._taken, timeout_s)

    def close(self) -> None:
        """Let nobody wait any longer; what waits can still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _room(self, camera_id: str, size_bytes: int) -> bool:
        waiting = self._waiting.get(camera_id)
        return waiting is None or waiting.size_bytes + size_bytes <= self._most_bytes
