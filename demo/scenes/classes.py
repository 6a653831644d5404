"""What the rendered scenes label. The order is the class id of the packaged detector."""

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
"""`load_covered`, `load_open` and `body_raised` are boxes of a truck's body, in the truck's box.

An empty body that is down has no box of its own.
"""
