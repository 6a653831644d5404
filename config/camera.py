"""Mobile cameras and the zones drawn in their pictures (移动监控探头)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CameraRole(StrEnum):
    GATE = "gate"  # 工地出入口
    INTERSECTION = "intersection"  # 路口
    HOTSPOT = "hotspot"  # 易倾倒点


class CameraZoneKind(StrEnum):
    ROAD = "road"
    NO_DUMP = "no_dump"
    GATE_LINE = "gate_line"


@dataclass(frozen=True, slots=True)
class CameraZone:
    """A polygon, or for a gate line a polyline.

    Points are (x, y) in fractions of the picture, from its top left.
    """

    id: str
    kind: CameraZoneKind
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Camera:
    """One camera; place in WGS-84, heading in degrees clockwise from north.

    `stream_url` is `rtsp://…`, an `http(s)://…` or `file:` URL, or empty when the camera sends
    frames over MQTT.
    """

    id: str
    name: str
    stream_url: str
    lon: float
    lat: float
    heading_deg: float | None
    role: CameraRole
    zones: tuple[CameraZone, ...] = ()
