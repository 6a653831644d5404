"""What the rules of one camera are shown of one frame (单帧视图)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from config.camera import Camera
from detection.album import Album
from detection.background import Background, Look
from detection.detections import Detections
from detection.ground_map import GroundMap
from detection.light import PROFILES, Light, LightProfile
from detection.remain import NOTHING_REMAINS, RemainsChange
from detection.scene_event import SceneEvent
from detection.sighting import Sighting
from detection.tracking import Track
from ingest.frame import Frame

Observation = SceneEvent | Sighting
"""What a camera tells."""


@dataclass(frozen=True, slots=True, eq=False)
class SceneView:
    """One frame and all that was made of it before the rules.

    Attributes:
        camera: as it is placed at this time.
        look: the frame against both memories of the scene.
        detections: of the model, in this frame; none where it did not look.
        current: the tracks seen in this frame.
        tracks: by id, all that were seen within the last 90 s.
        suspended: True while the picture is not the one that the zones were drawn in, or shows
            nothing; zones mean nothing then.
        remains: what this frame made sure that stayed, and what is over.
        light: what the camera sees by.
        may_rain: it rains or snows, or seems to since a moment ago.
        rain_began_at: when it began to rain while the camera watched; None where it did not.
        ground: from picture to map; None where the placement has no ground points.
    """

    camera: Camera
    frame: Frame
    look: Look
    background: Background
    detections: Detections
    current: Sequence[Track]
    tracks: Mapping[int, Track]
    album: Album
    suspended: bool = False
    remains: RemainsChange = NOTHING_REMAINS
    light: LightProfile = PROFILES[Light.DAY]
    ground: GroundMap | None = None
    may_rain: bool = False
    rain_began_at: datetime | None = None

    @property
    def at(self) -> datetime:
        return self.frame.captured_at


class SceneRule(Protocol):
    """One rule and its state for one camera; is shown every analysed frame in order of time.

    Reads no clock and touches no file: the same views give the same observations.
    """

    def advance(self, view: SceneView) -> list[Observation]:
        """What this frame begins or ends."""
