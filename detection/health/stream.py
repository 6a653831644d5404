"""`camera_offline`, `camera_frozen`: what the stream says of itself (摄像头离线、画面冻结)."""

from __future__ import annotations

from datetime import datetime

from config.camera import Camera
from detection.health.fault import Fault, Values
from detection.parameters import CameraParameters
from detection.scene_event import SceneEvent
from ingest.stream_health import StreamHealth, StreamState


class StreamFaults:
    """Asked now and then, also while no picture comes; `at` is the worker's clock."""

    def __init__(self, camera: Camera, parameters: CameraParameters) -> None:
        offline, frozen = parameters.camera_offline, parameters.camera_frozen
        self._offline = offline
        self._frozen_after_s = frozen.after_s
        self._faults = {
            StreamState.OFFLINE: Fault(camera, "camera_offline", offline),
            StreamState.FROZEN: Fault(camera, "camera_frozen", frozen),
        }

    def advance(
        self, health: StreamHealth, at: datetime, size_px: tuple[int, int]
    ) -> list[SceneEvent]:
        """What this state begins or ends. Offline counts from the last picture that came."""
        events: list[SceneEvent] = []
        values: Values = {
            "detail": health.detail,
            "connections": health.connections,
            "last_seen_at": health.last_seen_at.isoformat() if health.last_seen_at else None,
        }
        for state, fault in self._faults.items():
            since, after_s = None, self._frozen_after_s
            if state is StreamState.OFFLINE:
                since = health.last_seen_at
                after_s = self._offline.after_s if since is not None else self._offline.first_s
            events += fault.advance(
                health.state is state,
                at,
                after_s=after_s,
                size_px=size_px,
                values=values,
                confidence=1.0,
                since=since if since is not None and since <= at else None,
            )
        return events
