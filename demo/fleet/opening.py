"""The offences that are sure to happen soon after the start, by trucks already on their way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from config.permit import Permit
from config.vehicle import VehicleKind
from config.zone import Zone, ZoneKind
from demo.fleet.leg import Drive
from demo.fleet.muck_trips import LADEN
from demo.fleet.offences import HURRY_FACTOR, Detour, enter_zone, leave_route, straight
from demo.fleet.plane import Point
from demo.fleet.ways import NO_LIMIT_KMH, Ways

BEFORE_JUNCTION_S = 5.0  # at the limit; it takes a little longer, since they brake for the turn
STRAIGHT_M = 1500.0


@dataclass(frozen=True, slots=True)
class PlannedOffence:
    """What one truck will do: an alert kind of the design, and the drive that is it."""

    kind: str
    vehicle_id: str
    drive: Drive


def plan_openings(
    ways: Ways, now: datetime, rank: Callable[[str], float] = lambda _: 0.0
) -> list[PlannedOffence]:
    """At most one offence of each kind, each by another truck, by other permits' where possible.

    Of a permit's trucks the one of the lowest `rank` commits it. Kinds that the site gives no
    occasion for are left out.
    """
    planned: list[PlannedOffence] = []
    permits = list(ways.site.permits.values())
    for kind in ("off_route", "restricted_zone", "overspeed"):
        used = {p.vehicle_id for p in planned}
        for permit in permits:
            trucks = sorted((v for v in _trucks(ways, permit) if v not in used), key=rank)
            drives = (_drive(kind, ways, permit, route, now) for route in ways.routes(permit))
            drive = next((d for d in drives if d is not None), None) if trucks else None
            if drive is not None:
                planned.append(PlannedOffence(kind, trucks[0], drive))
                permits = [p for p in permits if p is not permit] + [permit]
                break
    return planned


def _trucks(ways: Ways, permit: Permit) -> list[str]:
    return [v for v in permit.vehicle_ids if ways.site.vehicles[v].kind is VehicleKind.MUCK]


def _drive(
    kind: str, ways: Ways, permit: Permit, route: list[Point], now: datetime
) -> Drive | None:
    if kind == "overspeed":
        return _hurry(ways, permit, route)
    if kind == "off_route":
        detour = leave_route(route, ways.corridors(permit), ways.roads, ways.shut)
    else:
        detour = _into_zone(ways, route, now)
    if detour is None:
        return None
    path = ways.path(detour.points, permit)
    limit_ms = path.limits_ms[path.stretch(detour.leaves_m - 1)]
    return Drive(path, LADEN, from_m=max(detour.leaves_m - BEFORE_JUNCTION_S * limit_ms, 0))


def _hurry(ways: Ways, permit: Permit, route: list[Point]) -> Drive | None:
    path = ways.path(route, permit)
    stretch = straight(path, STRAIGHT_M)
    if stretch is None:
        return None
    fast = (permit.speed_limit_kmh or NO_LIMIT_KMH) * HURRY_FACTOR
    begin, end = stretch[0] + 60, stretch[1] - 60
    return Drive(path, LADEN, from_m=begin, hurry_kmh=fast, hurry_m=(begin, end))


def _into_zone(ways: Ways, route: list[Point], now: datetime) -> Detour | None:
    for zone in ways.site.zones.values():
        if zone.kind is ZoneKind.RESTRICTED and _in_force(ways, zone, now):
            detour = enter_zone(route, ways.area(zone.id), ways.roads, ways.shut)
            if detour is not None:
                return detour
    return None


def _in_force(ways: Ways, zone: Zone, now: datetime) -> bool:
    """In force now and for three more minutes, in which the truck is there."""
    times = (now, now + timedelta(minutes=3))
    local = (t.astimezone(ways.site.timezone) for t in times)
    return all(zone.hours.contains(t.hour * 60 + t.minute) for t in local)
