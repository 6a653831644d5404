"""`camera_blinded`: over-exposed, or the sun or a lamp shines into it (画面过曝、逆光)."""

from __future__ import annotations

from detection.health.look import HealthLook
from detection.health.parameters import BlindedParameters

USUAL_RATE = 0.02
GLARING_MEAN = 235.0
"""A picture that is nearly all white is blinded whatever was known of it (ours)."""


class Blinded:
    """A white sky is usual where it always is; white beyond it that hides the scene is not."""

    def __init__(self, parameters: BlindedParameters) -> None:
        self.parameters = parameters

    def holds(self, look: HealthLook) -> bool:
        if look.light.mean > GLARING_MEAN:
            return True
        usual = look.lit.white if look.lit.white is not None else 0.0
        more = look.light.white - usual
        lost = look.hidden if look.hidden is not None else 1 - look.registration.texture
        return more > self.parameters.white_share and lost >= self.parameters.lost_share

    def learn(self, look: HealthLook) -> None:
        """Shown only pictures in which nothing is wrong."""
        before = look.lit.white
        white = look.light.white
        look.lit.white = white if before is None else before + USUAL_RATE * (white - before)
