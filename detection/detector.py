"""The detector port: any model behind one question (检测器)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Protocol

import structlog

from detection.detections import Detections
from ingest.frame import Image

log = structlog.get_logger()

PACKAGE_MODEL = Path(__file__).parent / "weights" / "muckwatch.onnx"
PACKAGE_INT8 = PACKAGE_MODEL.with_name("muckwatch-int8.xml")
"""The same, quantised; for OpenVINO."""

OPENVINO: dict[str, Literal["f32", "bf16"]] = {"openvino": "f32", "openvino-bf16": "bf16"}
RUNTIMES = ("onnxruntime", *OPENVINO, "ultralytics")


class DetectorError(ValueError):
    """The model cannot be used; the message names it and says why."""


class Detector(Protocol):
    @property
    def names(self) -> dict[int, str]:
        """Class id -> class name."""

    @property
    def input_px(self) -> int:
        """The shorter side of the model's input: regions of that size lose no pixel."""

    def detect(self, images: Sequence[Image]) -> list[Detections]:
        """One answer a picture, in order; pictures may differ in size."""


class NoDetector:
    """Sees nothing: motion alone then tells what passes and what stays."""

    @property
    def names(self) -> dict[int, str]:
        return {}

    @property
    def input_px(self) -> int:
        return 640

    def detect(self, images: Sequence[Image]) -> list[Detections]:
        return [Detections.none() for _ in images]


def package_model(runtime: str) -> Path:
    """The package's own model for a runtime; the file may be missing."""
    return PACKAGE_INT8 if runtime == "openvino" and PACKAGE_INT8.is_file() else PACKAGE_MODEL


def load_detector(
    model: Path | None = None,
    runtime: str = "onnxruntime",
    confidence: float = 0.35,
    *,
    threads: int = 1,
) -> Detector:
    """Loads `model`, or the package's own where None; without either, a `NoDetector` and a warning.

    Raises:
        DetectorError: the named model is missing, is not readable by `runtime`, or `runtime` is
            not installed.
    """
    if model is None:
        model = package_model(runtime)
        if not model.is_file():
            log.warning("no detector model: motion alone decides", looked_at=str(model))
            return NoDetector()
    if not (model.is_file() or (runtime in OPENVINO and model.is_dir())):
        raise DetectorError(f"model {model}: no such file")
    if runtime == "onnxruntime":
        from detection.onnx_detector import OnnxDetector  # noqa: PLC0415  only what is used loads

        return OnnxDetector(model, confidence, threads=threads)
    if runtime in OPENVINO:
        from detection.openvino_detector import OpenVinoDetector  # noqa: PLC0415  optional

        precision = OPENVINO[runtime]
        return OpenVinoDetector(model, confidence, threads=threads, precision=precision)
    if runtime == "ultralytics":
        from detection.ultralytics_detector import UltralyticsDetector  # noqa: PLC0415  optional

        return UltralyticsDetector(model, confidence)
    raise DetectorError(f"runtime {runtime!r}: is none of {', '.join(RUNTIMES)}")
