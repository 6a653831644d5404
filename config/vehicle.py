"""Vehicles and the companies that run them (车辆, 企业)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class VehicleKind(StrEnum):
    MUCK = "muck"  # 渣土车
    SWEEPER = "sweeper"  # 扫路车
    WASHER = "washer"  # 清洗车
    COLLECTOR = "collector"  # 收集车


class PlateColor(StrEnum):
    BLUE = "blue"
    YELLOW = "yellow"
    GREEN = "green"
    YELLOW_GREEN = "yellow_green"
    WHITE = "white"
    BLACK = "black"


@dataclass(frozen=True, slots=True)
class Company:
    company_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Vehicle:
    """One registered vehicle. Plate and plate colour together are its legal key."""

    vehicle_id: str
    plate: str
    plate_color: PlateColor
    kind: VehicleKind
    company_id: str
    terminal_id: str
