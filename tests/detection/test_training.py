"""A tiny training run: checked data, ONNX, OpenVINO and INT8, the card, and going on from it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from config.detector_classes import CLASS_NAMES
from detection.detector import PACKAGE_MODEL, load_detector
from detection.training.base import BaseModelError, weights_from_onnx
from detection.training.job import INT8, OPENVINO, TrainingJob
from detection.training.train import train
from detection.training.ultralytics_import import TrainingUnavailableError
from detection.yolo_output import model_input
from tests.detection.labelled_pictures import write_pictures


def job(data: Path, out: Path, base: str, *formats: str) -> TrainingJob:
    return TrainingJob(
        data=data, out=out, base=base, epochs=1, hours=None, image_px=64,
        learning_rate=0.001, device="cpu", seed=0, formats=formats,
    )  # fmt: skip


@pytest.mark.yolo
def test_one_epoch_ends_in_models_that_the_product_loads_and_a_card(tmp_path):
    pytest.importorskip("ultralytics", reason="needs the yolo extra")
    data = write_pictures(tmp_path / "data", val=4)
    out = tmp_path / "made" / "tiny.onnx"
    measured = []
    card = job(data, out, "yolo11n.yaml", OPENVINO, INT8).run(measured.append)
    assert str(tmp_path).encode() not in out.read_bytes()
    assert measured == [1, 2, 3, 4] * 3
    image = np.full((48, 64, 3), 90, np.uint8)
    raw = []
    for file, runtime in (
        (out, "onnxruntime"), (out.with_suffix(".xml"), "openvino"),
        (out.with_name("tiny-int8.xml"), "openvino"),
    ):  # fmt: skip
        detector = load_detector(file, runtime, confidence=1e-6)
        assert detector.names == dict(enumerate(CLASS_NAMES))
        raw.append(float(detector.detect([image])[0].scores[0]))
    assert raw[0] == pytest.approx(raw[1], rel=1e-3)
    int8 = out.with_name("tiny-int8.bin").stat().st_size
    assert int8 < 0.45 * out.with_suffix(".bin").stat().st_size
    told = json.loads(out.with_suffix(".card.json").read_text("utf-8"))
    assert told == json.loads(json.dumps(card.as_json()))
    assert [f["file"] for f in told["files"]] == ["tiny.onnx", "tiny.xml", "tiny-int8.xml"]
    assert told["splits"]["val"] == {
        "pictures": 4, "empty": 0, "boxes": {"bag": 4}, "sources": {"unknown": 4},
    }  # fmt: skip
    text = out.with_suffix(".card.md").read_text("utf-8")
    assert "| bag | 4 |" in text
    assert "was not checked" in text


@pytest.mark.yolo
def test_training_goes_on_from_the_package_model_where_it_stood(tmp_path):
    pytest.importorskip("ultralytics", reason="needs the yolo extra")
    torch = pytest.importorskip("torch", reason="needs the yolo extra")
    data = write_pictures(tmp_path / "data", train=12)
    made = weights_from_onnx(PACKAGE_MODEL, data, tmp_path / "base.pt")
    network = torch.load(made, weights_only=False)["model"].float().eval()
    blob, _ = model_input(
        np.random.default_rng(1).integers(0, 255, (180, 320, 3), np.uint8), 320, 320
    )
    with torch.no_grad():
        answer = network(torch.from_numpy(blob))[0].numpy()
    expected = onnxruntime.InferenceSession(PACKAGE_MODEL).run(None, {"images": blob})[0]
    # The checkpoint is in half precision.
    np.testing.assert_allclose(answer[:, 4:], expected[:, 4:], atol=0.01)
    np.testing.assert_allclose(answer[:, :4], expected[:, :4], atol=2.0)
    assert network.names == dict(enumerate(CLASS_NAMES))
    # In training mode, where each batch normalises by itself, the scale of every layer is kept.
    normal = network.get_submodule("model.4.cv1.bn")
    assert float(normal.running_var.mean()) != pytest.approx(1, abs=1e-3)


def test_what_no_trainer_exported_is_no_base(tmp_path):
    onnx = pytest.importorskip("onnx", reason="needs the yolo extra")
    model = onnx.load(PACKAGE_MODEL)
    for entry in model.metadata_props:
        if entry.key == "description":
            entry.value = "something else"
    onnx.save(model, tmp_path / "other.onnx")
    data = write_pictures(tmp_path / "data")
    with pytest.raises(BaseModelError, match="not exported by ultralytics"):
        weights_from_onnx(tmp_path / "other.onnx", data, tmp_path / "x.pt")


def test_without_ultralytics_the_error_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ultralytics", None)
    with pytest.raises(TrainingUnavailableError, match=r"muckwatch\[yolo\]"):
        train(write_pictures(tmp_path / "data"), tmp_path / "x.onnx", epochs=1)


def test_what_is_missing_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.yaml"):
        train(tmp_path / "nowhere.yaml", tmp_path / "x.onnx")
    with pytest.raises(FileNotFoundError, match=r"nowhere\.pt"):
        train(write_pictures(tmp_path / "data"), tmp_path / "x.onnx", base="nowhere.pt")
