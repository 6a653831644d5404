"""What an exported YOLO answers, as boxes of the picture (模型输出解码)."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.detections import Detections
from detection.detector import DetectorError
from detection.letterbox import Fit, letterbox
from ingest.frame import Image

NMS_IOU = 0.7  # ultralytics' own default (cfg/default.yaml: iou)
MOST_OBJECTS = 300  # its max_det

_Found = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64]]


def model_input(image: Image, width: int, height: int) -> tuple[NDArray[np.float32], Fit]:
    """(1, 3, height, width) RGB 0 to 1, and how the picture was fitted into it."""
    fitted, fit = letterbox(image, width, height)
    blob = np.ascontiguousarray(fitted[:, :, ::-1].transpose(2, 0, 1)[None], np.float32)
    return blob / np.float32(255), fit


def decode(
    output: NDArray[np.float32], fit: Fit, confidence: float, names: dict[int, str]
) -> Detections:
    """One picture's output, of both shapes that ultralytics exports.

    (4 + classes, anchors) with centre boxes, of YOLOv8 and YOLO11, goes through non-maximum
    suppression per class; (300, 6) with (x1, y1, x2, y2, score, class), of YOLO26 and of any
    export with `nms=True`, needs none.
    """
    if output.shape[-1] == 6 and output.shape[0] >= output.shape[1]:
        boxes, scores, class_ids = _end_to_end(output, confidence)
    else:
        boxes, scores, class_ids = _suppressed(output, confidence)
    return Detections(fit.to_picture(boxes), scores, class_ids, names)


def _end_to_end(output: NDArray[np.float32], confidence: float) -> _Found:
    kept = output[output[:, 4] > confidence]
    kept = kept[np.argsort(-kept[:, 4], kind="stable")]
    return kept[:, :4], kept[:, 4], kept[:, 5].astype(np.int64)


def _suppressed(output: NDArray[np.float32], confidence: float) -> _Found:
    by_anchor = output.T
    scores = by_anchor[:, 4:].max(axis=1)
    likely = scores > confidence
    by_anchor, scores = by_anchor[likely], scores[likely]
    class_ids = by_anchor[:, 4:].argmax(axis=1).astype(np.int64)
    corners = by_anchor[:, :4].copy()
    corners[:, :2] -= by_anchor[:, 2:4] / 2
    corners[:, 2:] = corners[:, :2] + by_anchor[:, 2:4]
    order = suppress(corners, scores, class_ids, NMS_IOU)[:MOST_OBJECTS]
    return corners[order], scores[order], class_ids[order]


def suppress(
    boxes: NDArray[np.float32],
    scores: NDArray[np.float32],
    class_ids: NDArray[np.int64],
    iou: float,
) -> NDArray[np.int64]:
    """Class-wise non-maximum suppression; rows that stay, best score first."""
    if len(boxes) == 0:
        return np.empty(0, np.int64)
    sizes = boxes.copy()
    sizes[:, 2:] -= sizes[:, :2]
    kept = cv2.dnn.NMSBoxesBatched(sizes.tolist(), scores.tolist(), class_ids.tolist(), 0.0, iou)
    order = np.asarray(kept, np.int64).reshape(-1)
    return order[np.argsort(-scores[order], kind="stable")]


def read_names(described: str, model: Path) -> dict[int, str]:
    """The model's `names` metadata, a Python dictionary as text.

    Raises:
        DetectorError: there is none.
    """
    if not described:
        raise DetectorError(f"model {model}: has no class names in its metadata (`names`)")
    names: Any = ast.literal_eval(described)
    return {int(number): str(name) for number, name in names.items()}
