"""`camera_out_of_focus`: edges are softer than they were in the same light (画面失焦)."""

from __future__ import annotations

from detection.health.look import HealthLook
from detection.health.parameters import FocusParameters

USUAL_RATE = 0.03
LEARNS_WITHIN = 0.12
"""What differs more from the usual is not learnt: a lens that fouls in days shall be told."""
SAME_SCENE = 0.6
"""Likeness from which it is this scene, however blurred, and nothing before the lens (ours)."""


class OutOfFocus:
    def __init__(self, parameters: FocusParameters) -> None:
        self.parameters = parameters
        self._holds = False
        self.sharpness: float | None = None

    def holds(self, look: HealthLook) -> bool:
        usual = look.lit.usual_sharpness
        if look.sharpness is None or usual is None or look.likeness < SAME_SCENE:
            self.sharpness = None
            self._holds = self._holds and look.likeness >= SAME_SCENE
            return self._holds
        self.sharpness = look.sharpness / usual
        limit = self.parameters.clear_sharpness if self._holds else self.parameters.sharpness
        self._holds = self.sharpness < limit
        return self._holds

    def learn(self, look: HealthLook) -> None:
        """Shown only pictures in which nothing is wrong."""
        if look.sharpness is None:
            return
        usual = look.lit.usual_sharpness
        if usual is None:
            look.lit.usual_sharpness = min(look.sharpness, 1.2)
        elif abs(look.sharpness / usual - 1) < LEARNS_WITHIN:
            look.lit.usual_sharpness = usual + USUAL_RATE * (look.sharpness - usual)
