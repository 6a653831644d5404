"""A remain in a zone, with what is known about it when a rule is asked (待判遗留物)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from detection.box_geometry import shared
from detection.detections import DUMPED_CLASSES, Detections
from detection.picture_zones import PictureZone
from detection.remain import Remain
from detection.scene_event import Box
from detection.tracking import Track

SAME_PLACE = 0.3  # of what stays and of the model's box lies in the other (ours)


class Part(NamedTuple):
    """Where a part of an event lies, since when, who most likely left it, and who may have."""

    started_at: datetime
    passer_id: int | None
    passers: frozenset[int]
    box: Box


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A remain in a zone of the rule's kind, with what is known about it when it is sure.

    `passer`: who most likely left it; `passers`: the ids of all that were there then.
    """

    remain: Remain
    zone: PictureZone
    passer: Track | None
    class_name: str | None
    score: float
    passers: frozenset[int] = frozenset()

    @property
    def part(self) -> Part:
        passer_id = None if self.passer is None else self.passer.track_id
        return Part(self.remain.started_at, passer_id, self.passers, self.remain.box)

    @property
    def confidence(self) -> float:
        """0 to 1 (ours): somebody passed, it stands out, the model knows it."""
        stands_out = min(self.remain.first.contrast / 60, 1.0)
        sure = 0.45 + 0.2 * (self.passer is not None) + 0.15 * stands_out
        if self.class_name is not None:
            sure = max(sure, 0.6 + 0.4 * self.score)
        return round(sure, 3)


def confirmed(box: Box, detections: Detections) -> tuple[str | None, float]:
    """The model's class of matter in that place, best score first; (None, 0) where it has none."""
    for index in range(len(detections)):
        name = detections.class_name(index)
        x1, y1, x2, y2 = (float(n) for n in detections.boxes[index])
        seen = (x1, y1, x2, y2)
        if name in DUMPED_CLASSES and shared(box, seen) >= SAME_PLACE:
            return name, float(detections.scores[index])
    return None, 0.0
