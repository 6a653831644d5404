"""A scene event: something a camera saw happen (画面事件)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from config.camera import FIRST_PLACEMENT

Box = tuple[float, float, float, float]
"""(x1, y1, x2, y2) in pixels of the frame, from its top left."""


class TrackPoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where a tracked person or vehicle was at a moment (目标轨迹点).

    `box` in pixels of the frame; `lon`, `lat` (WGS-84) of the middle of its footprint, None
    without a homography.
    """

    at: datetime
    box: Box
    lon: float | None = None
    lat: float | None = None


class Passer(msgspec.Struct, frozen=True, kw_only=True):
    """The tracked person or vehicle that passed where something then stayed behind.

    `box` is the passer's box in `Snapshot` `passage`. `color` is a word of the plain colour list
    (black white grey red blue yellow orange green brown unknown). `track_uid` is that of the
    `Sighting` of the same passage, where there is one.
    """

    track_id: int
    track_uid: UUID | None = None
    class_name: str
    box: Box
    seen_at: datetime
    confidence: float
    color: str = "unknown"


class SeenBox(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody or something that a snapshot shows besides the event; blurred on export (第三方)."""

    class_name: str
    box: Box
    track_uid: UUID | None = None


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A JPEG of the whole frame. `moment` is `before`, `passage` or `after`.

    `seen` are all people and vehicles in it, the passer too.
    """

    moment: str
    captured_at: datetime
    width_px: int
    height_px: int
    jpeg: bytes
    seen: tuple[SeenBox, ...] = ()


class SceneEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event of one camera. The identity is (kind, camera_id, camera_zone_id, started_at).

    Emitted once when it is sure enough to tell, and again with `ended_at` when it is over. What
    befalls the camera itself (`camera_*`) is told the same way, its `camera_zone_id` "" and its
    box the whole picture.

    Attributes:
        kind: an alert kind of the design: `illegal_dumping`, `spillage`, `open_load`,
            `body_raised`, `camera_offline`, …
        placement_id: the camera's placement at that time.
        started_at: when the object was first there (aware; the frame's time).
        raised_at: when it was told: the frame at which persistence was reached.
        box: where the object is, in pixels of the frame.
        lon, lat, uncertainty_m: where that is on the map (WGS-84), one standard deviation; None
            where the placement has no ground points.
        confidence: 0 to 1.
        suspected: True while no class of the detector confirms it (疑似).
        class_name: the detector's class of the object where it gave one.
        track: the passer's way, at most 60 points.
        values, parameters: what was measured, and the thresholds in force.
    """

    kind: str
    camera_id: str
    camera_zone_id: str
    placement_id: str = FIRST_PLACEMENT
    started_at: datetime
    raised_at: datetime
    ended_at: datetime | None = None
    box: Box
    lon: float | None = None
    lat: float | None = None
    uncertainty_m: float | None = None
    confidence: float
    suspected: bool = True
    class_name: str | None = None
    passer: Passer | None = None
    track: tuple[TrackPoint, ...] = ()
    snapshots: tuple[Snapshot, ...] = ()
    values: dict[str, float | int | str | bool | None] = {}
    parameters: dict[str, float | int | str | bool | None] = {}
