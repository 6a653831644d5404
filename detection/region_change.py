"""How a region differs now from the scene before: outline, colour, light (区域变化度量).

All take two pictures (h, w, 3) float32 BGR of 0 to 255, the region and some pixels about it, and
the region's mask (h, w) in them.
"""

from __future__ import annotations

import cv2
import numpy as np

from detection.background import Mask, Picture
from detection.exposure import strongest

DISPLACED_PX = 4  # working pixels that a tape, a line, a branch or the camera may sway
ALIKE_LEVELS = 18.0
ALIKE_SHARE = 0.6  # of the contrast at most: where that is low all is alike within the above (ours)
OUTLINE_SOFT_PX = 1.5  # working pixels: the outline's direction does not follow each of its steps
WET_SHARE = (0.3, 0.93)  # of its old brightness: a wet road keeps so much (ours)
WET_TINT = 0.08  # between the channels: soil is browner than the road under it (ours)
WET_UNEVEN = 10.0  # levels that it may differ from the old ground darkened evenly (ours)
WET_ROUGH = 1.5  # levels a pixel of gradient that it may have beyond the old ground's (ours)
LEAST_PX = 35  # of a region, less its rim: fewer say nothing


def _outline(region: Mask) -> Mask:
    """(h, w): the pixels on both sides of its rim."""
    solid = region.astype(np.uint8)
    grown, shrunk = cv2.dilate(solid, np.ones((3, 3))), cv2.erode(solid, np.ones((3, 3)))
    return np.asarray((grown > 0) & (shrunk == 0))


def _slopes(picture: Picture) -> tuple[Picture, Picture]:
    """(dx, dy), each (h, w) or (h, w, 3), in levels a pixel."""
    dx = cv2.Sobel(picture, cv2.CV_32F, 1, 0, ksize=3) / 8
    dy = cv2.Sobel(picture, cv2.CV_32F, 0, 1, ksize=3) / 8
    return np.asarray(dx, np.float32), np.asarray(dy, np.float32)


def _gradient(picture: Picture) -> Picture:
    """(h, w): the strongest channel's gradient, in levels a pixel."""
    return np.asarray(np.hypot(*_slopes(picture)).max(axis=2), np.float32)


def added(now: Picture, before: Picture, region: Mask) -> float:
    """-2 to 2: above 0 the region stands out now more than before, below 0 the other way round.

    Two measures of equal weight: how sharp its outline is, and how far its mean colour is from
    that of a ring around it.
    """
    solid = region.astype(np.uint8)
    outline = _outline(region)
    ring = (cv2.dilate(solid, np.ones((13, 13))) > 0) & (cv2.dilate(solid, np.ones((5, 5))) == 0)
    edge_now, edge_before = (float(_gradient(p)[outline].mean()) for p in (now, before))
    score = (edge_now - edge_before) / max(edge_now + edge_before, 1.0)
    if ring.sum() < 20:
        return score
    apart_now, apart_before = (
        float(np.abs(p[region].mean(axis=0) - p[ring].mean(axis=0)).max()) for p in (now, before)
    )
    return score + (apart_now - apart_before) / max(apart_now + apart_before, 4.0)


def steep(now: Picture, before: Picture, region: Mask) -> float:
    """How fast the change sets in at its outline: the share of its contrast in one pixel.

    Matter has an outline, and so has a shadow; light that falls or is gone fades away.
    """
    outline = _outline(region)
    change = now - before
    contrast = float(np.abs(change).max(axis=2)[region].mean())
    return float(np.median(_gradient(change)[outline])) / max(contrast, 1.0)


def is_wet(now: Picture, before: Picture, region: Mask) -> bool:
    """Darkened evenly, all channels alike, with no texture of its own; its rim does not count."""
    inner = cv2.erode(region.astype(np.uint8), np.ones((3, 3))) > 0
    if inner.sum() < LEAST_PX:
        return False
    share = (now[inner].mean(axis=0) + 1) / (before[inner].mean(axis=0) + 1)
    if not WET_SHARE[0] < share.mean() < WET_SHARE[1] or np.ptp(share) > WET_TINT:
        return False
    expected = before * share
    uneven = float((now - expected)[inner].mean(axis=1).std())
    rough_now, rough_before = (float(_gradient(p)[inner].mean()) for p in (now, expected))
    return uneven < WET_UNEVEN and rough_now < rough_before + WET_ROUGH


def displaced(now: Picture, before: Picture, region: Mask) -> float:
    """The share of the region that is the old scene, moved by a few pixels (one shift for all)."""
    reach = DISPLACED_PX
    inside = np.zeros_like(region)
    inside[reach:-reach, reach:-reach] = region[reach:-reach, reach:-reach]
    area = int(np.count_nonzero(inside))
    if area < LEAST_PX:
        return 0.0
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    here, seen = inside[top:bottom, left:right], now[top:bottom, left:right]
    contrast = float(_apart(seen, before[top:bottom, left:right])[here].mean())
    alike = min(ALIKE_LEVELS, ALIKE_SHARE * contrast)
    most = 0
    for down in range(-reach, reach + 1):
        for across in range(-reach, reach + 1):
            there = before[top + down : bottom + down, left + across : right + across]
            most = max(most, int(np.count_nonzero(here & (_apart(seen, there) < alike))))
    return most / area


def _apart(now: Picture, before: Picture) -> Picture:
    """(h, w): levels that they differ by, of the channel that differs most."""
    return np.asarray(strongest(cv2.absdiff(now, before)), np.float32)


def tint(now: Picture, before: Picture, region: Mask) -> float:
    """How much more of its old red it keeps than of its old blue: soil is browner than a road."""
    share = (now[region].mean(axis=0) + 1) / (before[region].mean(axis=0) + 1)
    return float(share[2] - share[0])


def crossing(now: Picture, before: Picture, region: Mask) -> float:
    """-1 to 1: above 0 the picture changes more across its outline now than it did before.

    Only the part of the gradient that crosses the outline counts: a line or kerb that goes on
    beyond it runs along with its own edges, wherever the outline cuts it.
    """
    soft = cv2.GaussianBlur(region.astype(np.float32), (0, 0), OUTLINE_SOFT_PX)
    out_x, out_y = (slope[:, :, None] for slope in _slopes(soft.astype(np.float32)))
    length = np.hypot(out_x, out_y) + 1e-6
    outline = _outline(region)
    edges = []
    for picture in (now, before):
        dx, dy = _slopes(picture)
        across = (dx * out_x + dy * out_y) / length
        edges.append(float(np.abs(across).max(axis=2)[outline].mean()))
    return (edges[0] - edges[1]) / max(sum(edges), 1.0)


def gain(now: Picture, before: Picture, region: Mask) -> float:
    """Its brightness now over that before, of the channel that gained least."""
    return float(((now[region].mean(axis=0) + 1) / (before[region].mean(axis=0) + 1)).min())
