"""`rounds.csv`: the planned rounds of sanitation trucks."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from config.csv_file import Row, read_rows
from config.fields import Fields
from config.hours import DailyHours
from config.map_files import ROUTES
from config.problem import ProblemList
from config.register_files import VEHICLES, row_fields
from config.round_plan import RoundPlan, WorkKind
from config.route import Route, RouteKind
from config.vehicle import Vehicle, VehicleKind

ROUNDS = "rounds.csv"

_OPTIONAL = (
    "weekdays",
    "passes",
    "min_kmh",
    "max_kmh",
    "one_way",
    "in_order",
    "coverage_pct",
    "valid_from",
    "valid_to",
)
_REQUIRED = ("plan_id", "name", "route_id", "work", "vehicle_ids", "window")

_ROUTES_OF = {
    WorkKind.SWEEP: (RouteKind.SWEEP,),
    WorkKind.WASH: (RouteKind.WASH,),
    WorkKind.SPRAY: (RouteKind.WASH, RouteKind.SWEEP),
    WorkKind.COLLECT: (RouteKind.COLLECT,),
}
_VEHICLE_OF = {
    WorkKind.SWEEP: VehicleKind.SWEEPER,
    WorkKind.WASH: VehicleKind.WASHER,
    WorkKind.SPRAY: VehicleKind.WASHER,
    WorkKind.COLLECT: VehicleKind.COLLECTOR,
}
_WEEKDAYS = {
    name: day
    for names in ("mon tue wed thu fri sat sun", "周一 周二 周三 周四 周五 周六 周日")
    for day, name in enumerate(names.split())
}


def read_rounds(
    content: bytes,
    timezone: ZoneInfo,
    *,
    routes: Mapping[str, Route],
    vehicles: Mapping[str, Vehicle],
    problems: ProblemList,
) -> dict[str, RoundPlan]:
    plans: dict[str, RoundPlan] = {}
    for row in read_rows(ROUNDS, content, _REQUIRED, _OPTIONAL, problems):
        fields = row_fields(ROUNDS, row, problems)
        plan_id = fields.identifier("plan_id")
        name = fields.text("name")
        work = fields.choice("work", WorkKind)
        route_id = _route(fields, work, routes)
        vehicle_ids = _vehicles(fields, row, work, vehicles)
        window = _window(fields)
        weekdays = _weekdays(fields, row)
        passes = fields.whole_number("passes", at_least=1)
        min_kmh, max_kmh = _speeds(fields)
        one_way, in_order = fields.flag("one_way"), fields.flag("in_order")
        coverage_pct = fields.number("coverage_pct", required=False, above=0, at_most=100)
        valid_from, valid_to = fields.validity(timezone)
        if plan_id is None or name is None or work is None or route_id is None:
            continue
        if plan_id in plans:
            fields.error("plan_id", f"{plan_id!r} is there twice")
            continue
        plans[plan_id] = RoundPlan(
            plan_id=plan_id,
            name=name,
            route_id=route_id,
            work=work,
            vehicle_ids=vehicle_ids,
            window=window,
            weekdays=weekdays,
            passes=1 if passes is None else passes,
            min_kmh=min_kmh,
            max_kmh=max_kmh,
            one_way=one_way,
            in_order=in_order,
            coverage=0.95 if coverage_pct is None else coverage_pct / 100,
            valid_from=valid_from,
            valid_to=valid_to,
        )
    return plans


def _route(fields: Fields, work: WorkKind | None, routes: Mapping[str, Route]) -> str | None:
    route_id = fields.identifier("route_id")
    if route_id is None:
        return None
    route = routes.get(route_id)
    if route is None:
        fields.error("route_id", f"{route_id!r} is not in {ROUTES}")
    elif work is not None and route.kind not in _ROUTES_OF[work]:
        fitting = " or ".join(_ROUTES_OF[work])
        fields.error("route_id", f"{route_id!r} is a {route.kind}; to {work} needs a {fitting}")
    return route_id


def _vehicles(
    fields: Fields, row: Row, work: WorkKind | None, vehicles: Mapping[str, Vehicle]
) -> tuple[str, ...]:
    vehicle_ids = row.list("vehicle_ids")
    if not vehicle_ids:
        fields.error("vehicle_ids", "is missing: who is to work it?")
    for one in vehicle_ids:
        vehicle = vehicles.get(one)
        if vehicle is None:
            fields.error("vehicle_ids", f"{one!r} is not in {VEHICLES}")
        elif vehicle_ids.count(one) > 1:
            fields.warning("vehicle_ids", f"{one!r} is named twice")
        elif work is not None and vehicle.kind is not _VEHICLE_OF[work]:
            message = f"{one!r} is a {vehicle.kind}; to {work} is a {_VEHICLE_OF[work]}'s work"
            fields.warning("vehicle_ids", message)
    return vehicle_ids


def _window(fields: Fields) -> DailyHours:
    before = len(fields.problems.found)
    window = fields.hours("window")
    if not window.spans_min and len(fields.problems.found) == before:
        fields.error("window", "is missing: each of its spans is one round")
    if window.overlaps_itself():
        fields.error("window", f"spans of {window} overlap: whose work would it be?")
    return window


def _weekdays(fields: Fields, row: Row) -> frozenset[int]:
    """Days such as `mon-fri|sun`, Chinese names too; a range may run over Sunday. Empty: all."""
    days: set[int] = set()
    for part in row.list("weekdays"):
        first, dash, last = (p.strip() for p in part.lower().partition("-"))
        if first not in _WEEKDAYS or (dash and last not in _WEEKDAYS):
            fields.error("weekdays", f"{part!r} is no day such as mon or mon-fri")
            continue
        begin, end = _WEEKDAYS[first], _WEEKDAYS[last or first]
        days.update(day % 7 for day in range(begin, end + (7 if end < begin else 0) + 1))
    return frozenset(days or range(7))


def _speeds(fields: Fields) -> tuple[float | None, float | None]:
    min_kmh = fields.number("min_kmh", required=False, at_least=0)
    max_kmh = fields.number("max_kmh", required=False, above=0)
    if min_kmh is not None and max_kmh is not None and max_kmh <= min_kmh:
        fields.error("max_kmh", f"{max_kmh:g} is not more than min_kmh, {min_kmh:g}")
    return min_kmh, max_kmh
