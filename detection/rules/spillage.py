"""Spillage: matter on the road behind a vehicle, solid or wet (抛洒滴漏)."""

from __future__ import annotations

from config.camera import CameraZoneKind
from config.rule_parameters import as_values
from detection.parameters import SpillageParameters
from detection.rules.puddle import may_be_a_puddle
from detection.rules.told_remains import ToldRemains
from detection.rules.zone_remains import ZoneRemains
from detection.scene_view import Observation, SceneView


class Spillage:
    """The clean patch against itself after a passage; small things along one way are one spill."""

    def __init__(self, parameters: SpillageParameters, persistence_s: float) -> None:
        self._parameters = parameters
        self._values = {**as_values(parameters), "persistence_s": persistence_s}
        self._remains = ZoneRemains(CameraZoneKind.ROAD)
        self._told = ToldRemains("spillage", along_a_way=True)

    def advance(self, view: SceneView) -> list[Observation]:
        events: list[Observation] = list(self._told.ended(view))
        within_s, width_px = self._parameters.same_spill_s, view.frame.size_px[0]
        fresh = [
            found
            for found in self._remains.found(view)
            if found.confidence >= self._parameters.confidence
            and not may_be_a_puddle(found, view)
            and not self._told.joins(found, within_s, width_px)
        ]
        spills = self._told.together(fresh, within_s, width_px)
        events += [self._told.tell(view, spill, self._values) for spill in spills]
        return events
