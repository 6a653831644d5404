"""`camera_moved`: the picture is not the one that the zones were drawn in (摄像头移位)."""

from __future__ import annotations

from enum import StrEnum

from detection.health.blocked import NOT_HARD
from detection.health.look import HealthLook
from detection.health.parameters import MovedParameters
from detection.registration import View

NOTHING_FOUND = 0.1
"""Fewer tiles than that are found by chance, too (ours)."""


class Aim(StrEnum):
    """What one picture says of where the camera looks."""

    HOLDS = "holds"
    ELSEWHERE = "elsewhere"  # the scene was found, moved
    LOST = "lost"  # another picture, nothing of the scene is in it
    UNKNOWN = "unknown"  # hidden, dark, blurred: nothing can be said


class Moved:
    def __init__(self, parameters: MovedParameters) -> None:
        self.parameters = parameters

    def aim(self, look: HealthLook) -> Aim:
        found = look.registration
        if found.view is View.SAME or found.view is View.MOVED:
            elsewhere = found.moved_share > self.parameters.moved_share
            return Aim.ELSEWHERE if elsewhere else Aim.HOLDS
        other = found.agreement < NOTHING_FOUND and found.texture >= self.parameters.lost_edges
        return Aim.LOST if other and look.hard > NOT_HARD else Aim.UNKNOWN
