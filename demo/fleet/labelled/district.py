"""The district of the labelled set: a drawn town with its zones, routes, permits and trucks."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from shapely import LineString, MultiLineString, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from config.hours import DailyHours
from config.permit import Permit
from config.round_plan import RoundPlan
from config.route import Route, RouteKind
from config.site import Site
from config.vehicle import Company, Vehicle
from config.zone import Zone, ZoneKind
from demo.fleet.labelled.equipment import Equipment
from demo.fleet.labelled.roads import NoWayError, Roads
from demo.fleet.labelled.town import Town, Yard, build_yard, draw_town
from demo.fleet.plane import Point
from demo.fleet.road_map import Node, join

TIMEZONE = ZoneInfo("Asia/Shanghai")
HALF_WIDTH_M = 50.0
SITES, GROUNDS = 7, 3
RESTRICTED_HALF_WIDTH_M = 30.0
CLEAR_OF_JUNCTION_M = 70.0


@dataclass(frozen=True, slots=True)
class Crew:
    """One truck and the work it is given; `offence` is what is wrong with its papers, or ''.

    Attributes:
        permit_id: by whose site, ground and routes it works.
        site_id: where it really loads.
        trips_a_day: its own quota, where it has one of its own.
        lines: its permitted ways from the site's gate to the ground's, in metres.
    """

    vehicle_id: str
    equipment: Equipment
    home: str
    permit_id: str = ""
    site_id: str = ""
    ground_id: str = ""
    lines: tuple[tuple[Point, ...], ...] = ()
    hours: DailyHours = field(default_factory=DailyHours)
    limit_kmh: float | None = None
    trips_a_day: int | None = None
    offence: str = ""


@dataclass(slots=True)
class District:
    """The town and what the registers know of it. `areas` are the zones' in metres."""

    town: Town
    roads: Roads
    start: datetime
    frosty: bool
    zones: dict[str, Zone] = field(default_factory=dict)
    areas: dict[str, BaseGeometry] = field(default_factory=dict)
    routes: dict[str, Route] = field(default_factory=dict)
    companies: dict[str, Company] = field(default_factory=dict)
    vehicles: dict[str, Vehicle] = field(default_factory=dict)
    permits: dict[str, Permit] = field(default_factory=dict)
    rounds: dict[str, RoundPlan] = field(default_factory=dict)
    lines: dict[str, tuple[Point, ...]] = field(default_factory=dict)
    segments: dict[str, list[list[Point]]] = field(default_factory=dict)
    restricted: dict[str, str] = field(default_factory=dict)
    hotspots: list[Node] = field(default_factory=list)
    crews: list[Crew] = field(default_factory=list)

    def site(self) -> Site:
        """What the product is given."""
        return Site(
            name="模拟区",
            timezone=TIMEZONE,
            zones=self.zones,
            routes=self.routes,
            companies=self.companies,
            vehicles=self.vehicles,
            permits=self.permits,
            rounds=self.rounds,
            roads=self.town.roads,
            rules={},
        )

    def add_zone(self, zone_id: str, name: str, kind: ZoneKind, area: BaseGeometry,
                 hours: str = "", **more: float | bool) -> None:  # fmt: skip
        self.areas[zone_id] = area
        shape = _to_degrees(self.town, area)
        parsed = DailyHours.parse(hours)
        self.zones[zone_id] = Zone(zone_id, name, kind, shape, parsed, **more)  # type: ignore[arg-type] # the last three

    def add_route(self, route_id: str, name: str, kind: RouteKind, parts: list[list[Point]],
                  half_width_m: float) -> None:  # fmt: skip
        lines = [LineString([self.town.plane.to_degrees(p) for p in part]) for part in parts]
        geometry = lines[0] if len(lines) == 1 else MultiLineString(lines)
        names = tuple(f"{name}第{i + 1}段" for i in range(len(lines))) if len(lines) > 1 else ()
        self.routes[route_id] = Route(route_id, name, kind, geometry, half_width_m, names)

    def node(self, yard_id: str, dice: random.Random) -> Node:
        return dice.choice(self.town.yards[yard_id].spots)


