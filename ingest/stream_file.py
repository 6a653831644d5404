"""A recorded clip as if it were a camera: every chosen picture, as fast as it is taken."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from config.camera import Camera
from config.settings import VisionSettings
from ingest.frame import Frame
from ingest.stream_connection import StreamError
from ingest.stream_health import StreamHealth, StreamState
from ingest.stream_video import read_clip


class FileStream:
    """Frames of a `file:` URL at `settings.analysed_fps`; they end with the file.

    Times count from the start of reading.
    """

    def __init__(
        self, camera: Camera, settings: VisionSettings, *, stop: threading.Event | None = None
    ) -> None:
        self.camera = camera
        self._settings = settings
        self._stop = stop or threading.Event()
        self._frames: Iterator[Frame] | None = None
        self._health = StreamHealth()

    @property
    def health(self) -> StreamHealth:
        return self._health

    @property
    def lag_s(self) -> float:
        return 0.0

    @property
    def ring(self) -> None:
        """The file itself has the packets."""

    def start(self, ready: Callable[[], None]) -> None:
        self._frames = self._read()
        ready()

    def stop(self) -> None:
        self._stop.set()

    def told(self, *, moving: bool) -> None:
        """Makes no difference: all of a recording is looked at."""

    def next_frame(self) -> Frame | None:
        """None at the end."""
        if self._frames is None or self._stop.is_set():
            return None
        try:
            return next(self._frames, None)
        except StreamError as error:
            self._end(str(error))
            return None

    def frames(self) -> Iterator[Frame]:
        """All of them."""
        self.start(lambda: None)
        while (frame := self.next_frame()) is not None:
            yield frame

    def _read(self) -> Iterator[Frame]:
        path = Path(unquote(urlsplit(self.camera.stream_url).path))
        for frame in read_clip(
            path, self.camera.id, datetime.now(UTC), self._settings.analysed_fps
        ):
            self._health = replace(
                self._health,
                state=StreamState.ONLINE,
                detail="",
                connections=1,
                frames_seen=self._health.frames_seen + 1,
                frames_decoded=self._health.frames_decoded + 1,
                last_seen_at=datetime.now(UTC),
                awake=True,
                awake_share=1.0,
            )
            yield frame
        self._end("the file ended")

    def _end(self, detail: str) -> None:
        self._health = replace(self._health, state=StreamState.OFFLINE, detail=detail)
