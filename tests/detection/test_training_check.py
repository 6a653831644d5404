"""Data is looked through before it is trained on."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.detector_classes import CLASS_NAMES
from detection.training.check import check_dataset
from detection.training.dataset import DatasetError
from detection.training.split import SHARES, SPLITS, Membership, SplitError, check_splits, split_of
from tests.detection.labelled_pictures import write_pictures

HEADER = "picture,split,scene,camera_id,source\n"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_pictures(tmp_path / "data")


def test_pictures_boxes_and_sources_are_counted(data):
    (data.parent / "labels/val/1.txt").write_text("\n")
    rows = ["images/val/0.png,val,s1,c1,real", "images/val/1.png,val,s1,c1,real"]
    rows += ["images/train/0.png,train,s2,c2,synthetic"]
    (data.parent / "provenance.csv").write_text(HEADER + "\n".join(rows))
    checked = check_dataset(data)
    train, val = checked.splits["train"], checked.splits["val"]
    assert (train.pictures, train.empty, train.boxes) == (8, 0, {"bag": 8})
    assert train.sources == {"synthetic": 1, "unknown": 7}
    assert (val.pictures, val.empty, val.sources) == (2, 1, {"real": 2})
    assert checked.scenes_known


NAMES = "train: images/train\nval: images/val\nnames: [{}]\n"
LABELS = "labels/train/3.txt"
PROVENANCE = "provenance.csv"


@pytest.mark.parametrize(
    ("file", "content", "told"),
    [
        ("data.yaml", NAMES.format(", ".join((*CLASS_NAMES, "tram"))), "names: tram: unknown"),
        ("data.yaml", NAMES.format(", ".join(sorted(CLASS_NAMES))), "in this order: muck_truck"),
        ("data.yaml", NAMES.format("bag"), "in this order: muck_truck"),
        (LABELS, "14 0.5 0.5 0.1 0.1\n", "3.txt:1: class 14: there is no"),
        (LABELS, "\n1 0.5 0.99 0.1 0.1\n", "3.txt:2: the box is not within"),
        (LABELS, "1 0.5 0.5 0 0.1\n", "3.txt:1: the box"),
        (LABELS, "1 0.5 0.5\n", "3.txt:1: class, x"),
        (PROVENANCE, HEADER + "a,train,s,c,real\nb,val,s,d,real\n", "scene 's' is in the splits"),
        (PROVENANCE, HEADER + "a,train,s,c,real\nb,val,t,c,real\n", "camera 'c' is in the splits"),
        (PROVENANCE, "picture,split\n", "provenance.csv:1: scene"),
    ],
)
def test_what_would_spoil_a_training_is_named(data, file, content, told):
    (data.parent / file).write_text(content)
    with pytest.raises(DatasetError, match=told):
        check_dataset(data)


def test_a_picture_of_both_splits_and_data_without_objects_are_refused(data):
    for labels in (data.parent / "labels/train").iterdir():
        labels.write_text("")
    with pytest.raises(DatasetError, match="train: no labelled object"):
        check_dataset(data)
    same = (data.parent / "images/train/5.png").read_bytes()
    (data.parent / "images/val/0.png").write_bytes(same)
    with pytest.raises(DatasetError, match=r"val/0.png: is the same picture as .*train/5.png"):
        check_dataset(data)


def test_a_scene_goes_to_one_split_the_same_for_ever():
    counted = [split_of(f"scene-{number}") for number in range(4000)]
    for split in SPLITS:
        assert counted.count(split) / 4000 == pytest.approx(SHARES[split], abs=0.02)
    # Written down: another hash would put what was trained on into the next test.
    known = {"a": "val", "b": "train", "g": "val", "h": "train", "i": "test"}
    assert {name: split_of(name) for name in known} == known


def test_a_scene_or_camera_in_two_splits_is_refused():
    check_splits([Membership("train", "a", "c1"), Membership("train", "b", "c1")])
    check_splits([Membership("train", "a", ""), Membership("val", "b", "")])
    with pytest.raises(SplitError, match="scene 'a'"):
        check_splits([Membership("train", "a"), Membership("val", "a")])
    with pytest.raises(SplitError, match="camera 'c1'"):
        check_splits([Membership("train", "a", "c1"), Membership("test", "b", "c1")])
