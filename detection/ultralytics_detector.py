"""Any weights that ultralytics runs, `.pt` included, on a GPU where there is one (yolo extra)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from detection.detections import Detections
from detection.detector import DetectorError
from ingest.frame import Image


class UltralyticsDetector:
    def __init__(self, model: Path, confidence: float = 0.35, *, image_px: int = 640) -> None:
        try:
            import ultralytics  # noqa: PLC0415  torch is an extra
        except ImportError as error:
            raise DetectorError(
                "runtime ultralytics: not installed; pip install 'muckwatch[yolo]'"
            ) from error
        self._model: Any = getattr(ultralytics, "YOLO")(str(model), task="detect")  # noqa: B009  not in its types
        self._confidence = confidence
        self._image_px = image_px

    @property
    def names(self) -> dict[int, str]:
        return {int(number): str(name) for number, name in self._model.names.items()}

    @property
    def input_px(self) -> int:
        return self._image_px

    def detect(self, images: Sequence[Image]) -> list[Detections]:
        answers = []
        for image in images:
            # rect=False: the same square input as an exported model gets.
            result = self._model.predict(
                image, conf=self._confidence, imgsz=self._image_px, rect=False, verbose=False
            )[0]
            boxes = result.boxes.cpu().numpy()
            answers.append(
                Detections(
                    np.asarray(boxes.xyxy, np.float32).reshape(-1, 4),
                    np.asarray(boxes.conf, np.float32),
                    np.asarray(boxes.cls, np.int64),
                    self.names,
                )
            )
        return answers
