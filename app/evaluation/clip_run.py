"""One clip through the same path as a camera's stream in production (单片运行)."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path

import msgspec

from app.evaluation.outcome import ClipOutcome
from app.evaluation.truth import Clip
from config.camera import Camera
from config.settings import VisionSettings
from detection.detector import Detector
from detection.parameters import CameraParameters
from detection.scene_event import SceneEvent
from detection.scene_view import Observation
from detection.sighting import Sighting
from detection.watch import CameraWatch
from ingest.stream_video import read_clip


def run_clip(
    path: Path,
    clip: Clip,
    camera: Camera,
    detector: Detector,
    settings: VisionSettings,
    *,
    parameters: CameraParameters | None = None,
) -> ClipOutcome:
    """Show the clip, one frame at a time, with the times that it was taken at.

    Raises:
        StreamError: the file is no video.
    """
    begun_s = time.process_time()
    watch = CameraWatch(camera, detector, settings, parameters)
    gathered = Gathered()
    for frame in read_clip(path, camera.id, clip.starts_at, settings.analysed_fps):
        for observation in watch.advance(frame):
            gathered.add(observation)
    return ClipOutcome(
        clip=clip.name,
        events=tuple(gathered.events),
        sightings=tuple(gathered.sightings.values()),
        analysed=watch.frames_seen,
        detected=watch.frames_detected,
        cpu_s=round(time.process_time() - begun_s, 3),
    )


class Gathered:
    """Events by their identity: told again, one is amended, not another."""

    def __init__(self) -> None:
        self.events: list[SceneEvent] = []
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
        self.events.append(event)
