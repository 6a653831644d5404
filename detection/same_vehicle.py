"""Two tracks that are one vehicle: a part of it followed beside the whole (重复目标)."""

from __future__ import annotations

from detection.box_geometry import gap, share_covered
from detection.detections import TRUCK_CLASSES
from detection.tracking import MOVING, Track

WITHIN_S = 0.6
COVERED = 0.6
"""So much of the lesser box lies in the greater in most of the pictures that show both (ours)."""
_LEAST_PICTURES = 2
RENAMED_S = 3.0
"""A track that begins so soon after another was lost..."""
TOUCHES = 0.2
"""...and no further from it than this share of its height, goes on as it (ours)."""


def same_vehicle(a: Track, b: Track) -> bool:
    """Whether their boxes lay in each other whenever both were seen, or one took over.

    A car before a truck lies in its box too: whom the model names differently are two.
    """
    if _kind(a) != _kind(b) and MOVING not in {_kind(a), _kind(b)}:
        return False
    few, many = sorted((list(a.path)[-60:], list(b.path)[-60:]), key=len)
    together = inside = 0
    for at, box in few:
        away, other = min(((abs((at - seen).total_seconds()), box2) for seen, box2 in many))
        if away <= WITHIN_S:
            together += 1
            inside += max(share_covered(box, other), share_covered(other, box)) >= COVERED
    return together >= _LEAST_PICTURES and inside >= COVERED * together


def goes_on_as(lost: Track, track: Track) -> bool:
    """Whether one was lost where and when the other begins: a new id of the same mover."""
    begins_s = (track.path[0][0] - lost.last_seen_at).total_seconds()
    near = gap(lost.box, track.path[0][1]) <= TOUCHES * (lost.box[3] - lost.box[1])
    return 0 < begins_s <= RENAMED_S and near


def _kind(track: Track) -> str:
    name = track.class_name
    return "truck" if name in TRUCK_CLASSES or name == "sanitation_truck" else name
