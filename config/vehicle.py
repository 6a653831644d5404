"""Vehicles and the companies that run them (车辆, 企业)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from config.validity import in_force


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
    """A haulage or sanitation company, admitted in [valid_from, valid_to) (aware)."""

    company_id: str
    name: str
    valid_from: datetime | None = None
    valid_to: datetime | None = None

    def in_force(self, at: datetime) -> bool:
        return in_force(self, at)


@dataclass(frozen=True, slots=True)
class Vehicle:
    """One registered vehicle. Plate and plate colour together are its legal key at any one time.

    Attributes:
        terminal_id: the terminal in it when no `Mounting` says otherwise; empty: none.
        sealed_certificate: number of the certificate that its body closes (密闭装置合格证);
            good until `certificate_to`, None: without end.
        valid_from, valid_to: registered in [valid_from, valid_to). All times are aware.
    """

    vehicle_id: str
    plate: str
    plate_color: PlateColor
    kind: VehicleKind
    company_id: str
    terminal_id: str
    sealed_certificate: str = ""
    certificate_to: datetime | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None

    def in_force(self, at: datetime) -> bool:
        return in_force(self, at)


@dataclass(frozen=True, slots=True)
class Mounting:
    """A terminal that was built into a vehicle for a time, [valid_from, valid_to) (终端安装)."""

    terminal_id: str
    vehicle_id: str
    valid_from: datetime | None = None
    valid_to: datetime | None = None
