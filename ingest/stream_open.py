"""Which stream a camera's URL means."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from config.camera import Camera
from config.settings import VisionSettings
from ingest.frame import Frame
from ingest.packet_ring import Clip
from ingest.stream import CameraStream
from ingest.stream_file import FileStream
from ingest.stream_health import StreamHealth
from ingest.stream_http import HttpStream
from ingest.stream_mqtt import MqttFrameStream


class ClipRing(Protocol):
    """The originals of late: packets (`PacketRing`) or JPEGs (`JpegRing`)."""

    def has_until(self, at: datetime) -> bool: ...

    def clip(self, since: datetime, until: datetime) -> Clip | None: ...


class FrameStream(Protocol):
    """Frames of one camera, taken one by one by one thread."""

    @property
    def health(self) -> StreamHealth: ...

    @property
    def lag_s(self) -> float:
        """How far the analysis is behind what came; 0 of a stream that lets nothing wait."""

    @property
    def ring(self) -> ClipRing | None:
        """The originals of late; None for a file, which is its own."""

    def start(self, ready: Callable[[], None]) -> None:
        """Begin; `ready` is called, from any thread, when `next_frame` may have something."""

    def next_frame(self) -> Frame | None:
        """None until more came."""

    def told(self, *, moving: bool) -> None:
        """Whether the analysis saw anything move in the frame given last."""

    def stop(self) -> None: ...


def open_stream(camera: Camera, settings: VisionSettings) -> FrameStream:
    """By the URL: none is MQTT, `file:` a clip, `http(s):` pictures or video, else video."""
    url = camera.stream_url
    if not url:
        return MqttFrameStream(camera.id, frozen_after_s=settings.frozen_frames_after_s)
    if url.startswith("file:"):
        return FileStream(camera, settings)
    if url.startswith(("http:", "https:")):
        return HttpStream(camera, settings)
    return CameraStream(camera, settings)
