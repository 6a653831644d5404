"""A tiny training run, to its ONNX file."""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from detection.detector import load_detector
from detection.training.train import train
from detection.training.ultralytics_import import TrainingUnavailableError


def _data(folder: Path) -> Path:
    rng = np.random.default_rng(5)
    for split, count in (("train", 8), ("val", 2)):
        for kind in ("images", "labels"):
            (folder / kind / split).mkdir(parents=True)
        for number in range(count):
            image = rng.integers(0, 60, (48, 64, 3), dtype=np.uint8)
            image[10:30, 20:44] = (0, 0, 255)
            cv2.imwrite(str(folder / f"images/{split}/{number}.png"), image)
            (folder / f"labels/{split}/{number}.txt").write_text("1 0.5 0.41667 0.375 0.41667\n")
    data = folder / "data.yaml"
    data.write_text("train: images/train\nval: images/val\nnames: [bag, muck_truck]\n")
    return data


@pytest.mark.yolo
def test_one_epoch_ends_in_a_model_that_the_lean_runtime_loads(tmp_path):
    pytest.importorskip("ultralytics", reason="needs the yolo extra")
    told = []
    out = train(
        _data(tmp_path / "data"),
        tmp_path / "made" / "tiny.onnx",
        epochs=1,
        image_size=64,
        batch=4,
        progress=lambda done, of: told.append((done, of)),
    )
    assert out.is_file()
    assert str(tmp_path).encode() not in out.read_bytes()
    assert told[-1] == (1, 1)
    detector = load_detector(out, confidence=0.01)
    assert detector.names == {0: "bag", 1: "muck_truck"}
    answer = detector.detect([np.zeros((48, 64, 3), np.uint8)])[0]
    assert answer.boxes.shape == (len(answer), 4)


def test_without_ultralytics_the_error_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ultralytics", None)
    with pytest.raises(TrainingUnavailableError, match=r"muckwatch\[yolo\]"):
        train(_data(tmp_path / "data"), tmp_path / "x.onnx", epochs=1)


def test_a_missing_data_set_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.yaml"):
        train(tmp_path / "nowhere.yaml", tmp_path / "x.onnx")
