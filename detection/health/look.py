"""What all monitors of a camera are shown of one picture."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from detection.health.picture import (
    WIDTH_PX,
    Brightness,
    brightness_of,
    coarse_of,
    hard_edges,
    likeness,
)
from detection.health.scene_memory import Lit, SceneMemory
from detection.registration import Registration, grey
from ingest.frame import Frame, Image


@dataclass(frozen=True, slots=True, eq=False)
class HealthLook:
    """One looked-at picture against what is known of the scene.

    Attributes:
        image: at most 640 px wide.
        hidden: share of the usually found tiles that are not found; None while none is known.
        sharpness: of the reference's edges, 1 is as sharp as there; None where not to be seen.
        hard: edges that only a thing in focus has, as a share of the reference's.
        likeness: -1 to 1, how much it is bright and dark in the same places.
    """

    frame: Frame
    image: Image
    light: Brightness
    registration: Registration
    lit: Lit
    hidden: float | None
    sharpness: float | None
    likeness: float
    hard: float

    @property
    def at(self) -> datetime:
        return self.frame.captured_at

    @property
    def size_px(self) -> tuple[int, int]:
        return self.frame.size_px


def look_at(frame: Frame, memory: SceneMemory, near: tuple[float, float]) -> HealthLook:
    """`near`: the shift last known, in fractions of the picture."""
    image = frame.scaled(WIDTH_PX)
    picture = grey(image, WIDTH_PX)
    registration, lit = memory.register(image, near)
    return HealthLook(
        frame=frame,
        image=image,
        light=brightness_of(picture),
        registration=registration,
        lit=lit,
        hidden=lit.hidden_share(registration.found),
        sharpness=lit.sharpness.of(picture),
        likeness=likeness(coarse_of(picture), lit.coarse),
        hard=hard_edges(picture) / max(lit.hard, 1e-4),
    )
