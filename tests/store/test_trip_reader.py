"""What belongs to a trip or a round, page by page and day by day."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import msgspec
import pytest

from config.demo_district import folder
from config.settings import RetentionSettings
from config.site_files import read_site_folder
from geofence.finding import RoundState, SegmentState, TripOutcome, ZoneVisit
from store import timescale
from store.batch import Batch
from store.database import Connection
from store.retention import maintain
from store.round_reader import plan_counts, recent_rounds, round_page, stored_round
from store.round_writer import round_id_of
from store.site import read_site, write_site_files
from store.track import every_nth
from store.trip_reader import recent_trips, stored_trip, trip_counts, trip_page
from store.trip_writer import trip_id_of
from store.writer import Writer
from tests.store.made import NOON, alert, position, raised, segment, trip, work_round

pytestmark = pytest.mark.servers
change = msgspec.structs.replace
HOUR = timedelta(hours=1)


@pytest.fixture
def writer(conn: Connection) -> Writer:
    return Writer(conn, lambda _change: ())


def after(**span: float) -> datetime:
    return NOON + timedelta(**span)


def test_a_trip_with_all_that_belongs_to_it(conn: Connection, writer: Writer) -> None:
    write_site_files(conn, read_site_folder(folder()))
    permit = next(iter(read_site(conn).permits.values()))
    told = trip("v1", permit_id=permit.permit_id, ended_at=after(hours=1))
    gap_s = range(0, 1200, 30), range(1800, 3900, 30)  # to five minutes after the end
    visits = (
        ZoneVisit(vehicle_id="v1", zone_id="site", entered_at=after(minutes=-5), left_at=NOON),
        ZoneVisit(vehicle_id="v1", zone_id="ground", entered_at=after(minutes=50)),
        ZoneVisit(
            vehicle_id="v1", zone_id="before",
            entered_at=after(hours=-3), left_at=after(hours=-2),
        ),
        ZoneVisit(vehicle_id="v1", zone_id="after", entered_at=after(minutes=61)),
        ZoneVisit(vehicle_id="v2", zone_id="site", entered_at=NOON),
    )  # fmt: skip
    alerts = (
        alert("on", vehicle_id="v1", started_at=after(minutes=30)),
        alert("open", vehicle_id="v1", started_at=after(days=-2)),
        alert("over", vehicle_id="v1", started_at=after(hours=-2), ended_at=after(hours=-1)),
        alert("later", vehicle_id="v1", started_at=after(hours=2)),
        alert("other", vehicle_id="v2", started_at=after(minutes=30)),
    )
    writer.write(
        Batch(
            positions=(
                *(position("v1", s) for part in gap_s for s in part),
                position("v1", 15, quality=1),
                position("v2", 20),
            ),
            visits=visits,
            trips=(told,),
            changes=tuple(raised(a) for a in alerts),
        )
    )
    page = trip_page(conn, trip_id_of("v1", NOON))
    assert page is not None
    assert page.stored.trip == told
    assert page.permit == permit
    assert [(len(part), part[0].time, part[-1].time) for part in page.track] == [
        (40, NOON, after(seconds=1170)),
        (61, after(minutes=30), after(hours=1)),
    ]
    assert page.track[0][0].load == "full"
    assert list(page.visits) == list(visits[:2])
    assert [a.alert.alert_id for a in page.alerts] == [alerts[1].alert_id, alerts[0].alert_id]
    assert trip_page(conn, uuid4()) is None
    assert stored_trip(conn, uuid4()) is None


def test_a_trip_under_way_without_permit_goes_on_till_now(conn: Connection, writer: Writer) -> None:
    writer.write(Batch(trips=(trip(permit_id=None, site_id=None),), positions=(position(),)))
    page = trip_page(conn, trip_id_of("苏D12345", NOON))
    assert page is not None
    assert (page.permit, [len(part) for part in page.track]) == (None, [1])


def test_trips_are_filtered_and_paged(conn: Connection, writer: Writer) -> None:
    trips = tuple(
        trip(f"v{i % 3}", i // 2 * 600, outcome=outcome, ground_id="g" if i % 2 else None)
        for i, outcome in enumerate([TripOutcome.FINISHED, TripOutcome.DUMPED] * 6)
    )
    writer.write(Batch(trips=trips))

    def ids(**query: object) -> set[tuple[str, datetime]]:
        found = recent_trips(conn, **query)  # type: ignore[arg-type]
        return {(s.trip.vehicle_id, s.trip.began_at) for s in found}

    def wanted(holds: object) -> set[tuple[str, datetime]]:
        return {(t.vehicle_id, t.began_at) for t in trips if holds(t)}  # type: ignore[operator]

    assert ids(vehicle_id="v1") == wanted(lambda t: t.vehicle_id == "v1")
    assert ids(ground_id="g") == ids(outcomes=[TripOutcome.DUMPED]) == wanted(lambda t: t.ground_id)
    assert ids(site_id="site-east") == ids(permit_id="permit-1") == wanted(lambda _: True)
    assert ids(site_id="x") == ids(permit_id="x") == ids(outcomes=[]) == set()
    since, until = after(minutes=10), after(minutes=30)
    assert ids(since=since, until=until) == wanted(lambda t: since <= t.began_at < until)
    assert len(ids(since=since, until=until)) == 4

    read: list[tuple[datetime, UUID]] = []
    while page := recent_trips(conn, limit=5, before=read[-1] if read else None):
        read += [(s.trip.began_at, s.trip_id) for s in page]
        writer.write(Batch(trips=(trip("new", 9000 + len(read)),)))  # one comes in between
    assert len(read) == 12
    assert read == sorted(set(read), reverse=True)


def test_a_day_of_trips(conn: Connection, writer: Writer) -> None:
    good = {"outcome": TripOutcome.FINISHED, "ground_id": "g", "route_ok": True, "ground_ok": True}
    writer.write(
        Batch(
            trips=(
                trip("v1", 0, **good),
                trip("v2", 5, **good),
                trip("v3", 5, **good),
                trip("v2", 60, outcome=TripOutcome.DUMPED, route_ok=False, off_route_m=300.0),
                trip("stranger", 10, **good),
                trip("v1", -1, **good),
                trip("v1", 3600, **good),
            )
        )
    )
    company_of = {"v1": "c1", "v2": "c1", "v3": "c2", "v4": "c2"}
    counts = trip_counts(conn, NOON, after(hours=1), company_of)
    assert [(c.company_id, c.outcome, c.route_ok, c.trips, c.off_route_m) for c in counts] == [
        ("c1", "finished", True, 2, 0.0),
        ("c1", "dumped", False, 1, 300.0),
        ("c2", "finished", True, 1, 0.0),
        (None, "finished", True, 1, 0.0),
    ]
    assert counts[0].distance_m == 2 * trip().distance_m
    assert trip_counts(conn, after(days=9), after(days=10), {}) == []


def test_a_round_with_what_its_vehicles_did(conn: Connection, writer: Writer) -> None:
    told = work_round(
        state=RoundState.LATE, finished_at=after(hours=3, minutes=10), late_s=600.0,
        segments=(
            segment(0, SegmentState.COVERED, 9.5), segment(1, SegmentState.MISSED),
            segment(2, SegmentState.COVERED, 12.0),
        ),
    )  # fmt: skip
    weighed = ZoneVisit(
        vehicle_id="v31", zone_id="transfer", entered_at=after(hours=2), arrived_kg=9e3
    )
    mine = alert("fast", vehicle_id="v30", started_at=after(hours=1))
    other = alert("other", vehicle_id="v9", started_at=after(hours=1))
    writer.write(
        Batch(
            positions=(position("v30", 0), position("v30", 60), position("v9", 0),
                       position("v31", 3 * 3600 + 600), position("v31", 3 * 3600 + 601)),
            visits=(weighed,), rounds=(told,), changes=(raised(mine), raised(other)),
        )
    )  # fmt: skip
    page = round_page(conn, round_id_of(told.plan_id, NOON))
    assert page is not None
    assert page.stored.round == told
    assert [(c.state, c.segments, c.length_m) for c in page.stored.counts] == [
        ("covered", 2, 400.0),
        ("missed", 1, 200.0),
    ]
    lengths = {vehicle: [len(part) for part in parts] for vehicle, parts in page.tracks.items()}
    assert lengths == {"v30": [2], "v31": [1]}
    assert page.visits == (weighed,)
    assert [a.alert.alert_id for a in page.alerts] == [mine.alert_id]
    (listed,) = recent_rounds(conn)
    assert listed.counts == page.stored.counts
    assert listed.round == change(told, segments=())
    assert round_page(conn, uuid4()) is None
    assert stored_round(conn, uuid4()) is None


def test_rounds_are_filtered_paged_and_counted(conn: Connection, writer: Writer) -> None:
    states = list(RoundState)
    rounds = tuple(
        work_round(f"plan{i % 2}", i * 600, state=states[i % 5], coverage=i / 10,
                   segments=() if i == 0 else (segment(0, SegmentState.MISSED), segment(1)),
                   vehicle_ids=(f"v{i}", "v99"), late_s=60.0 * i if i % 5 == 2 else None)
        for i in range(10)
    )  # fmt: skip
    writer.write(Batch(rounds=rounds))

    def starts(**query: object) -> list[int]:
        found = recent_rounds(conn, **query)  # type: ignore[arg-type]
        return [int((s.round.window_from - NOON).total_seconds()) // 600 for s in found]

    assert starts() == list(range(9, -1, -1))
    assert starts(plan_id="plan1") == [9, 7, 5, 3, 1]
    assert starts(route_id="x") == []
    assert starts(vehicle_id="v4") == [4]
    assert starts(states=[RoundState.LATE]) == [7, 2]
    assert starts(since=after(minutes=20), until=after(minutes=40)) == [3, 2]
    last = recent_rounds(conn, limit=4)[-1]
    assert starts(before=(last.round.window_from, last.round_id), limit=3) == [5, 4, 3]
    assert recent_rounds(conn)[-1].counts == ()
    one, two = plan_counts(conn, NOON, after(hours=1))  # rounds 0, 2, 4 and 1, 3, 5
    assert (one.plan_id, one.rounds, one.missed, one.late, one.late_s) == ("plan0", 3, 2, 1, 120.0)
    assert (two.rounds, two.done, two.incomplete, two.under_way, two.late_s) == (3, 1, 1, 1, None)
    assert two.coverage == pytest.approx(0.3)
    assert one.held_back == 1


def test_trips_and_rounds_go_when_their_time_is_over(conn: Connection, writer: Writer) -> None:
    old = -100 * 86400
    writer.write(
        Batch(trips=(trip(), trip("v1", old)), rounds=(work_round(), work_round(at_s=old)))
    )
    maintain(conn, RetentionSettings(), NOON)
    assert (len(recent_trips(conn)), len(recent_rounds(conn))) == (2, 2)
    if timescale.installed(conn):
        timescale.drop_chunks(conn, NOON, RetentionSettings(trip_days=60))
    maintain(conn, RetentionSettings(trip_days=60), NOON)
    assert [s.trip.began_at for s in recent_trips(conn)] == [NOON]
    assert [s.round.window_from for s in recent_rounds(conn)] == [NOON]


@pytest.mark.parametrize(("about", "kept"), [(9, [6, 3]), (5, [4, 2]), (3, [3, 2]), (1, [2, 2])])
def test_a_long_track_is_thinned(about: int, kept: list[int]) -> None:
    parts = (tuple("abcdef"), tuple("xyz"))
    thin = every_nth(parts, about)  # type: ignore[arg-type]
    assert [part[-1] for part in thin] == ["f", "z"]
    assert [len(part) for part in thin] == kept
