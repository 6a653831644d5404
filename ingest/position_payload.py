"""The wire format of a position: the JSON object that a terminal publishes, or a list of them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from ingest.position import Lid, Load, Work

Lon = Annotated[float, Meta(ge=-180, le=180)]
Lat = Annotated[float, Meta(ge=-90, le=90)]


class PositionPayload(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """`time` is RFC 3339 with an offset; degrees are WGS-84. Unknown fields are left alone.

    Bounds are those of what a terminal can say at all: JT/T 808 (table 23) gives the speed in a
    16-bit count of 0.1 km/h, the satellites in 8 bits, the altitude in 16 bits of metres.
    """

    time: Annotated[datetime, Meta(tz=True)]
    lon: Lon
    lat: Lat
    speed_kmh: Annotated[float, Meta(ge=0, le=6553.5)] | None = None
    course_deg: Annotated[float, Meta(ge=0, le=360)] | None = None
    altitude_m: Annotated[float, Meta(ge=-32768, le=65535)] | None = None
    satellites: Annotated[int, Meta(ge=0, le=255)] | None = None
    lid: Lid | None = None
    load: Load | None = None
    body_raised: bool | None = None
    ignition: bool | None = None
    work: tuple[Work, ...] = ()
    weight_kg: Annotated[float, Meta(ge=0, le=200_000)] | None = None
    temperature_c: Annotated[float, Meta(ge=-90, le=90)] | None = None
    antenna_cut: bool | None = None
    power_cut: bool | None = None
    backfill: bool = False
