"""`camera_blocked`: something hides the scene though there is light (镜头遮挡)."""

from __future__ import annotations

from detection.health.look import HealthLook
from detection.health.parameters import BlockedParameters

NOT_HARD = 0.15
"""So few hard edges, of the reference's: what is there is too near to be in focus (ours)."""
OTHER_SCENE = 0.5
"""Likeness below which a picture without edges is a cover, and no blurred or foggy scene (ours)."""


class Blocked:
    def __init__(self, parameters: BlockedParameters) -> None:
        self.parameters = parameters

    def whole(self, look: HealthLook) -> bool:
        """Covered by something without edges of its own: no truck, a truck has some."""
        hidden = look.hidden if look.hidden is not None else 1.0
        return (
            hidden >= self.parameters.whole_share
            and (look.registration.texture <= self.parameters.edges or look.hard <= NOT_HARD)
            and look.likeness < OTHER_SCENE
        )

    def part(self, look: HealthLook) -> bool:
        return look.hidden is not None and look.hidden > self.parameters.part_share
