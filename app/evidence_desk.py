"""All that a vision process does for evidence: keep it, take clips and tracks, mind the room."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import structlog
from prometheus_client import Gauge

from alerts.alert import AlertChange, ChangeKind, Evidence
from app.clip_taker import POSITIONS_AFTER_S, ClipOf, ClipTaker, TakenClip
from app.patient_store import PatientStore, Stopped
from config.settings import Settings
from detection.scene_event import SceneEvent
from store.database import connect
from store.errors import StoreError
from store.evidence_keeper import EvidenceKeeper
from store.evidence_objects import EvidenceObjects, ObjectStoreFull
from store.evidence_positions import positions_evidence
from store.evidence_room import make_room, put_state, used
from store.evidence_writer import attach_evidence
from store.outbox_entry import DestinationsOf

log = structlog.get_logger()

TEND_EVERY_S = 60.0
LOOK_EVERY_S = 2.0
TRY_AGAIN_EVERY_S = 5.0
"""While the object store is full or away. That it is, or no longer, is told at the next look."""
MOST_WAITING = 1000
PICTURES_BYTES = 8 * 2**20
"""What is made free for pictures at once when they were refused."""
SPARE = 1.05
"""So much more than is needed is made free, so that not every clip has to."""

USED = Gauge("muckwatch_evidence_bytes", "Evidence in the object store, as the database counts it")
TROUBLE = Gauge("muckwatch_evidence_trouble", "1 while the object store is full or away")


class EvidenceDesk:
    """Used by one EventRecorder: `kept` before the batch is written, `written` after it.

    Alerts never wait for it longer than one refused put (`evidence.put_timeout_s`), and after a
    failure not at all.
    """

    def __init__(
        self,
        settings: Settings,
        destinations_of: DestinationsOf,
        worker: str,
        stop: threading.Event,
    ) -> None:
        self._settings, self._worker = settings, worker
        self._destinations_of = destinations_of
        self._store = PatientStore(settings.database, destinations_of, stop)
        self._objects = EvidenceObjects(settings.evidence)
        self.keeper = EvidenceKeeper(self._objects, worker, self._make_room)
        self.taker = ClipTaker(
            settings.evidence,
            self.keeper,
            self._clip,
            self._attach,
        )
        self._clip_of: ClipOf = lambda *_: None
        self._tending = threading.Lock()
        self._ending = threading.Event()
        self._lock = threading.Lock()
        self._tracks: list[tuple[float, UUID, datetime, datetime]] = []
        self._told: str | None = None
        self._thread = threading.Thread(target=self._run, name="evidence-desk", daemon=True)

    def start(self, clip_of: ClipOf) -> None:
        self._clip_of = clip_of
        self.taker.start()
        self._thread.start()

    def stop(self) -> None:
        """Take at once what waits, as far as it is there."""
        self.taker.stop()
        self._ending.set()
        self._thread.join(10)
        self._store.close()

    def kept(self, changes: Sequence[AlertChange]) -> tuple[AlertChange, ...]:
        """The changes as they are to be written: their evidence stored, or told missing."""
        return self.keeper.keep_all(changes)

    def written(self, changes: Sequence[AlertChange], events: Sequence[SceneEvent]) -> None:
        """What was just written: clips and the trucks' tracks are taken of what is new."""
        self.taker.want(changes, events)
        due_s = time.monotonic() + POSITIONS_AFTER_S
        for change in changes:
            alert = change.alert
            if change.change is not ChangeKind.RAISED or not alert.passers:
                continue
            with self._lock:
                if len(self._tracks) < MOST_WAITING:
                    self._tracks.append((due_s, alert.alert_id, alert.started_at, alert.raised_at))

    def _run(self) -> None:
        tend_due_s = try_due_s = 0.0
        while True:
            ending = self._ending.wait(LOOK_EVERY_S if tend_due_s else 0.0)
            try:
                self._take_tracks(at_once=ending)
                if not ending and self._told is not None and time.monotonic() >= try_due_s:
                    try_due_s = time.monotonic() + TRY_AGAIN_EVERY_S
                    self.keeper.try_again()
                if not ending and (time.monotonic() >= tend_due_s or self._has_news):
                    self._tend()
            except (StoreError, Stopped) as error:
                log.warning("evidence.not_tended", error=str(error))
            except Exception:  # evidence must not end with one fault
                log.exception("evidence.fault")
            if time.monotonic() >= tend_due_s:
                tend_due_s = time.monotonic() + TEND_EVERY_S
            if ending:
                return

    @property
    def _has_news(self) -> bool:
        trouble = self.keeper.trouble
        return self._told != (None if trouble is None else trouble.word)

    def _take_tracks(self, *, at_once: bool) -> None:
        while True:
            with self._lock:
                ready = [t for t in self._tracks if at_once or t[0] <= time.monotonic()]
                if not ready:
                    return
                self._tracks.remove(ready[0])
            _, alert_id, since, until = ready[0]
            with connect(self._settings.database, "muckwatch-evidence") as conn:
                found = positions_evidence(conn, alert_id, since, until)
                if found is not None:
                    attach_evidence(conn, [self.keeper.keep(found)], self._destinations_of)

    def _tend(self) -> None:
        with connect(self._settings.database, "muckwatch-evidence") as conn:
            counted = used(conn)
            self.keeper.note_used(counted.objects_bytes, counted.in_database_bytes)
            trouble = self.keeper.trouble
            short = max(self.keeper.short_of(0), 0)
            if isinstance(trouble, ObjectStoreFull) and self._told != trouble.word:
                # A full disk that reserves nothing says so by refusing; asked for once each time.
                short = max(short, PICTURES_BYTES)
            if short:
                with self._tending:
                    make_room(conn, self._objects, round(short * SPARE))
                counted = used(conn)
                self.keeper.note_used(counted.objects_bytes, counted.in_database_bytes)
            put_state(conn, self._objects, self._worker, trouble, counted.objects_bytes)
        self._told = None if trouble is None else trouble.word
        USED.set(counted.objects_bytes)
        TROUBLE.set(trouble is not None)

    def _make_room(self, size_bytes: int) -> bool:
        """Asked by the keeper when a clip does not fit."""
        need = max(round(max(self.keeper.short_of(size_bytes), size_bytes) * SPARE), 1)
        try:
            with (
                self._tending,
                connect(self._settings.database, "muckwatch-evidence") as conn,
            ):
                freed = make_room(conn, self._objects, need)
                counted = used(conn)
        except StoreError as error:
            log.warning("evidence.no_room_made", error=str(error))
            return False
        self.keeper.note_used(counted.objects_bytes, counted.in_database_bytes)
        return freed > 0

    def _clip(self, camera_id: str, since: datetime, until: datetime) -> TakenClip | None:
        return self._clip_of(camera_id, since, until)

    def _attach(self, evidence: Sequence[Evidence]) -> None:
        self._store.ask(lambda conn: attach_evidence(conn, evidence, self._destinations_of))
