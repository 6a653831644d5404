"""`camera_out_of_focus`: edges are softer than they were in the same light (画面失焦)."""

from __future__ import annotations

from detection.health.look import HealthLook
from detection.health.parameters import FocusParameters
from detection.registration import View

USUAL_RATE = 0.03
LEARNS_WITHIN = 0.12
"""What differs more from the usual is not learnt: a lens that fouls in days shall be told."""
SAME_SCENE = 0.8
"""Likeness from which it is this scene though no tile is found (ours)."""
FEW_EDGES = 0.5
"""A picture that is not found for its blur has fewer edges than this share of the usual (ours)."""


class OutOfFocus:
    def __init__(self, parameters: FocusParameters) -> None:
        self.parameters = parameters
        self._holds = False
        self.sharpness: float | None = None

    def holds(self, look: HealthLook) -> bool:
        usual = look.lit.usual_sharpness
        found = look.registration
        here = found.view is View.SAME or (
            look.likeness >= SAME_SCENE and found.texture < FEW_EDGES
        )
        if look.sharpness is None or usual is None or not here:
            self.sharpness = None
            self._holds = self._holds and here
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
