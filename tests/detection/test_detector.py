"""The detector port: both runtimes give the same boxes; what cannot be used says so."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from config.detector_classes import CLASS_NAMES
from demo.scenes.random_scene import random_drawing, random_place
from detection.detections import Detections
from detection.detector import (
    PACKAGE_INT8,
    PACKAGE_MODEL,
    DetectorError,
    NoDetector,
    load_detector,
    package_model,
)
from detection.letterbox import letterbox
from ingest.frame import Image
from ingest.stream_video import read_video

SHARED = Path(__file__).parents[2].parent / "shared/data"


def pictures() -> list[Image]:
    clip = SHARED / "video/vtest.avi"
    if not clip.is_file():
        dice = np.random.default_rng(0)
        return [dice.integers(0, 255, (h, w, 3), np.uint8) for h, w in ((360, 640), (480, 320))]
    frames = (p.image for n, p in enumerate(read_video(str(clip), analysed_fps=0.05)) if n < 800)
    return [image for image in frames if image is not None][:3]


def onnx_model(folder: Path) -> Path:
    """The package's model where it is, else stock weights exported here."""
    if PACKAGE_MODEL.is_file():
        return PACKAGE_MODEL
    weights = SHARED / "models/yolov8n_coco.pt"
    if not weights.is_file():
        pytest.skip("neither the package's model nor shared/data/models is here")
    ultralytics = pytest.importorskip("ultralytics")
    own = folder / weights.name
    shutil.copy(weights, own)
    return Path(ultralytics.YOLO(str(own)).export(format="onnx", imgsz=640, simplify=False))


def same(one: Detections, other: Detections) -> None:
    assert len(one) == len(other)
    np.testing.assert_array_equal(one.class_ids, other.class_ids)
    np.testing.assert_allclose(one.scores, other.scores, atol=2e-3)
    np.testing.assert_allclose(one.boxes, other.boxes, atol=0.6)


@pytest.mark.yolo
def test_both_runtimes_give_the_same_boxes(tmp_path: Path) -> None:
    pytest.importorskip("ultralytics")
    model = onnx_model(tmp_path)
    lean = load_detector(model, "onnxruntime", 0.1)
    full = load_detector(model, "ultralytics", 0.1)
    assert lean.names == full.names
    images = pictures()
    answers = list(zip(lean.detect(images), full.detect(images), strict=True))
    for one, other in answers:
        same(one, other)
        assert one.boxes.dtype == np.float32
    if model != PACKAGE_MODEL:
        assert sum(len(one) for one, _ in answers) > 10


def test_the_packages_model_was_trained_on_the_list_in_its_order() -> None:
    if not PACKAGE_MODEL.is_file():
        pytest.skip("the package's model is not here")
    assert load_detector(PACKAGE_MODEL, "onnxruntime").names == dict(enumerate(CLASS_NAMES))


def test_by_openvino_the_packages_model_is_the_quantised_one_and_sees_the_same() -> None:
    pytest.importorskip("openvino", reason="needs the openvino extra")
    if not PACKAGE_INT8.is_file():
        pytest.skip("the package's quantised model is not here")
    assert package_model("openvino") == PACKAGE_INT8
    full, small = load_detector(confidence=0.5), load_detector(None, "openvino", 0.5)
    assert full.names == small.names
    assert full.input_px == small.input_px
    drawing = random_drawing(random_place(7, 640, 360), 7, "muck_truck")
    (one,), (other,) = full.detect([drawing.image]), small.detect([drawing.image])
    trucks = [b for b, c in zip(one.boxes, one.class_ids, strict=True) if c == 0]
    assert trucks
    for box in trucks:
        same_kind = other.boxes[other.class_ids == 0]
        assert np.abs(same_kind - box).max(axis=1).min() < 20


def test_openvino_gives_the_same_boxes_as_onnx_runtime() -> None:
    pytest.importorskip("openvino", reason="needs the openvino extra")
    if not PACKAGE_MODEL.is_file():
        pytest.skip("the package's model is not here")
    lean = load_detector(PACKAGE_MODEL, "onnxruntime", 0.02)
    other = load_detector(PACKAGE_MODEL, "openvino", 0.02)
    assert lean.names == other.names
    assert lean.input_px == other.input_px
    images = pictures()
    answers = list(zip(lean.detect(images), other.detect(images), strict=True))
    for one, two in answers:
        same(one, two)
    assert sum(len(one) for one, _ in answers) > 0


