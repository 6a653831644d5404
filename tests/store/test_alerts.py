"""Alerts: a change is written once, whatever is judged again; what people set stays."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from psycopg.rows import dict_row

from alerts.alert import Alert, AlertChange, AlertStatus, ChangeKind, Severity
from store.alert_reader import (
    alert_counts,
    alert_page,
    alerts_per_hour,
    recent_alerts,
    stored_alert,
)
from store.batch import Batch, Written
from store.database import Connection
from store.errors import StoreRefused
from store.evidence_reader import evidence_place
from store.operator import acknowledge, dismiss
from store.outbox_entry import outbox_id
from store.snapshot import alerts_since
from store.writer import Writer
from tests.store.made import NOON, alert, ended, picture, raised, step

pytestmark = pytest.mark.servers

AMENDED, ENDED, WITHDRAWN = ChangeKind.AMENDED, ChangeKind.ENDED, ChangeKind.WITHDRAWN


def two(_change: AlertChange) -> list[str]:
    return ["webhook", "viid"]


@pytest.fixture
def writer(conn: Connection) -> Writer:
    return Writer(conn, two)


@pytest.fixture
def another(conn: Connection) -> Callable[[], Writer]:
    """A writer that knows nothing of what was written before: another process, or one restarted."""
    return lambda: Writer(conn, two)


def write(writer: Writer, *changes: AlertChange) -> Written:
    return writer.write(Batch(changes=changes))


def rows(conn: Connection, table: str, order: str) -> list[dict[str, Any]]:
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(f"SELECT * FROM {table} ORDER BY {order}").fetchall()  # noqa: S608  our own names


def everything(conn: Connection) -> list[list[dict[str, Any]]]:
    return [
        rows(conn, "alert", "alert_id"),
        rows(conn, "alert_log", "alert_id, revision"),
        rows(conn, "evidence", "evidence_id"),
        rows(conn, "outbox", "alert_id, revision, destination"),
    ]


def test_an_alert_comes_back_as_it_was(writer: Writer, conn: Connection) -> None:
    written = write(writer, raised(alert()))
    assert (written.raised, written.outbox) == (1, 2)
    stored = stored_alert(conn, alert().alert_id)
    assert stored is not None
    assert stored.alert == alert()
    assert (stored.status, stored.revision, stored.pictures) == (AlertStatus.NEW, 1, 0)
    assert alerts_since(conn, NOON) == [alert()]


def test_a_life_is_logged_and_told(writer: Writer, conn: Connection) -> None:
    more = msgspec.structs.replace(alert(), occurrences=2)
    write(writer, raised(alert(), picture(alert())))
    write(writer, step(AMENDED, more), step(ENDED, ended(more)))
    page = alert_page(conn, alert().alert_id)
    assert page is not None
    assert page.stored.alert == ended(more)
    assert [(e.revision, e.change, e.actor) for e in page.log] == [
        (1, "raised", "rules"),
        (2, "amended", "rules"),
        (3, "ended", "rules"),
    ]
    assert [(o.revision, o.destination, o.event) for o in page.outbox] == [
        (r, d, f"alert.{e}")
        for r, e in ((1, "raised"), (2, "amended"), (3, "ended"))
        for d in ("viid", "webhook")
    ]
    assert [o.outbox_id for o in page.outbox] == [
        outbox_id(alert().alert_id, r, d) for r in (1, 2, 3) for d in ("viid", "webhook")
    ]
    [shown] = page.evidence
    assert (shown.moment, shown.box) == ("after", (1, 2.5, 30, 40))
    assert shown.sha256 == picture(alert()).sha256
    place = evidence_place(conn, shown.evidence_id)
    assert place is not None
    assert place.content == picture(alert()).content


def test_the_outbox_holds_the_alert_as_it_was_then(writer: Writer, conn: Connection) -> None:
    write(writer, raised(alert(), picture(alert())), step(ENDED, ended(alert())))
    first, _, second, _ = (row["payload"] for row in rows(conn, "outbox", "revision, destination"))
    assert (first["ended_at"], first["revision"]) == (None, 1)
    assert (second["ended_at"], second["revision"]) == ("2026-11-20T12:05:00Z", 2)
    assert first["values"] == alert().values
    assert first["status"] == "new"
    [evidence] = first["evidence"]
    assert evidence["sha256"] == picture(alert()).sha256.hex()
    assert evidence["evidence_id"] == str(picture(alert()).evidence_id)
    assert "content" not in evidence


@pytest.mark.parametrize("who", ["the same writer", "another"])
@pytest.mark.parametrize("cut", ["as one batch", "step by step"])
def test_a_replay_writes_nothing(
    conn: Connection, another: Callable[[], Writer], who: str, cut: str
) -> None:
    more = msgspec.structs.replace(alert(), occurrences=2)
    told = [
        raised(alert(), picture(alert())),
        step(AMENDED, more),
        step(ENDED, ended(more)),
        raised(alert("two"), picture(alert("two"), "before")),
        step(WITHDRAWN, msgspec.structs.replace(alert("two"), withdrawn=True)),
    ]
    batches = [told] if cut == "as one batch" else [[change] for change in told]
    made = [Batch(changes=tuple(changes)) for changes in batches]
    writer = another()
    for batch in made:
        writer.write(batch)
    before = everything(conn)
    assert len(before[1]) == 5
    for batch in made:
        if who == "another":  # judged again: other batches, the same changes
            again = another().write(Batch(changes=batch.changes))
        else:
            again = writer.write(batch)
        assert (again.raised, again.amended, again.ended, again.withdrawn, again.outbox) == (0,) * 5
    assert everything(conn) == before


def test_a_state_that_comes_again_is_news_from_who_follows_it(
    writer: Writer, conn: Connection
) -> None:
    # Ended, then a late fix shows that it went on, then another that it had ended after all.
    write(writer, raised(alert()))
    write(writer, step(ENDED, ended(alert())))
    assert write(writer, step(AMENDED, alert())).amended == 1
    assert write(writer, step(ENDED, ended(alert()))).ended == 1
    stored = stored_alert(conn, alert().alert_id)
    assert stored is not None
    assert (stored.alert, stored.revision) == (ended(alert()), 4)


def test_what_does_not_ring_is_kept_and_not_told(writer: Writer, conn: Connection) -> None:
    quiet = alert(rings=False)
    written = write(writer, raised(quiet), step(ENDED, ended(quiet)))
    assert (written.raised, written.ended, written.outbox) == (1, 1, 0)
    # Judged again from backfill, an alert that rang is the same alert; its end is told.
    write(writer, raised(alert("rang")))
    assert write(writer, step(AMENDED, alert("rang", rings=False))).amended == 0
    assert write(writer, step(ENDED, ended(alert("rang", rings=False)))).outbox == 2
    stored = stored_alert(conn, alert("rang").alert_id)
    assert stored is not None
    assert stored.alert.rings


def test_rules_leave_the_operators_words_alone(writer: Writer, conn: Connection) -> None:
    write(writer, raised(alert()))
    done = acknowledge(conn, alert().alert_id, "王工", "已通知工地", two)
    assert done is not None
    assert (done.status, done.revision) == (AlertStatus.ACKNOWLEDGED, 2)
    write(writer, step(ENDED, ended(alert())))
    stored = stored_alert(conn, alert().alert_id)
    assert stored is not None
    assert stored.alert.ended_at is not None
    assert (stored.status, stored.acknowledged_by, stored.note, stored.revision) == (
        AlertStatus.ACKNOWLEDGED,
        "王工",
        "已通知工地",
        3,
    )
    assert stored.acknowledged_at == done.acknowledged_at
    last = rows(conn, "outbox", "revision DESC, destination")[0]["payload"]
    assert (last["status"], last["acknowledged_by"]) == ("acknowledged", "王工")


def test_an_operators_step_is_logged_and_told_once(writer: Writer, conn: Connection) -> None:
    write(writer, raised(alert()))
    acknowledge(conn, alert().alert_id, "王工", None, two)
    acknowledge(conn, alert().alert_id, "李工", None, two)  # two pressed the button
    dismiss(conn, alert().alert_id, "李工", "路面湿滑反光", two)
    page = alert_page(conn, alert().alert_id)
    assert page is not None
    assert [(e.change, e.actor, e.note) for e in page.log[1:]] == [
        ("acknowledged", "王工", None),
        ("dismissed", "李工", "路面湿滑反光"),
    ]
    assert [o.event for o in page.outbox if o.destination == "viid"] == [
        "alert.raised",
        "alert.acknowledged",
        "alert.dismissed",
    ]
    assert acknowledge(conn, alert("none").alert_id, "王工", None, two) is None


def test_an_alert_moves_with_its_begin(writer: Writer, conn: Connection) -> None:
    write(writer, raised(alert()))
    acknowledge(conn, alert().alert_id, "王工", "n", two)
    # Into another part of the table, by months.
    earlier = alert(started_at=NOON - timedelta(days=70))
    assert write(writer, step(AMENDED, earlier)).amended == 1
    [row] = rows(conn, "alert", "alert_id")
    assert (row["started_at"], row["status"], row["note"], row["revision"]) == (
        NOON - timedelta(days=70),
        "acknowledged",
        "n",
        3,
    )


def test_pictures_that_come_later_are_news(writer: Writer, conn: Connection) -> None:
    write(writer, raised(alert(), picture(alert(), "before")))
    late = write(writer, step(AMENDED, alert(), picture(alert(), "after")))
    assert (late.evidence, late.amended, late.outbox) == (1, 1, 2)
    assert write(writer, step(AMENDED, alert(), picture(alert(), "after"))).amended == 0
    payload = rows(conn, "outbox", "revision DESC")[0]["payload"]
    assert {e["moment"] for e in payload["evidence"]} == {"before", "after"}


def test_what_never_happened_is_not_begun(writer: Writer, conn: Connection) -> None:
    gone = msgspec.structs.replace(alert(), withdrawn=True)
    assert write(writer, step(WITHDRAWN, gone)).outbox == 0
    assert everything(conn) == [[], [], [], []]
    # An end without a beginning (the row is past its retention) is a beginning, and told as one.
    assert write(writer, step(ENDED, ended(alert()))).raised == 1


def test_what_is_past_its_retention_is_told_no_second_time(
    conn: Connection, another: Callable[[], Writer]
) -> None:
    write(another(), raised(alert()), step(ENDED, ended(alert())))
    conn.execute("DELETE FROM alert")  # as the retention does; the log is younger and stays
    again = write(another(), raised(alert()), step(ENDED, ended(alert())))
    assert (again.raised, again.ended, again.outbox) == (0, 0, 0)
    assert rows(conn, "alert", "alert_id") == []
    # What is new of it finds numbers of its own.
    assert write(another(), step(AMENDED, alert(occurrences=2))).raised == 1
    [row] = rows(conn, "alert", "alert_id")
    assert row["revision"] == 3


def test_a_refused_alert_leaves_nothing_behind(writer: Writer, conn: Connection) -> None:
    with pytest.raises(StoreRefused):
        write(writer, raised(alert()), raised(alert("two", values={"road": "\0"})))
    assert everything(conn) == [[], [], [], []]
    # Not taken for its own: the next word of it is a beginning.
    assert write(writer, raised(alert())).raised == 1


def test_listeners_hear_of_it_after_the_commit(writer: Writer, conn: Connection) -> None:
    conn.execute("LISTEN alert")
    conn.execute("LISTEN outbox")
    write(writer, raised(alert()), raised(alert("quiet", rings=False)))
    heard = {(n.channel, n.payload) for n in conn.notifies(timeout=5, stop_after=3)}
    assert heard == {
        ("alert", str(alert().alert_id)),
        ("alert", str(alert("quiet").alert_id)),
        ("outbox", ""),
    }
    write(writer, raised(alert()))
    assert list(conn.notifies(timeout=0.2)) == []


def many(n: int) -> list[Alert]:
    dice = random.Random(5)
    kinds = [
        ("overspeed", Severity.WARNING),
        ("off_route", Severity.SERIOUS),
        ("lid_open", Severity.NOTICE),
    ]
    made = []
    for i in range(n):
        kind, severity = kinds[i % 3]
        # Some begin together: a page must not lose them at its edge.
        begin = NOON - timedelta(minutes=10 * (i // 4) + (dice.random() if i % 5 else 0))
        made.append(alert(f"m{i}", kind=kind, severity=severity, started_at=begin))
    return made


def test_pages_neither_skip_nor_repeat(writer: Writer, conn: Connection) -> None:
    made = many(60)
    write(writer, *(raised(a) for a in made))
    expected = sorted(made, key=lambda a: (a.started_at, a.alert_id), reverse=True)
    seen: list[Alert] = []
    before = None
    while page := recent_alerts(conn, before=before, limit=7):
        seen += [stored.alert for stored in page]
        before = (seen[-1].started_at, seen[-1].alert_id)
        if len(seen) == 14:
            write(writer, raised(alert("newest", started_at=NOON + timedelta(hours=1))))
    assert seen == expected


def test_filters(writer: Writer, conn: Connection) -> None:
    made = many(30)
    write(writer, *(raised(a) for a in made), raised(alert("cam", camera_id="c1", vehicle_id=None)))
    acknowledge(conn, made[0].alert_id, "王工", None, two)

    def ids(**filters: Any) -> set[object]:
        return {s.alert.alert_id for s in recent_alerts(conn, limit=1000, **filters)}

    gone, *shown = made[::-1]
    write(writer, step(WITHDRAWN, msgspec.structs.replace(gone, withdrawn=True)))
    assert ids(status=AlertStatus.ACKNOWLEDGED) == {made[0].alert_id}
    assert ids(kinds=["off_route", "lid_open"]) == {
        a.alert_id for a in shown if a.kind != "overspeed"
    }
    assert ids(severity=Severity.SERIOUS) == {a.alert_id for a in shown if a.kind == "off_route"}
    assert ids(camera_id="c1") == {alert("cam").alert_id}
    assert ids(vehicle_id="苏D12345") == {a.alert_id for a in shown}
    since = NOON - timedelta(minutes=25)
    assert ids(since=since, kinds=["lid_open"]) == {
        a.alert_id for a in shown if a.started_at >= since and a.kind == "lid_open"
    }
    assert len(ids()) == 30
    assert len(ids(withdrawn=True)) == 31


def test_counts_agree_with_the_alerts(writer: Writer, conn: Connection) -> None:
    made = many(90)
    write(writer, *(raised(a) for a in made))
    since = NOON - timedelta(hours=1)
    counted = alert_counts(conn, since)
    assert sum(c.alerts for c in counted) == sum(a.started_at >= since for a in made)
    expected: dict[tuple[object, str], int] = {}
    for a in made:
        key = (a.started_at.replace(minute=0, second=0, microsecond=0), a.kind)
        expected[key] = expected.get(key, 0) + 1
    found = alerts_per_hour(conn, NOON - timedelta(days=30))
    assert {(c.hour, c.kind): c.alerts for c in found} == expected
    # What is withdrawn is not counted any more.
    gone = msgspec.structs.replace(made[0], withdrawn=True)
    write(writer, step(WITHDRAWN, gone))
    assert sum(c.alerts for c in alerts_per_hour(conn, NOON - timedelta(days=30))) == len(made) - 1
