"""A sighting: one passage of a vehicle before a camera (过车记录)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid5

import msgspec

from config.camera import FIRST_PLACEMENT
from detection.scene_event import Box, Snapshot, TrackPoint

_NAMESPACE = UUID("0b1f1a0c-7d0f-5b5e-8a41-5a0b6d1f7c53")
"""Ids of tracks and sightings are UUIDv5 in this namespace: never change it."""


class Direction(StrEnum):
    IN = "in"  # 进
    OUT = "out"  # 出


class Load(StrEnum):
    """What a truck's body shows."""

    OPEN = "open"  # 未密闭
    COVERED = "covered"  # 密闭
    EMPTY = "empty"  # 空载


class PlateReading(msgspec.Struct, frozen=True, kw_only=True):
    """A plate as it was read over a whole passage (车牌识别).

    Attributes:
        text: in the form of `config.plate`; its format was checked.
        color: a plate colour of `config.plate`, None where it could not be told.
        reliability: 0 to 1, that the whole text is right.
        readings: how many pictures it was read in.
    """

    text: str
    color: str | None = None
    reliability: float
    readings: int


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    """One vehicle's passage through a gate line, or through the picture where none is drawn.

    Attributes:
        sighting_id: a function of track and line, so that the same frames give the same.
        line_id: the gate line that was crossed; "" where none is drawn.
        at: when it crossed, or was nearest to the middle of the picture (aware).
        direction: None where no line says what is inside.
        class_name, class_confidence: the detector's; `moving` where it never had a word.
        color: a word of the plain colour list, as `Passer.color`.
        load, load_confidence: None where it could not be told.
        body_raised: None where it could not be told.
        speed_kmh, heading_deg: on the map, clockwise from north; None without a homography.
        lon, lat, uncertainty_m: WGS-84 where it was at `at`, one standard deviation; without a
            homography the camera's own place and what that may be off.
        box: in pixels of the frame at `at`.
        snapshot: the best picture of it, `moment` `passage`.
        track: at most 60 points.
    """

    sighting_id: UUID
    camera_id: str
    placement_id: str = FIRST_PLACEMENT
    line_id: str = ""
    track_uid: UUID
    at: datetime
    first_seen_at: datetime
    last_seen_at: datetime
    direction: Direction | None = None
    class_name: str
    class_confidence: float
    color: str = "unknown"
    load: Load | None = None
    load_confidence: float = 0.0
    body_raised: bool | None = None
    speed_kmh: float | None = None
    heading_deg: float | None = None
    lon: float
    lat: float
    uncertainty_m: float
    plate: PlateReading | None = None
    box: Box
    snapshot: Snapshot | None = None
    track: tuple[TrackPoint, ...] = ()


def track_uid(camera_id: str, first_seen_at: datetime, track_id: int) -> UUID:
    """The id of a track for ever; `track_id` counts anew whenever a worker starts."""
    return uuid5(_NAMESPACE, f"{camera_id}|{first_seen_at.timestamp():.3f}|{track_id}")


def sighting_id(track: UUID, line_id: str) -> UUID:
    return uuid5(_NAMESPACE, f"{track}|{line_id}")
