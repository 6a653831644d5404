"""What a process does about its cameras' own condition, beside looking at their pictures.

Streams that are away or frozen are told, also while no picture comes; the newest picture of each
camera is kept for the console; where one was moved for good, a placement is asked for.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

import cv2
import numpy as np
import structlog

from app.patient_store import PatientStore, Stopped
from config.camera import Camera
from detection.health.camera_health import CameraHealth
from detection.health.stream import StreamFaults
from detection.parameters import CameraParameters
from detection.scene_view import Observation
from ingest.frame import Frame
from ingest.stream_health import StreamHealth
from store.camera_pictures import CameraPicture, put_camera_picture
from store.placements import Placement, PlacementState, placement_picture, put_placement

log = structlog.get_logger()

ASKED_EVERY_S = 1.0
PICTURE_EVERY = timedelta(seconds=30)
PICTURE_WIDTH_PX = 960
ASKS_AFTER = timedelta(seconds=60)
"""A camera that somebody only wiped is back by then."""
_JPEG_QUALITY = 85


class Watched(Protocol):
    """`app.vision.camera_worker.CameraWorker`, as far as it is used here."""

    camera: Camera

    @property
    def health(self) -> StreamHealth: ...

    @property
    def condition(self) -> CameraHealth | None: ...


class HealthDesk:
    """A thread with a store of its own. `record` takes what is to be told of a camera."""

    def __init__(
        self,
        cameras: Iterable[Watched],
        parameters: CameraParameters,
        record: Callable[[str, Sequence[Observation]], None],
        store: PatientStore,
        stop: threading.Event,
    ) -> None:
        self._cameras = list(cameras)
        self._record = record
        self._store = store
        self._stop = stop
        self._streams = {w.camera.id: StreamFaults(w.camera, parameters) for w in self._cameras}
        self._known: dict[str, CameraHealth] = {}
        self._pictured: dict[str, datetime] = {}
        self._moved_since: dict[str, datetime] = {}
        self._asked: set[tuple[str, str]] = set()
        self._thread = threading.Thread(target=self._run, name="health", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def join(self, timeout_s: float = 5.0) -> None:
        """Wait for the thread's end once `stop` is set."""
        self._thread.join(timeout_s)
        self._store.close()

    def look(self, now: datetime) -> None:
        """Once over all cameras; `now` is aware.

        Raises:
            Stopped: asked to stop while the database was away.
        """
        for watched in self._cameras:
            camera_id, condition = watched.camera.id, watched.condition
            frame = condition.newest if condition is not None else None
            size_px = frame.size_px if frame is not None else (0, 0)
            told = self._streams[camera_id].advance(watched.health, now, size_px)
            if told:
                self._record(camera_id, told)
            if condition is None:
                continue
            if self._known.get(camera_id) is not condition:
                self._known[camera_id] = condition
                condition.hold_to(self._reference(watched.camera))
            due = self._pictured.get(camera_id)
            if frame is not None and (due is None or now - due >= PICTURE_EVERY):
                self._pictured[camera_id] = now
                self._keep(_picture(frame))
            self._ask(watched.camera, condition, now)

    def _run(self) -> None:
        while not self._stop.wait(ASKED_EVERY_S):
            try:
                self.look(datetime.now(UTC))
            except Stopped:
                return
            except Exception:  # one camera's row must not end the news of the others
                log.exception("health.failed")

    def _reference(self, camera: Camera) -> bytes | None:
        return self._store.ask(lambda conn: placement_picture(conn, camera.id, camera.placement_id))

    def _keep(self, picture: CameraPicture) -> None:
        self._store.ask(lambda conn: put_camera_picture(conn, picture))

    def _ask(self, camera: Camera, condition: CameraHealth, now: datetime) -> None:
        if not condition.needs_placement:
            self._moved_since.pop(camera.id, None)
            return
        since = self._moved_since.setdefault(camera.id, now)
        if now - since < ASKS_AFTER or (camera.id, camera.placement_id) in self._asked:
            return
        self._asked.add((camera.id, camera.placement_id))
        placement = Placement(
            camera_id=camera.id,
            placement_id=f"asked-{now:%Y%m%dT%H%M%SZ}",
            state=PlacementState.ASKED,
            placed_at=now,
            placed_by="rules",
            lon=camera.lon,
            lat=camera.lat,
            heading_deg=camera.heading_deg,
        )
        frame = condition.newest
        jpeg = _picture(frame).content if frame is not None else None
        self._store.ask(lambda conn: put_placement(conn, placement, jpeg))
        log.info("camera.placement_asked", camera=camera.id)


def _picture(frame: Frame) -> CameraPicture:
    image = frame.scaled(PICTURE_WIDTH_PX)
    _, coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return CameraPicture(
        camera_id=frame.camera_id,
        captured_at=frame.captured_at,
        width_px=int(image.shape[1]),
        height_px=int(image.shape[0]),
        content=np.asarray(coded).tobytes(),
    )
