"""Operators' verdicts become labels: by hand-made tables, then from a real database."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid5

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from alerts.alert import Alert, Evidence
from app.cli import app
from app.evaluation.labels.verdict_labels import JudgedPicture, class_of, labelled
from config.detector_classes import CLASS_ID
from config.settings import DatabaseSettings, EvidenceSettings
from config.site_files import read_site_folder
from detection.scene_event import SeenBox
from detection.training.check import check_dataset
from detection.training.split import split_of
from store.batch import Batch
from store.database import Connection, connect
from store.evidence_keeper import EvidenceKeeper
from store.evidence_objects import EvidenceObjects
from store.operator import acknowledge, confirm, dismiss
from store.site import seed_site_files
from store.writer import Writer
from tests.app.evaluate_folder import write_folder
from tests.databases import fresh_database
from tests.store.made import NOON, alert, raised

BOX = (100.0, 50.0, 140.0, 80.0)
PILE, SOLID, BAG = (CLASS_ID[name] for name in ("waste_pile", "spill_solid", "bag"))
TRUCK, PERSON = CLASS_ID["muck_truck"], CLASS_ID["person"]


def judged(number: int, at_s: float, moment="after", **more) -> JudgedPicture:
    fields = {
        "kind": "illegal_dumping", "true": True, "by": "li", "camera_id": "c1", "scene": "c1/first",
        "alert_ended_at": None, "values": {}, "width_px": 400, "height_px": 200,
        "sha256": bytes([number]), "box": BOX if moment == "after" else None, "seen": (),
        "alert_id": UUID(int=number),
    }  # fmt: skip
    return JudgedPicture(
        evidence_id=UUID(int=number),
        moment=moment,
        captured_at=NOON + timedelta(seconds=at_s),
        **(fields | more),
    )


def boxes_of(*pictures: JudgedPicture) -> dict[int, list[tuple[int, tuple[float, ...]]]]:
    return {one.first.evidence_id.int: list(one.boxes) for one in labelled(pictures)}


def test_a_true_alert_is_a_box_after_and_none_before():
    person = SeenBox(class_name="person", box=(0.0, 0.0, 20.0, 60.0))
    moving = SeenBox(class_name="moving", box=(30.0, 0.0, 60.0, 60.0))
    before, after = judged(1, -10, "before"), judged(2, 10, seen=(person, moving))
    passage = judged(3, 0, "passage")
    assert boxes_of(before, after, passage) == {1: [], 2: [(PILE, BOX), (PERSON, person.box)]}


def test_a_false_alert_is_a_picture_without_that_box():
    truck = SeenBox(class_name="muck_truck", box=(0.0, 0.0, 90.0, 60.0))
    assert boxes_of(judged(1, 0, true=False, seen=(truck,))) == {1: [(TRUCK, truck.box)]}


def test_what_lies_is_labelled_in_the_pictures_of_other_alerts():
    other = (300.0, 50.0, 340.0, 90.0)
    pile = judged(1, 0, alert_ended_at=NOON + timedelta(seconds=100))
    within = judged(2, 60, true=False, box=other)
    gone = judged(3, 101, true=False, box=other)
    earlier = judged(4, -1, true=False, box=other)
    boxes = boxes_of(pile, within, gone, earlier)
    assert boxes == {1: [(PILE, BOX)], 2: [(PILE, BOX)], 3: [], 4: []}
    # Without an end it is taken to lie for five minutes.
    boxes = boxes_of(judged(1, 0), judged(2, 299, true=False), judged(3, 301, true=False))
    assert [len(b) for b in boxes.values()] == [1, 1, 0]


def test_one_picture_of_two_alerts_is_written_once_with_both_boxes():
    other = (300.0, 50.0, 340.0, 90.0)
    two = [judged(1, 0), judged(2, 0, sha256=bytes([1]), kind="spillage", box=other)]
    (one,) = labelled(two)
    assert one.boxes == ((PILE, BOX), (SOLID, other))
    assert one.alerts == (UUID(int=1), UUID(int=2))
    assert one.class_from == "kind"


@pytest.mark.parametrize(
    ("kind", "values", "told"),
    [
        ("illegal_dumping", {"class_name": "bag"}, ("bag", "model")),
        ("illegal_dumping", {"class_name": "person"}, ("waste_pile", "kind")),
        ("illegal_dumping", {}, ("waste_pile", "kind")),
        ("spillage", {}, ("spill_solid", "kind")),
        ("spillage", {"wet": True}, ("spill_liquid", "kind")),
        ("spillage", {"class_name": "spill_solid", "wet": True}, ("spill_solid", "model")),
        ("open_load", {}, ("load_open", "kind")),
        ("body_raised", {}, ("body_raised", "kind")),
    ],
)
def test_the_class_is_the_models_word_or_else_the_kinds(kind, values, told):
    assert class_of(kind, values) == told


def test_of_a_trucks_body_only_the_picture_with_its_box_is_of_use():
    body = {"kind": "open_load"}
    boxes = boxes_of(
        judged(1, 0, "passage", **body), judged(2, 1, **body), judged(3, 2, true=False)
    )
    assert boxes == {2: [(CLASS_ID["load_open"], BOX)], 3: []}


def test_boxes_are_cut_to_the_picture_and_told_in_fractions():
    (one,) = labelled([judged(1, 0, box=(380.0, 100.0, 420.0, 220.0))])
    assert one.lines() == f"{PILE} 0.975000 0.750000 0.050000 0.500000\n"
    assert labelled([judged(1, 0, box=(398.0, 0.0, 420.0, 50.0))])[0].boxes == ()


@pytest.fixture
def url(embedded: DatabaseSettings, migrated: str) -> Iterator[str]:
    with fresh_database(embedded, migrated) as fresh:
        yield fresh


@pytest.fixture
def conn(url: str, tmp_path: Path) -> Iterator[Connection]:
    with connect(DatabaseSettings(url=url)) as connection:
        site = write_folder(tmp_path / "set") / "site"
        seed_site_files(connection, read_site_folder(site))
        yield connection


def camera_alert(name: str, at_s: float, camera: str, kind="illegal_dumping", **more) -> Alert:
    began = NOON + timedelta(seconds=at_s)
    return alert(
        name, kind=kind, vehicle_id=None, camera_id=camera, subject="ground", permit_id=None,
        started_at=began, raised_at=began + timedelta(seconds=8), **more,
    )  # fmt: skip


def picture(of: Alert, moment: str, at_s: float, shade: int) -> Evidence:
    _, coded = cv2.imencode(".jpg", np.full((200, 400, 3), shade, np.uint8))
    content = np.asarray(coded).tobytes()
    return Evidence(
        evidence_id=uuid5(of.alert_id, moment),
        alert_id=of.alert_id,
        moment=moment,
        captured_at=of.started_at + timedelta(seconds=at_s),
        media_type="image/jpeg",
        width_px=400,
        height_px=200,
        content=content,
        sha256=hashlib.sha256(content).digest(),
        box=BOX if moment == "after" else None,
        seen=(SeenBox(class_name="person", box=(0.0, 0.0, 20.0, 60.0)),),
    )


@pytest.mark.servers
def test_judged_alerts_become_a_folder_that_can_be_trained_on(conn, url, tmp_path, monkeypatch):
    evidence = f"file:{tmp_path}/evidence"
    keeper = EvidenceKeeper(
        EvidenceObjects(EvidenceSettings(url=evidence, keep_free_bytes=0)), "vision test"
    )
    bag = camera_alert("bag", 0, "c1", values={"class_name": "bag"})
    shadow = camera_alert("shadow", 5000, "c1", "spillage")
    open_ = camera_alert("unjudged", 9000, "c1")
    old = camera_alert("old", -90_000, "c1")
    moved = camera_alert("moved", 100, "c1", "camera_moved")
    for number, one in enumerate((bag, shadow, open_, old, moved)):
        pictures = [
            picture(one, "before", -5, 10 * number + 5),
            picture(one, "after", 8, 10 * number),
        ]
        Writer(conn, lambda _change: []).write(
            Batch(changes=keeper.keep_all([raised(one, *pictures)]))
        )
    nobody = lambda _change: []  # noqa: E731
    confirm(conn, bag.alert_id, "li", None, nobody)
    confirm(conn, old.alert_id, "li", None, nobody)
    confirm(conn, moved.alert_id, "li", None, nobody)
    dismiss(conn, shadow.alert_id, "wang", "影子", nobody)
    acknowledge(
        conn, open_.alert_id, "li", None, nobody
    )  # seen, but nobody said whether it is true
    monkeypatch.setenv("MUCKWATCH_DATABASE__URL", url)
    monkeypatch.setenv("MUCKWATCH_EVIDENCE__URL", evidence)
    out = tmp_path / "labels"
    since = (NOON - timedelta(hours=1)).isoformat()
    result = CliRunner().invoke(app, ["export-labels", str(out), "--since", since])
    assert result.exit_code == 0, result.output
    told = " ".join(result.output.split())  # wrapped where the temporary folder's path is long
    assert "4 pictures" in told
    assert "1 true and 1 false alerts" in told
    with (out / "provenance.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {(r["kind"], r["verdict"], r["by"], r["moment"]) for r in rows} == {
        ("illegal_dumping", "true", "li", "before"), ("illegal_dumping", "true", "li", "after"),
        ("spillage", "false", "wang", "before"), ("spillage", "false", "wang", "after"),
    }  # fmt: skip
    split = split_of("c1")
    assert {(r["scene"], r["camera_id"], r["source"], r["split"]) for r in rows} == {
        ("c1/first", "c1", "real", split)
    }
    labels = {}
    for row in rows:
        path = out / row["picture"].replace("images/", "labels/").replace(".jpg", ".txt")
        labels[row["kind"], row["moment"]] = [
            line.split()[0] for line in path.read_text().split("\n") if line
        ]
        assert hashlib.sha256((out / row["picture"]).read_bytes()).hexdigest() == row["sha256"]
    person = str(PERSON)
    assert labels == {
        ("illegal_dumping", "before"): [person], ("illegal_dumping", "after"): [str(BAG), person],
        ("spillage", "before"): [person], ("spillage", "after"): [person],
    }  # fmt: skip
    checked = check_dataset(out / "data.yaml", splits=(split,))
    assert checked.splits[split].boxes == {"bag": 1, "person": 4}
    assert checked.splits[split].sources == {"real": 4}
    assert CliRunner().invoke(app, ["export-labels", str(out)]).exit_code == 2  # not empty
    # A picture that went meanwhile is told, not written.
    for content in (tmp_path / "evidence").rglob("*.jpg"):
        content.unlink()
    result = CliRunner().invoke(app, ["export-labels", str(tmp_path / "again")])
    assert "6 pictures were gone" in result.output.replace("\n", " ")
