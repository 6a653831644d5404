"""Blurs bystanders in a clip that leaves the house: decoded, blurred, coded anew (视频脱敏).

At `ANALYSED_FPS` the detector looks; what it finds holds for `HOLD_S`, and from one look to the
next covers the way between. What moves and is not who the alert is about is blurred too, whatever
it is. What neither moves nor is known to the detector stays: the limit of this (docs/evidence.md).
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from itertools import pairwise

import av
import cv2
import numpy as np

from detection.box_geometry import around_both, share_covered
from detection.detector import Detector
from detection.redaction import Subject, blurred, people_and_vehicles, regions_of, veiled
from detection.scene_event import Box, TrackPoint
from ingest.frame import Image

ANALYSED_FPS = 5.0
HOLD_S = 1.5

_GROWN = 0.15
_SUBJECT_FADES_S = 1.0  # before the first and after the last point of its track
_MOTION_WIDTH_PX = 320
_MOTION_THRESHOLD = 18
_SMALLEST_BLOB = 0.0004  # of the picture
_CODING: dict[str, object] = {"crf": "23", "preset": "veryfast"}


class ClipError(ValueError):
    """The clip cannot be read."""


@dataclass(frozen=True, slots=True)
class ClipSubject:
    """Who the alert is about, and the thing itself: left as they are.

    Attributes:
        track: where it was when, in pixels; nothing else of the clip is taken for it.
        is_person: whether it is one.
        object_box: what lies there.
    """

    track: Sequence[TrackPoint] = ()
    is_person: bool = False
    object_box: Box | None = None

    def box_at(self, at: datetime) -> Box | None:
        """Between two points in between; None where the track says nothing."""
        points = self.track
        if not points:
            return None
        times = np.array([(p.at - points[0].at).total_seconds() for p in points])
        wanted = (at - points[0].at).total_seconds()
        if not times[0] - _SUBJECT_FADES_S <= wanted <= times[-1] + _SUBJECT_FADES_S:
            return None
        sides = np.array([p.box for p in points])
        x1, y1, x2, y2 = (float(np.interp(wanted, times, sides[:, i])) for i in range(4))
        return (x1, y1, x2, y2)


@dataclass(frozen=True, slots=True)
class RedactedClip:
    """H.264 in MP4 of the same pictures at the same times, without sound."""

    content: bytes
    pictures: int
    looks: int


@dataclass(slots=True)
class _Look:
    """What one analysed picture showed; `small` is it in grey for the next one's motion."""

    at_s: float
    bystanders: list[tuple[str, Box]]
    small: Image
    blobs: list[Box] = field(default_factory=list)


def redact_clip(
    content: bytes,
    starts_at: datetime,
    subject: ClipSubject,
    detector: Detector,
    progress: Callable[[float], None] = lambda _share: None,
) -> RedactedClip:
    """Blur everybody but the subject.

    Args:
        content: a video as PyAV reads it.
        starts_at: aware, of its first picture.
        subject: in pixels of the clip.
        detector: best with a low confidence.
        progress: called with the share done, 0 to 1.

    Raises:
        ClipError: no video, or broken in its first picture.
    """
    out = io.BytesIO()
    pictures = looks = 0
    try:
        with av.open(io.BytesIO(content), "r") as source:
            stream = source.streams.video[0]
            stream.thread_type = "AUTO"
            length_s = (source.duration or 0) / 1_000_000
            base = stream.time_base or Fraction(1, 90_000)
            with av.open(out, "w", format="mp4") as target:
                coded = None
                for image, frame, at_s, is_look in _redacted(
                    source, stream, starts_at, subject, detector
                ):
                    if coded is None:
                        coded = target.add_stream("libx264", rate=round(stream.average_rate or 25))
                        coded.options = _CODING
                        coded.pix_fmt = "yuv420p"
                        coded.height, coded.width = image.shape[:2]
                        coded.codec_context.time_base = base
                    new = av.VideoFrame.from_ndarray(image, format="bgr24")
                    new.pts, new.time_base = frame.pts, base
                    target.mux(coded.encode(new))
                    pictures += 1
                    looks += is_look
                    progress(min(at_s / length_s, 1.0) if length_s else 0.0)
                if coded is None:
                    raise ClipError("the clip holds no picture")
                target.mux(coded.encode())
    except (av.FFmpegError, IndexError) as error:
        raise ClipError(f"the clip cannot be read: {error}") from error
    return RedactedClip(out.getvalue(), pictures, looks)


