"""One camera of a worker process: its stream, its watch, and what they say."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

import structlog

from app.vision.analysis import Analysis
from config.camera import Camera
from config.settings import VisionSettings
from detection.health.camera_health import CameraHealth
from detection.scene_view import Observation
from ingest.camera_announcement import CameraAnnouncement
from ingest.frame import Frame
from ingest.packet_ring import Clip
from ingest.stream_health import StreamHealth
from ingest.stream_mqtt import MqttFrameStream
from ingest.stream_open import FrameStream, open_stream

log = structlog.get_logger()

_RATE_OVER_S = 10.0
DOUBT_AT_MOST = timedelta(seconds=30)
"""What is wrong with a picture is told by then, or never: a place that is dark at night. Ours."""


class Watch(Protocol):
    """`detection.watch.CameraWatch`, as far as it is used here."""

    frames_detected: int

    @property
    def awake(self) -> bool: ...

    def advance(self, frame: Frame) -> Sequence[Observation]: ...


class CameraWorker:
    """Its `step` runs on an analysis thread, one at a time; the rest may be called from anywhere.

    `record` is given what the watch observed; `make_watch` a watch for a camera as it is placed.
    While there is no `has_room` for what it would observe, it looks at nothing: the analysis thread
    is others' too.
    """

    def __init__(  # noqa: PLR0917  each is what its name says
        self,
        camera: Camera,
        settings: VisionSettings,
        analysis: Analysis,
        make_watch: Callable[[Camera], Watch],
        record: Callable[[str, Sequence[Observation]], None],
        has_room: Callable[[str], bool] = lambda _camera: True,
    ) -> None:
        self.camera = camera
        self._settings = settings
        self._analysis = analysis
        self._make_watch = make_watch
        self._record = record
        self._has_room = has_room
        self._watch = make_watch(camera)
        self._earlier_detected = 0
        self._placed: Camera | None = None
        self._doubted_since: datetime | None = None
        self._analysed = 0
        self._rate = (time.monotonic(), 0, 0.0)
        self.stream: FrameStream = open_stream(camera, settings)

    def start(self) -> None:
        self._analysis.add(self.camera.id, self.step, lambda: self.stream.lag_s)
        self.stream.start(self._ready)

    def _ready(self) -> None:
        self._analysis.ready(self.camera.id)

    def step(self) -> bool:
        """Analyse the next frame, where there is one; True where there may be more."""
        placed, self._placed = self._placed, None
        if placed is not None:
            self._tell(self._ended_by_placement())
            self._earlier_detected += self._watch.frames_detected
            self._watch = self._make_watch(placed)
        if not self._has_room(self.camera.id):
            return False  # the next frame that comes asks again
        stream = self.stream
        frame = stream.next_frame()
        if frame is None:
            return False
        self._analysed += 1
        moving = False
        try:
            observations = self._watch.advance(frame)
            moving = self._watch.awake or self._in_doubt(frame.captured_at)
        except Exception:  # one bad picture must not blind the camera
            log.exception("frame.failed", camera=self.camera.id, number=frame.number)
            observations = []
        stream.told(moving=moving)
        self._tell(observations)
        return True

    @property
    def condition(self) -> CameraHealth | None:
        """What the watch makes of the camera itself; None of a watch that does not look at it."""
        health = getattr(self._watch, "health", None)
        return health if isinstance(health, CameraHealth) else None

    def _in_doubt(self, at: datetime) -> bool:
        """The picture shows nothing, or another view, and that is not told yet.

        At rest it would be looked at every 4 s only, and told so much later.
        """
        condition = self.condition
        if condition is None or not condition.suspended or condition.faults:
            self._doubted_since = None
            return False
        since = self._doubted_since = self._doubted_since or at
        return at - since <= DOUBT_AT_MOST

    def _ended_by_placement(self) -> Sequence[Observation]:
        condition = self.condition
        return [] if condition is None else condition.replaced(datetime.now(UTC))

    def _tell(self, observations: Sequence[Observation]) -> None:
        if observations:
            self._record(self.camera.id, observations)

    def placed(self, camera: Camera) -> None:
        """The camera has a new placement: zones and memories begin anew with it."""
        url = camera.stream_url or self.camera.stream_url
        self.camera = replace(camera, stream_url=url)
        self._placed = self.camera
        self._ready()

    def announced(self, announcement: CameraAnnouncement) -> None:
        """Go over to the stream that the camera now names; say so where it stands elsewhere."""
        condition = self.condition
        if condition is not None:
            self._tell(condition.announced(announcement))
        url = announcement.stream_url
        if url is None or url == self.camera.stream_url:
            return
        log.info("camera.announced", camera=self.camera.id)  # a URL may hold a password
        self.camera = replace(self.camera, stream_url=url)
        old, self.stream = self.stream, open_stream(self.camera, self._settings)
        old.stop()
        self.stream.start(self._ready)

    def stop(self) -> None:
        self._analysis.remove(self.camera.id)
        self.stream.stop()

    def offer(self, topic: str, payload: bytes, received_at: datetime) -> object:
        """A frame that came over MQTT; what the stream says of it, None where it is taken."""
        if isinstance(self.stream, MqttFrameStream):
            return self.stream.offer(topic, payload, received_at)
        return None

    def clip(self, since: datetime, until: datetime) -> Clip | None:
        """The original packets of that time; see `PacketRing.clip`."""
        ring = self.stream.ring
        return None if ring is None else ring.clip(since, until)

    def has_until(self, at: datetime) -> bool:
        """Whether packets up to then came; False for a camera that keeps none."""
        ring = self.stream.ring
        return ring is not None and ring.has_until(at)

    @property
    def analysed(self) -> int:
        """Frames that were analysed."""
        return self._analysed

    @property
    def frames_detected(self) -> int:
        return self._earlier_detected + self._watch.frames_detected

    @property
    def health(self) -> StreamHealth:
        began_s, before, fps = self._rate
        now_s = time.monotonic()
        if now_s - began_s >= _RATE_OVER_S:
            fps = (self._analysed - before) / (now_s - began_s)
            self._rate = (now_s, self._analysed, fps)
        return replace(
            self.stream.health,
            frames_analysed=self._analysed,
            analysed_fps=round(fps, 2),
            cpu_share=round(self._analysis.cpu_share(self.camera.id), 3),
        )
