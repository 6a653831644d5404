"""One clip through the same path as a camera's stream in production (单片运行)."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path

import cv2
import msgspec
import numpy as np

from app.evaluation.outcome import ClipOutcome, ClipPictures, EventPicture
from app.evaluation.truth import Clip
from config.camera import Camera
from config.settings import VisionSettings
from detection.detector import Detector
from detection.scene_event import SceneEvent, Snapshot
from detection.scene_view import Observation
from detection.sighting import Sighting
from detection.watch import CameraWatch
from ingest.stream_video import read_clip

PICTURE_WIDTH_PX = 640
_JPEG_QUALITY = 80


def run_clip(
    path: Path, clip: Clip, camera: Camera, detector: Detector, settings: VisionSettings
) -> tuple[ClipOutcome, ClipPictures]:
    """Show the clip, one frame at a time, with the times that it was taken at.

    Raises:
        StreamError: the file is no video.
    """
    begun_s = time.process_time()
    watch = CameraWatch(camera, detector, settings)
    gathered = _Gathered()
    for frame in read_clip(path, camera.id, clip.starts_at, settings.analysed_fps):
        for observation in watch.advance(frame):
            gathered.add(observation)
    outcome = ClipOutcome(
        clip=clip.name,
        events=tuple(gathered.events),
        sightings=tuple(gathered.sightings.values()),
        analysed=watch.frames_seen,
        detected=watch.frames_detected,
        cpu_s=round(time.process_time() - begun_s, 3),
    )
    return outcome, ClipPictures(tuple(gathered.pictures))


class _Gathered:
    """Events by their identity: told again, one is amended, not another."""

    def __init__(self) -> None:
        self.events: list[SceneEvent] = []
        self.pictures: list[EventPicture] = []
        self.sightings: dict[object, Sighting] = {}
        self._numbers: dict[tuple[str, str, str, datetime, tuple[float, ...]], int] = {}

    def add(self, observation: Observation) -> None:
        if isinstance(observation, Sighting):
            bare = msgspec.structs.replace(observation, snapshot=None)
            self.sightings[observation.sighting_id] = bare
            return
        event = msgspec.structs.replace(observation, snapshots=())
        key = (event.kind, event.camera_id, event.camera_zone_id, event.started_at, event.box)
        number = self._numbers.get(key)
        if number is not None:
            first = self.events[number]
            self.events[number] = msgspec.structs.replace(event, raised_at=first.raised_at)
            return
        self._numbers[key] = len(self.events)
        self.pictures += [_shrunk(len(self.events), s) for s in observation.snapshots]
        self.events.append(event)


def _shrunk(number: int, snapshot: Snapshot) -> EventPicture:
    jpeg, scale = snapshot.jpeg, 1.0
    if snapshot.width_px > PICTURE_WIDTH_PX:
        scale = PICTURE_WIDTH_PX / snapshot.width_px
        whole = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
        size = (PICTURE_WIDTH_PX, round(snapshot.height_px * scale))
        small = cv2.resize(np.asarray(whole, np.uint8), size, interpolation=cv2.INTER_AREA)
        _, coded = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
        jpeg = np.asarray(coded).tobytes()
    return EventPicture(
        number=number,
        moment=snapshot.moment,
        captured_at=snapshot.captured_at,
        scale=scale,
        jpeg=jpeg,
    )
