"""What stays, and is by its place and size hardly what somebody left (可疑遗留).

Whoever stands, or parks, and whom neither the model nor its own way gave away. All figures are
ours, from drawn clips (docs/cameras.md).
"""

from __future__ import annotations

import numpy as np

from config.camera import CameraZoneKind
from detection.box_geometry import area_of
from detection.detections import DUMPED_CLASSES
from detection.leftover import LIGHT_STEEP
from detection.remain import Remain
from detection.rules.found_remain import Found
from detection.scene_view import SceneView

EDGE_PX = 2.0
UPRIGHT = {CameraZoneKind.ROAD: 2.0, CameraZoneKind.NO_DUMP: 2.8}
"""Times as tall as wide. Matter told on a road had 1.7 at most, somebody who stood there 2.2, and
4.9 with their mirror image in the wet; on the verge a wardrobe had 2.2, somebody 3.2."""
NARROW_M = 1.0
"""Of who stands on a road; what runs on it away from the camera may be wider, and as tall."""
BLOCK_M = (1.2, 6.0)
"""Wide, and deep as if it lay flat: what stands up hides the road behind it. Vehicles had 6.1 to
12.8 m of depth..."""
BLOCK_FILL = 0.66
"""...and filled so much of their box; spilled matter that deep filled 0.62 at most."""
SMALL_PX = 100
"""Working pixels that differ, 10 of 640 square. Fewer off the road are a shadow's edge or a drop
more often than a bag far away (4 to 1 in five sets of drawn clips)..."""
SMALL_DISPLACED = 0.3
"""...and on a road a patch that dries, where they look so much like the ground beside them (0.41
and 0.50 in one clip; nothing spilled that is so small had 0.3)."""
LARGEST_M2 = 100.0
"""Of a box on the ground: a truckload tipped out had 40."""
STAIN_ADDED = 0.9
"""A stain that stands out so little more than the ground did is a shadow, or light that is gone:
off the road these had 0.09 to 0.92, what was tipped and looked wet 1.13 and more. What is spilled
on lines may have 0.15, but has an outline, steep..."""
STAIN_CROSSING = 0.2
"""...or of its own: slurry by night and in rain had 0.26 and more, light that was gone 0.17 and
less."""
ROAD_MATTER = frozenset(name for name, kind in DUMPED_CLASSES.items() if kind == "spillage") | {
    "waste_pile"
}
"""A bag or a chair of a vehicle's size is a vehicle."""


def is_hardly_matter(found: Found, view: SceneView) -> bool:
    """It is not told, unless the model comes to name it."""
    box = found.remain.box
    if found.zone.zone.kind is CameraZoneKind.ROAD and _is_block(found, view):
        return found.class_name not in ROAD_MATTER
    if found.class_name is not None:
        return False
    first = found.remain.first
    off_road = found.zone.zone.kind is CameraZoneKind.NO_DUMP
    if is_small(found.remain) and (off_road or first.displaced >= SMALL_DISPLACED):
        return True
    faded = first.steep < LIGHT_STEEP and first.crossing < STAIN_CROSSING
    if first.wet and first.added < STAIN_ADDED and (off_road or faded):
        return True
    wide_m, deep_m = _flat_m(found, view)
    return box[1] <= EDGE_PX or _is_upright(found, wide_m) or wide_m * deep_m > LARGEST_M2


def is_small(remain: Remain) -> bool:
    """Too little of it is to be seen to be judged by its looks; it may grow."""
    return bool(np.count_nonzero(remain.region) < SMALL_PX)


def _is_upright(found: Found, wide_m: float) -> bool:
    x1, y1, x2, y2 = found.remain.box
    kind = found.zone.zone.kind
    if y2 - y1 < UPRIGHT[kind] * (x2 - x1) or found.remain.first.wet:
        return False
    return kind is not CameraZoneKind.ROAD or wide_m <= NARROW_M


def _is_block(found: Found, view: SceneView) -> bool:
    wide_m, deep_m = _flat_m(found, view)
    width = found.remain.region.shape[1]
    scale = width / view.frame.size_px[0]
    filled = int(np.count_nonzero(found.remain.region)) / scale**2 / area_of(found.remain.box)
    return wide_m >= BLOCK_M[0] and deep_m >= BLOCK_M[1] and filled >= BLOCK_FILL


def _flat_m(found: Found, view: SceneView) -> tuple[float, float]:
    """(width at its foot, depth) of its box on the ground; (0, 0) without a ground map.

    Above the horizon nothing lies flat: infinitely deep.
    """
    if view.ground is None:
        return 0.0, 0.0
    x1, y1, x2, y2 = found.remain.box
    middle = (x1 + x2) / 2
    size_px = view.frame.size_px
    points = np.array([(x1, y2), (x2, y2), (middle, y2), (middle, y1)]) / size_px
    left, right, near, far = view.ground.fit.metres(points)
    wide_m, deep_m = float(np.hypot(*(right - left))), float(np.hypot(*(far - near)))
    return (wide_m if np.isfinite(wide_m) else 0.0), (deep_m if np.isfinite(deep_m) else np.inf)
