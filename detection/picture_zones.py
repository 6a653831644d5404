"""A camera's zones as masks of the working picture (画面区域)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from config.camera import CameraZone, CameraZoneKind
from detection.background import Mask

KIND_OF_ZONE = {CameraZoneKind.NO_DUMP: "illegal_dumping", CameraZoneKind.ROAD: "spillage"}
WHOLE_PICTURE = CameraZone(
    "whole_picture", CameraZoneKind.NO_DUMP, ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
)


@dataclass(frozen=True, slots=True, eq=False)
class PictureZone:
    zone: CameraZone
    kind: str
    mask: Mask


def picture_zones(zones: Sequence[CameraZone], width: int, height: int) -> list[PictureZone]:
    """Those zones that can hold something left behind, drawn `width` × `height` pixels large."""
    drawn = []
    for zone in zones:
        kind = KIND_OF_ZONE.get(zone.kind)
        if kind is None:
            continue
        mask = np.zeros((height, width), np.uint8)
        corners = np.array(zone.points) * [width, height]
        cv2.fillPoly(mask, [corners.round().astype(np.int32)], 1)
        drawn.append(PictureZone(zone, kind, mask.astype(bool)))
    return drawn


def zone_of(region: Mask, zones: Sequence[PictureZone]) -> PictureZone | None:
    """The zone that most of `region` lies in, None where less than half of it is in any."""
    area = int(region.sum())
    shares = [(int((region & zone.mask).sum()), -i) for i, zone in enumerate(zones)]
    if not shares or area == 0:
        return None
    covered, place = max(shares)
    return zones[-place] if 2 * covered >= area else None
