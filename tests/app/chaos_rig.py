"""The vision role as a process, and what it tells of its cameras, as others read it."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import requests
from prometheus_client.parser import text_string_to_metric_families

from app.event_recorder import EventRecorder
from app.evidence_desk import EvidenceDesk
from app.patient_store import PatientStore
from app.servers.nats import EmbeddedNats
from app.servers.ports import free_port
from config.settings import DatabaseSettings, EvidenceSettings, Settings
from config.site_files import load_site, read_site_folder
from detection.scene_event import SceneEvent, Snapshot
from ingest.packet_ring import Clip
from store.alert_reader import recent_alerts
from store.alert_row import StoredAlert
from store.cameras import camera_states
from store.database import Connection, connect
from store.evidence_reader import EvidenceRow, evidence_rows, storage_states

MOST_BYTES = 8_000_000
FPS_ANALYSED, LONGEST_LAG_S = 2, 40
"""Less work and more patience than is usual: a machine with other work must be able to follow, for
what is asked is whether faults take anything from the others, not how fast it is."""
LONG_S = 180.0
"""Of the machine's time: no figure, only an end."""


@contextmanager
def vision(url: str, site: Path, folder: Path, logs: Path) -> Iterator[str]:
    """One worker on all cameras of the site; gives the address of its metrics."""
    port = free_port()
    log = logs / "vision.log"
    with EmbeddedNats(folder / "nats") as nats, log.open("wb") as out:
        own = {
            "MUCKWATCH_SITE": str(site),
            "MUCKWATCH_DATABASE__URL": url,
            "MUCKWATCH_MQTT__PORT": str(nats.mqtt_port),
            "MUCKWATCH_EVIDENCE__URL": evidence_of(folder).url,
            "MUCKWATCH_EVIDENCE__MOST_BYTES": str(MOST_BYTES),
            "MUCKWATCH_EVIDENCE__KEEP_FREE_BYTES": "0",
            "MUCKWATCH_EVIDENCE__CLIP_BEFORE_S": "2",
            "MUCKWATCH_EVIDENCE__CLIP_AFTER_S": "1",
            "MUCKWATCH_VISION__PROCESSES": "1",
            "MUCKWATCH_VISION__ANALYSED_FPS": str(FPS_ANALYSED),
            "MUCKWATCH_VISION__LONGEST_LAG_S": str(LONGEST_LAG_S),
            "MUCKWATCH_METRICS_PORT": str(port),
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
        }
        command = [sys.executable, "-m", "app", "serve", "vision"]
        running = subprocess.Popen(command, env=os.environ | own, stdout=out, stderr=out)
        try:
            yield f"http://127.0.0.1:{port}/metrics"
            assert running.poll() is None, "the worker ended"
        finally:
            running.terminate()
            try:
                running.wait(30)
            finally:
                running.kill()
                print(log.read_text(encoding="utf-8", errors="replace")[-20_000:])


def evidence_of(folder: Path) -> EvidenceSettings:
    return EvidenceSettings(
        url=f"file:{folder}/evidence",
        most_bytes=MOST_BYTES,
        keep_free_bytes=0,
        clip_after_s=0,
    )


def fill_store(database: DatabaseSettings, site: Path, folder: Path, camera: str) -> UUID:
    """An hour ago something happened that goes on, and nobody has looked at: its clip takes nearly
    all of the room, and must not go. Returns the alert.
    """
    settings = Settings(database=database, evidence=evidence_of(folder))
    stop = threading.Event()
    desk = EvidenceDesk(settings, lambda _change: (), "earlier", stop)
    store = PatientStore(database, lambda _change: (), stop)
    recorder = EventRecorder(settings, load_site(read_site_folder(site)), store, desk)

    def clip_of(_camera: str, since: datetime, until: datetime) -> Clip:
        return Clip(secrets.token_bytes(MOST_BYTES - 50_000), since, until, "h264", 640, 360)

    at = datetime.now(UTC) - timedelta(hours=1)
    seen = Snapshot(moment="after", captured_at=at, width_px=64, height_px=36, jpeg=b"\xff\xd8")
    event = SceneEvent(
        kind="spillage", camera_id=camera, camera_zone_id="earlier", started_at=at,
        raised_at=at + timedelta(seconds=5), box=(5, 5, 8, 8), confidence=0.8, snapshots=(seen,),
    )  # fmt: skip
    desk.start(clip_of)
    recorder.record(camera, [event])
    assert recorder.wait_written(LONG_S)
    recorder.close()
    desk.stop()  # takes at once what waits
    stop.set()
    store.close()
    with connect(database) as conn:
        (alert,) = recent_alerts(conn)
        kept = {row.moment: row.object_key for row in evidence_rows(conn, alert.alert.alert_id)}
    assert kept["clip"] is not None
    return alert.alert.alert_id


@dataclass
class Teller:
    """What database and metrics say, read again and again, and when it was first read."""

    conn: Connection
    metrics: str
    alerts: list[StoredAlert] = field(default_factory=list)
    states: dict[str, str] = field(default_factory=dict)
    storage: dict[str, str] = field(default_factory=dict)
    history: list[tuple[str, str, datetime]] = field(default_factory=list)

    def look(self) -> None:
        since = datetime.now(UTC) - timedelta(minutes=10)
        states = {state.camera_id: state.state for state in camera_states(self.conn)}
        storage = {s.worker: s for s in storage_states(self.conn, since)}
        self.alerts = recent_alerts(self.conn, since=since, limit=200)
        now = datetime.now(UTC)
        for camera, state in states.items():
            if self.states.get(camera) != state:
                self.history.append((camera, state, now))
        for worker, told in storage.items():
            if self.storage.get(worker) != told.state:
                self.history.append((worker, told.state, told.updated_at))
        self.states = states
        self.storage = {worker: told.state for worker, told in storage.items()}

    def wait(self, true: Callable[[], bool], what: str) -> None:
        deadline_s = time.monotonic() + LONG_S
        while True:
            self.look()
            if true():
                return
            assert time.monotonic() < deadline_s, f"never: {what}; {self.history}"
            time.sleep(0.25)

    def alert(self, camera: str, kind: str) -> StoredAlert | None:
        """The only one of that kind."""
        found = [a for a in self.alerts if (a.alert.camera_id, a.alert.kind) == (camera, kind)]
        assert len(found) <= 1, found
        return found[0] if found else None

    def evidence(self, camera: str, kind: str) -> dict[str, EvidenceRow]:
        """By moment; nothing while there is no alert."""
        alert = self.alert(camera, kind)
        rows: Sequence[EvidenceRow] = ()
        if alert is not None:
            rows = evidence_rows(self.conn, alert.alert.alert_id)
        return {row.moment: row for row in rows}

    def since(self, name: str, state: str, after: datetime) -> datetime | None:
        """When it was first told to be so after that."""
        found = [at for who, how, at in self.history if (who, how) == (name, state) and at > after]
        return found[0] if found else None

    def counts(self) -> dict[str, dict[str, float]]:
        """Camera -> counter -> count, by the metrics."""
        text = requests.get(self.metrics, timeout=LONG_S).text
        found: dict[str, dict[str, float]] = {}
        for family in text_string_to_metric_families(text):
            if not family.name.startswith("muckwatch_camera_"):
                continue
            for sample in family.samples:
                name = sample.name.removeprefix("muckwatch_camera_").removesuffix("_total")
                found.setdefault(sample.labels["camera"], {})[name] = sample.value
        return found
