"""Blurs bystanders in a picture that leaves the house: heads, and plates of vehicles (脱敏). Pure.

On the safe side: where a face or plate is not known to be within a part of the box, the whole box
goes; what is blurred wins over what the picture is about. All shares and sizes are ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

import cv2
import numpy as np

from detection.box_geometry import area_of, share_covered
from detection.detections import PERSON_CLASSES, VEHICLE_CLASSES, Detections
from detection.detector import Detector
from detection.scene_event import Box, SeenBox
from ingest.frame import Image

HEAD_SHARE = 0.35
"""Of a standing person's box, from its top."""
PLATE_SHARE = 0.65
"""Of a car's or van's box, from its bottom: plates sit below the lamps, front and rear."""
CELLS = 4
"""Mosaic cells along the longer side. Faces are told by trained networks from 16 × 16 cells and
less (McPherson et al., Defeating Image Obfuscation with Deep Learning, 2016); not from 4 × 4."""
CONFIDENCE = 0.15
"""Of the detector: a box too many does less harm than a face too many."""

_UPRIGHT = 0.8  # wider than that for its height: sits, bends, lies or is cut off; no known head
_PLATE_BELOW = frozenset({"car", "van"})  # others carry their number elsewhere too, trucks large
_OF_A_TRUCK = frozenset({"load_covered", "load_open", "body_raised"})  # parts of a truck
_SAME_IOU = 0.5
_JPEG_QUALITY = 90
_LEVELS = 16
_CELL_PX = 16
_VEIL_CELLS = (16, 9)


@dataclass(frozen=True, slots=True)
class Subject:
    """Who the alert is about: left as it is. `boxes` in pixels of this picture.

    `uid` is the track's, by which `SeenBox` names it; `is_person` tells whom a detection can be.
    `things` lie there: what the detector takes for a vehicle in one of them, is it.
    """

    uid: UUID | None = None
    boxes: tuple[Box, ...] = ()
    is_person: bool = False
    things: tuple[Box, ...] = ()

    def is_one(self, class_name: str, box: Box, uid: UUID | None = None) -> bool:
        if uid is not None and self.uid is not None:
            return uid == self.uid
        vehicle = class_name not in PERSON_CLASSES
        if vehicle and any(share_covered(box, thing) > 0.5 for thing in self.things):
            return True
        if vehicle == self.is_person:
            return False
        if class_name in _OF_A_TRUCK:
            return any(share_covered(box, own) > 0.8 for own in self.boxes)
        return any(_iou(box, own) >= _SAME_IOU for own in self.boxes)


@dataclass(frozen=True, slots=True)
class RedactedPicture:
    """`boxes` were made unrecognisable, in pixels."""

    jpeg: bytes
    boxes: tuple[Box, ...]


