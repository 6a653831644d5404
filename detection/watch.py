"""One camera's whole way from a frame to its events (单路监看)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import reduce

import numpy as np

from config.camera import Camera
from config.settings import VisionSettings
from detection.album import Album
from detection.background import UNSETTLED, Background, Look
from detection.blobs import moving_blobs
from detection.box_geometry import around_both, share_covered
from detection.detections import THING_CLASSES, Detections, boxes_of
from detection.detector import Detector
from detection.ground_map import GroundMap
from detection.health.camera_health import CameraHealth
from detection.light import LightMeter
from detection.motion_gate import Motion, MotionGate
from detection.parameters import CameraParameters
from detection.regions import look_closely
from detection.remain import NOTHING_REMAINS, RemainsChange
from detection.remains import Remains
from detection.rules.rule_list import scene_rules
from detection.scene_event import Box
from detection.scene_view import Observation, SceneRule, SceneView
from detection.tracking import Track, Tracking
from ingest.frame import Frame

_QUIET_EVERY = timedelta(seconds=1)
_STAYS_AWAKE = timedelta(seconds=2)
_MOST_PENDING = 3  # regions that wait to be judged, the largest, are shown to the model at a time
_SURE = 0.5  # score from which the model is believed that a thing lies there (ours)
_PATIENCE_TIMES = 3
"""A region that waits to be judged for so many times `persistence_s` keeps nobody awake any more: a
vehicle that parks, a shadow. It is judged in the pictures of rest (ours)."""
_ELSEWHERE = 0.5
"""Of the region waiting now, so much or less lies in the one that was: it is another (ours)."""


class CameraWatch:
    """Gate -> background -> health -> detector on regions -> tracks -> what stayed -> rules.

    A frame no newer than the last is left out. The same frames give the same observations,
    whenever they are fed, and however far apart they are.
    """

    def __init__(
        self,
        camera: Camera,
        detector: Detector,
        settings: VisionSettings,
        parameters: CameraParameters | None = None,
        rules: Sequence[SceneRule] | None = None,
    ) -> None:
        """`rules`: those of the product where None."""
        self.camera = camera
        self._detector = detector
        self._gate = MotionGate()
        self._background = Background()
        self._light = LightMeter()
        self._tracking = Tracking(settings.analysed_fps, settings.confidence)
        self._remains = Remains(settings.persistence_s)
        self._album = Album()
        self._ground = GroundMap.of(camera)
        given = parameters or CameraParameters()
        self.health = CameraHealth(camera, given)
        self._suspended = False
        self._learnt_elsewhere = False  # the memories began anew while zones were suspended
        self._rules = list(rules if rules is not None else scene_rules(camera, given, settings))
        self._awake_until: datetime | None = None
        self._looked_at: datetime | None = None
        self._seen_at: datetime | None = None
        self._waiting = True
        self._patience = timedelta(seconds=_PATIENCE_TIMES * settings.persistence_s)
        self._pending: tuple[datetime, Box] | None = None
        self.frames_seen = 0
        self.frames_detected = 0
        self.detections = Detections.none()

    @property
    def tracking(self) -> Tracking:
        return self._tracking

    @property
    def awake(self) -> bool:
        """Something moves, or a region is about to be judged: pictures at full rate are wanted.

        A region keeps it awake for so long only; what moves, as long as it does.
        """
        moving = self._awake_until is not None and self._seen_at is not None
        return self._waiting or (moving and self._seen_at <= self._awake_until)  # type: ignore[operator] # both are set

    def advance(self, frame: Frame) -> list[Observation]:
        """What this frame begins or ends."""
        at = frame.captured_at
        self.frames_seen += 1
        if self._seen_at is not None and at <= self._seen_at:
            return []  # a late or repeated picture: what came after it was already judged
        self._seen_at = at
        motion = self._gate.advance(frame)
        if motion.moving:
            self._awake_until = at + _STAYS_AWAKE
        rested = self._looked_at is None or at - self._looked_at >= _QUIET_EVERY
        if not self.awake and not rested:
            return []
        self._looked_at = at
        light = self._light.profile
        look = self._background.advance(frame, rain=light.wet_road, dark=light.dark)
        told: list[Observation] = [*self.health.advance(frame, look)]
        view = self._look(frame, motion, look)
        for rule in self._rules:
            told += rule.advance(view)
        return told

    def _look(self, frame: Frame, motion: Motion, look: Look) -> SceneView:
        at = frame.captured_at
        light = self._light.advance(self._gate.grey, at)
        pending = self._remains.pending(look)
        self._waiting = not look.ready or self._awaits(pending, at)
        blobs = moving_blobs(look, self._remains.known(look.changed.shape), rain=light.wet_road)
        self.detections = self._detected(frame, look, motion, blobs, pending)
        in_frame = np.asarray(blobs, np.float32).reshape(-1, 4)
        current = self._tracking.advance(self.detections, in_frame, at)
        if self.awake:
            self._album.add(frame, current)
        remains = self._what_stays(look, at)
        return self._view(frame, look, current, remains)

    def _awaits(self, regions: Sequence[Box], at: datetime) -> bool:
        """A region is about to be judged, and not the same since long ago."""
        if not regions:
            self._pending = None
            return False
        pending = reduce(around_both, regions)
        since, was = self._pending or (at, pending)
        moved_at = self._awake_until
        moved = moved_at is not None and at - moved_at <= self._patience
        if moved and share_covered(pending, was) <= _ELSEWHERE:
            since = at  # where nothing moved, nothing new came: noise waits here and there
        self._pending = since, pending
        return at - since <= self._patience

    def _what_stays(self, look: Look, at: datetime) -> RemainsChange:
        """While the view is another one nothing is judged; what is not as before is learnt anew."""
        was, self._suspended = self._suspended, self.health.suspended
        if self._suspended:
            self._learnt_elsewhere |= look.restarted
            gone = self.health.needs_placement
            return RemainsChange(ended=self._remains.forget(at)) if gone else NOTHING_REMAINS
        if was and (self._learnt_elsewhere or look.fraction > UNSETTLED):
            self._learnt_elsewhere = False
            self._background.restart(at)
            return RemainsChange(ended=self._remains.forget(at))
        matter = boxes_of(self.detections, THING_CLASSES, _SURE)
        dark = self._light.profile.dark
        tracks = self._tracking.tracks
        return self._remains.advance(look, self._background, tracks, at, matter, dark=dark)

    def _detected(
        self,
        frame: Frame,
        look: Look,
        motion: Motion,
        blobs: Sequence[Box],
        pending: Sequence[Box],
    ) -> Detections:
        """The model's answer for what moves or is about to be judged; none while all is still."""
        if not motion.moving and not (pending and look.ready):
            return Detections.none(self._detector.names)
        wanted = [*_moving(motion, blobs), *pending[:_MOST_PENDING]]
        self.frames_detected += 1
        return look_closely(self._detector, frame, wanted)

    def _view(
        self, frame: Frame, look: Look, current: Sequence[Track], remains: RemainsChange
    ) -> SceneView:
        return SceneView(
            camera=self.camera,
            frame=frame,
            look=look,
            background=self._background,
            detections=self.detections,
            current=current,
            tracks=self._tracking.tracks,
            album=self._album,
            suspended=self._suspended,
            remains=remains,
            light=self._light.profile,
            may_rain=self._light.may_rain,
            rain_began_at=self._light.rain_began_at,
            ground=self._ground,
        )


def _moving(motion: Motion, blobs: Sequence[Box]) -> list[Box]:
    """Blobs are whole things where the gate sees only their edges; it alone is quick to see."""
    sides = [(float(b[0]), float(b[1]), float(b[2]), float(b[3])) for b in motion.boxes]
    return [*blobs, *(box for box in sides if not any(share_covered(box, b) > 0.5 for b in blobs))]
