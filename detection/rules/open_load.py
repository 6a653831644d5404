"""An open or overfull load (未密闭运输)."""

from __future__ import annotations

from config.camera import CameraRole, CameraZoneKind
from detection.parameters import LoadParameters
from detection.picture_zones import inside_of_line
from detection.rules.body_votes import BodyVotes
from detection.scene_view import Observation, SceneView
from detection.tracking import Track

LEAST_WAY = 0.5  # of its own box's length: which way it goes is not known before


class OpenLoad:
    """A truck whose load shows: told at a gate only while it goes out, elsewhere always."""

    def __init__(self, parameters: LoadParameters) -> None:
        self._votes = BodyVotes("open_load", "load_open", parameters, goes_out)

    def advance(self, view: SceneView) -> list[Observation]:
        return list(self._votes.advance(view))


def goes_out(view: SceneView, track: Track) -> bool:
    """False while it comes in, or may still turn out to: muck arrives at no building site."""
    lines = [zone for zone in view.camera.zones if zone.kind is CameraZoneKind.GATE_LINE]
    if view.camera.role is not CameraRole.GATE or not lines:
        return True
    if track.travelled() < LEAST_WAY:
        return False
    width, height = view.frame.size_px
    sides = []
    for box in (track.path[0][1], track.path[-1][1]):
        foot = ((box[0] + box[2]) / 2 / width, box[3] / height)
        sides.append(inside_of_line(lines[0], foot))
    first, last = sides
    return first > last
