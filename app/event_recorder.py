"""Writes what cameras found: the alert book of each camera, and one writer for all of them."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol

import msgspec
import structlog
from prometheus_client import Counter

from alerts.alert import AlertChange
from alerts.attribution import Attribution
from alerts.book import AlertBook, BookState, Finding, decode_state, encode_state
from app.observation_queue import ObservationQueue, Told
from app.patient_store import PatientStore, Stopped
from config.camera import Camera
from config.settings import Settings
from config.site import Site
from detection.scene_event import SceneEvent
from detection.scene_view import Observation
from detection.sighting import Sighting
from ingest.rejected_message import RejectedMessage
from ingest.stream_health import StreamHealth
from store.batch import Batch
from store.cameras import put_camera_state
from store.snapshot import load_snapshot

log = structlog.get_logger()

RECORDED = Counter("muckwatch_observations_total", "What cameras told, by outcome", ["outcome"])
BLOCKED = Counter("muckwatch_observations_blocked_total", "Times a camera waited for the database")

BATCH_AT_MOST = 64
BATCH_BYTES = 16 * 2**20
REJECTED_AT_MOST = 200
IDLE_S = 0.5
CLOSE_S = 10.0

_TOLD_APART = {"state", "frames_seen", "last_seen_at", "detail"}
"""Of a stream's health: what the table has columns for."""


class _Step(NamedTuple):
    """What one camera's observations come to."""

    camera_id: str
    state: BookState
    batch: Batch
    events: tuple[SceneEvent, ...]


class EvidenceDesk(Protocol):
    """What is done for evidence before and after a batch is written, see `app.evidence_desk`."""

    def kept(self, changes: Sequence[AlertChange]) -> tuple[AlertChange, ...]: ...

    def written(self, changes: Sequence[AlertChange], events: Sequence[SceneEvent]) -> None: ...


