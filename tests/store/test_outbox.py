"""The outbox: claimed once at a time, in order, never lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from alerts.alert import ChangeKind
from config.settings import DatabaseSettings
from store.batch import Batch
from store.cameras import camera_states, put_camera_state
from store.database import Connection, connect
from store.outbox import (
    claim_due,
    mark_delivered,
    mark_failed,
    mark_retry,
    next_due,
    outbox_counts,
    outbox_of_alert,
)
from store.site import read_site_files, seed_site_files, write_site_files
from store.writer import Writer
from tests.store.made import alert, ended, raised, step

pytestmark = pytest.mark.servers

SOON = timedelta(seconds=5)


def now() -> datetime:
    return datetime.now(UTC) + SOON


@pytest.fixture
def writer(conn: Connection) -> Writer:
    return Writer(conn, lambda _change: ["a", "b"])


def test_steps_of_one_alert_are_claimed_in_their_order(writer: Writer, conn: Connection) -> None:
    writer.write(Batch(changes=(raised(alert()), step(ChangeKind.ENDED, ended(alert())))))
    writer.write(Batch(changes=(raised(alert("other")),)))
    first = claim_due(conn, ["a"], now())
    assert [(e.event, e.attempts, e.destination) for e in first] == [("alert.raised", 1, "a")] * 2
    assert claim_due(conn, ["a"], now()) == []
    begun = next(e for e in first if e.alert_id == alert().alert_id)
    mark_delivered(conn, begun.outbox_id, "204")
    [end] = claim_due(conn, ["a"], now())
    assert (end.event, end.payload["ended_at"]) == ("alert.ended", "2026-11-20T12:05:00Z")


def test_a_lease_runs_out(writer: Writer, conn: Connection) -> None:
    writer.write(Batch(changes=(raised(alert()),)))
    [claimed] = claim_due(conn, ["a"], now(), lease=timedelta(minutes=2))
    assert claim_due(conn, ["a"], now() + timedelta(minutes=1)) == []
    [again] = claim_due(conn, ["a"], now() + timedelta(minutes=3))
    assert (again.outbox_id, again.attempts) == (claimed.outbox_id, 2)


def test_retry_and_failure(writer: Writer, conn: Connection) -> None:
    writer.write(Batch(changes=(raised(alert()),)))
    [entry] = claim_due(conn, ["b"], now())
    later = now() + timedelta(minutes=10)
    mark_retry(conn, entry.outbox_id, later, "503", "busy")
    assert next_due(conn, ["b"]) == later
    assert claim_due(conn, ["b"], later - timedelta(seconds=1)) == []
    [entry] = claim_due(conn, ["b"], later)
    mark_failed(conn, entry.outbox_id, "410", "gone")
    assert claim_due(conn, ["b"], later + timedelta(days=9)) == []
    states = {s.destination: s for s in outbox_of_alert(conn, alert().alert_id)}
    assert states["b"].failed_at is not None
    assert (states["b"].last_error, states["b"].response, states["b"].attempts) == (
        "410",
        "gone",
        2,
    )
    counts = {c.destination: (c.delivered, c.waiting, c.failed) for c in outbox_counts(conn)}
    assert counts == {"a": (0, 1, 0), "b": (0, 0, 1)}
    # A failure does not stand in the way of what comes after it.
    writer.write(Batch(changes=(step(ChangeKind.ENDED, ended(alert())),)))
    assert [e.event for e in claim_due(conn, ["b"], now())] == ["alert.ended"]


def test_two_deliverers_never_have_the_same(writer: Writer, settings: DatabaseSettings) -> None:
    changes = tuple(raised(alert(f"n{i}")) for i in range(20))
    writer.write(Batch(changes=changes))
    with connect(settings) as one, connect(settings) as two, one.transaction():
        mine = claim_due(one, ["a"], now(), limit=8)  # its transaction is still open
        others = claim_due(two, ["a"], now(), limit=100)
        assert len(mine) == 8
        assert len(others) == 12
        assert not {e.outbox_id for e in mine} & {e.outbox_id for e in others}


def test_camera_states(conn: Connection) -> None:
    conn.execute("LISTEN camera")
    put_camera_state(conn, "c1", "online", 100, 3)
    put_camera_state(conn, "c1", "online", 200, 5)
    put_camera_state(conn, "c1", "offline", 200, 5, "timed out")
    [state] = camera_states(conn)
    assert (state.state, state.frames_seen, state.frames_detected, state.detail) == (
        "offline",
        200,
        5,
        "timed out",
    )
    assert state.seen_at is not None
    assert state.seen_at < state.updated_at
    assert [n.payload for n in conn.notifies(timeout=5, stop_after=2)] == ["c1", "c1"]


def test_the_site_is_seeded_once(conn: Connection) -> None:
    assert read_site_files(conn) == {}
    files = {"site.toml": b"name = '\xe6\xad\xa6\xe8\xbf\x9b'\n", "cameras.toml": b""}
    assert seed_site_files(conn, files)
    assert not seed_site_files(conn, {"site.toml": b"other"})
    assert read_site_files(conn) == files
    write_site_files(conn, {"site.toml": b"edited"})
    assert read_site_files(conn) == {"site.toml": b"edited"}
    assert not seed_site_files(conn, files)


def test_payloads_are_what_structs_say(writer: Writer, conn: Connection) -> None:
    writer.write(Batch(changes=(raised(alert()),)))
    [entry] = claim_due(conn, ["a"], now())
    told = {name: entry.payload[name] for name in type(alert()).__struct_fields__}
    assert msgspec.convert(told, type(alert())) == alert()
