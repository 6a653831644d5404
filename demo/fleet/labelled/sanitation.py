"""The sanitation side of the district: work areas, routes of segments, plans, trucks."""

from __future__ import annotations

import random
from dataclasses import dataclass

import shapely
from shapely import LineString
from shapely.ops import substring

from config.hours import DailyHours
from config.permit import Permit
from config.round_plan import RoundPlan, WorkKind
from config.route import RouteKind
from config.vehicle import Company, PlateColor, Vehicle, VehicleKind
from config.zone import ZoneKind
from demo.fleet.labelled.district import Crew, District, days
from demo.fleet.labelled.equipment import draw_equipment
from demo.fleet.plane import Point

SEGMENT_M = 420.0  # longer streets are two segments
WORK_AREA_M = 300.0  # to each side of the streets to be worked
ROUTE_HALF_WIDTH_M = 25.0
CREWS = 3


@dataclass(frozen=True, slots=True)
class Job:
    """One route, how it is worked and by what."""

    work: WorkKind
    route: RouteKind
    vehicle: VehicleKind
    hours: str
    max_kmh: float
    passes: int = 1
    one_way: bool = False
    in_order: bool = False


JOBS = (
    Job(WorkKind.SWEEP, RouteKind.SWEEP, VehicleKind.SWEEPER, "04:00-06:30|13:00-15:30", 8.0),
    Job(WorkKind.SWEEP, RouteKind.SWEEP, VehicleKind.SWEEPER, "05:00-08:30|20:30-23:30", 8.0,
        one_way=True, in_order=True),
    Job(WorkKind.SWEEP, RouteKind.SWEEP, VehicleKind.SWEEPER, "09:00-12:30", 8.0, passes=2),
    Job(WorkKind.WASH, RouteKind.WASH, VehicleKind.WASHER, "03:30-06:00|10:00-12:30", 15.0,
        one_way=True),
    Job(WorkKind.WASH, RouteKind.WASH, VehicleKind.WASHER, "14:00-16:30|21:00-23:30", 15.0),
    Job(WorkKind.SPRAY, RouteKind.WASH, VehicleKind.WASHER, "08:30-10:30|15:30-17:30", 15.0),
    Job(WorkKind.COLLECT, RouteKind.COLLECT, VehicleKind.COLLECTOR, "05:30-08:30|18:00-21:00",
        30.0),
)  # fmt: skip


def register_sanitation(district: District, dice: random.Random) -> None:
    """A route, a plan, a work area and a truck for each of `JOBS`, `CREWS` times."""
    start = district.start
    district.companies["c9"] = Company("c9", "模拟环卫公司")
    for number, job in enumerate(JOBS * CREWS, 1):
        route_id, plan_id = f"route-{number}", f"round-{number}"
        parts = _loop(district, dice)
        district.segments[route_id] = parts
        name = f"{number}号作业线"
        district.add_route(route_id, name, job.route, parts, ROUTE_HALF_WIDTH_M)
        streets = shapely.union_all([LineString(p) for p in parts])
        area = shapely.convex_hull(streets).buffer(WORK_AREA_M)
        district.add_zone(f"work-{number}", f"{number}号作业区", ZoneKind.WORK_AREA, area)
        vehicle_id = f"s{number:03}"
        district.vehicles[vehicle_id] = Vehicle(
            vehicle_id, f"苏D9{number:04}"[:7], PlateColor.YELLOW, job.vehicle, "c9",
            f"1391{number:07}",
        )  # fmt: skip
        district.permits[f"环卫{number:03}"] = Permit(
            f"环卫{number:03}", site_zone=f"work-{number}", vehicle_ids=(vehicle_id,)
        )
        district.rounds[plan_id] = RoundPlan(
            plan_id=plan_id,
            name=f"{number}号作业计划",
            route_id=route_id,
            work=job.work,
            vehicle_ids=(vehicle_id,),
            window=DailyHours.parse(job.hours),
            passes=job.passes,
            max_kmh=job.max_kmh,
            one_way=job.one_way,
            in_order=job.in_order,
            valid_from=start - days(30),
        )
        washer = job.vehicle is VehicleKind.WASHER
        equipment = draw_equipment(dice, muck=False, washer=washer)
        district.crews.append(Crew(vehicle_id, equipment, "depot-3", permit_id=plan_id))


def _loop(district: District, dice: random.Random) -> list[list[Point]]:
    """Streets round a block or two, cut into segments, in the order in which they are driven."""
    roads, town = district.roads.map, district.town
    streets = [r for r in town.streets if r not in district.roads.shut and r not in town.tunnels]
    avoid = set(town.roads) - set(streets)
    while True:
        first = dice.choice(streets)
        points = [(x, y) for x, y in town.line(first).coords]
        begin, end = points[0], points[-1]
        at = (round(begin[0] * 10), round(begin[1] * 10)), (round(end[0] * 10), round(end[1] * 10))
        steps = roads.steps(at[1], {at[0]}, {*avoid, first})
        if steps is None:
            continue
        lines = [points, *(roads.points(*step) for step in steps)]
        if 2600 < sum(LineString(line).length for line in lines) < 4200:
            break
    parts: list[list[Point]] = []
    for line in lines:
        whole = LineString(line)
        pieces = 2 if whole.length > SEGMENT_M else 1
        for i in range(pieces):
            cut = substring(whole, i / pieces, (i + 1) / pieces, normalized=True)
            parts.append([(x, y) for x, y in cut.coords])
    return parts
