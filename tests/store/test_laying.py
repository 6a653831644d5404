"""At whom an alert is laid: by the rules, by people, and who wins; true or false."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Thread
from typing import Any

import msgspec
import pytest
from psycopg.rows import dict_row

from alerts.alert import Alert, AlertChange, AlertStatus, ChangeKind
from alerts.attribution import Candidate
from config.demo_district import folder
from config.settings import DatabaseSettings
from config.site_files import read_site_folder
from store.alert_reader import alert_page, alerts_overlapping, recent_alerts, stored_alert
from store.alert_row import StoredAlert, digest_of
from store.batch import Batch
from store.database import Connection, connect
from store.operator import (
    CannotBeLaidError,
    acknowledge,
    confirm,
    dismiss,
    lay_at,
    lay_sighting,
)
from store.sighting_reader import sighting as stored_sighting
from store.site import read_site, seed_site_files
from store.writer import Writer
from tests.store.made import NOON, alert, picture, raised, step
from tests.store.seen import attribution, sighting, spill

pytestmark = pytest.mark.servers

heard: list[AlertChange] = []


def centre(change: AlertChange) -> list[str]:
    heard.append(change)
    return ["centre"]


@pytest.fixture
def writer(conn: Connection) -> Writer:
    seed_site_files(conn, read_site_folder(folder()))
    heard.clear()
    return Writer(conn, centre)


@pytest.fixture
def trucks(writer: Writer, conn: Connection) -> list[str]:
    return list(read_site(conn).vehicles)[:2]


def laid(before: Alert, vehicle: str | None, **more: Any) -> AlertChange:
    said = {
        "vehicle_id": vehicle, "plate": vehicle and f"plate of {vehicle}", "nobody": 0.02,
        "candidates": (Candidate(vehicle_id=vehicle or "x", confidence=0.98),),
    }  # fmt: skip
    return step(ChangeKind.AMENDED, msgspec.structs.replace(before, **said | more))


def got(conn: Connection, alert_id: Any) -> StoredAlert:
    stored = stored_alert(conn, alert_id)
    assert stored is not None
    return stored


def payloads(conn: Connection) -> list[tuple[str, dict[str, Any]]]:
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute("SELECT event, payload FROM outbox ORDER BY revision").fetchall()
    return [(row["event"], row["payload"]) for row in rows]


def test_the_rules_lay_it_at_a_truck(writer: Writer, conn: Connection) -> None:
    writer.write(Batch(changes=(raised(spill("s", 1), picture(spill("s", 1))),)))
    change = laid(spill("s", 1), "v01")
    writer.write(Batch(changes=(change,)))
    stored = got(conn, change.alert.alert_id)
    assert stored.alert == stored.shown == change.alert
    assert (stored.attributed_by, stored.revision) == ("rules", 2)
    page = alert_page(conn, change.alert.alert_id)
    assert page is not None
    assert [(e.change, e.detail and e.detail["vehicle_id"]) for e in page.log] == [
        ("raised", None),
        ("amended", "v01"),
    ]
    [_, (event, told)] = payloads(conn)
    assert (event, told["vehicle_id"], told["plate"]) == ("alert.amended", "v01", "plate of v01")
    assert (told["attributed_by"], told["nobody"], told["verdict"]) == ("rules", 0.02, None)
    assert [c["vehicle_id"] for c in told["candidates"]] == ["v01"]
    assert told["passers"][0]["class_name"] == "muck_truck"
    # Destinations that want the pictures too get them with the step that names the truck.
    assert [(c.laid, len(c.evidence)) for c in heard] == [(False, 1), (True, 1)]
    assert writer.write(Batch(changes=(change,))).amended == 0


def test_a_person_wins_over_the_rules_before_and_after(
    writer: Writer, conn: Connection, trucks: list[str]
) -> None:
    mine, theirs = trucks
    writer.write(
        Batch(sightings=(sighting(),), changes=(raised(spill("s", 1)), laid(spill("s", 1), theirs)))
    )
    alert_id = spill("s").alert_id
    done = lay_at(conn, alert_id, mine, "王工", "看了录像", centre)
    assert done is not None
    vehicle = read_site(conn).vehicles[mine]
    assert (done.shown.vehicle_id, done.shown.plate) == (mine, vehicle.plate)
    assert (done.attributed_by, done.alert.vehicle_id) == ("王工", theirs)
    again = Writer(conn, centre)  # a worker that was restarted
    for writes in (writer, again):
        writes.write(
            Batch(
                attributions=(attribution(1, theirs, final=True),),
                changes=(laid(spill("s", 1), theirs, occurrences=2 + (writes is again)),),
            )
        )
        stored = got(conn, alert_id)
        assert (stored.alert.vehicle_id, stored.shown.vehicle_id) == (theirs, mine)
    event, told = payloads(conn)[-1]
    assert (event, told["vehicle_id"], told["attributed_by"]) == ("alert.amended", mine, "王工")
    assert told["attribution_note"] == "看了录像"
    seen = stored_sighting(conn, sighting().sighting_id)
    assert seen is not None
    assert seen.vehicle_id == mine
    assert seen.attribution is not None
    assert seen.attribution.vehicle_id == theirs
    page = alert_page(conn, alert_id)
    assert page is not None
    [(who, detail)] = [(e.actor, e.detail) for e in page.log if e.change == "attributed"]
    assert who == "王工"
    assert detail is not None
    assert (detail["vehicle_id"], detail["plate"]) == (mine, vehicle.plate)
    # Found under the vehicle that it is shown with, and under no other.
    for find in (
        lambda v: recent_alerts(conn, vehicle_id=v),
        lambda v: alerts_overlapping(conn, [v], NOON, NOON),
    ):
        assert [len(find(v)) for v in (mine, theirs)] == [1, 0]


def test_a_person_may_say_it_was_none_of_ours(
    writer: Writer, conn: Connection, trucks: list[str]
) -> None:
    writer.write(Batch(changes=(raised(spill("s", 1)), laid(spill("s", 1), trucks[0]))))
    alert_id = spill("s").alert_id
    done = lay_at(conn, alert_id, None, "王工", None, centre)
    assert done is not None
    assert (done.shown.vehicle_id, done.shown.plate, done.attributed_by) == (None, None, "王工")
    same = lay_at(conn, alert_id, None, "李工", None, centre)
    assert same is not None
    assert (same.revision, same.attributed_by) == (done.revision, "王工")
    other = lay_at(conn, alert_id, trucks[1], "李工", None, centre)
    assert other is not None
    assert (other.shown.vehicle_id, other.attributed_by) == (trucks[1], "李工")


def test_what_cannot_be_laid(writer: Writer, conn: Connection, trucks: list[str]) -> None:
    writer.write(Batch(sightings=(sighting(),), changes=(raised(alert()), raised(spill()))))
    with pytest.raises(CannotBeLaidError, match="no vehicle 'x'"):
        lay_at(conn, spill().alert_id, "x", "王工", None, centre)
    with pytest.raises(CannotBeLaidError, match="no vehicle 'x'"):
        lay_sighting(conn, sighting().sighting_id, "x", "王工", None, centre)
    with pytest.raises(CannotBeLaidError, match="only what a camera saw"):
        lay_at(conn, alert().alert_id, trucks[0], "王工", None, centre)
    assert lay_at(conn, alert("none").alert_id, trucks[0], "王工", None, centre) is None
    assert not lay_sighting(conn, alert("none").alert_id, trucks[0], "王工", None, centre)
    assert [s.revision for s in recent_alerts(conn)] == [1, 1]


def test_who_a_sighting_was_is_told_to_its_alerts(
    writer: Writer, conn: Connection, trucks: list[str]
) -> None:
    """Those about this passage alone: of two who passed a heap, the other may have left it."""
    both, other = spill("both", 1, 2), spill("other", 2)
    writer.write(
        Batch(
            sightings=(sighting(), sighting(2)),
            changes=tuple(raised(a) for a in (spill("one", 1), both, other)),
        )
    )
    assert lay_sighting(conn, sighting().sighting_id, trucks[0], "王工", "车牌", centre)
    shown = {s.alert.alert_id: s.shown.vehicle_id for s in recent_alerts(conn)}
    assert shown == {
        spill("one").alert_id: trucks[0],
        both.alert_id: None,
        other.alert_id: None,
    }
    laid_sightings = [stored_sighting(conn, sighting(n).sighting_id) for n in (1, 2)]
    assert [s and s.vehicle_id for s in laid_sightings] == [trucks[0], None]


def said_of(conn: Connection, seen: Any) -> tuple[str | None, str | None]:
    """Who it was, and who says so."""
    stored = stored_sighting(conn, seen.sighting_id)
    assert stored is not None
    return stored.vehicle_id, stored.choice and stored.choice.by


def test_what_was_said_of_a_passage_holds_for_alerts_that_come_later(
    writer: Writer, conn: Connection, trucks: list[str]
) -> None:
    mine, theirs = trucks
    writer.write(Batch(sightings=(sighting(),)))
    assert lay_sighting(conn, sighting().sighting_id, mine, "王工", "车牌", centre)
    heard.clear()
    again = Writer(conn, centre)  # the rules' worker was restarted meanwhile
    both = spill("both", 1, 2)
    written = again.write(
        Batch(changes=(raised(spill("one", 1)), laid(spill("one", 1), theirs), raised(both)))
    )
    one = got(conn, spill("one").alert_id)
    assert (one.alert.vehicle_id, one.shown.vehicle_id) == (theirs, mine)
    assert one.shown.plate == read_site(conn).vehicles[mine].plate
    seen = stored_sighting(conn, sighting().sighting_id)
    assert seen is not None
    assert one.choice is not None
    assert seen.choice is not None
    # What was said then, by whom: not a word of whoever raised the alert.
    assert (one.choice.by, one.choice.note, one.choice.at) == ("王工", "车牌", seen.choice.at)
    page = alert_page(conn, one.alert.alert_id)
    assert page is not None
    assert [(e.revision, e.change, e.actor) for e in page.log] == [
        (1, "raised", "rules"),
        (2, "amended", "rules"),
        (3, "attributed", "王工"),
    ]
    assert page.log[-1].detail is not None
    assert page.log[-1].detail["vehicle_id"] == mine
    told = [
        (e, p["vehicle_id"]) for e, p in payloads(conn) if p["alert_id"] == str(one.alert.alert_id)
    ]
    assert told == [("alert.raised", None), ("alert.amended", theirs), ("alert.attributed", mine)]
    assert written.outbox == 4  # and one of the other
    # Of two who passed, either may have done it.
    assert got(conn, both.alert_id).choice is None
    # Told again, by this worker or by one that begins anew, nothing is new.
    for writes in (again, Writer(conn, centre)):
        assert writes.write(Batch(changes=(laid(spill("one", 1), theirs),))).outbox == 0
    assert got(conn, one.alert.alert_id).revision == 3


def test_it_holds_once_the_passage_is_the_only_one_in_question(
    writer: Writer, conn: Connection, trucks: list[str]
) -> None:
    """Who passed may become known, or fewer, after the alert was raised; a word on it stays."""
    writer.write(Batch(sightings=(sighting(),), changes=(raised(spill("s", 1, 2)),)))
    lay_sighting(conn, sighting().sighting_id, trucks[0], "王工", None, centre)
    alert_id = spill("s").alert_id
    assert got(conn, alert_id).choice is None
    writer.write(Batch(changes=(step(ChangeKind.AMENDED, spill("s", 1)),)))
    assert got(conn, alert_id).shown.vehicle_id == trucks[0]
    lay_at(conn, alert_id, trucks[1], "李工", None, centre)
    assert said_of(conn, sighting()) == (trucks[1], "李工")
    writer.write(Batch(changes=(step(ChangeKind.AMENDED, spill("s", 1, occurrences=2)),)))
    assert got(conn, alert_id).shown.vehicle_id == trucks[1]


@pytest.mark.parametrize("none_of_ours", [False, True])
def test_an_alert_its_passage_and_its_other_alerts_say_the_same(
    writer: Writer, conn: Connection, trucks: list[str], none_of_ours: bool
) -> None:
    """Whichever of them a person lays, and whichever of them comes last."""
    who = None if none_of_ours else trucks[0]
    first, second, later = spill("first", 1), spill("second", 1), spill("later", 1)
    over = spill("over", 1, withdrawn=True)
    writer.write(Batch(changes=(raised(first), raised(second), raised(spill("over", 1)))))
    writer.write(Batch(changes=(step(ChangeKind.WITHDRAWN, over),)))
    lay_at(conn, first.alert_id, who, "王工", None, centre)
    # It is told as passed only when it has left: the alert was there before.
    writer.write(Batch(sightings=(sighting(), sighting(2))))
    writer.write(Batch(changes=(raised(later),)))
    for each in (first, second, later):
        choice = got(conn, each.alert_id).choice
        assert choice is not None
        assert (choice.vehicle_id, choice.by) == (who, "王工")
    assert got(conn, over.alert_id).choice is None
    assert said_of(conn, sighting()) == (who, "王工")
    assert said_of(conn, sighting(2)) == (None, None)
    # The newest word counts, and the same word again is nobody else's.
    lay_at(conn, second.alert_id, trucks[1], "李工", None, centre)
    lay_at(conn, first.alert_id, trucks[1], "赵工", None, centre)
    lay_sighting(conn, sighting().sighting_id, trucks[1], "赵工", None, centre)
    writer.write(Batch(changes=(raised(spill("last", 1)),)))
    for name in ("first", "second", "later", "last"):
        choice = got(conn, spill(name).alert_id).choice
        assert choice is not None
        assert (choice.vehicle_id, choice.by) == (trucks[1], "李工")
    assert said_of(conn, sighting()) == (trucks[1], "李工")


def test_a_word_that_is_said_while_the_alert_is_raised(
    writer: Writer, conn: Connection, trucks: list[str], settings: DatabaseSettings
) -> None:
    """One waits for the other: neither goes by what the other has not yet committed."""
    writer.write(Batch(sightings=(sighting(),)))
    with connect(settings) as rules, connect(settings) as watch:
        with conn.transaction():
            lay_sighting(conn, sighting().sighting_id, trucks[0], "王工", None, centre)
            raising = Thread(
                target=Writer(rules, centre).write, args=(Batch(changes=(raised(spill("s", 1)),)),)
            )
            raising.start()
            waits = "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = %s"
            while watch.execute(waits, [rules.info.backend_pid]).fetchone() != (True,):
                assert raising.is_alive()
        raising.join()
    assert got(conn, spill("s").alert_id).shown.vehicle_id == trucks[0]


def test_true_false_and_open_again(writer: Writer, conn: Connection) -> None:
    writer.write(Batch(changes=(raised(spill()),)))
    alert_id = spill().alert_id
    steps: list[tuple[Callable[..., StoredAlert | None], AlertStatus, bool | None]] = [
        (acknowledge, AlertStatus.ACKNOWLEDGED, None),
        (confirm, AlertStatus.ACKNOWLEDGED, True),
        (acknowledge, AlertStatus.ACKNOWLEDGED, True),
        (dismiss, AlertStatus.DISMISSED, False),
        (acknowledge, AlertStatus.ACKNOWLEDGED, None),
        (confirm, AlertStatus.ACKNOWLEDGED, True),
    ]
    for decide, status, verdict in steps:
        stored = decide(conn, alert_id, "王工", None, centre)
        assert stored is not None
        assert (stored.status, stored.verdict and stored.verdict.true) == (status, verdict)
    repeated = confirm(conn, alert_id, "李工", None, centre)
    assert repeated is not None
    assert repeated.verdict is not None
    assert repeated.verdict.by == "王工"
    assert [(event, told["verdict"]) for event, told in payloads(conn)] == [
        ("alert.raised", None),
        ("alert.acknowledged", None),
        ("alert.confirmed", True),
        ("alert.dismissed", False),
        ("alert.acknowledged", None),
        ("alert.confirmed", True),
    ]


def test_what_people_said_moves_with_the_alert(
    writer: Writer, conn: Connection, trucks: list[str]
) -> None:
    writer.write(Batch(changes=(raised(spill("s", 1)),)))
    alert_id = spill("s").alert_id
    lay_at(conn, alert_id, trucks[0], "王工", "n", centre)
    before = confirm(conn, alert_id, "李工", None, centre)
    earlier = spill("s", 1, started_at=NOON - timedelta(days=70))
    writer.write(Batch(changes=(step(ChangeKind.AMENDED, earlier),)))
    after = got(conn, alert_id)
    assert before is not None
    assert (after.choice, after.verdict) == (before.choice, before.verdict)
    assert after.alert.started_at == earlier.started_at


def test_what_was_told_before_there_were_cameras_is_still_known() -> None:
    """The digest as the version before wrote it into `alert` and `alert_log`."""
    known = "47d8a203dc5515ac9382b275ab79df19969ca9dced1669090b42b1c36dd16b8e"
    assert digest_of(alert()).hex() == known
    assert digest_of(alert(rings=False)).hex() == known
    others = [alert(nobody=0.0), alert(candidates=(Candidate(vehicle_id="v", confidence=1.0),))]
    assert len({digest_of(a) for a in others} | {digest_of(alert())}) == 3
