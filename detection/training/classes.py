"""What the product's detector tells apart, in this order: the place is the class id (类别表).

`load_covered`, `load_open` and `body_raised` are boxes of a truck's body within the truck's box.
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

CLASS_ID: dict[str, int] = {name: number for number, name in enumerate(CLASS_NAMES)}
