"""A region that changed and stays: is it a thing that was added? (遗留区域判别)."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detection import region_change
from detection.background import Background, Look, Mask
from detection.scene_event import Box

SMALLEST_PX = 70  # working pixels: a thing of 20 by 8 px half filled, in a picture 768 px wide
SHORTEST_PX = (
    14  # working pixels, its longer side: 20 px of a picture 768 px wide are 17, less a rim
)
TOGETHER = 0.5  # a still part smaller than this share of what changed around it hangs on a mover
FAINT_LEVELS = 20.0  # of contrast (ours)
FAINT_MARGIN = 0.5  # of `added` over `displaced` (ours)
ADDED_ABOVE = 0.0  # what is taken away scores -1.6 to 0; a thing that hides a bright one near 0
CROSSING = 0.25  # of plain contrast: what was taken away, or shows again, had 0.1 at most (ours)
EXPLAINED = 0.65  # share of a region that is the old scene so displaced
CLUSTER_PX = 21  # parts no further from each other than about this are one cluster
THINNEST_PX = 4.5  # area by length, in working pixels: less is the rim of something
LIGHT_PX = 1000  # working pixels
LIGHT_STEEP = 0.1  # of the contrast in one pixel of the outline; matter has 0.115 and more (ours)
DARKER_ADDED = 0.5  # true ones had 1.2 and more, light that was gone below 0 (ours)
GLOW_GAIN = 1.1  # of what is faint, or lies in light (ours)
LIT_GAIN, LIT_STEEP = 1.25, 0.14  # lamps gave 1.5 to 1.7 and up to 0.13 (ours)


@dataclass(frozen=True, slots=True, eq=False)
class Leftover:
    """One still region. `box` in pixels of the frame, the masks of the working picture.

    Attributes:
        age_s: how long it was seen changed and still, occlusions not counted.
        since_s: how long ago it began to be so.
        cluster: the box of it and of the still regions close by: a vehicle falls into parts.
        contrast: mean levels that it differs from the old scene by.
        added, displaced, steep, gain, tint, crossing: as measured by `region_change`.
        wet: the old ground shows, darker, in its own colours: a stain, or a shadow.
    """

    region: Mask
    blob_area: int
    area: int
    age_s: float
    since_s: float
    box: Box
    cluster: Box
    contrast: float
    added: float
    displaced: float
    at_border: bool
    wet: bool = False
    steep: float = 1.0
    gain: float = 1.0
    tint: float = 0.0
    crossing: float = 0.0

    @property
    def hangs_on_mover(self) -> bool:
        return self.area < TOGETHER * self.blob_area

    @property
    def is_light(self) -> bool:
        """Lamps and clouds make large changes without an outline; matter has one.

        Where light is gone the place stands out less than before: what is darker and stands out
        more is a stain or a heap. A faint glow may be of any size.
        """
        darker = self.gain < 1 and self.added > DARKER_ADDED
        glow = self.gain >= GLOW_GAIN and self.contrast < FAINT_LEVELS
        return self.steep < LIGHT_STEEP and (glow or (self.area >= LIGHT_PX and not darker))

    @property
    def may_be_light(self) -> bool:
        """A part of light that fell there: brighter, with no sharp outline."""
        bright = self.gain >= LIT_GAIN and self.steep < LIT_STEEP
        return bright or (self.gain >= GLOW_GAIN and self.steep < LIGHT_STEEP)

    @property
    def was_added(self) -> bool:
        """Stands out from its surroundings about as much as what was there before, or more."""
        return self.added > ADDED_ABOVE and self.displaced < EXPLAINED

    @property
    def was_plainly_added(self) -> bool:
        """And by more than the share of it that may be the old scene displaced.

        Ours: on the clips it was tuned on, what lay there had `added` at 1.7 times `displaced` and
        more, lines and kerbs that showed again 0.9 times and less; on untouched ones two true
        things and four false ones lay just above once. Faint ones must stand out clearly: true ones
        did by 1.1 more than `displaced`, false ones by less than 0.3. Before a pattern, such as
        snow or a kerb, what is not faint need only bring an outline of its own.
        """
        faint = self.contrast < FAINT_LEVELS
        margin = FAINT_MARGIN if faint else 0.0
        if self.was_added and self.added > self.displaced + margin:
            return True
        return not faint and self.crossing > CROSSING and self.displaced < EXPLAINED


def leftovers(look: Look, background: Background, least_age_s: float) -> list[Leftover]:
    """The connected regions that have been changed and still for about `least_age_s`."""
    # What is hidden or uncovered at this moment is judged when it shows again.
    aged = ((look.age_s >= 0.6 * least_age_s) & look.lasting & look.still).view(np.uint8)
    if not aged.any():
        return []
    opened = cv2.morphologyEx(aged, cv2.MORPH_OPEN, np.ones((2, 2)))
    closed = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, np.ones((5, 5)))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(closed)
    differs = (look.changed | look.lasting).view(np.uint8)
    changed = cv2.morphologyEx(differs, cv2.MORPH_CLOSE, np.ones((3, 3)))
    around = cv2.bitwise_or(changed, closed)
    _, blobs, blob_stats, _ = cv2.connectedComponentsWithStats(around)
    together = cv2.dilate(closed, np.ones((CLUSTER_PX, CLUSTER_PX), np.uint8))
    _, clusters, cluster_stats, _ = cv2.connectedComponentsWithStats(together)
    half = CLUSTER_PX // 2
    found = []
    for label in range(1, count):
        x, y, w, h, area = (int(n) for n in stats[label])
        long_px = max(w, h)
        if area < SMALLEST_PX or long_px < SHORTEST_PX or area / long_px < THINNEST_PX:
            continue
        region = labels == label
        age_s = float(np.median(look.age_s[region]))
        if age_s < least_age_s:
            continue
        onset = look.onset_s[region]
        onset = onset[np.isfinite(onset)]
        rows, columns = _around(x, y, w, h, region.shape)
        here = region[rows, columns]
        now, before = background.patch(rows, columns)
        difference = np.abs(now - before).max(axis=2)[here]
        blob = int(np.bincount(blobs[region]).argmax())
        s = look.scale
        found.append(
            Leftover(
                region=region,
                blob_area=int(blob_stats[blob][4]),
                area=area,
                age_s=age_s,
                since_s=look.at_s - float(np.median(onset)),
                box=(x / s, y / s, (x + w) / s, (y + h) / s),
                cluster=_box(cluster_stats[int(clusters[region][0])], s, half),
                contrast=float(difference.mean()),
                added=region_change.added(now, before, here),
                displaced=region_change.displaced(now, before, here),
                at_border=x <= 1
                or y <= 1
                or x + w >= region.shape[1] - 1
                or y + h >= region.shape[0] - 1,
                wet=region_change.is_wet(now, before, here),
                steep=region_change.steep(now, before, here),
                gain=region_change.gain(now, before, here),
                tint=region_change.tint(now, before, here),
                crossing=region_change.crossing(now, before, here),
            )
        )
    return found


def clusters(mask: Mask, scale: float) -> list[Box]:
    """Boxes, in pixels of the frame, of parts that lie close by each other; the largest first."""
    together = cv2.dilate(mask.view(np.uint8), np.ones((CLUSTER_PX, CLUSTER_PX), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(together)
    return [_box(row, scale, CLUSTER_PX // 2) for row in sorted(stats[1:], key=lambda row: -row[4])]


def _box(stats: NDArray[np.int32], scale: float, margin: int) -> Box:
    """Of a component that was grown by `margin` pixels, in pixels of the frame."""
    x, y, w, h = (int(n) for n in stats[:4])
    return (
        (x + margin) / scale,
        (y + margin) / scale,
        (x + w - margin) / scale,
        (y + h - margin) / scale,
    )


def _around(x: int, y: int, w: int, h: int, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """The box and 8 pixels about it."""
    return (
        slice(max(y - 8, 0), min(y + h + 8, shape[0])),
        slice(max(x - 8, 0), min(x + w + 8, shape[1])),
    )
