"""Sightings: written once, amended in place; who it was, as the rules and as people say."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from alerts.attribution import Attribution, Candidate
from detection.sighting import PlateReading
from store.batch import Batch
from store.database import Connection
from store.fleet_known import clock_offsets, fixes_near, newest_fix, on_a_trip
from store.sighting_reader import (
    passers_unlaid,
    recent_sightings,
    sighting_picture,
    sightings_between,
    sightings_of_tracks,
    sightings_open,
    with_snapshot,
)
from store.sighting_reader import sighting as stored_sighting
from store.writer import Writer
from tests.store.made import NOON, picture, position, raised, trip
from tests.store.seen import CAMERA, attribution, sighting, spill, track
from tests.store.seen import picture as passing

pytestmark = pytest.mark.servers

HOUR = timedelta(hours=1)


@pytest.fixture
def writer(conn: Connection) -> Writer:
    return Writer(conn, lambda _change: ())


def bare(number: int = 1, at_s: float = 0, **changes: object) -> object:
    return sighting(number, at_s, **changes | {"snapshot": None})


def test_it_comes_back_as_it_was(writer: Writer, conn: Connection) -> None:
    plain = sighting(2, 5, plate=None, direction=None, load=None, snapshot=None, body_raised=None)
    written = writer.write(Batch(sightings=(sighting(), plain)))
    assert written.sightings == 2
    second, first = recent_sightings(conn)
    assert (first.sighting, second.sighting) == (bare(), plain)
    assert (first.attribution, first.choice, first.vehicle_id) == (None, None, None)
    assert (first.picture_at, second.picture_at) == (NOON, None)
    content = sighting_picture(conn, sighting().sighting_id)
    assert content is not None
    assert content.content == b"\xff\xd8passing"
    assert content.sha256 == first.picture_sha256
    assert sighting_picture(conn, plain.sighting_id) is None
    assert with_snapshot(conn, first.sighting) == sighting()
    assert with_snapshot(conn, plain) == plain


def test_told_again_it_is_amended_and_never_doubled(writer: Writer, conn: Connection) -> None:
    writer.write(Batch(sightings=(sighting(),), attributions=(attribution(final=True),)))
    better = PlateReading(text="苏DA1235", color="yellow", reliability=0.99, readings=12)
    again = sighting(at_s=0.4, plate=better, snapshot=passing(b"\xff\xd8better"))
    writer.write(Batch(sightings=(again, again)))
    [found] = recent_sightings(conn)
    # The moment that it was told with first stays, and so does who it was, to be judged again.
    assert found.sighting == msgspec.structs.replace(again, at=NOON, snapshot=None)
    assert found.attribution == attribution(final=False)
    content = sighting_picture(conn, again.sighting_id)
    assert content is not None
    assert content.content == b"\xff\xd8better"
    writer.write(Batch(attributions=(attribution(final=True),)))
    writer.write(Batch(sightings=(again,)))
    [found] = recent_sightings(conn)
    assert found.attribution == attribution(final=True)


def test_a_track_is_laid_whole_and_nothing_else(writer: Writer, conn: Connection) -> None:
    other = sighting(2)
    twice = sighting(1, 3, sighting_id=track(9), line_id="inner")
    written = writer.write(
        Batch(sightings=(sighting(), twice, other), attributions=(attribution(),))
    )
    assert written.attributions == 2
    laid = {s.sighting.sighting_id: s.vehicle_id for s in recent_sightings(conn)}
    assert laid == {sighting().sighting_id: "v01", track(9): "v01", other.sighting_id: None}
    [mine, _] = sightings_of_tracks(conn, [track(1)], NOON - HOUR)
    assert mine.attribution == attribution()
    assert writer.write(Batch(attributions=(attribution(3),))).attributions == 0


def test_who_is_asked_for_is_found(writer: Writer, conn: Connection) -> None:
    made = [sighting(n, n * 60) for n in range(6)]
    elsewhere = sighting(7, 30, camera_id="gate-south")
    writer.write(
        Batch(
            sightings=(*made, elsewhere),
            attributions=(attribution(2), attribution(4, None), attribution(5, final=True)),
        )
    )

    def numbers(**filters: object) -> list[int]:
        ids = {s.sighting_id: n for n, s in enumerate([*made, elsewhere])}
        return [ids[s.sighting.sighting_id] for s in recent_sightings(conn, **filters)]  # type: ignore[arg-type]

    assert numbers(camera_id=CAMERA) == [5, 4, 3, 2, 1, 0]
    assert numbers(vehicle_id="v01") == [5, 2]
    assert numbers(since=NOON + timedelta(seconds=200)) == [5, 4]
    assert numbers(until=NOON + timedelta(seconds=60)) == [6, 0]
    assert numbers(before=(made[4].at, made[4].sighting_id), limit=2) == [3, 2]
    assert [s.sighting.at for s in sightings_open(conn, [CAMERA], NOON)] == [s.at for s in made[:5]]
    assert [s.at for s in sightings_between(conn, CAMERA, NOON, made[2].at)] == [
        s.at for s in made[:3]
    ]
    one = stored_sighting(conn, made[3].sighting_id)
    assert one is not None
    assert one.sighting.at == made[3].at
    assert stored_sighting(conn, track(1)) is None


def test_alerts_wait_for_who_passed(writer: Writer, conn: Connection) -> None:
    laid = spill("laid", 2, nobody=0.5)
    writer.write(
        Batch(changes=(raised(spill("open", 1, 3)), raised(spill("nobody")), raised(laid)))
    )
    [open_] = passers_unlaid(conn, [CAMERA], NOON - HOUR)
    assert [p.track_uid for p in open_.passers] == [track(1), track(3)]
    assert passers_unlaid(conn, ["gate-south"], NOON - HOUR) == []
    assert passers_unlaid(conn, [CAMERA], NOON + HOUR) == []


def test_sightings_and_alerts_are_one_transaction(writer: Writer, conn: Connection) -> None:
    bad = spill(values={"road": "\0"})
    with pytest.raises(Exception, match="unsupported Unicode"):
        writer.write(Batch(sightings=(sighting(),), changes=(raised(bad, picture(bad)),)))
    assert recent_sightings(conn) == []
    written = writer.write(
        Batch(
            sightings=(sighting(),),
            changes=(raised(spill()),),
            worker="vision:a",
            snapshots=(("vision:b", b"b"), ("vision:c", b"c")),
        )
    )
    assert (written.sightings, written.raised) == (1, 1)
    kept = conn.execute("SELECT worker, state FROM worker_snapshot ORDER BY 1").fetchall()
    assert kept == [("vision:b", b"b"), ("vision:c", b"c")]


def test_listeners_hear_which_camera(writer: Writer, conn: Connection) -> None:
    conn.execute("LISTEN sighting")
    writer.write(Batch(sightings=(sighting(), sighting(2))))
    assert [n.payload for n in conn.notifies(timeout=5, stop_after=1)] == [CAMERA]


def test_fixes_near_a_camera(writer: Writer, conn: Connection) -> None:
    def at(vehicle: str, at_s: float, east_m: float) -> object:
        return position(vehicle, at_s, lon=119.95 + east_m / 94_600, lat=31.70)

    writer.write(
        Batch(
            positions=(
                at("a", -20, -300), at("a", 0, 0), at("a", 30, 5000), at("b", 5, 900),
                at("c", -400, 10), at("c", -10, 2500), at("far", 0, 90_000),
            )  # type: ignore[arg-type]
        )
    )  # fmt: skip
    writer.follow()

    def near(radius_m: float) -> tuple[list[tuple[str, float]], frozenset[str]]:
        span = (NOON - timedelta(minutes=2), NOON + timedelta(minutes=2))
        found = fixes_near(conn, 119.95, 31.70, radius_m, *span)
        told = [(p.vehicle_id, (p.fix_time - NOON).total_seconds()) for p in found.fixes]
        return told, found.elsewhere

    # Of who was near also the last word: "a" drove off.
    assert near(1000) == ([("a", -20), ("a", 0), ("a", 30), ("b", 5)], {"c", "far"})
    assert near(200) == ([("a", 0), ("a", 30)], {"b", "c", "far"})
    assert newest_fix(conn, NOON + HOUR) == NOON + timedelta(seconds=30)
    assert newest_fix(conn, NOON - 2 * HOUR) is None


def test_who_was_laden(writer: Writer, conn: Connection) -> None:
    emptied = NOON + timedelta(minutes=30)
    trips = (
        trip("under way"),
        trip("emptied", emptied_at=emptied),
        trip("ended", ended_at=emptied),
        trip("long ago", -3 * 86400),
    )
    writer.write(Batch(trips=trips))
    assert on_a_trip(conn, NOON - HOUR) == frozenset()
    assert on_a_trip(conn, NOON + timedelta(minutes=5)) == {"under way", "emptied", "ended"}
    assert on_a_trip(conn, NOON + HOUR) == {"under way"}


def test_a_clock_is_learned_from_plates_only(writer: Writer, conn: Connection) -> None:
    def named(number: int, offset_s: float | None, plate_read: str = "same") -> Attribution:
        first = Candidate(
            vehicle_id="v01", confidence=0.99, plate_read=plate_read, values={"offset_s": offset_s}
        )
        made = attribution(number, candidates=(first,), final=True)
        return msgspec.structs.replace(made, at=NOON + timedelta(seconds=number))

    writer.write(
        Batch(
            sightings=tuple(sighting(n, n) for n in range(6)),
            attributions=(
                named(0, 1.5), named(1, 2.5), named(2, None), named(3, 9.0, "similar"),
                msgspec.structs.replace(named(4, 9.0), final=False), named(5, 3.5),
            ),
        )
    )  # fmt: skip
    later = NOON + HOUR
    assert clock_offsets(conn, CAMERA, later, 50) == [1.5, 2.5, 3.5]
    assert clock_offsets(conn, CAMERA, later, 2) == [2.5, 3.5]
    assert clock_offsets(conn, "gate-south", later, 50) == []
