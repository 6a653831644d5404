"""What truly happened in the clips of an evaluation folder (事件真值).

Seconds are into the clip.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from config.site import Site
from config.vehicle import PlateColor
from detection.scene_event import Box
from detection.sighting import Direction, Load


class Condition(StrEnum):
    DAY = "day"  # 昼
    DUSK = "dusk"  # 昏
    NIGHT = "night"  # 夜
    RAIN = "rain"  # 雨
    SNOW = "snow"  # 雪


class Source(StrEnum):
    """Where the pictures come from; figures of two sources are never added up."""

    SYNTHETIC = "synthetic"  # 渲染
    COMPOSITE = "composite"  # 实景合成
    REAL = "real"  # 实拍


@dataclass(frozen=True, slots=True)
class Clip:
    """`name` is the file's name in the folder, `starts_at` (aware) the moment of its first picture.

    `scene` is the group that is not divided between splits.
    """

    name: str
    camera_id: str
    scene: str
    condition: Condition
    source: Source
    seconds: float
    width_px: int
    height_px: int
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class TrueEvent:
    """Something that has to be told.

    Attributes:
        kind: an alert kind.
        visible_s: when the camera can first see it.
        ended_s: None: not before the clip's end.
        box: in pixels of the clip.
        vehicle_id, plate: of who did it; "" where unknown or no truck of the fleet.
        what: a free word.
        lon, lat: its place, None where it is not told.
    """

    clip: str
    kind: str
    started_s: float
    visible_s: float
    ended_s: float | None
    box: Box
    vehicle_id: str = ""
    plate: str = ""
    what: str = ""
    lon: float | None = None
    lat: float | None = None


@dataclass(frozen=True, slots=True)
class Distractor:
    """Something that must raise nothing (干扰)."""

    clip: str
    what: str
    started_s: float
    ended_s: float


@dataclass(frozen=True, slots=True)
class TruePassage:
    """A vehicle that crosses the gate line. What is None or "" is not known."""

    clip: str
    at_s: float
    direction: Direction | None
    vehicle_id: str = ""
    plate: str = ""
    plate_color: PlateColor | None = None
    class_name: str = ""
    load: Load | None = None
    speed_kmh: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class EvaluationSet:
    """A folder as it was read; `positions` is None where there is no such file."""

    folder: Path
    site: Site
    clips: tuple[Clip, ...]
    events: tuple[TrueEvent, ...] = ()
    distractors: tuple[Distractor, ...] = ()
    passages: tuple[TruePassage, ...] = ()
    positions: Path | None = None
    site_fingerprint: str = ""
    by_name: dict[str, Clip] = field(default_factory=dict)

    def path(self, clip: Clip) -> Path:
        return self.folder / clip.name