def _redacted(
    source: av.container.InputContainer,
    stream: av.VideoStream,
    starts_at: datetime,
    subject: ClipSubject,
    detector: Detector,
) -> Iterator[tuple[Image, av.VideoFrame, float, bool]]:
    """Blurred pictures in order; of those between two looks nothing is given out before the second.

    Whether a look was made at the picture is the last of each.
    """
    waiting: list[tuple[Image, av.VideoFrame, float]] = []
    held: list[_Look] = []
    for image, frame, at_s in _pictures(source, stream):
        if held and at_s - held[-1].at_s < 1 / ANALYSED_FPS - 1e-6:
            waiting.append((image, frame, at_s))
            continue
        now = _look(image, at_s, _subject_at(subject, starts_at, at_s), detector)
        if held:
            now.blobs = _moved(held[-1].small, now.small, image.shape[1])
            if not held[-1].blobs:
                held[-1].blobs = now.blobs
        held.append(now)
        held = [look for look in held if now.at_s - look.at_s <= HOLD_S]
        for number, (past, its_frame, its_s) in enumerate(waiting):
            done = _blur(past, held, subject, starts_at, its_s)
            yield done, its_frame, its_s, number == 0
        waiting = [(image, frame, at_s)]
    for number, (past, its_frame, its_s) in enumerate(waiting):
        yield _blur(past, held, subject, starts_at, its_s), its_frame, its_s, number == 0


def _pictures(
    source: av.container.InputContainer, stream: av.VideoStream
) -> Iterator[tuple[Image, av.VideoFrame, float]]:
    """With seconds from the first; a damaged end ends it. Sides are made even, as H.264 is."""
    first: float | None = None
    frames = source.decode(stream)
    while True:
        try:
            frame = next(frames)
        except StopIteration:
            return
        except av.FFmpegError:
            if first is None:
                raise
            return
        if frame.pts is None:
            continue
        at_s = float(frame.pts * (stream.time_base or 0))
        first = at_s if first is None else first
        image = frame.to_ndarray(format="bgr24")
        height, width = (n - n % 2 for n in image.shape[:2])
        yield np.ascontiguousarray(image[:height, :width]), frame, at_s - first


def _look(image: Image, at_s: float, own: Subject, detector: Detector) -> _Look:
    found = people_and_vehicles(detector.detect([image])[0])
    scale = min(_MOTION_WIDTH_PX / image.shape[1], 1.0)
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    grey = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), (5, 5), 0)
    return _Look(at_s, [one for one in found if not own.is_one(*one)], np.asarray(grey, np.uint8))


def _subject_at(subject: ClipSubject, starts_at: datetime, at_s: float) -> Subject:
    box = subject.box_at(_moment(starts_at, at_s))
    things = () if subject.object_box is None else (_grown(subject.object_box),)
    return Subject(None, () if box is None else (box,), subject.is_person, things)


def _moment(starts_at: datetime, at_s: float) -> datetime:
    return datetime.fromtimestamp(starts_at.timestamp() + at_s, starts_at.tzinfo)


def _moved(before: Image, after: Image, width_px: int) -> list[Box]:
    """Boxes, in pixels of the whole picture, of what differs between looks: old place and new."""
    differs = np.asarray(cv2.absdiff(before, after) > _MOTION_THRESHOLD, np.uint8)
    differs = np.asarray(cv2.dilate(differs, np.ones((7, 7), np.uint8)), np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(differs)
    scale = width_px / before.shape[1]
    smallest = _SMALLEST_BLOB * before.size
    return [
        (x * scale, y * scale, (x + w) * scale, (y + h) * scale)
        for x, y, w, h, area in (stats[i] for i in range(1, count))
        if area >= smallest
    ]


def _blur(
    image: Image,
    held: Sequence[_Look],
    subject: ClipSubject,
    starts_at: datetime,
    at_s: float,
) -> Image:
    """What moves first, then the subject's own pixels back, then bystanders, over all."""
    own = [subject.object_box] if subject.object_box else []
    box = subject.box_at(_moment(starts_at, at_s))
    if box is not None:
        own.append(_grown(box))
    near = [look for look in held if abs(look.at_s - at_s) <= HOLD_S]
    blobs = [b for look in near for b in look.blobs]
    blobs = [b for b in blobs if not any(share_covered(b, mine) > 0.9 for mine in own)]
    done = veiled(image, blobs)
    height, width = image.shape[:2]
    for x1, y1, x2, y2 in own:
        rows = slice(max(int(y1), 0), min(int(y2) + 1, height))
        columns = slice(max(int(x1), 0), min(int(x2) + 1, width))
        done[rows, columns] = image[rows, columns]
    return blurred(done, [_grown(region) for region in regions_of(_ways(near))])


def _ways(looks: Sequence[_Look]) -> list[tuple[str, Box]]:
    """All bystanders of these looks; of one that is found in the next too, the way between."""
    found = [one for look in looks for one in look.bystanders]
    for earlier, later in pairwise(looks):
        for name, box in earlier.bystanders:
            reach = 0.5 * max(box[2] - box[0], box[3] - box[1])
            reached = (box[0] - reach, box[1] - reach, box[2] + reach, box[3] + reach)
            near = [other for kind, other in later.bystanders if kind == name]
            nearest = max(near, key=lambda other: share_covered(other, reached), default=None)
            if nearest is not None and share_covered(nearest, reached) > 0.3:
                found.append((name, around_both(box, nearest)))
    return found


def _grown(box: Box) -> Box:
    aside = _GROWN * (box[2] - box[0])
    above = _GROWN * (box[3] - box[1])
    return (box[0] - aside, box[1] - above, box[2] + aside, box[3] + above)
