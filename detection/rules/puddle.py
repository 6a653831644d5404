"""What rain makes of the ground: it gets dark in patches, and mirrors the sky (积水反光).

Colour tells it from soil, which is browner than a road; the model's word goes before it.
"""

from __future__ import annotations

from config.camera import CameraZoneKind
from detection.leftover import FAINT_LEVELS
from detection.rules.found_remain import Found
from detection.scene_view import SceneView

MIRRORS = 1.08
"""Times as bright as the ground was: what mirrored had 1.10 and more, slurry 0.6 (ours)."""
OFF_ROAD_LEVELS, OUTLINED = 28.0, 0.6
"""Off the road what mirrors has up to 23 levels of contrast, and above `FAINT_LEVELS` no outline to
speak of: 0.60 of `crossing` at most. A pale heap had 25 and 0.78, a pale bag 45 (ours)."""
TINT = (-0.15, 0.1)
"""More of the ground's red than of its blue is kept: soil and clods had 0.12 and more, what mirrors
-0.12 to 0.06, bags and furniture on grass mostly -0.3 and less (ours; drawn clips)."""
WETS_S = (-15.0, 45.0)
"""About the moment when rain was seen to begin, and light rain is seen late (ours)."""


def may_be_a_puddle(found: Found, view: SceneView) -> bool:
    """Off the road only where it mirrors faintly: a pale bag there is no puddle."""
    first = found.remain.first
    if found.class_name is not None or first.tint >= TINT[1]:
        return False
    on_road = found.zone.zone.kind is CameraZoneKind.ROAD
    mirrors = first.gain >= MIRRORS and first.tint > TINT[0]
    faint = first.contrast < FAINT_LEVELS or (
        first.contrast < OFF_ROAD_LEVELS and first.crossing < OUTLINED
    )
    if view.may_rain and mirrors and (on_road or faint):
        return True
    if view.rain_began_at is None or not on_road:
        return False
    after_s = (found.remain.started_at - view.rain_began_at).total_seconds()
    return WETS_S[0] <= after_s <= WETS_S[1]
