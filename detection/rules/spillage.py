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


class Spillage:
    """The clean patch against itself after a passage; small things along one way are one spill."""

    def __init__(self, parameters: SpillageParameters, persistence_s: float) -> None:
        self._parameters = parameters
        self._values = {**as_values(parameters), "persistence_s": persistence_s}
        self._told = ToldRemains("spillage", CameraZoneKind.ROAD)

    def advance(self, view: SceneView) -> list[Observation]:
        events: list[Observation] = list(self._told.ended(view))
        for found in self._told.found(view):
            if found.confidence < self._parameters.confidence or _may_be_a_puddle(found, view):
                continue
            width_px = view.frame.size_px[0]
            if not self._told.joins(found, self._parameters.same_spill_s, width_px):
                events.append(self._told.tell(view, found, self._values, {}))
        return events


def _may_be_a_puddle(found: Found, view: SceneView) -> bool:
    """It came as the rain did, and the model does not know it."""
    if view.rain_began_at is None or found.class_name is not None:
        return False
    after_s = (found.remain.started_at - view.rain_began_at).total_seconds()
    return _WETS_S[0] <= after_s <= _WETS_S[1]
