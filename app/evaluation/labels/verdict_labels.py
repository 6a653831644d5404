"""From verdicts and pictures to labelled boxes. Pure.

A true alert's thing is labelled in every picture of its camera that shows it lying, its own and
those of other alerts: what is not labelled is learned as background. A false alert's picture stays
without that box: it is what the model must learn not to see (hard negative). People and vehicles
that the model saw in the picture keep its word, since no person looked at them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from config.detector_classes import CLASS_ID
from detection.scene_event import Box, SeenBox

_OF_KIND = {
    "illegal_dumping": "waste_pile",
    "spillage": "spill_solid",
    "open_load": "load_open",
    "body_raised": "body_raised",
}
"""What a true alert shows, where the model had no word for it; all kinds that are exported."""
_LIES = ("illegal_dumping", "spillage")
_WET = "wet"
_CLASSES_OF = {
    "illegal_dumping": ("waste_pile", "bag", "bulky_item", "spill_solid", "spill_liquid"),
    "spillage": ("spill_solid", "spill_liquid", "waste_pile", "bag", "bulky_item"),
    "open_load": ("load_open",),
    "body_raised": ("body_raised",),
}
_LIES_AFTER = timedelta(minutes=5)
"""A thing whose end is not known is taken to lie for so long after the picture of it (ours)."""
_LEAST_PX = 4.0

KINDS = tuple(_OF_KIND)


@dataclass(frozen=True, slots=True)
class JudgedPicture:
    """A picture of an alert that a person judged. `box` is the alert's, where this moment has one.

    `scene` is where and how the camera stood; `seen` what the model saw besides.
    """

    evidence_id: UUID
    alert_id: UUID
    kind: str
    true: bool
    by: str
    camera_id: str
    scene: str
    moment: str
    captured_at: datetime
    alert_ended_at: datetime | None
    values: Mapping[str, object]
    width_px: int
    height_px: int
    sha256: bytes
    box: Box | None
    seen: tuple[SeenBox, ...] = ()


@dataclass(frozen=True, slots=True)
class Labelled:
    """A picture with its boxes: (class id, box in pixels). `first` is one of the `alerts`' own.

    `class_from` is `model` or `kind`: what the class of the judged thing was taken from, "" where
    there is none.
    """

    first: JudgedPicture
    alerts: tuple[UUID, ...]
    boxes: tuple[tuple[int, Box], ...]
    class_from: str

    def lines(self) -> str:
        """The label file: class, centre and size in fractions of the picture."""
        width, height = self.first.width_px, self.first.height_px
        return "".join(
            f"{class_id} {(x1 + x2) / 2 / width:.6f} {(y1 + y2) / 2 / height:.6f} "
            f"{(x2 - x1) / width:.6f} {(y2 - y1) / height:.6f}\n"
            for class_id, (x1, y1, x2, y2) in self.boxes
        )


@dataclass(frozen=True, slots=True)
class _Thing:
    class_id: int
    class_from: str
    box: Box
    since: datetime
    until: datetime


def labelled(pictures: Iterable[JudgedPicture]) -> list[Labelled]:
    """The pictures of one camera placement, each once, with all that is known to be in it."""
    given = [p for p in pictures if p.kind in _OF_KIND and _is_clear(p)]
    things = [thing for p in given if p.true and (thing := _thing(p)) is not None]
    by_content: dict[bytes, list[JudgedPicture]] = {}
    for picture in given:
        by_content.setdefault(picture.sha256, []).append(picture)
    return [_labelled(same, things) for same in by_content.values()]


def _is_clear(picture: JudgedPicture) -> bool:
    """While a truck passes, it may hide the thing or not: that picture is of no use.

    Of a truck's body only the picture that has its box shows it in the state judged.
    """
    if picture.kind in _LIES:
        return picture.moment in ("before", "after")
    return picture.moment == "after" and picture.box is not None


def _thing(picture: JudgedPicture) -> _Thing | None:
    if picture.box is None:
        return None
    class_name, class_from = class_of(picture.kind, picture.values)
    lies = picture.kind in _LIES
    at, ended = picture.captured_at, picture.alert_ended_at
    until = ended if ended is not None and ended > at else at + _LIES_AFTER
    return _Thing(CLASS_ID[class_name], class_from, picture.box, at, until if lies else at)


def class_of(kind: str, values: Mapping[str, object]) -> tuple[str, str]:
    """The class of a true alert's thing, and whether the `model` or the `kind` says so."""
    said = values.get("class_name")
    if isinstance(said, str) and said in _CLASSES_OF[kind]:
        return said, "model"
    if kind == "spillage" and values.get(_WET) is True:
        return "spill_liquid", "kind"
    return _OF_KIND[kind], "kind"


def _labelled(same: Sequence[JudgedPicture], things: Sequence[_Thing]) -> Labelled:
    first = same[0]
    lying = [t for t in things if t.since <= first.captured_at <= t.until]
    boxes: list[tuple[int, Box]] = []
    for thing in lying:
        _add(boxes, thing.class_id, thing.box, first)
    for seen in first.seen:
        if seen.class_name in CLASS_ID:
            _add(boxes, CLASS_ID[seen.class_name], seen.box, first)
    own = [t.class_from for t in lying if t.box in [p.box for p in same]]
    alerts = tuple(dict.fromkeys(p.alert_id for p in same))
    return Labelled(first, alerts, tuple(boxes), own[0] if own else "")


def _add(boxes: list[tuple[int, Box]], class_id: int, box: Box, of: JudgedPicture) -> None:
    x1, y1 = max(box[0], 0.0), max(box[1], 0.0)
    x2, y2 = min(box[2], float(of.width_px)), min(box[3], float(of.height_px))
    if x2 - x1 >= _LEAST_PX and y2 - y1 >= _LEAST_PX and (class_id, (x1, y1, x2, y2)) not in boxes:
        boxes.append((class_id, (x1, y1, x2, y2)))