class EventRecorder:
    """Takes observations from many threads; one thread of its own writes them in few transactions.

    A camera whose observations wait for the database has to wait only when `recorder_queue_bytes`
    of them do, and holds up no other. Each camera has a book of its own, snapshotted with every
    change, so that a restart joins a repeat to the alert it belongs to.

    `store` is the writing thread's alone from now on. Without a `desk` pictures stay in the
    database, and there are no clips.
    """

    def __init__(
        self,
        settings: Settings,
        site: Site,
        store: PatientStore,
        desk: EvidenceDesk | None = None,
    ) -> None:
        self._store = store
        self._desk = desk
        self._book = AlertBook(
            site,
            hold_back=timedelta(seconds=settings.pipeline.hold_back_s),
            lateness=timedelta(seconds=settings.pipeline.lateness_s),
        )
        self._states: dict[str, BookState] = {}
        self._queue = ObservationQueue(settings.vision.recorder_queue_bytes)
        self._lock = threading.Lock()
        self._rejected: list[RejectedMessage] = []
        self._health: dict[str, tuple[StreamHealth, int]] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="record", daemon=True)
        self._thread.start()

    def record(self, camera_id: str, observations: Sequence[Observation | Attribution]) -> None:
        """Have them written; waits only while too many of this camera do (see `has_room`).

        Raises:
            Stopped: the recorder was closed.
        """
        before = self._queue.blocked
        self._queue.put(camera_id, observations)
        if self._queue.blocked > before:
            BLOCKED.inc()

    def has_room(self, camera_id: str) -> bool:
        """Whether `record` would not wait: a shared thread passes over the camera meanwhile."""
        return self._queue.has_room(camera_id)

    def reject(self, rejected: RejectedMessage) -> None:
        """Keep a message that no camera worker could use; the oldest go where they pile up."""
        with self._lock:
            self._rejected.append(rejected)
            del self._rejected[:-REJECTED_AT_MOST]

    def note_state(self, camera_id: str, health: StreamHealth, frames_detected: int) -> None:
        """Have a camera's state written soon; the newest is."""
        with self._lock:
            self._health[camera_id] = (health, frames_detected)

    def placed(self, camera: Camera) -> None:
        """The camera stands elsewhere now: so do its alerts that know no place of their own."""
        site = self._book.site
        cameras = {**site.cameras, camera.id: camera}
        site = dataclasses.replace(site, cameras=cameras)
        self._book = dataclasses.replace(self._book, site=site)

    def wait_written(self, timeout_s: float) -> bool:
        """Whether all that was recorded so far is in the database by then."""
        return self._queue.wait_empty(timeout_s)

    def close(self) -> None:
        """Write what waits, as far as the database takes it in 10 s, and end."""
        self._queue.close()
        self._stopping.set()
        self._thread.join(CLOSE_S)

    def _run(self) -> None:
        try:
            while True:
                stopping = self._stopping.is_set()
                taken = self._queue.take(BATCH_AT_MOST, BATCH_BYTES, 0 if stopping else IDLE_S)
                if taken:
                    self._write(taken)
                self._queue.done()
                self._write_rest()
                if stopping and not taken:
                    return
        except Stopped:
            log.info("recorder.stopped", unrecorded=True)
        finally:
            self._queue.close()
            self._queue.done()

    def _write(self, taken: Mapping[str, Sequence[Told]]) -> None:
        steps = [step for camera, told in taken.items() if (step := self._advance(camera, told))]
        try:
            self._commit(steps)
        except Stopped:
            raise
        except Exception:
            # What one camera told, such as a value the database can't hold, must not take the
            # others' with it.
            log.exception("observations.one_by_one")
            for camera_id, told in taken.items():
                for each in told:
                    self._write_alone(camera_id, each)

    def _write_alone(self, camera_id: str, told: Told) -> None:
        step = self._advance(camera_id, [told])
        if step is None:
            return
        try:
            self._commit([step])
        except Stopped:
            raise
        except Exception:
            RECORDED.labels("refused").inc()
            log.exception("observation.refused", camera=camera_id)

    def _advance(self, camera_id: str, told: Sequence[Told]) -> _Step | None:
        findings: list[Finding] = [t for t in told if not isinstance(t, Sighting)]
        before = self._state(camera_id)
        try:
            state, changes = self._book.advance(before, findings, datetime.now(UTC))
        except Exception:  # of a camera that is no longer in the site, say
            RECORDED.labels("failed").inc(len(told))
            log.exception("observation.failed", camera=camera_id)
            return None
        batch = Batch(
            sightings=tuple(t for t in told if isinstance(t, Sighting)),
            attributions=tuple(t for t in told if isinstance(t, Attribution)),
            changes=self._kept(changes),
            worker=_worker(camera_id),
            snapshot=None if state is before else encode_state(state),
        )
        events = tuple(t for t in told if isinstance(t, SceneEvent))
        return _Step(camera_id, state, batch, events)

    def _kept(self, changes: Sequence[AlertChange]) -> tuple[AlertChange, ...]:
        return tuple(changes) if self._desk is None else self._desk.kept(changes)

    def _commit(self, steps: Sequence[_Step]) -> None:
        if not steps:
            return
        batches = [step.batch for step in steps]
        self._store.write(
            Batch(
                sightings=tuple(s for batch in batches for s in batch.sightings),
                attributions=tuple(a for batch in batches for a in batch.attributions),
                changes=tuple(c for batch in batches for c in batch.changes),
                worker="vision",
                snapshots=tuple(
                    (batch.worker, batch.snapshot)
                    for batch in batches
                    if batch.snapshot is not None
                ),
            )
        )
        for step in steps:
            self._states[step.camera_id] = step.state
            RECORDED.labels("written").inc(
                len(step.batch.sightings) + len(step.batch.attributions) + len(step.batch.changes)
            )
            for change in step.batch.changes:
                log.info(
                    "camera.alert",
                    camera=step.camera_id,
                    kind=change.alert.kind,
                    change=change.change.value,
                    confidence=round(change.alert.confidence, 2),
                    vehicle=change.alert.vehicle_id,
                )
            if self._desk is not None:
                self._desk.written(step.batch.changes, step.events)

    def _write_rest(self) -> None:
        with self._lock:
            rejected, self._rejected = tuple(self._rejected), []
            told, self._health = self._health, {}
        if rejected:
            self._store.write(Batch(rejected=rejected, worker="vision"))
        for camera_id, (health, frames_detected) in told.items():
            self._put_state(camera_id, health, frames_detected)

    def _put_state(self, camera_id: str, health: StreamHealth, frames_detected: int) -> None:
        figures = {
            name: value
            for name, value in dataclasses.asdict(health).items()
            if name not in _TOLD_APART and isinstance(value, float | int | str | None)
        }
        self._store.ask(
            lambda conn: put_camera_state(
                conn,
                camera_id,
                health.state.value,
                health.frames_seen,
                frames_detected,
                health.detail,
                figures,
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
