"""What a detector saw in one picture (检测结果)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

PERSON_CLASSES = frozenset({"person"})
VEHICLE_CLASSES = frozenset(
    {"muck_truck", "sanitation_truck"}
    | {"car", "van", "bus", "truck", "motorcycle", "bicycle", "train"}
)
"""Our own classes first, then those that stock COCO weights add."""

TRUCK_CLASSES = frozenset({"muck_truck", "truck"})
"""What carries muck."""

BODY_CLASSES = frozenset({"load_covered", "load_open", "body_raised"})
"""Boxes of a truck's body, inside the truck's own box."""

DUMPED_CLASSES = {
    "spill_solid": "spillage",
    "spill_liquid": "spillage",
    "waste_pile": "illegal_dumping",
    "bag": "illegal_dumping",
    "bulky_item": "illegal_dumping",
}
"""A class that confirms matter left behind -> the alert kind it speaks for most."""


THING_CLASSES = frozenset(DUMPED_CLASSES) - {"spill_liquid"}
"""Of these the model can be sure; a wet patch is often just one."""


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """N objects of one picture, best score first.

    Attributes:
        boxes: (N, 4) float32, (x1, y1, x2, y2) in pixels of the picture.
        scores: (N,) float32, 0 to 1.
        class_ids: (N,) int64, keys of `names`.
        names: class id -> class name of the model.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    class_ids: NDArray[np.int64]
    names: dict[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.boxes)

    def class_name(self, index: int) -> str:
        class_id = int(self.class_ids[index])
        return self.names.get(class_id, str(class_id))

    @classmethod
    def none(cls, names: dict[int, str] | None = None) -> Detections:
        """No object."""
        return cls(
            np.empty((0, 4), np.float32),
            np.empty(0, np.float32),
            np.empty(0, np.int64),
            names or {},
        )


def boxes_of(
    detections: Detections, classes: frozenset[str], least_score: float
) -> list[tuple[float, float, float, float]]:
    """(x1, y1, x2, y2) in pixels of those of `classes` that score so much or more."""
    return [
        (float(x1), float(y1), float(x2), float(y2))
        for i, (x1, y1, x2, y2) in enumerate(detections.boxes)
        if detections.class_name(i) in classes and detections.scores[i] >= least_score
    ]
