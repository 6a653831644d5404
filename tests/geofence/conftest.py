"""Sites and tracks to judge."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from config.site import Site
from config.vehicle import PlateColor, Vehicle, VehicleKind
from geofence.finding import Finding, Violation, ZoneVisit, identity
from ingest.position import Position

T0 = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)  # noon in Shanghai
LON, LAT = 119.95, 31.70
M_LON, M_LAT = 1 / 94_830.0, 1 / 110_870.0  # degrees per metre there, to 0.1 %


class World:
    """Makes positions in metres about (LON, LAT), and sums findings up."""

    shanghai = ZoneInfo("Asia/Shanghai")
    t0 = T0

    def degrees(self, x: float, y: float) -> tuple[float, float]:
        return LON + x * M_LON, LAT + y * M_LAT

    def fix(self, t: float, x: float, y: float, vehicle: str = "v1", **more) -> Position:
        lon, lat = self.degrees(x, y)
        return self.at(t, lon, lat, vehicle, **more)

    def at(self, t: float, lon: float, lat: float, vehicle: str = "v1", **more) -> Position:
        when = datetime.fromtimestamp(T0.timestamp() + t, UTC)
        return Position(
            vehicle_id=vehicle,
            terminal_id=f"t-{vehicle}",
            fix_time=when,
            received_at=when,
            lon=lon,
            lat=lat,
            **more,
        )

    def truck(self, vehicle: str = "v1", kind: VehicleKind = VehicleKind.MUCK) -> Vehicle:
        return Vehicle(vehicle, f"苏D{vehicle}", PlateColor.YELLOW, kind, "c1", f"t-{vehicle}")

    def site(self, **parts) -> Site:
        return Site(name="test", timezone=self.shanghai, **parts)

    def judge(self, engine, positions: Iterable[Position], batch: int = 1000) -> dict:
        """Final findings by identity."""
        state, told = engine.initial(), []
        positions = list(positions)
        for i in range(0, len(positions), batch):
            state, found = engine.advance(state, positions[i : i + batch], T0)
            told += found
        return self.final(told)

    def final(self, told: list[Finding]) -> dict:
        last = {identity(f): f for f in told}
        return {k: f for k, f in last.items() if not f.withdrawn}

    def violations(self, final: dict, kind: str) -> list[Violation]:
        return [f for f in final.values() if isinstance(f, Violation) and f.kind == kind]

    def visits(self, final: dict) -> list[ZoneVisit]:
        return [f for f in final.values() if isinstance(f, ZoneVisit)]


@pytest.fixture(scope="session")
def world() -> World:
    return World()
