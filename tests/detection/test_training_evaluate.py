"""Evaluation against labels of a folder made here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from detection.detections import Detections
from detection.training.dataset import DatasetError, read_pictures
from detection.training.evaluate import evaluate_detector
from ingest.frame import Image


class Fixed:
    """Answers every picture with the same boxes."""

    def __init__(self, *boxes: tuple[float, float, float, float, int]) -> None:
        self.names = {0: "blue", 1: "red"}  # other ids than the data set's
        self.boxes = boxes

    def detect(self, images: Sequence[Image]) -> list[Detections]:
        found = np.array([b[:4] for b in self.boxes], np.float32).reshape(-1, 4)
        ids = np.array([b[4] for b in self.boxes], np.int64)
        scores = np.linspace(0.9, 0.5, len(ids), dtype=np.float32)
        return [Detections(found, scores, ids, self.names) for _ in images]


@pytest.fixture
def data_yaml(tmp_path: Path) -> Path:
    for name in ("a", "b"):
        for kind in ("images", "labels"):
            (tmp_path / kind / "val").mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(tmp_path / f"images/val/{name}.png"), np.zeros((100, 200, 3), np.uint8))
        (tmp_path / f"labels/val/{name}.txt").write_text("0 0.25 0.5 0.2 0.4\n1 0.75 0.5 0.2 0.4\n")
    data = tmp_path / "data.yaml"
    data.write_text("train: images/val\nval: images/val\nnames: [red, blue]\n")
    return data


def test_labels_become_pixels(data_yaml):
    picture = next(read_pictures(data_yaml))
    assert picture.boxes.tolist() == [[30, 30, 70, 70], [130, 30, 170, 70]]
    assert picture.class_ids.tolist() == [0, 1]


def test_perfect_answers_score_one_and_ids_are_matched_by_name(data_yaml):
    result = evaluate_detector(Fixed((30, 30, 70, 70, 1), (130, 30, 170, 70, 0)), data_yaml)
    assert result.pictures == 2
    assert [(s.class_name, s.objects) for s in result.classes] == [("red", 2), ("blue", 2)]
    assert result.map50 == pytest.approx(1, abs=1e-6)
    assert result.map50_95 == pytest.approx(1, abs=1e-6)


def test_a_class_never_found_scores_nothing(data_yaml):
    red, blue = evaluate_detector(Fixed((30, 30, 70, 70, 1)), data_yaml).classes
    assert (red.ap50, blue.ap50) == (pytest.approx(1, abs=1e-6), 0)


def test_a_shifted_box_counts_at_half_overlap_only(data_yaml):
    # 40 x 40 px moved by 8 px: an overlap of 32 / 48 = 0.667, found at 0.5 to 0.65 of ten steps
    red = evaluate_detector(Fixed((38, 30, 78, 70, 1)), data_yaml).classes[0]
    assert red.ap50 == pytest.approx(1, abs=1e-6)
    assert red.ap50_95 == pytest.approx(0.4, abs=1e-6)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda d: (d.parent / "labels/val/a.txt").write_text("0 0.5\n"), "a.txt:1"),
        (lambda d: d.write_text("train: x\nnames: [red]\n"), "val"),
        (lambda d: (d.parent / "images/val/a.png").write_bytes(b"no"), "a.png"),
        (lambda d: d.unlink(), "data.yaml"),
    ],
)
def test_a_broken_data_set_is_named(data_yaml, change, told):
    change(data_yaml)
    with pytest.raises(DatasetError, match=told):
        evaluate_detector(Fixed(), data_yaml)
