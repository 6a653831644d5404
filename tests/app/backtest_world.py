"""A small recording for the backtest's tests: trucks that drive through a closed street."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

from geofence.parameters import Parameters
from ingest.position import Position
from tests.app.recorded_site import SITE_TOML, square, write_site

T0 = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
LON, LAT = 119.95, 31.70
STEP_S = 10
DRIVE = 90  # fixes of one drive, 15 minutes
PAUSE = timedelta(hours=3)
OTHER_KINDS = [
    field.name
    for field in fields(Parameters)
    if hasattr(getattr(Parameters(), field.name), "enabled") and field.name != "restricted_zone"
]


def site_of(folder: Path, toml: str = "") -> Path:
    """Three trucks and a closed square of 600 m in the middle of their way; one rule."""
    off = "".join(f"[rules.{kind}]\nenabled = false\n" for kind in OTHER_KINDS)
    zone = {"closed": ("restricted", square(LON, LAT, 600))}
    return write_site(folder, ["a", "b", "c"], zone, SITE_TOML + off + toml)


def drives(count: int) -> list[tuple[str, datetime, float, float]]:
    """`count` drives of each truck, in the order of time; every one meets the square once."""
    rng = random.Random(3)
    fixes = []
    for drive in range(count):
        for number in range(3):
            begin = T0 + drive * PAUSE + timedelta(seconds=100 * number + rng.random())
            for i in range(DRIVE):
                lon = LON + (i - DRIVE / 2) * 50 / 94_600 + rng.gauss(0, 3) / 94_600
                at = begin + timedelta(seconds=STEP_S * i)
                fixes.append((f"t{number}", at, lon, LAT + rng.gauss(0, 3) / 111_195))
    return sorted(fixes, key=lambda fix: fix[1])


def csv_of(path: Path, fixes: list[tuple[str, datetime, float, float]]) -> Path:
    rows = [f"{v},{t.isoformat()},{lon:.6f},{lat:.6f},18" for v, t, lon, lat in fixes]
    path.write_text("\n".join(["vehicle_id,time,lon,lat,speed_kmh", *rows, ""]), "utf-8")
    return path


def recorded(count: int) -> Iterator[Position]:
    """The same drives, as positions that arrived in time."""
    for vehicle_id, at, lon, lat in drives(count):
        yield Position(
            vehicle_id=vehicle_id, terminal_id=vehicle_id, fix_time=at, received_at=at, lon=lon,
            lat=lat, speed_kmh=18.0,
        )  # fmt: skip
