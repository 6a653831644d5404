"""Single pictures of a clip, small enough to be looked at in a report (静帧)."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from pathlib import Path

import av
import cv2
import numpy as np

from detection.scene_event import Box
from ingest.frame import Image
from ingest.stream_connection import StreamError

WIDTH_PX = 480
NEAR_SIDE_PX = 240
_QUALITY = 72
_AROUND = 2.5
"""The close-up shows so many times the box, and not less than `_LEAST_PX` of the clip."""
_LEAST_PX = 120


def stills(path: Path, at_s: Iterable[float]) -> dict[float, Image]:
    """The picture that is shown at each time, seconds from the first; the last one beyond the end.

    Raises:
        StreamError: the file is no video.
    """
    found: dict[float, Image] = {}
    wanted = sorted(set(at_s))
    try:
        with av.open(str(path)) as container:
            video = container.streams.video[0]
            base = float(video.time_base or 1)
            first_s = float((video.start_time or 0) * base)
            for second in wanted:
                due_s = first_s + max(second, 0.0)
                container.seek(int(due_s / base), stream=video, backward=True)
                shown = None
                for picture in container.decode(video):
                    if shown is not None and (picture.time or 0.0) > due_s + 1e-3:
                        break
                    shown = picture
                if shown is not None:
                    found[second] = np.asarray(shown.to_ndarray(format="bgr24"), np.uint8)
    except (av.FFmpegError, OSError, IndexError) as error:
        raise StreamError(f"{path}: {error}") from error
    return found


def whole(image: Image) -> str:
    """The whole picture as a data address."""
    height, width = image.shape[:2]
    scale = min(1.0, WIDTH_PX / width)
    size = (round(width * scale), round(height * scale))
    return _address(cv2.resize(image, size, interpolation=cv2.INTER_AREA))


def close_up(image: Image, boxes: Mapping[str, Box]) -> tuple[str, Box]:
    """A square about all boxes, as a data address, and where it is in the picture."""
    height, width = image.shape[:2]
    x1, y1 = min(b[0] for b in boxes.values()), min(b[1] for b in boxes.values())
    x2, y2 = max(b[2] for b in boxes.values()), max(b[3] for b in boxes.values())
    side = min(max(_AROUND * max(x2 - x1, y2 - y1), _LEAST_PX), width, height)
    left = int(np.clip((x1 + x2 - side) / 2, 0, width - side))
    top = int(np.clip((y1 + y2 - side) / 2, 0, height - side))
    cut = image[top : top + int(side), left : left + int(side)]
    near = cv2.resize(cut, (NEAR_SIDE_PX, NEAR_SIDE_PX), interpolation=cv2.INTER_AREA)
    return _address(near), (
        float(left),
        float(top),
        float(left + int(side)),
        float(top + int(side)),
    )


def _address(image: cv2.typing.MatLike) -> str:
    _, coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return "data:image/jpeg;base64," + base64.b64encode(np.asarray(coded).tobytes()).decode()
