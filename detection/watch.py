"""One camera's whole way from a frame to its events (单路监看)."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from config.camera import Camera
from config.settings import VisionSettings
from detection.album import Album
from detection.background import Background
from detection.detections import Detections
from detection.detector import Detector
from detection.left_behind import LeftBehind, moving_blobs
from detection.motion_gate import MotionGate
from detection.scene_event import SceneEvent
from detection.tracking import Tracking
from ingest.frame import Frame

_QUIET_EVERY = timedelta(seconds=1)
_STAYS_AWAKE = timedelta(seconds=2)


class CameraWatch:
    """Gate -> detector on what moves -> tracks -> what stayed behind.

    A frame no newer than the last is left out. The same frames give the same events, whenever they
    are fed.
    """

    def __init__(self, camera: Camera, detector: Detector, settings: VisionSettings) -> None:
        self.camera = camera
        self._detector = detector
        self._gate = MotionGate()
        self._background = Background()
        self._tracking = Tracking(settings.analysed_fps, settings.confidence)
        self._left_behind = LeftBehind(camera, settings.persistence_s)
        self._album = Album()
        self._awake_until: datetime | None = None
        self._looked_at: datetime | None = None
        self._seen_at: datetime | None = None
        self._waiting = True
        self.frames_seen = 0
        self.frames_detected = 0
        self.detections = Detections.none()

    @property
    def tracking(self) -> Tracking:
        return self._tracking

    def advance(self, frame: Frame) -> list[SceneEvent]:
        """The events that this frame begins or ends."""
        at = frame.captured_at
        self.frames_seen += 1
        if self._seen_at is not None and at <= self._seen_at:
            return []  # a late or repeated picture: what came after it was already judged
        self._seen_at = at
        motion = self._gate.advance(frame.image)
        if motion.moving:
            self._awake_until = at + _STAYS_AWAKE
        awake = self._awake_until is not None and at <= self._awake_until
        rested = self._looked_at is None or at - self._looked_at >= _QUIET_EVERY
        if not awake and not self._waiting and not rested:
            return []
        self._looked_at = at
        look = self._background.advance(frame.image, at)
        self._waiting = not look.ready or self._left_behind.pending(look)
        self.detections = Detections.none(self._detector.names)
        if motion.moving or (look.ready and self._waiting):
            self.detections = self._detector.detect([frame.image])[0]
            self.frames_detected += 1
        blobs = moving_blobs(look, self._left_behind.told_regions(look.changed.shape))
        in_frame = np.asarray(blobs, np.float32).reshape(-1, 4)
        current = self._tracking.advance(self.detections, in_frame, at)
        if awake or self._waiting:
            self._album.add(frame, current)
        return self._left_behind.advance(
            frame,
            look,
            self._background,
            tracks=self._tracking.tracks,
            detections=self.detections,
            album=self._album,
        )
