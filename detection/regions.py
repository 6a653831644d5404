"""Where the detector looks: squares of the frame at full resolution (检测区域).

A whole 1080p picture shrunk to a model's 320 px makes a 40 px bag a smudge of 7 px. Only what
moves, or is about to be judged, is cut out and shown; the boxes come back in pixels of the frame.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from detection.box_geometry import area_of, around_both
from detection.detections import Detections
from detection.detector import Detector
from detection.scene_event import Box
from detection.yolo_output import suppress
from ingest.frame import Frame, Image

MOST_REGIONS = 4  # in one frame: more are merged into the whole picture
MARGIN = 1.5  # a region's side over that of what moves in it: models want to see around a thing
WHOLE_SHARE = 0.6  # regions that cover so much of the picture give way to the whole of it
LEAST_SHARE = 0.3  # of the picture's width: a region of a small picture is enlarged (ours)
MERGE_IOU = 0.6  # boxes of one class from two regions that overlap so are one thing


def regions(moving: Sequence[Box], size_px: tuple[int, int], input_px: int) -> list[Box]:
    """Squares around what moves, of at least `input_px` or `LEAST_SHARE`, none beyond the picture.

    Squares that overlap are merged while one model input still shows them without much loss.
    """
    width, height = size_px
    whole = (0.0, 0.0, float(width), float(height))
    found = [_square(box, size_px, input_px) for box in moving]
    merged = True
    while merged:
        merged = False
        for i, a in enumerate(found):
            for j in range(i + 1, len(found)):
                both = _square(around_both(a, found[j]), size_px, input_px, margin=1.0)
                if area_of(both) <= 1.15 * (area_of(a) + area_of(found[j])):
                    found[i] = both
                    del found[j]
                    merged = True
                    break
            if merged:
                break
    if len(found) > MOST_REGIONS or sum(map(area_of, found)) > WHOLE_SHARE * area_of(whole):
        return [whole]
    return found


def look_closely(detector: Detector, frame: Frame, moving: Sequence[Box]) -> Detections:
    """The model's boxes in all regions of one frame, one call, no thing twice."""
    cut = regions(moving, frame.size_px, detector.input_px)
    if not cut:
        return Detections.none(detector.names)
    image = frame.image
    corners = [(int(b[0]), int(b[1]), int(np.ceil(b[2])), int(np.ceil(b[3]))) for b in cut]
    crops: list[Image] = [image[y1:y2, x1:x2] for x1, y1, x2, y2 in corners]
    answers = detector.detect(crops)
    if len(answers) == 1 and corners[0][:2] == (0, 0):
        return answers[0]
    return _merged(answers, corners, frame.size_px, detector.names)


def _merged(
    answers: Sequence[Detections],
    corners: Sequence[tuple[int, int, int, int]],
    size_px: tuple[int, int],
    names: dict[int, str],
) -> Detections:
    kept = []
    for answer, corner in zip(answers, corners, strict=True):
        shift = np.array([corner[0], corner[1]] * 2, np.float32)
        rows = _complete(answer.boxes, corner, size_px)
        kept.append((answer.boxes[rows] + shift, answer.scores[rows], answer.class_ids[rows]))
    boxes = np.concatenate([b for b, _, _ in kept]).astype(np.float32)
    scores = np.concatenate([s for _, s, _ in kept]).astype(np.float32)
    class_ids = np.concatenate([c for _, _, c in kept]).astype(np.int64)
    order = suppress(boxes, scores, class_ids, MERGE_IOU)
    return Detections(boxes[order], scores[order], class_ids[order], names)


def _complete(
    boxes: NDArray[np.float32], corner: tuple[int, int, int, int], size_px: tuple[int, int]
) -> NDArray[np.bool_]:
    """Rows of boxes that the region did not cut off; at the picture's own edge all are whole."""
    wide, tall = corner[2] - corner[0], corner[3] - corner[1]
    inner = np.ones(len(boxes), bool)
    if corner[0] > 0:
        inner &= boxes[:, 0] > 1
    if corner[1] > 0:
        inner &= boxes[:, 1] > 1
    if corner[2] < size_px[0]:
        inner &= boxes[:, 2] < wide - 1
    if corner[3] < size_px[1]:
        inner &= boxes[:, 3] < tall - 1
    return inner


def _square(box: Box, size_px: tuple[int, int], input_px: int, *, margin: float = MARGIN) -> Box:
    """A square around a box, moved into the picture; cut to it where it is larger."""
    width, height = size_px
    least = min(input_px, LEAST_SHARE * width)
    side = max(margin * max(box[2] - box[0], box[3] - box[1]), least)
    left = _moved((box[0] + box[2]) / 2 - side / 2, side, width)
    top = _moved((box[1] + box[3]) / 2 - side / 2, side, height)
    return left, top, min(left + side, float(width)), min(top + side, float(height))


def _moved(low: float, side: float, limit: int) -> float:
    return max(0.0, min(low, limit - side))