def redact_jpeg(
    jpeg: bytes, seen: Sequence[SeenBox], subject: Subject, detector: Detector
) -> RedactedPicture:
    """A new JPEG without anything of the old one's metadata.

    What is blurred: those in `seen`, and whoever the detector finds besides, in the whole picture
    and in its quarters.

    Raises:
        ValueError: `jpeg` is no picture.
    """
    image = _decoded(jpeg)
    others = [one for one in seen if not subject.is_one(one.class_name, one.box, one.track_uid)]
    known = [one for one in seen if subject.is_one(one.class_name, one.box, one.track_uid)]
    boxes = (*subject.boxes, *(one.box for one in known))
    subject = Subject(subject.uid, boxes, subject.is_person, subject.things)
    found = [one for one in look_closely(image, detector) if not subject.is_one(*one)]
    regions = regions_of([(one.class_name, one.box) for one in others] + found)
    done = blurred(image, regions)
    _, coded = cv2.imencode(".jpg", done, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return RedactedPicture(np.asarray(coded).tobytes(), tuple(regions))


def look_closely(image: Image, detector: Detector) -> list[tuple[str, Box]]:
    """(class, box) of people and vehicles, in the picture and in overlapping quarters of it."""
    height, width = image.shape[:2]
    w, h = round(width * 0.6), round(height * 0.6)
    places = [(0, 0, width, height)]
    places += [(x, y, w, h) for x in (0, width - w) for y in (0, height - h)]
    parts = [np.ascontiguousarray(image[y : y + h_, x : x + w_]) for x, y, w_, h_ in places]
    found = []
    for (x, y, *_), detections in zip(places, detector.detect(parts), strict=True):
        found += [
            (name, (x1 + x, y1 + y, x2 + x, y2 + y))
            for name, (x1, y1, x2, y2) in people_and_vehicles(detections)
        ]
    return found


def people_and_vehicles(detections: Detections) -> list[tuple[str, Box]]:
    wanted = PERSON_CLASSES | VEHICLE_CLASSES
    return [
        (detections.class_name(i), tuple(float(n) for n in detections.boxes[i]))  # type: ignore[misc]
        for i in range(len(detections))
        if detections.class_name(i) in wanted
    ]


def regions_of(bystanders: Iterable[tuple[str, Box]]) -> list[Box]:
    """What has to be blurred of each, by its class."""
    return [_region(class_name, box) for class_name, box in bystanders]


def blurred(image: Image, regions: Iterable[Box]) -> Image:
    """A copy in which of each region at most 4 × 4 coarse colours are left, without their edges."""
    done = image.copy()
    height, width = image.shape[:2]
    for box in regions:
        x1, y1 = max(int(box[0]), 0), max(int(box[1]), 0)
        x2, y2 = min(int(np.ceil(box[2])), width), min(int(np.ceil(box[3])), height)
        if x2 <= x1 or y2 <= y1:
            continue
        part = image[y1:y2, x1:x2]
        longer = max(part.shape[:2])
        cells = [max(1, round(CELLS * side / longer)) for side in (x2 - x1, y2 - y1)]
        coarse = cv2.resize(part, (cells[0], cells[1]), interpolation=cv2.INTER_AREA)
        step = 256 // _LEVELS
        coarse = np.asarray(coarse // step * step + step // 2, np.uint8)
        # Softened small and then enlarged: a Gaussian of a hundred pixels takes a second.
        size = (cells[0] * _CELL_PX, cells[1] * _CELL_PX)
        mosaic = cv2.resize(coarse, size, interpolation=cv2.INTER_NEAREST)
        soft = cv2.GaussianBlur(mosaic, (0, 0), _CELL_PX / 2)
        done[y1:y2, x1:x2] = cv2.resize(soft, (x2 - x1, y2 - y1), interpolation=cv2.INTER_LINEAR)
    return done


def veiled(image: Image, regions: Sequence[Box]) -> Image:
    """A copy whose regions are of a picture of 16 × 9 colours: one pass, however many there are."""
    height, width = image.shape[:2]
    coarse = cv2.resize(image, _VEIL_CELLS, interpolation=cv2.INTER_AREA)
    step = 256 // _LEVELS
    coarse = np.asarray(coarse // step * step + step // 2, np.uint8)
    veil = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    mask = np.zeros((height, width), np.uint8)
    for x1, y1, x2, y2 in regions:
        mask[max(int(y1), 0) : max(int(y2) + 1, 0), max(int(x1), 0) : max(int(x2) + 1, 0)] = 1
    done = image.copy()
    cv2.copyTo(veil, mask, done)
    return done


def _region(class_name: str, box: Box) -> Box:
    x1, y1, x2, y2 = box
    width, height = x2 - x1, y2 - y1
    if class_name in PERSON_CLASSES and width <= _UPRIGHT * height:
        aside = width * 0.15
        return (x1 - aside, y1 - height * 0.1, x2 + aside, y1 + height * HEAD_SHARE)
    if class_name in _PLATE_BELOW:
        return (x1, y2 - height * PLATE_SHARE, x2, y2 + height * 0.05)
    grown = 0.05 * max(width, height)
    return (x1 - grown, y1 - grown, x2 + grown, y2 + grown)


def _decoded(jpeg: bytes) -> Image:
    try:
        picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:  # of no bytes at all
        raise ValueError("this is no readable picture") from error
    if picture is None:
        raise ValueError("this is no readable picture")
    return np.asarray(picture, np.uint8)


def _iou(a: Box, b: Box) -> float:
    both = share_covered(a, b) * max(area_of(a), 1.0)
    return both / max(area_of(a) + area_of(b) - both, 1.0)
