"""What the detector tells apart (类别表): the pretend world draws these, training learns them.

The place in the list is the class id, in labels and in weights: a new class is put at the end.
"""

from __future__ import annotations

CLASS_NAMES: tuple[str, ...] = (
    "muck_truck",
    "sanitation_truck",
    "load_covered",
    "load_open",
    "body_raised",
    "spill_solid",
    "spill_liquid",
    "waste_pile",
    "bag",
    "bulky_item",
    "person",
    "car",
    "van",
    "bus",
)
"""`load_covered`, `load_open` and `body_raised` are boxes of a truck's body within the truck's box.

An empty body that is down has no box of its own.
"""

CLASS_ID: dict[str, int] = {name: number for number, name in enumerate(CLASS_NAMES)}
