"""How boxes lie to each other (框的几何关系)."""

from __future__ import annotations

from detection.scene_event import Box


def share_covered(box: Box, by: Box) -> float:
    """How much of `box` lies in `by`, 0 to 1."""
    wide = min(box[2], by[2]) - max(box[0], by[0])
    tall = min(box[3], by[3]) - max(box[1], by[1])
    area = (box[2] - box[0]) * (box[3] - box[1])
    return max(wide, 0.0) * max(tall, 0.0) / max(area, 1.0)


def shared(a: Box, b: Box) -> float:
    """The share of the larger of two boxes that lies in the other, 0 to 1: 1 where they agree."""
    return min(share_covered(a, b), share_covered(b, a))


def area_of(box: Box) -> float:
    return max(box[2] - box[0], 0.0) * max(box[3] - box[1], 0.0)


def gap(a: Box, b: Box) -> float:
    """Pixels between two boxes, 0 where they touch or overlap."""
    wide = max(a[0] - b[2], b[0] - a[2], 0.0)
    tall = max(a[1] - b[3], b[1] - a[3], 0.0)
    return max(wide, tall)


def around_both(a: Box, b: Box) -> Box:
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])


def grown(box: Box, share: float) -> Box:
    """Larger by that share of its sides, on all of them."""
    dx, dy = share * (box[2] - box[0]), share * (box[3] - box[1])
    return box[0] - dx, box[1] - dy, box[2] + dx, box[3] + dy
