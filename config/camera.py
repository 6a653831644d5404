"""Mobile cameras, where they stand now, and what is drawn in their pictures (移动监控探头)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

FIRST_PLACEMENT = "first"
"""The placement that a site folder describes."""


class CameraRole(StrEnum):
    GATE = "gate"  # 工地出入口
    INTERSECTION = "intersection"  # 路口
    HOTSPOT = "hotspot"  # 易倾倒点


class CameraZoneKind(StrEnum):
    ROAD = "road"
    NO_DUMP = "no_dump"
    GATE_LINE = "gate_line"


class Side(StrEnum):
    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class CameraZone:
    """A polygon, or for a gate line a polyline.

    Points are (x, y) in fractions of the picture, from its top left. `inside` is of a gate line
    only: the side of it, walking from its first point to its last, on which the site lies; who
    crosses towards that side goes in.
    """

    id: str
    kind: CameraZoneKind
    points: tuple[tuple[float, float], ...]
    inside: Side = Side.RIGHT


@dataclass(frozen=True, slots=True)
class GroundPoint:
    """A place on the ground that was marked both in the picture and on the map (地面控制点).

    `x`, `y` are fractions of the picture, from its top left; `lon`, `lat` WGS-84.
    """

    x: float
    y: float
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Camera:
    """One camera as it is placed now; place in WGS-84, heading in degrees clockwise from north.

    `stream_url` is `rtsp://…`, an `http(s)://…` or `file:` URL, or empty when the camera sends
    frames over MQTT. Zones and ground points hold for one placement (布点): who moves the camera
    draws them anew.

    Attributes:
        ground_points: none, or four and more, no three of them in a line: they give the homography
            from picture to map.
        site_zone: the zone of kind `site` whose gate it watches, where it watches one.
        placement_id: names the placement; `FIRST_PLACEMENT` is the site folder's.
        placed_at: aware; None for the first.
    """

    id: str
    name: str
    stream_url: str
    lon: float
    lat: float
    heading_deg: float | None
    role: CameraRole
    zones: tuple[CameraZone, ...] = ()
    ground_points: tuple[GroundPoint, ...] = ()
    site_zone: str | None = None
    placement_id: str = FIRST_PLACEMENT
    placed_at: datetime | None = None
