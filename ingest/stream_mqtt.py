"""Frames that a camera sends over MQTT: one JPEG a message (抓拍帧)."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

import cv2
import numpy as np

from ingest.frame import Frame
from ingest.jpeg_ring import JpegRing
from ingest.rejected_message import RejectedMessage
from ingest.stream_health import StreamHealth, StreamState
from ingest.stream_watchdog import FrozenWatchdog

LARGEST_JPEG_BYTES = 8 * 1024 * 1024
LARGEST_SIDE_PX = 8192


def _jpeg_size(payload: bytes) -> tuple[int, int] | None:
    """(width, height) from the frame header (ITU-T T.81, B.2.2), before anything is decoded."""
    at = 2
    while at + 9 <= len(payload) and payload[at] == 0xFF:
        marker = payload[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height = int.from_bytes(payload[at + 5 : at + 7])
            return int.from_bytes(payload[at + 7 : at + 9]), height
        if marker == 0xFF:
            at += 1
        else:
            at += 2 + int.from_bytes(payload[at + 2 : at + 4])
    return None


def jpeg_fault(payload: bytes) -> str | None:
    """Why it is not decoded, None where it can be tried."""
    if len(payload) > LARGEST_JPEG_BYTES:
        return f"{len(payload)} bytes, at most {LARGEST_JPEG_BYTES}"
    if not payload.startswith(b"\xff\xd8"):
        return "does not begin with the JPEG marker FFD8"
    if not payload.rstrip(b"\x00").endswith(b"\xff\xd9"):
        return "cut off, the end marker FFD9 is missing"
    size = _jpeg_size(payload)
    if size is None:
        return "has no frame header"
    if not (0 < size[0] <= LARGEST_SIDE_PX and 0 < size[1] <= LARGEST_SIDE_PX):
        return f"{size[0]}x{size[1]} px, each side 1 to {LARGEST_SIDE_PX}"
    return None


def decode_jpeg_frame(
    topic: str, payload: bytes, received_at: datetime, number: int = 0
) -> Frame | RejectedMessage:
    """Reads `…/cameras/<camera>/frame/<epoch ms>` and its JPEG; `received_at` is aware."""

    def rejected(reason: str) -> RejectedMessage:
        return RejectedMessage(topic=topic, payload=payload, reason=reason, received_at=received_at)

    levels = topic.split("/")
    if len(levels) < 4 or levels[-4] != "cameras" or levels[-2] != "frame" or not levels[-3]:
        return rejected("topic: is not cameras/<camera>/frame/<epoch ms>")
    try:
        captured_at = datetime.fromtimestamp(int(levels[-1]) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return rejected(f"topic: {levels[-1]!r} is not a time in epoch milliseconds")
    fault = jpeg_fault(payload)
    if fault:
        return rejected(f"jpeg: {fault}")
    image = cv2.imdecode(np.frombuffer(payload, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        return rejected("jpeg: cannot be decoded")
    return Frame.of(levels[-3], captured_at, np.asarray(image, np.uint8), number)


class MqttFrameStream:
    """Frames of one camera, handed in by whoever holds the MQTT connection.

    `offer` may be called from another thread than the one that reads `frames()`. Above
    `waiting_frames` the oldest waiting frame is dropped. The camera is offline when nothing good
    arrived for `offline_after_s`.
    """

    def __init__(
        self,
        camera_id: str,
        *,
        stop: threading.Event | None = None,
        waiting_frames: int = 8,
        offline_after_s: float = 30,
        frozen_after_s: float = 300,
    ) -> None:
        self.camera_id = camera_id
        self._stop = stop or threading.Event()
        self._changed = threading.Condition()
        self._waiting: deque[Frame] = deque(maxlen=waiting_frames)
        self._watchdog = FrozenWatchdog(frozen_after_s)
        self._offline_after_s = offline_after_s
        self._seen_s = -np.inf
        self._ready: Callable[[], None] = lambda: None
        self._health = StreamHealth(detail="no frame yet")
        self.ring = JpegRing()
        self.lag_s = 0.0

    def start(self, ready: Callable[[], None]) -> None:
        """`ready` is called with each good frame that is offered."""
        self._ready = ready

    def next_frame(self) -> Frame | None:
        """The oldest that waits, None where none does."""
        with self._changed:
            return self._waiting.popleft() if self._waiting else None

    def told(self, *, moving: bool) -> None:
        """Makes no difference: the camera decides when it sends."""

    def offer(self, topic: str, payload: bytes, received_at: datetime) -> RejectedMessage | None:
        """Takes a message; returns it as rejected if it holds no good frame of this camera."""
        frame = decode_jpeg_frame(topic, payload, received_at, self._health.frames_seen)
        if isinstance(frame, RejectedMessage):
            return frame
        if frame.camera_id != self.camera_id:
            return RejectedMessage(
                topic=topic,
                payload=payload,
                reason=f"topic: camera {frame.camera_id!r}, this stream is {self.camera_id!r}",
                received_at=received_at,
            )
        self.ring.append(frame.captured_at, payload, frame.size_px)
        self._seen_s = time.monotonic()
        frozen = self._watchdog.see(frame.image, self._seen_s)
        with self._changed:
            full = len(self._waiting) == self._waiting.maxlen
            self._waiting.append(frame)
            self._health = replace(
                self._health,
                state=StreamState.FROZEN if frozen else StreamState.ONLINE,
                detail="the same picture again and again" if frozen else "",
                frames_seen=self._health.frames_seen + 1,
                frames_dropped=self._health.frames_dropped + full,
                connections=1,
                last_seen_at=received_at,
                frames_decoded=self._health.frames_decoded + 1,
                awake=True,
                awake_share=1.0,
            )
            self._changed.notify()
        self._ready()
        return None

    @property
    def health(self) -> StreamHealth:
        silent_s = time.monotonic() - self._seen_s
        if self._health.last_seen_at is not None and silent_s > self._offline_after_s:
            detail = f"no frame for {self._offline_after_s:g} s"
            return replace(self._health, state=StreamState.OFFLINE, detail=detail)
        return self._health

    def stop(self) -> None:
        self._stop.set()
        with self._changed:
            self._changed.notify_all()

    def frames(self) -> Iterator[Frame]:
        """Frames in order of arrival until `stop`."""
        while not self._stop.is_set():
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._stop.is_set(), timeout=0.5)
                frame = self._waiting.popleft() if self._waiting else None
            if frame is not None:
                yield frame
