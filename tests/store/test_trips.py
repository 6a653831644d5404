"""Trips, rounds and zone visits: written in any order and any number of times."""

from __future__ import annotations

from datetime import timedelta, timezone

import msgspec
import pytest

from geofence.finding import RoundState, SegmentState, TripOutcome, ZoneVisit
from store.batch import Batch
from store.database import Connection
from store.errors import StoreRefused
from store.position_reader import visits
from store.round_writer import round_id_of
from store.trip_writer import trip_id_of
from store.writer import Writer
from tests.store.made import NOON, segment, trip, work_round

pytestmark = pytest.mark.servers
change = msgspec.structs.replace


@pytest.fixture
def writer(conn: Connection) -> Writer:
    return Writer(conn, lambda _change: ())


def rows(conn: Connection, columns: str) -> list[tuple[object, ...]]:
    return conn.execute(f"SELECT {columns}").fetchall()  # type: ignore[arg-type]


def test_a_trip_is_amended_in_place(conn: Connection, writer: Writer) -> None:
    first = trip()
    done = change(first, outcome=TripOutcome.FINISHED, ended_at=NOON, ground_ok=True, stops=2)
    assert writer.write(Batch(trips=(first,))).trips == 1
    assert writer.write(Batch(trips=(first,))).trips == 0
    assert writer.write(Batch(trips=(first, done))).trips == 1  # the last word counts
    found = rows(conn, "trip_id, outcome, stops, ground_ok, route_ok, ended_at FROM trip")
    trip_id = trip_id_of(first.vehicle_id, first.began_at)
    assert found == [(trip_id, "finished", 2, True, None, NOON)]
    assert writer.write(Batch(trips=(change(done, withdrawn=True),))).trips == 1
    assert writer.write(Batch(trips=(change(done, withdrawn=True),))).trips == 0
    assert rows(conn, "count(*) FROM trip") == [(0,)]


@pytest.mark.parametrize(
    "changes",
    [
        {"site_id": None},
        {"left_at": NOON},
        {"permit_id": None},
        {"ground_id": "ground-east"},
        {"arrived_at": NOON},
        {"emptied_at": NOON},
        {"load_by": "sensor"},
        {"lon": 119.0},
        {"lat": 31.0},
        {"distance_m": 1.0},
        {"moving_s": 1.0},
        {"off_route_m": 1.0},
        {"stopped_s": 1.0},
        {"fixes": 1},
        {"missing_s": 1.0},
        {"lid_open_s": 1.0},
        {"site_ok": False},
        {"route_ok": True},
        {"backfill": True},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_every_field_of_a_trip_may_be_amended(
    conn: Connection, writer: Writer, changes: dict[str, object]
) -> None:
    writer.write(Batch(trips=(trip(),)))
    assert writer.write(Batch(trips=(change(trip(), **changes),))).trips == 1
    ((name, value),) = changes.items()
    assert rows(conn, f"{name} FROM trip") == [(value,)]


def test_a_round_is_replaced_with_all_its_segments(conn: Connection, writer: Writer) -> None:
    first = work_round()
    assert writer.write(Batch(rounds=(first, first))).rounds == 1
    assert writer.write(Batch(rounds=(first,))).rounds == 0
    changed = (first.segments[0], segment(1, SegmentState.TOO_FAST, speed_kmh=31.5))
    assert writer.write(Batch(rounds=(change(first, segments=changed),))).rounds == 1
    late = change(first, segments=changed, state=RoundState.LATE, late_s=600.0, coverage=0.97)
    assert writer.write(Batch(rounds=(late,))).rounds == 1
    found = rows(conn, "round_id, state, late_s, segments->1->>'state', vehicle_ids FROM round")
    round_id = round_id_of(first.plan_id, first.window_from)
    assert found == [(round_id, "late", 600.0, "too_fast", ["v30", "v31"])]
    assert writer.write(Batch(rounds=(change(late, withdrawn=True),))).rounds == 1
    assert rows(conn, "count(*) FROM round") == [(0,)]


def test_the_same_instant_in_another_zone_is_the_same_trip() -> None:
    other = NOON.astimezone(timezone(timedelta(hours=8)))
    assert trip_id_of("苏D12345", other) == trip_id_of("苏D12345", NOON)
    assert round_id_of("sweep", other) == round_id_of("sweep", NOON)
    assert trip_id_of("苏D12345", NOON) != trip_id_of("苏D12346", NOON)


def test_a_visit_keeps_its_weights(conn: Connection, writer: Writer) -> None:
    came = ZoneVisit(vehicle_id="v1", zone_id="z", entered_at=NOON, arrived_kg=14200.0)
    gone = change(came, left_at=NOON + timedelta(minutes=9), left_kg=9100.5)
    for visit, changed in ((came, 1), (came, 0), (gone, 1), (gone, 0)):
        assert writer.write(Batch(visits=(visit,))).visits == changed
    assert visits(conn, "v1", NOON) == [gone]


def test_what_the_database_cannot_hold_is_refused_whole(conn: Connection, writer: Writer) -> None:
    bad = change(work_round(), segments=(change(segment(0), name="\0"),))
    with pytest.raises(StoreRefused):
        writer.write(Batch(trips=(trip(),), rounds=(bad,)))
    assert rows(conn, "count(*) FROM trip") == [(0,)]
