"""The detector port: any model behind one question (检测器)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import structlog

from detection.detections import Detections
from ingest.frame import Image

log = structlog.get_logger()

PACKAGE_MODEL = Path(__file__).parent / "weights" / "muckwatch.onnx"


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
        if not PACKAGE_MODEL.is_file():
            log.warning("no detector model: motion alone decides", looked_at=str(PACKAGE_MODEL))
            return NoDetector()
        model = PACKAGE_MODEL
    if not (model.is_file() or (runtime == "openvino" and model.is_dir())):
        raise DetectorError(f"model {model}: no such file")
    if runtime == "onnxruntime":
        from detection.onnx_detector import OnnxDetector  # noqa: PLC0415  only what is used loads

        return OnnxDetector(model, confidence, threads=threads)
    if runtime == "openvino":
        from detection.openvino_detector import OpenVinoDetector  # noqa: PLC0415  optional

        return OpenVinoDetector(model, confidence, threads=threads)
    if runtime == "ultralytics":
        from detection.ultralytics_detector import UltralyticsDetector  # noqa: PLC0415  optional

        return UltralyticsDetector(model, confidence)
    raise DetectorError(f"runtime {runtime!r}: is none of onnxruntime, openvino, ultralytics")
