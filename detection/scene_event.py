"""A scene event: something a camera saw happen (画面事件)."""

from __future__ import annotations

from datetime import datetime

import msgspec

Box = tuple[float, float, float, float]
"""(x1, y1, x2, y2) in pixels of the frame, from its top left."""


class Passer(msgspec.Struct, frozen=True, kw_only=True):
    """The tracked person or vehicle that passed where something then stayed behind.

    `box` is the passer's box in `Snapshot` `passage`. `color` is a word of the plain colour list
    (black white grey red blue yellow green brown unknown).
    """

    track_id: int
    class_name: str
    box: Box
    seen_at: datetime
    confidence: float
    color: str = "unknown"


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A JPEG of the whole frame. `moment` is `before`, `passage` or `after`."""

    moment: str
    captured_at: datetime
    width_px: int
    height_px: int
    jpeg: bytes


class SceneEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event of one camera. The identity is (kind, camera_id, camera_zone_id, started_at).

    Emitted once when it is sure enough to tell, and again with `ended_at` when it is over.

    Attributes:
        kind: an alert kind of the design: `illegal_dumping`, `spillage`.
        started_at: when the object was first there (aware; the frame's time).
        raised_at: when it was told: the frame at which persistence was reached.
        box: where the object is, in pixels of the frame.
        confidence: 0 to 1.
        suspected: True while no class of the detector confirms it (疑似).
        class_name: the detector's class of the object where it gave one.
        values, parameters: what was measured, and the thresholds in force.
    """

    kind: str
    camera_id: str
    camera_zone_id: str
    started_at: datetime
    raised_at: datetime
    ended_at: datetime | None = None
    box: Box
    confidence: float
    suspected: bool = True
    class_name: str | None = None
    passer: Passer | None = None
    snapshots: tuple[Snapshot, ...] = ()
    values: dict[str, float | int | str | bool | None] = {}
    parameters: dict[str, float | int | str | bool | None] = {}
