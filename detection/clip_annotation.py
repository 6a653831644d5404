"""What the camera path saw, drawn into the picture (标注画面)."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from detection.scene_event import Box, SceneEvent
from detection.watch import CameraWatch
from ingest.frame import Frame, Image

_GREEN, _ORANGE, _RED, _WHITE = (90, 200, 60), (40, 150, 250), (50, 40, 230), (255, 255, 255)


def annotate(frame: Frame, watch: CameraWatch, events: Sequence[SceneEvent]) -> Image:
    """A copy with zones (white), tracks (green), the model's boxes (orange) and open events (red).

    OpenCV's letters are Latin only, hence the kinds and classes by their ids.
    """
    image = frame.image.copy()
    height, width = image.shape[:2]
    for zone in watch.camera.zones:
        corners = (np.array(zone.points) * [width, height]).round().astype(np.int32)
        cv2.polylines(image, [corners], zone.kind != "gate_line", _WHITE, 1)
    for index in range(len(watch.detections)):
        x1, y1, x2, y2 = (float(n) for n in watch.detections.boxes[index])
        text = f"{watch.detections.class_name(index)} {watch.detections.scores[index]:.2f}"
        _draw(image, (x1, y1, x2, y2), text, _ORANGE, 1)
    for track in watch.tracking.tracks.values():
        if track.last_seen_at == frame.captured_at:
            _draw(image, track.box, f"#{track.track_id} {track.class_name}", _GREEN, 1)
    for event in events:
        text = f"{event.kind} {event.confidence:.2f}" + ("?" if event.suspected else "")
        _draw(image, event.box, text, _RED, 2)
    return image


def _draw(image: Image, box: Box, text: str, colour: tuple[int, int, int], width: int) -> None:
    x1, y1, x2, y2 = (round(n) for n in box)
    cv2.rectangle(image, (x1, y1), (x2, y2), colour, width)
    cv2.putText(image, text, (x1, max(y1 - 4, 10)), cv2.FONT_HERSHEY_SIMPLEX, 0.42, colour, 1)
