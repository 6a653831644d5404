"""Positions: each kept once, in the order in which it was judged, whatever its time."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from geofence.finding import ZoneVisit
from ingest.position import Lid, Load, Position, Quality, Work
from ingest.rejected_message import RejectedMessage
from store.batch import Batch, Written
from store.database import Connection
from store.errors import StoreRefused
from store.latest_positions import FULL_BATCH, catch_up
from store.position_reader import latest_positions, rejected_messages, trail, visits
from store.snapshot import load_snapshot, positions_since
from store.writer import Writer
from tests.store.made import NOON, position

pytestmark = pytest.mark.servers


@pytest.fixture
def writer(conn: Connection) -> Writer:
    return Writer(conn, lambda _change: ["webhook"])


def count(conn: Connection, table: str) -> int:
    row = conn.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608  our own names
    assert row is not None
    return int(row[0])


def test_a_position_comes_back_as_it_was(writer: Writer, conn: Connection) -> None:
    full = position()
    bare = Position(
        vehicle_id="unknown-terminal",
        terminal_id="unknown-terminal",
        fix_time=NOON,
        received_at=NOON,
        lon=0.1 + 0.2,
        lat=-1 / 3,
        backfill=True,
    )
    assert writer.write(Batch(positions=(full, bare))).positions == 2
    assert list(positions_since(conn, 0)) == [full, bare]


def test_positions_of_every_layout_come_back_as_they_were(writer: Writer, conn: Connection) -> None:
    """By either way into the table: what is unknown, and how long the texts are, differs."""
    dice = random.Random(4)
    made = [
        Position(
            vehicle_id=dice.choice(["v", "苏D12345", "x" * 128]) + str(n % 50),
            terminal_id=dice.choice(["t", "终端", "y" * 40]),
            fix_time=NOON + timedelta(microseconds=dice.randrange(10**12)),
            received_at=NOON + timedelta(microseconds=dice.randrange(10**12)),
            lon=dice.uniform(-180, 180),
            lat=dice.uniform(-90, 90),
            speed_kmh=dice.choice([None, 0.0, dice.random()]),
            course_deg=dice.choice([None, 359.9]),
            altitude_m=dice.choice([None, -4.5]),
            satellites=dice.choice([None, 0, 12]),
            lid=dice.choice([None, *Lid]),
            load=dice.choice([None, *Load]),
            body_raised=dice.choice([None, True, False]),
            ignition=dice.choice([None, True, False]),
            work=tuple(w for w in Work if dice.random() < 0.3),
            weight_kg=dice.choice([None, 0.0, 18_250.5]),
            temperature_c=dice.choice([None, -40.0]),
            antenna_cut=dice.choice([None, True, False]),
            power_cut=dice.choice([None, True, False]),
            backfill=dice.random() < 0.5,
            quality=dice.choice([Quality.GOOD, Quality.TELEPORT, Quality.FAR]),
        )
        for n in range(600)
    ]
    new = writer.write(Batch(positions=tuple(made[:500])))
    assert (new.positions, new.duplicates) == (500, 0)
    some = writer.write(Batch(positions=tuple(made[499:])))
    assert (some.positions, some.duplicates) == (100, 1)
    assert list(positions_since(conn, 0)) == made


@pytest.mark.parametrize("batches", [[0, 1, 1, 2], [2, 0, 0, 1], [0, 0, 0, 0]])
def test_a_true_fix_takes_the_place_of_one_that_a_wrong_clock_put_there(
    writer: Writer, conn: Connection, batches: list[int]
) -> None:
    """Whichever comes first, and in whatever batches; of those of one kind the first stays."""
    fixes = [
        position(lat=31.1, quality=Quality.FUTURE),
        position(lat=31.2),
        position(lat=31.3, quality=Quality.TELEPORT),
        position(lat=31.4, quality=Quality.CLOCK_ZONE),
    ]
    for number in sorted(set(batches)):
        now = [fix for fix, batch in zip(fixes, batches, strict=True) if batch == number]
        writer.write(Batch(positions=tuple(now)))
    first = min((b, n) for n, b in enumerate(batches) if n in (1, 2))[1]
    assert list(positions_since(conn, 0)) == [fixes[first]]


def test_latest_positions_follow_under_load_when_nothing_more_comes(
    writer: Writer, conn: Connection
) -> None:
    def batch(at_s: float, rows: int) -> Batch:
        fixes = [position(f"v{i}", at_s, quality=Quality(4 * (i == 7))) for i in range(rows)]
        late = [position(f"v{i}", at_s - 50, lat=1.0) for i in range(rows)]
        return Batch(positions=(*fixes, *late))

    def latest() -> Counter[datetime]:
        return Counter(p.fix_time for p in latest_positions(conn, NOON - timedelta(hours=1)))

    writer.write(batch(0, FULL_BATCH))
    assert latest() == {NOON: FULL_BATCH - 1, NOON - timedelta(seconds=50): 1}
    writer._latest._due_s += 1000
    writer.write(batch(60, FULL_BATCH))
    assert latest()[NOON] == FULL_BATCH - 1
    writer.follow()
    at = NOON + timedelta(seconds=60)
    assert latest() == {at: FULL_BATCH - 1, at - timedelta(seconds=50): 1}
    writer._latest._due_s += 1000
    writer.write(batch(120, FULL_BATCH))
    writer.write(Batch(positions=(position("v1", 130),)))  # not full: takes the others along
    assert latest()[NOON + timedelta(seconds=120)] == FULL_BATCH - 2
    writer._latest._due_s += 1000
    last = writer.write(batch(180, FULL_BATCH)).batch
    assert latest()[NOON + timedelta(seconds=180)] == 0
    catch_up(conn, last - 1)  # it was killed
    assert latest()[NOON + timedelta(seconds=180)] == FULL_BATCH - 1


def test_the_same_positions_again_are_duplicates(writer: Writer, conn: Connection) -> None:
    rows = tuple(position(f"v{i % 7}", i) for i in range(500))
    batch = Batch(positions=rows)
    first = writer.write(batch)
    assert (first.positions, first.duplicates) == (500, 0)
    again = writer.write(batch)  # the outcome of the commit was lost
    assert (again.batch, again.positions, again.duplicates) == (0, 0, 500)
    redelivered = writer.write(Batch(positions=(*rows[250:], position("v0", 9999))))
    assert (redelivered.positions, redelivered.duplicates) == (1, 250)
    assert count(conn, "position") == 501


def test_of_two_fixes_at_one_time_the_first_stays(writer: Writer, conn: Connection) -> None:
    first, second = position(lat=31.1), position(lat=31.2)
    written = writer.write(Batch(positions=(first, second)))
    assert (written.positions, written.duplicates) == (1, 1)
    writer.write(Batch(positions=(second,)))
    assert list(positions_since(conn, 0)) == [first]


def test_known_duplicates_are_a_count(writer: Writer, conn: Connection) -> None:
    written = writer.write(
        Batch(positions=(position(), position(at_s=5, quality=Quality.DUPLICATE)))
    )
    assert (written.positions, written.duplicates) == (1, 1)
    assert count(conn, "position") == 1


WILD = [
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(2009, 8, 7, tzinfo=UTC),
    datetime(2099, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    datetime(9999, 12, 31, tzinfo=UTC),
]


def test_wild_times_are_kept(writer: Writer, conn: Connection) -> None:
    rows = tuple(
        position(fix_time=when, quality=Quality.FUTURE if when > NOON else Quality.ANCIENT)
        for when in WILD
    )
    assert writer.write(Batch(positions=rows)).positions == len(WILD)
    assert writer.write(Batch(positions=rows)).duplicates == len(WILD)
    found = [row[0] for row in conn.execute("SELECT fix_time FROM position ORDER BY 1")]
    assert found == WILD
    # They move nothing, and would send the search through every day there is.
    assert list(positions_since(conn, 0)) == []


def test_what_was_judged_is_read_in_that_order(writer: Writer, conn: Connection) -> None:
    batches = [
        [position("b", 30), position("a", 20), position("a", 10)],
        [position("a", 5), position("c", 1)],
        [position("b", -86400 * 3)],
    ]
    numbers = [writer.write(Batch(positions=tuple(rows))).batch for rows in batches]
    assert list(positions_since(conn, 0)) == [p for rows in batches for p in rows]
    assert list(positions_since(conn, numbers[0])) == [*batches[1], *batches[2]]
    assert list(positions_since(conn, numbers[2])) == []


def test_a_refused_value_leaves_nothing_behind(writer: Writer, conn: Connection) -> None:
    with pytest.raises(StoreRefused, match="writing a batch"):
        writer.write(Batch(positions=(position(), position("nul\0"))))
    with pytest.raises(StoreRefused, match="satellites"):
        writer.write(Batch(positions=(position(), position("v", satellites=2**40))))
    for wrong in ("\udcff", "", "v" * 5000):
        with pytest.raises(StoreRefused):
            writer.write(Batch(positions=(position(), position(wrong))))
    assert count(conn, "position") == 0
    assert count(conn, "batch") == 0
    assert writer.write(Batch(positions=(position(),))).positions == 1


def test_rejected_messages_are_kept_whole(writer: Writer, conn: Connection) -> None:
    message = RejectedMessage(
        topic="muckwatch/v1/vehicles/x/position",
        payload=bytes(range(256)),
        reason="`lon` is \0 and \udcff, 下",
        received_at=NOON,
        element=3,
    )
    batch = Batch(rejected=(message, msgspec.structs.replace(message, element=4)))
    assert writer.write(batch).rejected == 2
    assert writer.write(Batch(rejected=(message,))).rejected == 0
    kept = rejected_messages(conn, NOON)
    assert [m.element for m in kept] in ([3, 4], [4, 3])
    assert kept[0].payload == message.payload
    assert "lon" in kept[0].reason


def test_visits_follow_the_last_word(writer: Writer, conn: Connection) -> None:
    entered = ZoneVisit(vehicle_id="v", zone_id="site-1", entered_at=NOON)
    left = msgspec.structs.replace(entered, left_at=NOON + timedelta(minutes=5))
    other = ZoneVisit(vehicle_id="v", zone_id="ground-1", entered_at=NOON)
    assert writer.write(Batch(visits=(entered, left, other))).visits == 2
    assert writer.write(Batch(visits=(left,))).visits == 0
    assert writer.write(Batch(visits=(msgspec.structs.replace(other, withdrawn=True),))).visits == 1
    assert visits(conn, "v", NOON) == [left]


def test_a_snapshot_belongs_to_its_batch(writer: Writer, conn: Connection) -> None:
    assert load_snapshot(conn, "pipeline") is None
    first = writer.write(Batch(positions=(position(),), worker="pipeline", snapshot=b"\0one"))
    later = writer.write(Batch(positions=(position(at_s=1),), worker="pipeline"))
    writer.write(Batch(worker="vision:a", snapshot=b"other"))
    snapshot = load_snapshot(conn, "pipeline")
    assert snapshot is not None
    assert (snapshot.batch, snapshot.state) == (first.batch, b"\0one")
    assert later.batch > first.batch
    assert list(positions_since(conn, snapshot.batch)) == [position(at_s=1)]
    writer.write(Batch(worker="pipeline", snapshot=b"two"))
    assert load_snapshot(conn, "pipeline").state == b"two"  # type: ignore[union-attr]  # it is there


def test_an_empty_batch_touches_nothing(writer: Writer, conn: Connection) -> None:
    assert writer.write(Batch()) == Written()
    assert count(conn, "batch") == 0


def test_where_everybody_is(writer: Writer, conn: Connection) -> None:
    rows = [position(f"v{i}", t) for t in range(0, 600, 10) for i in range(20)]
    strays = [position("v3", 595, quality=Quality.TELEPORT), position("silent", -3600)]
    writer.write(Batch(positions=(*rows, *strays)))
    late = position("v4", 15, received_at=NOON + timedelta(seconds=700))
    writer.write(Batch(positions=(late, position("stray only", quality=Quality.TELEPORT))))
    expected = sorted((position(f"v{i}", 590) for i in range(20)), key=lambda p: p.vehicle_id)
    assert latest_positions(conn, NOON + timedelta(seconds=100)) == expected
    assert len(latest_positions(conn, NOON - timedelta(days=1))) == 21
    newer = position("v4", 600, lid=None, speed_kmh=None, work=())
    writer.write(Batch(positions=(newer,)))
    assert latest_positions(conn, newer.received_at) == [newer]


def test_the_trail_of_one(writer: Writer, conn: Connection) -> None:
    writer.write(Batch(positions=tuple(position("v", t) for t in range(100))))
    writer.write(Batch(positions=(position("v", 50.5, quality=Quality.TELEPORT), position("w"))))
    minute = trail(conn, "v", NOON, NOON + timedelta(seconds=60))
    assert minute == [position("v", t) for t in range(60)]
    assert trail(conn, "v", NOON, NOON + timedelta(days=1), limit=2) == [
        position("v", 98),
        position("v", 99),
    ]
