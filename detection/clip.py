"""A recorded clip through the camera path (离线视频检测)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import av
import numpy as np

from config.camera import Camera, CameraRole, CameraZoneKind
from config.settings import VisionSettings
from config.site import Site
from detection.clip_annotation import annotate
from detection.detector import Detector, load_detector
from detection.parameters import read_camera_parameters
from detection.picture_zones import WHOLE_PICTURE
from detection.scene_event import Box, SceneEvent
from detection.watch import CameraWatch
from ingest.frame import Image
from ingest.stream_connection import StreamError
from ingest.stream_video import read_clip

_BEGIN = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ClipEvent:
    """An event in seconds into the clip; `ended_s` is the clip's end for what still lies then."""

    event: SceneEvent
    started_s: float
    raised_s: float
    ended_s: float
    box: Box

    def as_line(self) -> str:
        """One line of `events.jsonl`."""
        event = self.event
        return json.dumps(
            {
                "kind": event.kind,
                "started_s": round(self.started_s, 2),
                "raised_s": round(self.raised_s, 2),
                "ended_s": round(self.ended_s, 2),
                "box": [round(n, 1) for n in self.box],
                "confidence": event.confidence,
                "suspected": event.suspected,
                "class_name": event.class_name,
                "camera_id": event.camera_id,
                "camera_zone_id": event.camera_zone_id,
                "values": event.values,
            },
            ensure_ascii=False,
        )


@dataclass(frozen=True, slots=True)
class ClipResult:
    events: list[ClipEvent]
    duration_s: float
    frames_analysed: int
    frames_detected: int


def detect_clip(
    clip: Path,
    camera_id: str,
    site: Site | None = None,
    settings: VisionSettings | None = None,
    *,
    out: Path | None = None,
    annotated: Path | None = None,
    progress: Callable[[float], None] = lambda _share: None,
    detector: Detector | None = None,
) -> ClipResult:
    """Runs `clip` as if it were the camera's stream.

    Without a site, or where the camera has no zone that can hold waste, the whole picture is one
    no-dump zone. `out` gets one JSON object a line, `annotated` an H.264 MP4 at the analysed rate.
    `progress` is called with the share done, 0 to 1.

    Raises:
        StreamError: the clip is missing or is no video.
        DetectorError: the model in `settings` cannot be used.
        KeyError: the site has no such camera.
    """
    settings = settings or VisionSettings()
    detector = detector or load_detector(settings.model, settings.runtime, settings.confidence)
    parameters = read_camera_parameters(site.rules) if site else None
    watch = CameraWatch(_camera(camera_id, site), detector, settings, parameters)
    length_s = _length_s(clip)
    begun: dict[tuple[str, datetime], SceneEvent] = {}
    ended: dict[tuple[str, datetime], datetime] = {}
    at_s = 0.0
    writer = _Writer(annotated, settings.analysed_fps) if annotated else None
    try:
        for frame in read_clip(clip, camera_id, _BEGIN, settings.analysed_fps):
            at_s = (frame.captured_at - _BEGIN).total_seconds()
            for event in watch.advance(frame):
                if not isinstance(event, SceneEvent):
                    continue
                key = (event.camera_zone_id + str(event.box), event.started_at)
                if event.ended_at is None:
                    begun[key] = event
                else:
                    ended[key] = event.ended_at
            if writer:
                open_events = [e for key, e in begun.items() if key not in ended]
                writer.write(annotate(frame, watch, open_events))
            progress(min(at_s / length_s, 1.0) if length_s else 0.0)
    finally:
        if writer:
            writer.close()
    events = [
        ClipEvent(
            event,
            (event.started_at - _BEGIN).total_seconds(),
            (event.raised_at - _BEGIN).total_seconds(),
            (ended[key] - _BEGIN).total_seconds() if key in ended else at_s,
            event.box,
        )
        for key, event in begun.items()
    ]
    if out:
        out.write_text("".join(event.as_line() + "\n" for event in events), encoding="utf-8")
    progress(1.0)
    return ClipResult(events, at_s, watch.frames_seen, watch.frames_detected)


def _camera(camera_id: str, site: Site | None) -> Camera:
    if site is None:
        return Camera(
            camera_id, camera_id, "", 0.0, 0.0, None, CameraRole.HOTSPOT, (WHOLE_PICTURE,)
        )
    if camera_id not in site.cameras:
        raise KeyError(f"the site has no camera {camera_id!r}; it has {', '.join(site.cameras)}")
    camera = site.cameras[camera_id]
    holding = {CameraZoneKind.NO_DUMP, CameraZoneKind.ROAD}
    if any(zone.kind in holding for zone in camera.zones):
        return camera
    return replace(camera, zones=(*camera.zones, WHOLE_PICTURE))


def _length_s(clip: Path) -> float:
    try:
        with av.open(str(clip)) as container:
            return (container.duration or 0) / 1_000_000
    except (av.FFmpegError, OSError) as error:
        raise StreamError(f"cannot open {clip}: {error}") from error


class _Writer:
    """H.264 in MP4; the size is that of the first picture, made even as the format wants."""

    def __init__(self, path: Path, fps: float) -> None:
        self._container = av.open(str(path), "w")
        self._stream = self._container.add_stream("libx264", rate=round(fps))
        self._stream.pix_fmt = "yuv420p"
        self._stream.options = {"crf": "26", "preset": "veryfast"}
        self._sized = False

    def write(self, image: Image) -> None:
        height, width = (n - n % 2 for n in image.shape[:2])
        if not self._sized:
            self._stream.width, self._stream.height = width, height
            self._sized = True
        even = np.ascontiguousarray(image[:height, :width])
        picture = av.VideoFrame.from_ndarray(even, format="bgr24")
        self._container.mux(self._stream.encode(picture))

    def close(self) -> None:
        if self._sized:
            self._container.mux(self._stream.encode())
        self._container.close()
