"""A region that changed and stays: is it a thing that was added? (遗留区域判别)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import cv2
import numpy as np

from detection.background import Background, Look, Mask, Picture
from detection.scene_event import Box
from detection.tracking import Track

SMALLEST_PX = 40  # working pixels: a thing of 20 px in a picture 1080p wide is about 45
TOGETHER = 0.5  # a still part smaller than this share of what changed around it hangs on a mover
EDGE_GAIN = 1.5  # levels a pixel by which the outline must be sharper now than before
SAME_SIZE = 0.35  # a track's box now against its box while it moved


@dataclass(frozen=True, slots=True, eq=False)
class Leftover:
    """One still region. `box` in pixels of the frame, the masks of the working picture."""

    region: Mask
    blob_area: int
    area: int
    age_s: float
    box: Box
    contrast: float
    edge_gain: float

    @property
    def hangs_on_mover(self) -> bool:
        return self.area < TOGETHER * self.blob_area

    @property
    def was_added(self) -> bool:
        return self.edge_gain > EDGE_GAIN


def leftovers(look: Look, background: Background, least_age_s: float) -> list[Leftover]:
    """The connected regions that have been changed and still for about `least_age_s`."""
    aged = (look.age_s >= 0.6 * least_age_s).astype(np.uint8)
    if not aged.any():
        return []
    opened = cv2.morphologyEx(aged, cv2.MORPH_OPEN, np.ones((2, 2)))
    closed = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, np.ones((5, 5)))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(closed)
    changed = cv2.morphologyEx(look.changed.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3)))
    around = cv2.bitwise_or(changed, closed)
    _, blobs, blob_stats, _ = cv2.connectedComponentsWithStats(around)
    found = []
    sharpness: tuple[Picture, Picture] | None = None
    for label in range(1, count):
        x, y, w, h, area = (int(n) for n in stats[label])
        if area < SMALLEST_PX or min(w, h) < 4:
            continue
        region = labels == label
        age_s = float(np.median(look.age_s[region]))
        if age_s < least_age_s:
            continue
        sharpness = sharpness or (_gradient(background.short), _gradient(background.long))
        outline = _outline(region)
        edge_gain = float((sharpness[0] - sharpness[1])[outline].mean())
        difference = np.abs(background.short[region] - background.long[region]).max(axis=1)
        blob = int(np.bincount(blobs[region]).argmax())
        s = look.scale
        found.append(
            Leftover(
                region=region,
                blob_area=int(blob_stats[blob][4]),
                area=area,
                age_s=age_s,
                box=(x / s, y / s, (x + w) / s, (y + h) / s),
                contrast=float(difference.mean()),
                edge_gain=edge_gain,
            )
        )
    return found


def _gradient(picture: Picture) -> Picture:
    """(h, w): the strongest channel's gradient, in levels a pixel."""
    dx = cv2.Sobel(picture, cv2.CV_32F, 1, 0, ksize=3) / 8
    dy = cv2.Sobel(picture, cv2.CV_32F, 0, 1, ksize=3) / 8
    return np.asarray(np.hypot(dx, dy).max(axis=2), np.float32)


def _outline(region: Mask) -> Mask:
    solid = region.astype(np.uint8)
    grown, shrunk = cv2.dilate(solid, np.ones((3, 3))), cv2.erode(solid, np.ones((3, 3)))
    return np.asarray(grown - shrunk, bool)


def share_covered(box: Box, by: Box) -> float:
    """How much of `box` lies in `by`, 0 to 1."""
    wide = min(box[2], by[2]) - max(box[0], by[0])
    tall = min(box[3], by[3]) - max(box[1], by[1])
    area = (box[2] - box[0]) * (box[3] - box[1])
    return max(wide, 0.0) * max(tall, 0.0) / max(area, 1.0)


def area_of(box: Box) -> float:
    return max(box[2] - box[0], 0.0) * max(box[3] - box[1], 0.0)


def stands_here(track: Track, box: Box, at: datetime) -> bool:
    """True when this track came here and is here now: the region is the mover itself, at rest."""
    if (at - track.last_seen_at).total_seconds() > 2 or share_covered(box, track.box) < 0.3:
        return False
    if track.travelled() < 0.5:
        return False
    sizes = [area_of(b) for _, b in track.path]
    # A bag can inherit the track of the person who walks on: then the box shrank.
    return area_of(track.box) >= SAME_SIZE * float(np.median(sizes))
