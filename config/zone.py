"""Zones: named areas on the map with a meaning (区域)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from shapely import MultiPolygon, Polygon

from config.hours import DailyHours


class ZoneKind(StrEnum):
    SITE = "site"  # 工地
    GROUND = "ground"  # 消纳场
    TRANSFER_STATION = "transfer_station"  # 转运站
    HOTSPOT = "hotspot"  # 易倾倒点
    RESTRICTED = "restricted"  # 限行区域
    DEPOT = "depot"  # 停车场
    WORK_AREA = "work_area"  # 作业区域


@dataclass(frozen=True, slots=True)
class Zone:
    """One zone; `geometry` in WGS-84 degrees (lon, lat).

    `hours` empty means always in force. A restricted zone with `laden_only` lets empty trucks in;
    one with `permits_exempt` those on a permitted route in their permitted hours.
    """

    id: str
    name: str
    kind: ZoneKind
    geometry: Polygon | MultiPolygon
    hours: DailyHours = field(default_factory=DailyHours)
    speed_limit_kmh: float | None = None
    laden_only: bool = False
    permits_exempt: bool = False
