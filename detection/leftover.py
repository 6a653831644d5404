"""A region that changed and stays: is it a thing that was added? (遗留区域判别)."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.background import Background, Look, Mask, Picture
from detection.scene_event import Box

SMALLEST_PX = 70  # working pixels: a thing of 20 by 8 px half filled, in a picture 768 px wide
SHORTEST_PX = (
    14  # working pixels, its longer side: 20 px of a picture 768 px wide are 17, less a rim
)
TOGETHER = 0.5  # a still part smaller than this share of what changed around it hangs on a mover
DISPLACED_PX = 4  # working pixels that a tape, a line, a branch or the camera may sway
ALIKE_LEVELS = 18.0
ALIKE_SHARE = 0.6  # of the contrast at most: where that is low all is alike within the above (ours)
FAINT_LEVELS = 20.0  # of contrast (ours)
FAINT_MARGIN = 0.5  # of `added` over `displaced` (ours)
ADDED_ABOVE = 0.0  # what is taken away scores -1.6 to 0; a thing that hides a bright one near 0
CROSSING = 0.25  # of plain contrast: what was taken away, or shows again, had 0.1 at most (ours)
OUTLINE_SOFT_PX = 1.5  # working pixels: the outline's direction does not follow each of its steps
EXPLAINED = 0.65  # share of a region that is the old scene so displaced
CLUSTER_PX = 21  # parts no further from each other than about this are one cluster
THINNEST_PX = 4.5  # area by length, in working pixels: less is the rim of something
LIGHT_PX = 1000  # working pixels
LIGHT_STEEP = 0.1  # of the contrast in one pixel of the outline; matter has 0.115 and more (ours)
DARKER_ADDED = 0.5  # true ones had 1.2 and more, light that was gone below 0 (ours)
GLOW_GAIN = 1.1  # of what is faint, or lies in light (ours)
LIT_GAIN, LIT_STEEP = 1.25, 0.14  # lamps gave 1.5 to 1.7 and up to 0.13 (ours)
WET_SHARE = (0.3, 0.93)  # of its old brightness: a wet road keeps so much (ours)
WET_TINT = 0.08  # between the channels: soil is browner than the road under it (ours)
WET_UNEVEN = 10.0  # levels that it may differ from the old ground darkened evenly (ours)
WET_ROUGH = 1.5  # levels a pixel of gradient that it may have beyond the old ground's (ours)


@dataclass(frozen=True, slots=True, eq=False)
class Leftover:
    """One still region. `box` in pixels of the frame, the masks of the working picture.

    Attributes:
        age_s: how long it was seen changed and still, occlusions not counted.
        since_s: how long ago it began to be so.
        cluster: the box of it and of the still regions close by: a vehicle falls into parts.
        contrast: mean levels that it differs from the old scene by.
        added: see `_added`. `displaced`: see `_displaced`.
        steep: see `_steep`.
        wet: the old ground shows, darker, in its own colours: a stain, or a shadow.
        gain: its brightness now over that before, of the channel that gained least.
        tint: see `_tint`. `crossing`: see `_crossing`.
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
                added=_added(now, before, here),
                displaced=_displaced(now, before, here),
                at_border=x <= 1
                or y <= 1
                or x + w >= region.shape[1] - 1
                or y + h >= region.shape[0] - 1,
                wet=_is_wet(now, before, here),
                steep=_steep(now, before, here),
                gain=float(((now[here].mean(axis=0) + 1) / (before[here].mean(axis=0) + 1)).min()),
                tint=_tint(now, before, here),
                crossing=_crossing(now, before, here),
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


def _gradient(picture: Picture) -> Picture:
    """(h, w): the strongest channel's gradient, in levels a pixel."""
    dx = cv2.Sobel(picture, cv2.CV_32F, 1, 0, ksize=3) / 8
    dy = cv2.Sobel(picture, cv2.CV_32F, 0, 1, ksize=3) / 8
    return np.asarray(np.hypot(dx, dy).max(axis=2), np.float32)


