"""Hears of new placements and of a changed site, and tells who minds the cameras (布点变更)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

import psycopg
import structlog

from config.camera import Camera
from config.problem import SiteError
from config.settings import DatabaseSettings
from store.database import connect
from store.errors import StoreError
from store.placements import CHANNEL, cameras_now
from store.site import read_site

log = structlog.get_logger()

LISTEN_S = 1.0
RECONNECT_S = 5.0


class PlacementListener:
    """A thread with a connection of its own; `placed` is called for each camera that changed.

    After a lost connection it reads all placements again, so that none is missed. A camera that the
    site did not have at the start, or has no more, waits for a restart.
    """

    def __init__(
        self,
        settings: DatabaseSettings,
        cameras: Mapping[str, Camera],
        placed: Callable[[Camera], None],
        stop: threading.Event,
    ) -> None:
        self._settings = settings
        self._cameras = dict(cameras)
        self._placed = placed
        self._stop = stop
        self._thread = threading.Thread(target=self._run, name="placements", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def join(self, timeout_s: float = 5.0) -> None:
        """Wait for the thread's end once `stop` is set."""
        self._thread.join(timeout_s)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._listen()
            except (StoreError, SiteError, psycopg.Error) as error:
                log.warning("placements.not_heard", error=str(error).strip(), again_s=RECONNECT_S)
                self._stop.wait(RECONNECT_S)

    def _listen(self) -> None:
        with connect(self._settings, "muckwatch-placements") as conn:
            conn.execute(f"LISTEN {CHANNEL}")
            heard = True
            while not self._stop.is_set():
                if heard:
                    self._compare(cameras_now(conn, read_site(conn)))
                heard = any(True for _ in conn.notifies(timeout=LISTEN_S, stop_after=1))

    def _compare(self, now: Mapping[str, Camera]) -> None:
        for camera_id, before in list(self._cameras.items()):
            camera = now.get(camera_id)
            if camera is None or camera == before:
                continue
            self._cameras[camera_id] = camera
            log.info("camera.placed", camera=camera_id, placement=camera.placement_id)
            try:
                self._placed(camera)
            except Exception:  # one camera's new zones must not end the others' news
                log.exception("camera.not_placed", camera=camera_id)