def draw_district(dice: random.Random, start: datetime) -> District:
    """The town with its yards and zones; corridors and permits are the registers' matter."""
    town = draw_town(dice)
    candidates = [
        r for r in town.streets
        if town.limits_kmh[r] < 60 and town.line(r).length > 760 and r not in town.tunnels
    ]  # fmt: skip
    shut = _apart(town, dice.sample(candidates, len(candidates)), 4)
    keep = set(shut)
    yards: list[tuple[str, str, ZoneKind | None, tuple[float, float]]] = [
        *((f"site-{i + 1}", f"{i + 1}号工地", ZoneKind.SITE,
           (dice.uniform(150, 250), dice.uniform(120, 200))) for i in range(SITES)),
        *((f"ground-{i + 1}", f"{i + 1}号消纳场", ZoneKind.GROUND,
           (dice.uniform(200, 280), dice.uniform(160, 220))) for i in range(GROUNDS)),
        ("depot-1", "远途停车场", ZoneKind.DEPOT, (180, 120)),
        ("depot-2", "恒泰停车场", ZoneKind.DEPOT, (160, 140)),
        ("depot-3", "环卫停车场", ZoneKind.DEPOT, (160, 120)),
        ("transfer-1", "垃圾转运站", ZoneKind.TRANSFER_STATION, (140, 110)),
        ("fuel", "", None, (80, 60)),
        ("home", "", None, (100, 80)),
        ("black-site-1", "", None, (120, 100)),
        ("black-site-2", "", None, (120, 100)),
        ("black-ground-1", "", None, (120, 100)),
        ("black-ground-2", "", None, (120, 100)),
    ]  # fmt: skip
    for yard_id, _name, _kind, size in yards:
        build_yard(town, dice, yard_id, size, keep)
    district = District(town, Roads(town), start, frosty=dice.random() < 0.4)
    for yard_id, name, kind, _size in yards:
        if kind is not None:
            district.add_zone(yard_id, name, kind, town.yards[yard_id].area)
    _restrict(district, shut)
    _hotspots(district, dice)
    return district


def corridor(district: District, site_id: str, ground_id: str, avoid: set[str]) -> list[Point]:
    """Vertices from the site's gate to the ground's.

    Raises:
        NoWayError: the roads to avoid leave none.
    """
    yards = district.town.yards
    return district.roads.way(yards[site_id].gate, yards[ground_id].gate, avoid)


def second_corridor(
    district: District, site_id: str, ground_id: str, first: list[Point], dice: random.Random
) -> list[Point] | None:
    """Another way, without one of the first one's roads; None where there is none."""
    streets = district.roads.streets_of(first) & set(district.town.streets)
    for street in dice.sample(sorted(streets), len(streets)):
        try:
            second = corridor(district, site_id, ground_id, {street})
        except NoWayError:
            continue
        if LineString(second).length < 1.6 * LineString(first).length:
            return second
    return None


def yard_line(district: District, yard: Yard, line: list[Point], first: bool) -> list[Point]:
    """The line prolonged from the gate to the middle of a yard, as corridors are drawn."""
    points = district.roads.map.way(yard.gate, {yard.spots[1]}, ()) or []
    return join([points[::-1], line]) if first else join([line, points])


def _restrict(district: District, shut: list[str]) -> None:
    hours = ("06:30-21:30", "", "07:00-09:30|16:00-22:30", "")
    for number, (road_id, when) in enumerate(zip(shut, hours, strict=True), 1):
        line = district.town.line(road_id)
        strip = substring(line, CLEAR_OF_JUNCTION_M, line.length - CLEAR_OF_JUNCTION_M)
        area = strip.buffer(RESTRICTED_HALF_WIDTH_M, cap_style="flat")
        zone_id = f"restricted-{number}"
        district.add_zone(
            zone_id, f"{number}号限行路段", ZoneKind.RESTRICTED, area, when,
            laden_only=number == 4,
        )  # fmt: skip
        district.restricted[zone_id] = road_id
        district.roads.shut.add(road_id)


def _hotspots(district: District, dice: random.Random) -> None:
    """Two places beside streets where much is dumped."""
    town = district.town
    streets = [r for r in town.streets if town.line(r).length > 500 and r not in town.tunnels]
    for number, road_id in enumerate(dice.sample(streets, 2), 1):
        middle = town.line(road_id).interpolate(0.5, normalized=True)
        district.add_zone(
            f"hotspot-{number}", f"{number}号易倾倒点", ZoneKind.HOTSPOT, middle.buffer(90)
        )


def _apart(town: Town, candidates: list[str], count: int) -> list[str]:
    chosen: list[str] = []
    for road_id in candidates:
        line = town.line(road_id)
        if all(line.distance(town.line(other)) > 200 for other in chosen):
            chosen.append(road_id)
        if len(chosen) == count:
            break
    return chosen


def _to_degrees(town: Town, area: BaseGeometry) -> Polygon | MultiPolygon:
    shape = town.plane.from_metres(area)
    if not isinstance(shape, Polygon | MultiPolygon):
        raise TypeError(f"a zone is no {shape.geom_type}")
    return shape


def days(count: float) -> timedelta:
    return timedelta(days=count)
