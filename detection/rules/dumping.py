"""Illegal dumping: something remains in a no-dump zone (偷倒)."""

from __future__ import annotations

from config.camera import CameraZoneKind
from config.rule_parameters import as_values
from detection.parameters import DumpingParameters
from detection.rules.puddle import may_be_a_puddle
from detection.rules.told_remains import ToldRemains
from detection.rules.zone_remains import ZoneRemains
from detection.scene_view import Observation, SceneView


class IllegalDumping:
    """A person or vehicle was there, and something stays when it leaves."""

    def __init__(self, parameters: DumpingParameters, persistence_s: float) -> None:
        self._parameters = parameters
        self._values = {**as_values(parameters), "persistence_s": persistence_s}
        self._remains = ZoneRemains(CameraZoneKind.NO_DUMP)
        self._told = ToldRemains("illegal_dumping")

    def advance(self, view: SceneView) -> list[Observation]:
        events: list[Observation] = list(self._told.ended(view))
        events += [
            self._told.tell(view, [found], self._values)
            for found in self._remains.found(view)
            if found.confidence >= self._parameters.confidence and not may_be_a_puddle(found, view)
        ]
        return events
