"""What cameras saw is laid at trucks while it runs, from the tables and by the real matching."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec
import pytest

from app.attributor import Attributor
from app.patient_store import PatientStore
from config.demo_district import folder
from config.settings import DatabaseSettings, Settings
from config.site_files import read_site_folder
from config.vehicle import Vehicle
from detection.scene_event import Snapshot
from ingest.position import Position
from store.alert_reader import alert_page, recent_alerts
from store.alert_row import StoredAlert
from store.batch import Batch
from store.database import Connection, connect
from store.operator import lay_at, lay_sighting
from store.sighting_reader import recent_sightings
from store.sighting_row import StoredSighting
from store.site import seed_site_files
from store.writer import Writer
from tests.app.camera_world import (
    CAMERA,
    NOW,
    SITE,
    TRUCKS,
    drive,
    event,
    passage,
    recorder_of,
    settings_of,
)
from tests.databases import fresh_database

pytestmark = pytest.mark.servers

LONG_S = 30.0
FIRST, SECOND, ABSENT = TRUCKS[:3]


@pytest.fixture
def database(embedded: DatabaseSettings, migrated: str) -> Iterator[DatabaseSettings]:
    with fresh_database(embedded, migrated) as url:
        with connect(DatabaseSettings(url=url)) as conn:
            seed_site_files(conn, read_site_folder(folder()))
        yield DatabaseSettings(url=url)


@dataclass
class Gate:
    """A vision process's recorder and attributor, and the fleet's pipeline, over one database."""

    settings: Settings
    conn: Connection

    def __post_init__(self) -> None:
        self.fleet = Writer(self.conn, lambda _change: ())
        self.heard: set[str] = set()
        self.restart()

    def restart(self, cameras: Sequence[str] = tuple(SITE.cameras)) -> None:
        self.recorder = recorder_of(self.settings)
        stop = threading.Event()
        store = PatientStore(self.settings.database, lambda _change: (), stop)
        self.attributor = Attributor(self.settings, SITE, self.recorder, store, cameras, stop)

    def stop(self) -> None:
        self.recorder.close()
        self.attributor.join()

    def see(self, *told: object, camera: str = CAMERA) -> None:
        self.recorder.record(camera, told)  # type: ignore[arg-type]
        assert self.recorder.wait_written(LONG_S)

    def hear(self, *positions: Position) -> None:
        """And at the same time of the rest of the fleet, far away; of `ABSENT` nothing."""
        self.heard |= {p.vehicle_id for p in positions}
        far = [
            p
            for vehicle in SITE.vehicles.values()
            if vehicle.vehicle_id not in {*self.heard, ABSENT.vehicle_id}
            for p in drive(vehicle, max(p.fix_time for p in positions), -60, 0)
        ]
        away = tuple(msgspec.structs.replace(p, lon=p.lon + 0.2) for p in far)
        self.fleet.write(Batch(positions=(*positions, *away)))
        self.fleet.follow()

    def look(self, after_s: float = 0) -> int:
        answers = self.attributor.look(NOW + timedelta(seconds=after_s))
        assert self.recorder.wait_written(LONG_S)
        return answers

    def sightings(self) -> dict[datetime, StoredSighting]:
        return {s.sighting.at: s for s in recent_sightings(self.conn)}

    def alert(self) -> StoredAlert:
        [stored] = recent_alerts(self.conn)
        return stored


@pytest.fixture
def gate(database: DatabaseSettings) -> Iterator[Gate]:
    with connect(database) as conn:
        made = Gate(settings_of(database), conn)
        yield made
        made.stop()


def at(ago_s: float) -> datetime:
    return NOW - timedelta(seconds=ago_s)


def test_a_spill_is_laid_at_the_truck_whose_plate_and_place_fit(gate: Gate) -> None:
    gate.hear(*drive(FIRST, at(33)), *drive(SECOND, at(600)))
    gate.see(passage(1, FIRST), event(1))
    assert gate.look() == 1
    stored = gate.alert()
    assert (stored.alert.vehicle_id, stored.alert.plate) == (FIRST.vehicle_id, FIRST.plate)
    assert stored.attributed_by == "rules"
    assert stored.revision == 2  # raised, and amended once
    best = stored.alert.candidates[0]
    assert best.plate_read == "same"
    assert best.distance_m is not None
    assert best.distance_m < 20
    [seen] = gate.sightings().values()
    assert seen.vehicle_id == FIRST.vehicle_id
    for later_s in (10, 60, 700):
        gate.look(later_s)
    assert gate.alert().revision == 2
    [seen] = gate.sightings().values()
    assert seen.attribution is not None
    assert seen.attribution.final


def test_it_waits_for_positions_and_for_a_pipeline_that_is_behind(gate: Gate) -> None:
    gate.see(passage(1, FIRST), event(1))
    assert gate.look() == 0  # nobody was heard of at all
    gate.hear(*drive(FIRST, at(33), -60, -10))
    assert gate.look(5) == 0  # the fleet is not known up to the passage
    assert gate.alert().alert.nobody is None
    gate.hear(*drive(FIRST, at(33), -5, 30))
    assert gate.look(10) == 1
    assert gate.alert().alert.vehicle_id == FIRST.vehicle_id


def test_what_no_position_came_for_is_settled_in_the_end(gate: Gate) -> None:
    gate.see(passage(1, None), event(1))
    assert gate.look() == 0
    assert gate.look(700) == 1
    stored = gate.alert()
    assert stored.alert.vehicle_id is None
    assert stored.alert.nobody is not None
    assert stored.alert.nobody > 0.5
    assert gate.look(720) == 0


def test_two_that_both_fit_stay_two_for_a_person(gate: Gate) -> None:
    """Side by side through the gate, no plate read: nobody is named, both are told."""
    gate.hear(*drive(FIRST, at(33)), *drive(SECOND, at(33)))
    gate.see(passage(1, None), event(1))
    gate.look()
    gate.look(60)
    stored = gate.alert()
    assert stored.alert.vehicle_id is None
    suspects = {c.vehicle_id for c in stored.alert.candidates}
    assert suspects >= {FIRST.vehicle_id, SECOND.vehicle_id}
    done = lay_at(gate.conn, stored.alert.alert_id, SECOND.vehicle_id, "王工", None, lambda _: ())
    assert done is not None
    gate.hear(*drive(FIRST, at(33), 35, 60))
    for later_s in (120, 700):
        gate.look(later_s)
    stored = gate.alert()
    assert (stored.shown.vehicle_id, stored.attributed_by) == (SECOND.vehicle_id, "王工")
    [seen] = gate.sightings().values()
    assert seen.vehicle_id == SECOND.vehicle_id


def test_an_event_that_comes_after_its_truck_was_settled(gate: Gate) -> None:
    """Even in a process that has forgotten all: the table remembers who it was."""
    gate.hear(*drive(FIRST, at(33)))
    gate.see(passage(1, FIRST))
    assert gate.look() == 1
    gate.look(700)
    gate.stop()
    gate.conn.execute("DELETE FROM worker_snapshot")
    gate.restart()
    gate.see(event(1))
    assert gate.look(705) == 1
    assert gate.alert().alert.vehicle_id == FIRST.vehicle_id
    assert gate.look(710) == 0


def test_after_a_restart_it_goes_on_with_what_is_open(gate: Gate) -> None:
    gate.see(passage(1, FIRST), event(1))
    gate.stop()
    gate.hear(*drive(FIRST, at(33)))
    gate.restart()
    assert gate.look(30) == 1
    stored = gate.alert()
    assert stored.alert.vehicle_id == FIRST.vehicle_id
    page = alert_page(gate.conn, stored.alert.alert_id)
    assert page is not None
    assert [e.change for e in page.log] == ["raised", "amended"]


def test_who_passed_without_a_sighting_is_laid_too_but_no_person(gate: Gate) -> None:
    walker = event(2, kind="illegal_dumping")
    gate.hear(*drive(FIRST, at(33)))
    gate.see(event(1))
    assert gate.look(60) == 1
    stored = gate.alert()
    assert [c.vehicle_id for c in stored.alert.candidates] == [FIRST.vehicle_id]
    assert walker.passer is not None
    on_foot = msgspec.structs.replace(walker.passer, class_name="person")
    gate.see(msgspec.structs.replace(walker, passer=on_foot))
    gate.look(700)
    judged = {s.alert.kind: s.alert.nobody for s in recent_alerts(gate.conn)}
    assert judged["illegal_dumping"] is None
    assert judged["spillage"] is not None


def stranger() -> Vehicle:
    return replace(FIRST, vehicle_id="x", plate="浙B99999")


def test_what_a_passage_shows_against_the_register_is_raised_once(gate: Gate) -> None:
    """A truck that no register knows, with its picture; and one whose terminal is elsewhere."""
    shot = Snapshot(
        moment="passage", captured_at=at(33), width_px=4, height_px=4, jpeg=b"\xff\xd8truck"
    )
    gate.hear(*drive(FIRST, at(2000), 1900, 2000), *drive(SECOND, at(150)))
    silent = passage(2, ABSENT, ago_s=300)
    gate.see(passage(1, stranger(), snapshot=shot), silent)
    for later_s in (0, 60, 700, 710):
        gate.look(later_s)
    found = {s.alert.kind: s for s in recent_alerts(gate.conn)}
    assert set(found) == {"unknown_truck", "terminal_silent"}
    unknown, quiet = found["unknown_truck"], found["terminal_silent"]
    assert (unknown.alert.vehicle_id, unknown.pictures) == (None, 1)
    assert unknown.alert.values["plate_read"] == "浙B99999"
    assert unknown.alert.nobody is not None
    assert (quiet.alert.vehicle_id, quiet.alert.plate) == (ABSENT.vehicle_id, ABSENT.plate)
    assert [s.revision for s in found.values()] == [1, 1]
    gate.stop()
    gate.restart()
    assert gate.look(720) == 0


def test_a_persons_word_on_a_passage_is_the_word_on_all_that_it_shows(gate: Gate) -> None:
    """Said before the rules were done: no unknown truck is told of it, and a spill that is known
    only later is laid as the person said.
    """
    gate.hear(*drive(SECOND, at(2000), 1900, 2000))
    gate.see(passage(1, stranger()), passage(2, stranger(), ago_s=300))
    mine, other = sorted(gate.sightings().values(), key=lambda s: s.sighting.at, reverse=True)
    laying = (mine.sighting.sighting_id, FIRST.vehicle_id, "王工", "车牌脏")
    assert lay_sighting(gate.conn, *laying, lambda _: ())
    gate.look(700)
    told = gate.alert()  # of the other one alone
    assert told.alert.kind == "unknown_truck"
    assert [p.track_uid for p in told.alert.passers] == [other.sighting.track_uid]
    gate.see(event(1))
    gate.look(705)
    [spill] = [s for s in recent_alerts(gate.conn) if s.alert.kind == "spillage"]
    assert (spill.shown.vehicle_id, spill.shown.plate) == (FIRST.vehicle_id, FIRST.plate)
    assert (spill.attributed_by, spill.alert.vehicle_id) == ("王工", None)
    assert spill.alert.nobody is not None  # what the rules say is kept beside it


def test_each_process_lays_its_own_cameras_only(gate: Gate) -> None:
    gate.hear(*drive(FIRST, at(33)))
    gate.see(passage(1, FIRST), event(1))
    gate.stop()
    gate.restart(cameras=["gate-south"])
    assert gate.look(30) == 0
    gate.stop()
    gate.restart(cameras=[CAMERA])
    assert gate.look(30) == 1


def test_the_thread_does_it_by_itself(gate: Gate) -> None:
    gate.hear(*drive(FIRST, at(33)))
    gate.see(passage(1, FIRST), event(1))
    gate.conn.execute("LISTEN sighting")
    gate.attributor.start()
    deadline = iter(range(300))
    while gate.alert().alert.vehicle_id is None:
        assert next(deadline, None) is not None
        list(gate.conn.notifies(timeout=0.1, stop_after=1))
    gate.attributor._stop.set()
