"""Evidence in the database: chained, amended to alerts, dropped in order, swept, moved."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from alerts.alert import Alert, AlertChange, AlertStatus, ChangeKind, Evidence
from alerts.evidence import json_evidence, raw_evidence
from alerts.manifest import faults_of
from config.settings import EvidenceSettings, RetentionSettings
from detection.scene_event import SeenBox
from store.alert_reader import alert_page, stored_alert
from store.batch import Batch
from store.database import Connection
from store.evidence_keeper import EvidenceKeeper
from store.evidence_objects import EvidenceObjects
from store.evidence_positions import positions_evidence
from store.evidence_reader import (
    entry_of,
    evidence_place,
    evidence_rows,
    manifest_and_rows,
    read_content,
    storage_states,
)
from store.evidence_room import make_room, move_into_store, put_state, sweep, used
from store.evidence_writer import attach_evidence
from store.operator import acknowledge, dismiss
from store.outbox import outbox_of_alert
from store.retention import maintain
from store.writer import Writer
from tests.store.made import NOON, alert, ended, picture, position, raised, step

pytestmark = pytest.mark.servers


def centre(_change: AlertChange) -> list[str]:
    return ["centre"]


@pytest.fixture
def writer(conn: Connection) -> Writer:
    return Writer(conn, centre)


@pytest.fixture
def objects(tmp_path: Path) -> EvidenceObjects:
    return EvidenceObjects(EvidenceSettings(url=f"file:{tmp_path}/evidence", keep_free_bytes=0))


@pytest.fixture
def keeper(objects: EvidenceObjects) -> EvidenceKeeper:
    return EvidenceKeeper(objects, "vision test")


def clip(of: Alert, content: bytes, at_s: float = 0) -> Evidence:
    return raw_evidence(
        of.alert_id,
        "clip",
        content,
        camera_id="gate",
        captured_at=of.started_at + timedelta(seconds=at_s),
        until=of.started_at + timedelta(seconds=at_s + 20),
        media_type="video/mp4",
        size_px=(64, 36),
        codec="h264",
        note="cut_short",
    )


def test_evidence_is_a_chain_that_shows_what_went(
    writer: Writer, conn: Connection, keeper: EvidenceKeeper
) -> None:
    one = alert()
    seen = (SeenBox(class_name="person", box=(1.0, 2.0, 3.0, 4.5), track_uid=UUID(int=5)),)
    pieces = [
        msgspec.structs.replace(picture(one, m, m.encode()), seen=seen, subject_uid=UUID(int=6))
        for m in ("before", "passage", "after")
    ]
    writer.write(Batch(changes=keeper.keep_all([raised(one, *pieces)])))
    kept = keeper.keep(clip(one, b"a clip"))
    assert attach_evidence(conn, [kept], centre) == 1
    manifest, rows = manifest_and_rows(conn, one.alert_id)
    assert (faults_of(manifest), manifest.links) == ([], 4)
    assert [r.moment for r in rows] == ["before", "passage", "after", "clip"]
    assert (rows[0].seen, rows[0].subject_uid) == (seen, UUID(int=6))
    assert {r.taken_by for r in rows} == {"vision test"}
    assert not any(r.in_database for r in rows)
    # Each of these is what somebody with a hand on the database may do.
    for spoil in (
        "DELETE FROM evidence WHERE moment = 'clip'",
        "DELETE FROM evidence WHERE moment = 'before'",
        "UPDATE evidence SET sha256 = '\\x00' WHERE moment = 'passage'",
        "UPDATE evidence SET captured_at = captured_at + interval '1 hour' WHERE moment = 'after'",
        "UPDATE evidence SET camera_id = 'other' WHERE moment = 'clip'",
    ):
        with conn.transaction(force_rollback=True):
            conn.execute(spoil)
            rows = evidence_rows(conn, one.alert_id)
            head = conn.execute("SELECT links, head FROM evidence_chain").fetchone()
            assert head is not None
            now = msgspec.structs.replace(manifest, entries=tuple(entry_of(r) for r in rows))
            assert faults_of(now), spoil


def test_a_clip_amends_its_alert_once_and_is_told(
    writer: Writer, conn: Connection, keeper: EvidenceKeeper
) -> None:
    one = alert()
    writer.write(Batch(changes=(raised(one, picture(one)),)))
    kept = keeper.keep(clip(one, b"a clip"))
    assert [attach_evidence(conn, [kept], centre) for _ in range(2)] == [1, 0]
    page = alert_page(conn, one.alert_id)
    assert page is not None
    assert page.stored.alert == one
    assert [(e.revision, e.change) for e in page.log] == [(1, "raised"), (2, "amended")]
    shown = next(e for e in page.evidence if e.moment == "clip")
    assert (shown.codec, shown.note, shown.size_bytes) == ("h264", "cut_short", 6)
    told = outbox_of_alert(conn, one.alert_id)
    assert [(o.revision, o.event) for o in told] == [(1, "alert.raised"), (2, "alert.amended")]
    payloads = conn.execute("SELECT payload FROM outbox ORDER BY revision").fetchall()
    [first, second] = [row[0] for row in payloads]
    manifest, _ = manifest_and_rows(conn, one.alert_id)
    assert second["evidence_head"] == manifest.head != first["evidence_head"]
    assert [e["moment"] for e in second["evidence"]] == ["after", "clip"]
    # The rules go on from where they were, and the clip stays.
    writer.write(Batch(changes=(step(ChangeKind.ENDED, ended(one)),)))
    page = alert_page(conn, one.alert_id)
    assert page is not None
    assert (page.stored.revision, page.stored.alert.ended_at is not None) == (3, True)
    assert len(page.evidence) == 2
    assert attach_evidence(conn, [clip(alert("nobody"), b"x")], centre) == 0


def test_an_alert_is_written_though_nothing_can_be_stored(
    writer: Writer, conn: Connection, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no folder")
    away = EvidenceKeeper(
        EvidenceObjects(EvidenceSettings(url=f"file:{tmp_path}/file/x", in_database_bytes=8)), "v"
    )
    one = alert()
    pieces = [picture(one, "before", b"12345678"), picture(one, "after", b"lost")]
    writer.write(Batch(changes=away.keep_all([raised(one, *pieces)])))
    assert stored_alert(conn, one.alert_id) is not None
    rows = {r.moment: r for r in evidence_rows(conn, one.alert_id)}
    assert (rows["before"].in_database, rows["before"].missing) == (True, None)
    assert (rows["after"].in_database, rows["after"].missing) == (False, "away")
    assert rows["after"].sha256 == hashlib.sha256(b"lost").digest()
    assert faults_of(manifest_and_rows(conn, one.alert_id)[0]) == []
    assert away.trouble is not None
    put_state(conn, away.objects, "v", away.trouble, 0)
    [state] = storage_states(conn, datetime.now(UTC) - timedelta(minutes=1))
    assert (state.worker, state.state) == ("v", "away")


def life(name: str, at_s: float, *, over: bool) -> Alert:
    made = alert(name, started_at=NOON + timedelta(seconds=at_s), camera_id="gate")
    return ended(made) if over else made


def test_room_is_made_in_order_and_pictures_outlive_clips(
    writer: Writer, conn: Connection, keeper: EvidenceKeeper
) -> None:
    lives = {
        "goes on": life("goes on", 0, over=False),
        "ended old": life("ended old", 10, over=True),
        "ended new": life("ended new", 20, over=True),
        "acknowledged": life("acknowledged", 30, over=True),
        "dismissed": life("dismissed", 40, over=False),
        "shared": life("shared", 5, over=True),
    }
    contents = {name: os.urandom(1000) for name in lives}
    contents["shared"] = contents["goes on"]
    for name, one in lives.items():
        writer.write(Batch(changes=keeper.keep_all([raised(one, picture(one, "after", b"p"))])))
        attach_evidence(conn, [keeper.keep(clip(one, contents[name]))], centre)
    acknowledge(conn, lives["acknowledged"].alert_id, "li", None, centre)
    dismiss(conn, lives["dismissed"].alert_id, "li", "nothing", centre)
    assert used(conn).objects_bytes == 5 * 1000 + 1

    def gone() -> list[str]:
        order = conn.execute(
            "SELECT alert_id FROM evidence WHERE dropped_at IS NOT NULL ORDER BY dropped_at"
        ).fetchall()
        names = {one.alert_id: name for name, one in lives.items()}
        return [names[row[0]] for row in order]

    wanted = ["dismissed", "acknowledged", "ended old", "ended new"]
    for number in range(1, 5):
        assert make_room(conn, keeper.objects, 1000) == 1000
        assert gone() == wanted[:number]
    # What is left is of an alert that goes on, shared with one that is over: nothing more goes.
    assert make_room(conn, keeper.objects, 1000) == 0
    assert used(conn).objects_bytes == 1001
    for name, one in lives.items():
        manifest, rows = manifest_and_rows(conn, one.alert_id)
        assert faults_of(manifest) == []
        by_moment = {r.moment: r for r in rows}
        assert read_content(conn, keeper.objects, by_moment["after"].evidence_id) is not None
        dropped = by_moment["clip"]
        assert dropped.sha256 == hashlib.sha256(contents[name]).digest()
        assert (dropped.dropped_for == "room") == (name in wanted)
        found = read_content(conn, keeper.objects, dropped.evidence_id)
        assert (found is None) == (name in wanted)
    assert stored_alert(conn, lives["dismissed"].alert_id).status == AlertStatus.DISMISSED  # type: ignore[union-attr]


def test_the_sweep_takes_what_nobody_names(
    writer: Writer, conn: Connection, keeper: EvidenceKeeper
) -> None:
    one, objects = alert(), keeper.objects
    keeper.keep(clip(alert("killed"), b"an object without its row"))
    later = datetime.now(UTC) + timedelta(days=8)
    assert sweep(conn, objects, later) == 0  # no row at all: another database, perhaps
    writer.write(Batch(changes=keeper.keep_all([raised(one, picture(one))])))
    assert sweep(conn, objects, datetime.now(UTC)) == 0  # too young
    assert sweep(conn, objects, later) == 1
    [row] = evidence_rows(conn, one.alert_id)
    assert read_content(conn, objects, row.evidence_id) is not None


def test_pictures_of_before_move_into_the_store(
    writer: Writer, conn: Connection, objects: EvidenceObjects
) -> None:
    ones = [alert(str(n)) for n in range(25)]
    for n, one in enumerate(ones):
        writer.write(Batch(changes=(raised(one, picture(one, "after", b"%d" % n)),)))
    # As rows were before the chain and the object store.
    conn.execute("UPDATE evidence SET chain = NULL, chain_number = NULL, size_bytes = NULL")
    conn.execute("DELETE FROM evidence_chain")
    assert used(conn).in_database_bytes == 10 + 15 * 2
    [row] = evidence_rows(conn, ones[3].alert_id)
    place = evidence_place(conn, row.evidence_id)
    assert place is not None
    assert place.content == b"3"
    assert move_into_store(conn, objects) == 25
    assert move_into_store(conn, objects) == 0
    assert used(conn).in_database_bytes == 0
    found = read_content(conn, objects, row.evidence_id)
    assert found is not None
    assert found[1] == b"3"
    manifest, _ = manifest_and_rows(conn, ones[3].alert_id)
    assert (faults_of(manifest), manifest.entries[0].chain) == ([], None)


def test_retention_takes_whole_chains(
    writer: Writer, conn: Connection, keeper: EvidenceKeeper
) -> None:
    now = datetime.now(UTC)
    one = alert()
    writer.write(Batch(changes=keeper.keep_all([raised(one, picture(one))])))
    young = keeper.keep(clip(one, b"a clip", (now - one.started_at).total_seconds()))
    attach_evidence(conn, [young], centre)
    days = timedelta(days=RetentionSettings().alert_days)
    maintain(conn, RetentionSettings(), now + days - timedelta(minutes=1))
    manifest, rows = manifest_and_rows(conn, one.alert_id)  # the picture alone is too old
    assert (len(rows), faults_of(manifest)) == (2, [])
    maintain(conn, RetentionSettings(), now + days + timedelta(minutes=1))
    manifest, rows = manifest_and_rows(conn, one.alert_id)
    assert (rows, manifest.links) == ((), 0)


def test_the_trucks_fixes_around_an_event(
    writer: Writer, conn: Connection, keeper: EvidenceKeeper
) -> None:
    fixes = tuple(position(at_s=s) for s in range(-400, 400, 20))
    writer.write(Batch(positions=fixes, changes=(raised(alert()),)))
    found = positions_evidence(conn, alert().alert_id, NOON, NOON + timedelta(seconds=20))
    assert found is not None
    told = msgspec.json.decode(found.content)
    [vehicle] = told["vehicles"]
    assert (told["laid_at"], vehicle["vehicle_id"]) == ("苏D12345", "苏D12345")
    assert len(vehicle["fixes"]) == 19  # 3 min before to 3 min after, every 20 s
    assert attach_evidence(conn, [keeper.keep(found)], centre) == 1
    nobody = raised(alert("nobody", vehicle_id=None))
    writer.write(Batch(changes=(nobody,)))
    assert positions_evidence(conn, nobody.alert.alert_id, NOON, NOON) is None


def test_json_evidence_is_the_same_for_the_same_facts() -> None:
    span = (NOON, NOON)
    made = [json_evidence(UUID(int=1), "track", "gate", span, {"b": 1, "a": n}) for n in (1, 1, 2)]
    assert made[0] == made[1] != made[2]
