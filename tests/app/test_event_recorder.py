"""What cameras tell reaches the database: together, in order, whatever one of them does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from alerts.attribution import Attribution, Candidate
from app.event_recorder import EventRecorder
from app.patient_store import PatientStore
from config.settings import DatabaseSettings
from ingest.rejected_message import RejectedMessage
from ingest.stream_health import StreamHealth, StreamState
from store.alert_reader import recent_alerts
from store.batch import Batch, Written
from store.cameras import camera_states
from store.database import Connection, connect
from store.position_reader import rejected_messages
from store.sighting_reader import recent_sightings
from tests.app.camera_world import (
    CAMERA,
    NOW,
    SITE,
    TRUCKS,
    event,
    passage,
    recorder_of,
    settings_of,
    track,
)
from tests.databases import fresh_database

pytestmark = pytest.mark.servers

TRUCK = TRUCKS[0].vehicle_id
LONG_S = 30.0


@pytest.fixture
def database(embedded: DatabaseSettings, migrated: str) -> Iterator[DatabaseSettings]:
    with fresh_database(embedded, migrated) as url:
        yield DatabaseSettings(url=url)


@pytest.fixture
def conn(database: DatabaseSettings) -> Iterator[Connection]:
    with connect(database) as connection:
        yield connection


class Gated(PatientStore):
    """A database that takes nothing until `gate` is set."""

    def __init__(self, database: DatabaseSettings) -> None:
        super().__init__(database, lambda _change: (), threading.Event())
        self.gate = threading.Event()
        self.batches: list[Batch] = []

    def write(self, batch: Batch) -> Written:
        self.gate.wait(LONG_S)
        self.batches.append(batch)
        return super().write(batch)


def laid(number: int = 1) -> Attribution:
    return Attribution(
        camera_id=CAMERA,
        track_uid=track(number),
        at=passage(number, None).at,
        candidates=(Candidate(vehicle_id=TRUCK, confidence=0.99),),
        nobody=0.01,
        vehicle_id=TRUCK,
        final=True,
    )


def test_events_sightings_and_who_it_was_are_stored(
    database: DatabaseSettings, conn: Connection
) -> None:
    recorder = recorder_of(settings_of(database))
    recorder.record(CAMERA, [passage(1, TRUCKS[0]), event(1)])
    recorder.record("gate-south", [event(2, camera="gate-south")])
    recorder.record(CAMERA, [laid()])
    health = StreamHealth(state=StreamState.ONLINE, frames_seen=9, frames_dropped=2, detail="ok")
    recorder.note_state(CAMERA, health, 4)
    recorder.reject(RejectedMessage(received_at=NOW, topic="t", reason="r", payload=b"p"))
    recorder.close()
    alerts = {s.alert.camera_id: s for s in recent_alerts(conn)}
    assert {c: s.alert.vehicle_id for c, s in alerts.items()} == {CAMERA: TRUCK, "gate-south": None}
    assert alerts[CAMERA].alert.plate == TRUCKS[0].plate
    assert alerts[CAMERA].pictures == 1
    [seen] = recent_sightings(conn)
    assert seen.vehicle_id == TRUCK
    assert [m.reason for m in rejected_messages(conn, NOW)] == ["r"]
    [state] = camera_states(conn)
    assert (state.state, state.frames_seen, state.frames_detected) == ("online", 9, 4)
    assert state.figures["frames_dropped"] == 2


def test_while_the_database_is_away_only_the_full_camera_waits(
    database: DatabaseSettings, conn: Connection
) -> None:
    store = Gated(database)
    recorder = recorder_of(settings_of(database, recorder_queue_bytes=10_000), store)

    def tell(camera: str, count: int) -> None:
        for number in range(count):
            recorder.record(camera, [event(number, camera=camera)])

    busy = threading.Thread(target=tell, args=(CAMERA, 40), daemon=True)
    busy.start()
    while recorder.has_room(CAMERA):
        assert busy.is_alive()
    tell("gate-south", 3)  # does not wait
    assert recorder.has_room("gate-south")
    assert recent_alerts(conn) == []
    store.gate.set()
    busy.join(LONG_S)
    assert not busy.is_alive()
    assert recorder.wait_written(LONG_S)
    recorder.close()
    found = recent_alerts(conn, limit=100)
    assert len([s for s in found if s.alert.camera_id == CAMERA]) == 40
    assert len([s for s in found if s.alert.camera_id == "gate-south"]) == 3
    # What piled up goes in few transactions, of several cameras at once.
    assert len(store.batches) < 30
    assert any(len(batch.snapshots) == 2 for batch in store.batches)


def test_a_restart_writes_nothing_twice_and_goes_on(
    database: DatabaseSettings, conn: Connection
) -> None:
    settings = settings_of(database)
    told = [passage(1, TRUCKS[0]), event(1)]
    for _ in range(2):
        recorder = recorder_of(settings)
        recorder.record(CAMERA, told)
        recorder.close()
        [stored] = recent_alerts(conn)
        assert stored.revision == 1
    third = recorder_of(settings)
    third.record(CAMERA, [event(1, ended_at=NOW)])
    assert third.wait_written(LONG_S)
    third.record(CAMERA, [laid()])
    third.close()
    [stored] = recent_alerts(conn)
    assert (stored.revision, stored.alert.ended_at, stored.alert.vehicle_id) == (3, NOW, TRUCK)
    assert len(recent_sightings(conn)) == 1


@pytest.mark.parametrize(
    "bad",
    [event(9, values={"road": "\0"}), event(9, camera="no-such-camera")],
    ids=["nul", "camera"],
)
def test_what_cannot_be_written_takes_no_other_with_it(
    database: DatabaseSettings, conn: Connection, bad: object
) -> None:
    store = Gated(database)
    recorder = recorder_of(settings_of(database), store)
    recorder.record("hotspot-canal", [event(3, camera="hotspot-canal")])
    recorder.record(CAMERA, [event(1)])
    recorder.record(bad.camera_id, [bad])  # type: ignore[attr-defined]
    recorder.record(CAMERA, [event(2), passage(2, None)])
    store.gate.set()
    assert recorder.wait_written(LONG_S)
    recorder.record(CAMERA, [event(4)])
    recorder.close()
    found = recent_alerts(conn)
    assert sorted((s.alert.camera_id or "") for s in found) == [CAMERA] * 3 + ["hotspot-canal"]
    assert len(recent_sightings(conn)) == 1


def test_an_alert_without_a_place_stands_where_the_camera_now_does(
    database: DatabaseSettings, conn: Connection
) -> None:
    recorder: EventRecorder = recorder_of(settings_of(database))
    recorder.placed(replace(SITE.cameras[CAMERA], lon=119.5, lat=31.5))
    recorder.record(CAMERA, [event(1)])
    recorder.close()
    [stored] = recent_alerts(conn)
    assert (stored.alert.lon, stored.alert.lat) == (119.5, 31.5)
