"""A detector of its own for each analysis thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from detection.detections import Detections
from detection.detector import Detector
from ingest.frame import Image


class ThreadDetector:
    """Loads by `load` in each thread that asks, once: not all runtimes bear two callers.

    ONNX Runtime does; an infer request of OpenVINO and ultralytics' predictor do not.
    """

    def __init__(self, load: Callable[[], Detector]) -> None:
        self._load = load
        self._own = threading.local()
        self._first = self._own.detector = load()  # a model that is no good is told at the start

    @property
    def names(self) -> dict[int, str]:
        return self._first.names

    @property
    def input_px(self) -> int:
        return self._first.input_px

    def detect(self, images: Sequence[Image]) -> list[Detections]:
        detector: Detector | None = getattr(self._own, "detector", None)
        if detector is None:
            detector = self._own.detector = self._load()
        return detector.detect(images)
