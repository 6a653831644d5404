"""The rows of an evaluation folder's files."""

from __future__ import annotations

from datetime import datetime

import msgspec


class ClipRow(msgspec.Struct, frozen=True):
    """`condition` day, dusk, night, rain or snow; `scene` is never split between two sets."""

    clip: str
    camera_id: str
    scene: str
    condition: str
    source: str
    seconds: float
    width_px: int
    height_px: int
    starts_at: datetime


class EventRow(msgspec.Struct, frozen=True):
    """`started_s` it happened; `visible_s` the camera can see it first; `ended_s` None: stays."""

    clip: str
    kind: str
    started_s: float
    visible_s: float
    ended_s: float | None
    x1: int
    y1: int
    x2: int
    y2: int
    vehicle_id: str
    plate: str
    what: str
    lon: float | None
    lat: float | None


class DistractorRow(msgspec.Struct, frozen=True):
    """What must raise nothing."""

    clip: str
    what: str
    started_s: float
    ended_s: float


class PassageRow(msgspec.Struct, frozen=True):
    """A vehicle crosses the gate line at `at_s`."""

    clip: str
    at_s: float
    direction: str
    vehicle_id: str
    plate: str
    plate_color: str
    class_name: str
    load: str
    speed_kmh: float


class PositionRow(msgspec.Struct, frozen=True):
    """A fix, its time by the terminal's own clock."""

    vehicle_id: str
    time: datetime
    lon: float
    lat: float
    speed_kmh: float
    course_deg: float


class ClipTruth(msgspec.Struct, frozen=True):
    """All that is true of one clip; kept beside it as JSON, so that a run can go on.

    `made_by` is the fingerprint of the code that drew it.
    """

    made_by: str
    seed: int
    clip: ClipRow
    events: tuple[EventRow, ...]
    distractors: tuple[DistractorRow, ...]
    passages: tuple[PassageRow, ...]
    positions: tuple[PositionRow, ...]
