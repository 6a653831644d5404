"""The desk as a vision process has it: a spill is recorded, its clip follows, a full disk stops no
alert.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts.manifest import faults_of
from app.event_recorder import EventRecorder
from app.evidence_desk import EvidenceDesk
from app.patient_store import PatientStore
from config.demo_district import folder
from config.settings import DatabaseSettings, EvidenceSettings, Settings
from config.site_files import load_site, read_site_folder
from detection.scene_event import SceneEvent, Snapshot
from store.alert_reader import recent_alerts
from store.database import Connection, connect
from store.evidence_reader import evidence_rows, manifest_and_rows, storage_states
from tests.store.conftest import (
    conn,
    database_url,
    server,
    settings,
)

__all__ = ["conn", "database_url", "server", "settings"]

pytestmark = pytest.mark.servers
SITE = load_site(read_site_folder(folder()))


@dataclass
class Clip:
    content: bytes
    starts_at: datetime
    ends_at: datetime
    codec: str = "h264"
    width_px: int = 64
    height_px: int = 36


def clip_of(_camera: str, since: datetime, until: datetime) -> Clip:
    return Clip(os.urandom(3000), since, until)


@dataclass
class Running:
    recorder: EventRecorder
    desk: EvidenceDesk
    conn: Connection
    stop: threading.Event

    def tell(self, zone: str, at: datetime) -> None:
        event = SceneEvent(
            kind="spillage",
            camera_id="gate-east",
            camera_zone_id=zone,
            started_at=at,
            raised_at=at + timedelta(seconds=5),
            box=(5, 5, 8, 8),
            confidence=0.8,
            snapshots=(
                Snapshot(
                    moment="after",
                    captured_at=at + timedelta(seconds=5),
                    width_px=64,
                    height_px=36,
                    jpeg=b"\xff\xd8" + os.urandom(500),
                ),
            ),
        )
        self.recorder.record("gate-east", [event])
        assert self.recorder.wait_written(20)

    def wait_for_clips(self, count: int) -> None:
        deadline_s = time.monotonic() + 30
        query = "SELECT count(*) FROM evidence WHERE moment = 'clip'"
        while self.conn.execute(query).fetchone() != (count,):
            assert time.monotonic() < deadline_s
            time.sleep(0.05)


@pytest.fixture
def running(
    settings: DatabaseSettings,
    conn: Connection,
    tmp_path: Path,
) -> Iterator[Running]:
    whole = Settings(
        database=settings,
        evidence=EvidenceSettings(
            url=f"file:{tmp_path}/evidence",
            most_bytes=9000,
            keep_free_bytes=0,
            clip_after_s=0,
        ),
    )
    stop = threading.Event()
    store = PatientStore(settings, lambda _change: (), stop)
    desk = EvidenceDesk(whole, lambda _change: (), "vision 0/1", stop)
    recorder = EventRecorder(whole, SITE, store, desk)
    desk.start(clip_of)
    yield Running(recorder, desk, conn, stop)
    stop.set()
    recorder.close()
    desk.stop()
    store.close()


def test_a_spill_gets_its_clip_and_the_limit_is_held(running: Running) -> None:
    now = datetime.now(UTC)
    for number in range(2):
        running.tell(f"road-{number}", now + timedelta(seconds=60 * number))
    running.wait_for_clips(2)
    alerts = recent_alerts(running.conn)
    assert len(alerts) == 2
    for stored in alerts:
        manifest, rows = manifest_and_rows(running.conn, stored.alert.alert_id)
        assert (faults_of(manifest), [r.moment for r in rows]) == ([], ["after", "clip"])
        assert all(r.object_key for r in rows)
    # Both go on and nobody has looked at them: no room for a third, and the alert is told at once.
    running.tell("road-3", now + timedelta(seconds=180))
    running.wait_for_clips(3)
    third = next(a for a in recent_alerts(running.conn) if a.alert.subject == "road-3")
    rows = {r.moment: r for r in evidence_rows(running.conn, third.alert.alert_id)}
    assert (rows["clip"].missing, rows["after"].missing) == ("full", None)
    # An older one is dismissed: its clip goes for the next.
    first = next(a for a in alerts if a.alert.subject == "road-0")
    running.conn.execute(
        "UPDATE alert SET status = 'dismissed' WHERE alert_id = %s", [first.alert.alert_id]
    )
    running.tell("road-4", now + timedelta(seconds=240))
    running.wait_for_clips(4)
    fourth = next(a for a in recent_alerts(running.conn) if a.alert.subject == "road-4")
    kept = {r.moment: r for r in evidence_rows(running.conn, fourth.alert.alert_id)}
    assert kept["clip"].missing is None
    gone = {r.moment: r for r in evidence_rows(running.conn, first.alert.alert_id)}
    assert (gone["clip"].dropped_for, gone["after"].dropped_for) == ("room", None)


def test_what_waits_is_recorded_when_the_process_ends(
    running: Running,
    settings: DatabaseSettings,
) -> None:
    running.tell("road-0", datetime.now(UTC) + timedelta(seconds=300))
    running.stop.set()
    running.recorder.close()
    running.desk.stop()
    with connect(settings) as after:
        count = after.execute("SELECT count(*) FROM evidence WHERE moment = 'clip'").fetchone()
        assert count == (1,)
        states = storage_states(after, datetime.now(UTC) - timedelta(minutes=1))
    assert [(s.worker, s.state) for s in states] == [("vision 0/1", "ok")]
