"""A camera's zones as masks of the working picture (画面区域)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from config.camera import CameraZone, CameraZoneKind, Side
from detection.background import Mask

WHOLE_PICTURE = CameraZone(
    "whole_picture", CameraZoneKind.NO_DUMP, ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
)


@dataclass(frozen=True, slots=True, eq=False)
class PictureZone:
    zone: CameraZone
    mask: Mask


def picture_zones(zones: Sequence[CameraZone], width: int, height: int) -> list[PictureZone]:
    """Those zones that can hold something left behind, drawn `width` × `height` pixels large."""
    drawn = []
    for zone in zones:
        if zone.kind is CameraZoneKind.GATE_LINE:
            continue
        mask = np.zeros((height, width), np.uint8)
        corners = np.array(zone.points) * [width, height]
        cv2.fillPoly(mask, [corners.round().astype(np.int32)], 1)
        drawn.append(PictureZone(zone, mask.astype(bool)))
    return drawn


FOOT, UPRIGHT_FOOT = 0.35, 0.2
"""The lower part of a thing's picture, where it stands: above it leans over what is behind, and the
more the taller it is."""
FLAT = 3.0  # ours


def zone_of(region: Mask, zones: Sequence[PictureZone]) -> PictureZone | None:
    """The zone that most of the foot of `region` lies in, None with less than half in any.

    What is wider than tall may lean over nothing: it lies in a zone that holds half of it. So does
    what is `FLAT` times as wide as tall, whatever its foot says: somebody may stand before it.
    """
    rows, columns = np.flatnonzero(region.any(axis=1)), np.flatnonzero(region.any(axis=0))
    if len(rows) == 0:
        return None
    wide, tall = np.ptp(columns), np.ptp(rows)
    foot = region.copy()
    foot[: round(rows[-1] - (UPRIGHT_FOOT if wide < tall else FOOT) * tall)] = False
    if wide < tall:
        return _mostly_in(foot, zones)
    by_foot, by_all = _mostly_in(foot, zones), _mostly_in(region, zones)
    return by_all or by_foot if wide >= FLAT * tall else by_foot or by_all


def _mostly_in(region: Mask, zones: Sequence[PictureZone]) -> PictureZone | None:
    area = int(region.sum())
    shares = [(int((region & zone.mask).sum()), -i) for i, zone in enumerate(zones)]
    if not shares or area == 0:
        return None
    covered, place = max(shares)
    return zones[-place] if 2 * covered >= area else None


def point_in_zone(zone: CameraZone, point: tuple[float, float]) -> bool:
    """Whether a point, in fractions of the picture, lies in an area zone."""
    if zone.kind is CameraZoneKind.GATE_LINE:
        return False
    corners = np.asarray(zone.points, np.float32)
    return cv2.pointPolygonTest(corners, point, measureDist=False) >= 0


def inside_of_line(line: CameraZone, point: tuple[float, float]) -> float:
    """How far a point is on the inner side of a gate line, in fractions; negative outside.

    By the nearest stretch of the line; pictures have y downwards, hence right of a way is the
    side where the cross product is positive.
    """
    ends = np.asarray(line.points, float)
    best: tuple[float, float] | None = None
    for a, b in pairwise(ends):
        along, to = b - a, np.asarray(point) - a
        length = float(np.hypot(*along))
        if length == 0:
            continue
        share = min(max(float(to @ along) / length**2, 0.0), 1.0)
        away = float(np.hypot(*(to - share * along)))
        right = float(along[0] * to[1] - along[1] * to[0]) / length
        if best is None or away < best[0]:
            best = (away, right)
    if best is None:
        return 0.0
    return best[1] if line.inside is Side.RIGHT else -best[1]