def _added(now: Picture, before: Picture, region: Mask) -> float:
    """-2 to 2: above 0 the region stands out now more than before, below 0 the other way round.

    Two measures of equal weight: how sharp its outline is, and how far its mean colour is from
    that of a ring around it.
    """
    solid = region.astype(np.uint8)
    grown, shrunk = cv2.dilate(solid, np.ones((3, 3))), cv2.erode(solid, np.ones((3, 3)))
    outline = (grown > 0) & (shrunk == 0)
    ring = (cv2.dilate(solid, np.ones((13, 13))) > 0) & (cv2.dilate(solid, np.ones((5, 5))) == 0)
    edge_now, edge_before = (float(_gradient(p)[outline].mean()) for p in (now, before))
    score = (edge_now - edge_before) / max(edge_now + edge_before, 1.0)
    if ring.sum() < 20:
        return score
    apart_now, apart_before = (
        float(np.abs(p[region].mean(axis=0) - p[ring].mean(axis=0)).max()) for p in (now, before)
    )
    return score + (apart_now - apart_before) / max(apart_now + apart_before, 4.0)


def _steep(now: Picture, before: Picture, region: Mask) -> float:
    """How fast the change sets in at its outline: the share of its contrast in one pixel.

    Matter has an outline, and so has a shadow; light that falls or is gone fades away.
    """
    solid = region.astype(np.uint8)
    outline = (cv2.dilate(solid, np.ones((3, 3))) > 0) & (cv2.erode(solid, np.ones((3, 3))) == 0)
    change = now - before
    contrast = float(np.abs(change).max(axis=2)[region].mean())
    return float(np.median(_gradient(change)[outline])) / max(contrast, 1.0)


def _is_wet(now: Picture, before: Picture, region: Mask) -> bool:
    """Darkened evenly, all channels alike, with no texture of its own; its rim does not count."""
    inner = cv2.erode(region.astype(np.uint8), np.ones((3, 3))) > 0
    if inner.sum() < SMALLEST_PX // 2:
        return False
    share = (now[inner].mean(axis=0) + 1) / (before[inner].mean(axis=0) + 1)
    if not WET_SHARE[0] < share.mean() < WET_SHARE[1] or np.ptp(share) > WET_TINT:
        return False
    expected = before * share
    uneven = float((now - expected)[inner].mean(axis=1).std())
    rough_now, rough_before = (float(_gradient(p)[inner].mean()) for p in (now, expected))
    return uneven < WET_UNEVEN and rough_now < rough_before + WET_ROUGH


def _displaced(now: Picture, before: Picture, region: Mask) -> float:
    """The share of the region that is the old scene, moved by a few pixels (one shift for all)."""
    reach = DISPLACED_PX
    rows, columns = np.nonzero(region)
    inside = (
        (rows >= reach)
        & (rows < region.shape[0] - reach)
        & (columns >= reach)
        & (columns < region.shape[1] - reach)
    )
    rows, columns = rows[inside], columns[inside]
    if len(rows) < SMALLEST_PX // 2:
        return 0.0
    seen = now[rows, columns]
    contrast = float(np.abs(seen - before[rows, columns]).max(axis=1).mean())
    alike = min(ALIKE_LEVELS, ALIKE_SHARE * contrast)
    best = 0.0
    for down in range(-reach, reach + 1):
        for right in range(-reach, reach + 1):
            apart = np.abs(seen - before[rows + down, columns + right])
            best = max(best, float((apart < alike).all(axis=1).mean()))
    return best


def _tint(now: Picture, before: Picture, region: Mask) -> float:
    """How much more of its old red it keeps than of its old blue: soil is browner than a road."""
    share = (now[region].mean(axis=0) + 1) / (before[region].mean(axis=0) + 1)
    return float(share[2] - share[0])


def _crossing(now: Picture, before: Picture, region: Mask) -> float:
    """-1 to 1: above 0 the picture changes more across its outline now than it did before.

    Only the part of the gradient that crosses the outline counts: a line or kerb that goes on
    beyond it runs along with its own edges, wherever the outline cuts it.
    """
    solid = region.astype(np.uint8)
    soft = cv2.GaussianBlur(region.astype(np.float32), (0, 0), OUTLINE_SOFT_PX)
    outward = [cv2.Sobel(soft, cv2.CV_32F, *along, ksize=3) for along in ((1, 0), (0, 1))]
    length = np.hypot(*outward) + 1e-6
    outline = (cv2.dilate(solid, np.ones((3, 3))) > 0) & (cv2.erode(solid, np.ones((3, 3))) == 0)
    edges = []
    for picture in (now, before):
        dx = cv2.Sobel(picture, cv2.CV_32F, 1, 0, ksize=3) / 8
        dy = cv2.Sobel(picture, cv2.CV_32F, 0, 1, ksize=3) / 8
        across = (dx * outward[0][..., None] + dy * outward[1][..., None]) / length[..., None]
        edges.append(float(np.abs(across).max(axis=2)[outline].mean()))
    return (edges[0] - edges[1]) / max(sum(edges), 1.0)