def test_openvino_in_bf16_sees_the_same_within_its_rounding() -> None:
    """Or computes in f32 where the processor does not know bf16: then all of it is the same."""
    pytest.importorskip("openvino", reason="needs the openvino extra")
    if not PACKAGE_MODEL.is_file():
        pytest.skip("the package's model is not here")
    assert package_model("openvino-bf16") == PACKAGE_MODEL
    exact = load_detector(PACKAGE_MODEL, "openvino", 0.5)
    rounded = load_detector(PACKAGE_MODEL, "openvino-bf16", 0.4)
    drawings = [
        random_drawing(random_place(seed, 640, 360), seed, "muck_truck").image for seed in range(6)
    ]
    found = 0
    for one, other in zip(exact.detect(drawings), rounded.detect(drawings), strict=True):
        for box, class_id, score in zip(one.boxes, one.class_ids, one.scores, strict=True):
            same_kind = other.class_ids == class_id
            apart = np.abs(other.boxes[same_kind] - box).max(axis=1)
            assert apart.min() < 8
            assert abs(other.scores[same_kind][apart.argmin()] - score) < 0.1
            found += 1
    assert found >= 6


def test_openvino_says_what_it_cannot_read(tmp_path: Path) -> None:
    pytest.importorskip("openvino", reason="needs the openvino extra")
    text = tmp_path / "text.xml"
    text.write_text("no model")
    with pytest.raises(DetectorError, match=r"text\.xml"):
        load_detector(text, "openvino")
    folder = tmp_path / "empty"
    folder.mkdir()
    with pytest.raises(DetectorError, match=r"no \.xml"):
        load_detector(folder, "openvino")


@pytest.mark.yolo
def test_stock_weights_give_the_same_boxes_as_their_export(tmp_path: Path) -> None:
    ultralytics = pytest.importorskip("ultralytics")
    weights = SHARED / "models/yolov8n_coco.pt"
    if not weights.is_file():
        pytest.skip("shared/data/models is not here")
    own = tmp_path / weights.name
    shutil.copy(weights, own)
    exported = Path(ultralytics.YOLO(str(own)).export(format="onnx", imgsz=640, simplify=False))
    images = pictures()
    lean = load_detector(exported, "onnxruntime", 0.35).detect(images)
    full = load_detector(own, "ultralytics", 0.35).detect(images)
    for one, other in zip(lean, full, strict=True):
        same(one, other)
    assert "person" in {one.class_name(i) for one in lean for i in range(len(one))}


def test_without_any_model_nothing_is_seen(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr("detection.detector.PACKAGE_MODEL", tmp_path / "none.onnx")
    detector = load_detector()
    assert isinstance(detector, NoDetector)
    assert [len(d) for d in detector.detect([np.zeros((9, 9, 3), np.uint8)] * 2)] == [0, 0]


def test_what_cannot_be_used_says_so(tmp_path: Path) -> None:
    with pytest.raises(DetectorError, match=r"none\.onnx: no such file"):
        load_detector(tmp_path / "none.onnx")
    text = tmp_path / "text.onnx"
    text.write_text("no model")
    with pytest.raises(DetectorError, match=r"text\.onnx"):
        load_detector(text)
    with pytest.raises(DetectorError, match="tensorrt"):
        load_detector(text, "tensorrt")


@pytest.mark.parametrize("size", [(720, 1280), (1280, 720), (640, 640), (100, 37)])
def test_a_box_survives_the_letterbox_and_back(size: tuple[int, int]) -> None:
    height, width = size
    image = np.zeros((height, width, 3), np.uint8)
    fitted, fit = letterbox(image, 640, 384)
    assert fitted.shape == (384, 640, 3)
    box = np.array([[0, 0, width, height]], np.float32)
    there = box * fit.scale + np.array([fit.left, fit.top] * 2, np.float32)
    np.testing.assert_allclose(fit.to_picture(there.astype(np.float32)), box, atol=0.01)
