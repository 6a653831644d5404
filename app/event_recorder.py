"""Writes what cameras found: the alert book of each camera, one transaction an event."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import structlog

from alerts.book import AlertBook, BookState, decode_state, encode_state
from app.patient_store import PatientStore
from config.settings import Settings
from config.site import Site
from detection.scene_event import SceneEvent
from ingest.rejected_message import RejectedMessage
from ingest.stream_health import StreamHealth
from store.batch import Batch
from store.cameras import put_camera_state
from store.snapshot import load_snapshot

log = structlog.get_logger()


class EventRecorder:
    """Shared by the camera threads, one at a time. Waits for a lost database.

    Each camera has a book of its own, snapshotted with every change, so that a restart joins a
    repeat to the alert it belongs to.
    """

    def __init__(self, settings: Settings, site: Site, store: PatientStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._book = AlertBook(
            site,
            hold_back=timedelta(seconds=settings.pipeline.hold_back_s),
            lateness=timedelta(seconds=settings.pipeline.lateness_s),
        )
        self._states: dict[str, BookState] = {}

    def record(self, camera_id: str, events: Sequence[SceneEvent]) -> None:
        """Raises `Stopped` when asked to stop while the database was away."""
        with self._lock:
            state, changes = self._book.advance(self._state(camera_id), events, datetime.now(UTC))
            self._store.write(
                Batch(
                    changes=tuple(changes), worker=_worker(camera_id), snapshot=encode_state(state)
                )
            )
            self._states[camera_id] = state
        for change in changes:
            log.info(
                "camera.alert",
                camera=camera_id,
                kind=change.alert.kind,
                change=change.change.value,
                confidence=round(change.alert.confidence, 2),
            )

    def reject(self, rejected: RejectedMessage) -> None:
        """Keep a message that no camera worker could use."""
        with self._lock:
            self._store.write(Batch(rejected=(rejected,), worker="vision"))

    def note_state(self, camera_id: str, health: StreamHealth, frames_detected: int) -> None:
        with self._lock:
            self._store.ask(
                lambda conn: put_camera_state(
                    conn,
                    camera_id,
                    health.state.value,
                    health.frames_seen,
                    frames_detected,
                    health.detail,
                )
            )

    def _state(self, camera_id: str) -> BookState:
        known = self._states.get(camera_id)
        if known is not None:
            return known
        snapshot = self._store.ask(lambda conn: load_snapshot(conn, _worker(camera_id)))
        if snapshot is None:
            return self._book.initial()
        try:
            return decode_state(snapshot.state)
        except msgspec.DecodeError as error:
            log.warning("snapshot.unreadable", camera=camera_id, error=str(error))
            return self._book.initial()


def _worker(camera_id: str) -> str:
    return f"vision:{camera_id}"
