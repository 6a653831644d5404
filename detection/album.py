"""The pictures of the last minutes, so that an event can show what was before (前后对比抓拍)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import cv2
import numpy as np

from detection.box_geometry import share_covered
from detection.scene_event import Box, SeenBox, Snapshot
from detection.sighting import track_uid
from detection.tracking import Track
from ingest.frame import Frame, Image

_EVERY = timedelta(seconds=0.5)
_DENSE = timedelta(seconds=15)  # older pictures thin out to one in 5 s, and go after 2 min
_SPARSE_EVERY = timedelta(seconds=5)
_KEPT = timedelta(seconds=120)
_JPEG_QUALITY = 85


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    captured_at: datetime
    width_px: int
    height_px: int
    jpeg: bytes
    boxes: dict[int, SeenBox]

    def image(self) -> Image:
        coded = np.frombuffer(self.jpeg, np.uint8)
        return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)

    def snapshot(self, moment: str) -> Snapshot:
        return Snapshot(
            moment=moment,
            captured_at=self.captured_at,
            width_px=self.width_px,
            height_px=self.height_px,
            jpeg=self.jpeg,
            seen=tuple(self.boxes.values()),
        )


def page_of(frame: Frame, tracks: Iterable[Track] = ()) -> Page:
    width, height = frame.size_px
    _, jpeg = cv2.imencode(".jpg", frame.image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    boxes = {
        track.track_id: SeenBox(
            class_name=track.class_name,
            box=track.box,
            track_uid=track_uid(frame.camera_id, track.first_seen_at, track.track_id),
        )
        for track in tracks
    }
    return Page(frame.captured_at, width, height, np.asarray(jpeg).tobytes(), boxes)


class Album:
    """JPEGs, not pixels: two minutes of a busy 1080p camera take some 15 MB."""

    def __init__(self) -> None:
        self._pages: deque[Page] = deque()

    def add(self, frame: Frame, tracks: Iterable[Track]) -> None:
        if self._pages and frame.captured_at - self._pages[-1].captured_at < _EVERY:
            return
        self._pages.append(page_of(frame, tracks))
        self._thin_out(frame.captured_at)

    def before(self, at: datetime) -> Page | None:
        """The last picture at least half a second before `at`; else the oldest before it."""
        earlier = [page for page in self._pages if page.captured_at <= at - _EVERY]
        return earlier[-1] if earlier else None

    def passage(self, track_id: int, place: Box) -> Page | None:
        """The picture in which that track covers most of `place`, else stands nearest to it."""
        pages = [page for page in self._pages if track_id in page.boxes]
        return max(
            pages,
            key=lambda page: (
                share_covered(place, page.boxes[track_id].box),
                -_distance(place, page.boxes[track_id].box),
            ),
            default=None,
        )

    def _thin_out(self, now: datetime) -> None:
        while self._pages and now - self._pages[0].captured_at > _KEPT:
            self._pages.popleft()
        kept: deque[Page] = deque()
        for page in self._pages:
            dense = now - page.captured_at <= _DENSE
            if dense or not kept or page.captured_at - kept[-1].captured_at >= _SPARSE_EVERY:
                kept.append(page)
        self._pages = kept


def _distance(a: Box, b: Box) -> float:
    return float(np.hypot(a[0] + a[2] - b[0] - b[2], a[1] + a[3] - b[1] - b[3]))
