"""A position: one GPS fix of one vehicle, with what its sensors said (定位点)."""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum, StrEnum

import msgspec


class Quality(IntEnum):
    """What plausibility found of a fix. Only GOOD fixes move a vehicle; all are stored.

    The numbers are stored (`position.quality`): never renumber.
    """

    GOOD = 0
    FUTURE = 1  # fix time ahead of receipt by more than the clock tolerance
    ANCIENT = 2  # fix time so long before receipt that only a broken clock explains it
    NULL_ISLAND = 3  # at or about (0, 0): a receiver without a fix
    TELEPORT = 4  # not reachable from the last good fix at any speed a truck has
    DUPLICATE = 5  # same vehicle and fix time as one already seen: kept as a count, not as a row
    FAR = 6  # so far from the site that none of its trucks has business there
    CLOCK_ZONE = 7  # ahead or behind by the zone's offset: local time sent as UTC, or the reverse
    CLOCK_ROLLOVER = 8  # behind by 1024 weeks, or twice that: the week number of GPS ran over


class Lid(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class Load(StrEnum):
    EMPTY = "empty"
    HALF = "half"
    FULL = "full"


class Work(StrEnum):
    SWEEP = "sweep"
    WASH = "wash"
    SPRAY = "spray"
    COLLECT = "collect"


class Position(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One fix, WGS-84 degrees. `fix_time` and `received_at` are aware and in UTC.

    `vehicle_id` is the registered vehicle of the terminal, or the terminal's own id where the
    register knows none. None means that the terminal did not say. `weight_kg` is the load's weight,
    `temperature_c` that of the air; `power_cut` says that the terminal runs on its own battery.
    """

    vehicle_id: str
    terminal_id: str
    fix_time: datetime
    received_at: datetime
    lon: float
    lat: float
    speed_kmh: float | None = None
    course_deg: float | None = None
    altitude_m: float | None = None
    satellites: int | None = None
    lid: Lid | None = None
    load: Load | None = None
    body_raised: bool | None = None
    ignition: bool | None = None
    work: tuple[Work, ...] = ()
    weight_kg: float | None = None
    temperature_c: float | None = None
    antenna_cut: bool | None = None
    power_cut: bool | None = None
    backfill: bool = False
    quality: Quality = Quality.GOOD
