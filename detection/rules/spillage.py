"""Spillage: matter on the road behind a vehicle, solid or wet (抛洒滴漏)."""

from __future__ import annotations

from config.camera import CameraZoneKind
from config.rule_parameters import as_values
from detection.parameters import SpillageParameters
from detection.rules.told_remains import Found, ToldRemains
from detection.scene_view import Observation, SceneView

_WETS_S = (-15.0, 45.0)
"""About the moment when rain was seen to begin, and light rain is seen late: the road gets dark and
mirrors in patches (ours)."""
_BROWNER = 0.1
"""More of the road's red than of its blue is kept: soil and clods had 0.12 and more, what mirrors
0.06 at most (ours; drawn clips)."""
_MIRRORS = 1.1
"""Times as bright as the road was: what mirrored had 1.19 and more, slurry 0.6 (ours)."""


class Spillage:
    """The clean patch against itself after a passage; small things along one way are one spill."""

    def __init__(self, parameters: SpillageParameters, persistence_s: float) -> None:
        self._parameters = parameters
        self._values = {**as_values(parameters), "persistence_s": persistence_s}
        self._told = ToldRemains("spillage", CameraZoneKind.ROAD)

    def advance(self, view: SceneView) -> list[Observation]:
        events: list[Observation] = list(self._told.ended(view))
        within_s, width_px = self._parameters.same_spill_s, view.frame.size_px[0]
        fresh = [
            found
            for found in self._told.found(view)
            if found.confidence >= self._parameters.confidence
            and not _may_be_a_puddle(found, view)
            and not self._told.joins(found, within_s, width_px)
        ]
        spills = self._told.together(fresh, within_s, width_px)
        events += [self._told.tell(view, spill, self._values) for spill in spills]
        return events


def _may_be_a_puddle(found: Found, view: SceneView) -> bool:
    """It came as the rain did, or mirrors the sky: no soil, and unknown to the model."""
    first = found.remain.first
    if found.class_name is not None or first.tint >= _BROWNER:
        return False
    if view.light.wet_road and first.gain >= _MIRRORS:
        return True
    if view.rain_began_at is None:
        return False
    after_s = (found.remain.started_at - view.rain_began_at).total_seconds()
    return _WETS_S[0] <= after_s <= _WETS_S[1]
