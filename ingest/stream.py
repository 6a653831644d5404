"""A camera's stream for ever: reconnects, watches, drops rather than lags (视频接入)."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote, urlsplit

import structlog

from config.camera import Camera
from config.settings import VisionSettings
from ingest.frame import Frame
from ingest.stream_clock import StreamClock
from ingest.stream_health import StreamHealth, StreamState
from ingest.stream_video import StreamError, VideoPicture, read_video
from ingest.stream_watchdog import FrozenWatchdog

log = structlog.get_logger()

_LONGEST_BACK_OFF_S = 20.0


class CameraStream:
    """Frames of a camera with a `stream_url`, at `settings.analysed_fps`, newest first served.

    A thread of its own decodes and keeps only the newest chosen picture, so a slow reader misses
    pictures and never falls behind. Any end of the stream is a disconnect: it is opened again after
    0.5 s, 1 s, 2 s … 20 s, each shortened at random by up to half so that cameras behind one router
    do not return in step. A `file:` URL is different: every chosen picture is given, as fast as it
    is taken, and the frames end with the file.

    Set `keyframes_only` while nothing moves: other pictures are then not decoded.
    """

    def __init__(
        self,
        camera: Camera,
        settings: VisionSettings,
        *,
        stop: threading.Event | None = None,
        frozen_after_s: float = 30,
    ) -> None:
        if not camera.stream_url:
            raise ValueError(f"camera {camera.id} has no stream_url: its frames come over MQTT")
        self.camera = camera
        self.keyframes_only = False
        self._settings = settings
        self._stop = stop or threading.Event()
        self._watchdog = FrozenWatchdog(frozen_after_s)
        self._changed = threading.Condition()
        self._newest: Frame | None = None
        self._health = StreamHealth()

    @property
    def health(self) -> StreamHealth:
        return self._health

    def stop(self) -> None:
        """`frames()` ends soon; the decoding thread after at most the read timeout."""
        self._stop.set()
        with self._changed:
            self._changed.notify_all()

    def frames(self) -> Iterator[Frame]:
        """Frames until `stop`; blocks while the camera is away."""
        if self.camera.stream_url.startswith("file:"):
            yield from self._file_frames()
            return
        name = f"stream-{self.camera.id}"
        threading.Thread(target=self._keep_connected, name=name, daemon=True).start()
        while not self._stop.is_set():
            with self._changed:
                self._changed.wait_for(lambda: self._newest or self._stop.is_set(), timeout=0.5)
                frame, self._newest = self._newest, None
            if frame is not None:
                yield frame

    def _pictures(self, url: str) -> Iterator[VideoPicture]:
        return read_video(
            url,
            open_timeout_s=self._settings.open_timeout_s,
            read_timeout_s=self._settings.read_timeout_s,
            analysed_fps=self._settings.analysed_fps,
            keyframes_only=lambda: self.keyframes_only,
        )

    def _file_frames(self) -> Iterator[Frame]:
        self._health = replace(self._health, connections=1)
        started_at, first_s, number = datetime.now(UTC), None, 0
        for picture in self._pictures(unquote(urlsplit(self.camera.stream_url).path)):
            if self._stop.is_set():
                return
            self._note_picture(picture)
            if picture.image is None:
                continue
            presented_s = picture.presented_s or 0.0
            first_s = presented_s if first_s is None else first_s
            captured_at = started_at + timedelta(seconds=presented_s - first_s)
            yield Frame.of(self.camera.id, captured_at, picture.image, number)
            number += 1
        self._set_state(StreamState.OFFLINE, "the file ended")

    def _keep_connected(self) -> None:
        failures = 0
        while not self._stop.is_set():
            seen = self._health.frames_seen
            reason = "the stream ended"
            try:
                self._read_connection()
            except StreamError as error:
                reason = str(error)
            if self._stop.is_set():
                return
            failures = 0 if self._health.frames_seen > seen else failures + 1
            self._set_state(StreamState.OFFLINE, reason)
            back_off_s = min(0.5 * 2**failures, _LONGEST_BACK_OFF_S)
            self._stop.wait(back_off_s * random.uniform(0.5, 1))  # noqa: S311  jitter, no secret

    def _read_connection(self) -> None:
        clock, number = StreamClock(), 0
        for picture in self._pictures(self.camera.stream_url):
            if self._stop.is_set():
                return
            if number == 0 and picture.image is not None:
                self._health = replace(self._health, connections=self._health.connections + 1)
            self._note_picture(picture)
            if picture.image is None:
                continue
            arrived_at = datetime.now(UTC)
            captured_at = clock.captured_at(picture.presented_s, arrived_at)
            with self._changed:
                if self._newest is not None:
                    dropped = self._health.frames_dropped + 1
                    self._health = replace(self._health, frames_dropped=dropped)
                self._newest = Frame.of(self.camera.id, captured_at, picture.image, number)
                self._changed.notify()
            number += 1

    def _note_picture(self, picture: VideoPicture) -> None:
        self._health = replace(
            self._health,
            frames_seen=self._health.frames_seen + 1,
            last_seen_at=datetime.now(UTC),
        )
        if picture.image is None:
            return
        if self._watchdog.see(picture.image, time.monotonic()):
            self._set_state(StreamState.FROZEN, "the same picture again and again")
        else:
            self._set_state(StreamState.ONLINE, "")

    def _set_state(self, state: StreamState, detail: str) -> None:
        if state is not self._health.state:
            log.info("camera stream", camera=self.camera.id, state=state.value, detail=detail)
        self._health = replace(self._health, state=state, detail=detail)
