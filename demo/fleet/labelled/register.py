"""Who may do what in the district: companies, permits with their corridors, muck trucks."""

from __future__ import annotations

import random
from dataclasses import replace

from shapely import LineString

from config.hours import DailyHours
from config.permit import Permit
from config.route import RouteKind
from config.vehicle import Company, PlateColor, Vehicle, VehicleKind
from config.zone import ZoneKind
from demo.fleet.labelled.district import (
    CLEAR_OF_JUNCTION_M,
    HALF_WIDTH_M,
    RESTRICTED_HALF_WIDTH_M,
    Crew,
    District,
    corridor,
    days,
    second_corridor,
    yard_line,
)
from demo.fleet.labelled.equipment import draw_equipment
from demo.fleet.labelled.roads import NoWayError
from demo.fleet.plane import Point

PERMITS = (  # site, ground, hours, limit in km/h, trips a day of all its trucks together
    ("site-1", "ground-1", "19:00-06:00", 50.0, 80),
    ("site-2", "ground-1", "19:00-06:00", 40.0, None),
    ("site-3", "ground-2", "", 50.0, 80),
    ("site-4", "ground-2", "09:00-16:30|20:00-05:30", 50.0, None),
    ("site-5", "ground-3", "", None, 80),
    ("site-6", "ground-3", "07:30-18:30", 60.0, None),
)
TRUCKS_A_PERMIT = 5
SHORTEST_M = 2500.0  # from a site to its ground
BAD_PAPERS = (
    "none", "expired", "not_yet", "other_site", "other_vehicle", "over_quota",
    "certificate_expired", "company_not_admitted", "vehicle_not_registered_then",
)  # fmt: skip
"""What is wrong with the papers of one truck each; the words of `no_permit`'s reasons."""


def register_muck_trucks(district: District, dice: random.Random, offences: bool) -> None:
    """Permits, companies and trucks; with `offences` also a truck for each of `BAD_PAPERS`.

    Raises:
        NoWayError: the town lends itself to no corridor for some permit.
    """
    start = district.start
    for number in range(1, 4):
        company = Company(
            f"c{number}", f"模拟渣土{number}号公司", start - days(900), start + days(900)
        )
        district.companies[company.company_id] = company
    lines = _corridors(district, dice)
    for number, (site_id, ground_id, hours, limit, quota) in enumerate(PERMITS, 1):
        crews = [_hire(district, dice, f"c{dice.randint(1, 3)}") for _ in range(TRUCKS_A_PERMIT)]
        permit = Permit(
            permit_id=f"渣准{number:03}",
            site_zone=site_id,
            ground_zone=ground_id,
            route_ids=tuple(r for r in district.routes if r.startswith(f"corridor-{number}-")),
            vehicle_ids=tuple(c.vehicle_id for c in crews),
            valid_from=start - days(dice.randint(20, 90)),
            valid_to=start + days(dice.randint(60, 200)),
            hours=DailyHours.parse(hours),
            speed_limit_kmh=limit,
            daily_trips=quota,
        )
        district.permits[permit.permit_id] = permit
        district.crews += [_work_by(crew, permit, lines[number - 1]) for crew in crews]
    if offences:
        for reason in BAD_PAPERS:
            _bad_papers(district, dice, reason, lines)


def _corridors(district: District, dice: random.Random) -> list[tuple[tuple[Point, ...], ...]]:
    """The ways of each permit, gate to gate; the first leads through a zone that exempts it."""
    found = []
    for number, (site_id, ground_id, _hours, _limit, _quota) in enumerate(PERMITS, 1):
        first = corridor(district, site_id, ground_id, set())
        if LineString(first).length < SHORTEST_M:
            raise NoWayError(f"{site_id} and {ground_id} are neighbours")
        if number == 1:
            _exempt(district, first)
        second = second_corridor(district, site_id, ground_id, first, dice)
        ways = [first] if second is None or dice.random() < 0.4 else [first, second]
        yards = district.town.yards
        for letter, way in zip("ab", ways, strict=False):
            drawn = yard_line(district, yards[ground_id], way, first=False)
            drawn = yard_line(district, yards[site_id], drawn, first=True)
            route_id = f"corridor-{number}-{letter}"
            district.add_route(
                route_id, f"{number}号核准路线{letter}", RouteKind.CORRIDOR, [drawn], HALF_WIDTH_M
            )
            district.lines[route_id] = tuple(way)
        found.append(tuple(tuple(way) for way in ways))
    return found


def _exempt(district: District, way: list[Point]) -> None:
    """Shuts one street of a corridor to all but those whose permit leads there."""
    town = district.town
    on_it = district.roads.streets_of(way) & set(town.streets)
    long_ones = [r for r in sorted(on_it) if town.line(r).length > 330 and r not in town.tunnels]
    if not long_ones:
        return
    line = town.line(long_ones[0])
    clear = min(CLEAR_OF_JUNCTION_M, line.length / 4)
    middle = LineString([line.interpolate(clear), line.interpolate(line.length - clear)])
    area = middle.buffer(RESTRICTED_HALF_WIDTH_M, cap_style="flat")
    district.add_zone("restricted-5", "5号限行路段", ZoneKind.RESTRICTED, area, permits_exempt=True)
    district.roads.shut.add(long_ones[0])


def _hire(district: District, dice: random.Random, company_id: str) -> Crew:
    number = len(district.vehicles) + 1
    vehicle_id = f"m{number:03}"
    district.vehicles[vehicle_id] = Vehicle(
        vehicle_id=vehicle_id,
        plate=f"苏D{'ABCEFGHJKL'[number // 10]}{1000 + number * 7 % 9000:04}",
        plate_color=PlateColor.YELLOW,
        kind=VehicleKind.MUCK,
        company_id=company_id,
        terminal_id=f"1390{number:07}",
        sealed_certificate=f"密证{number:04}",
        certificate_to=district.start + days(300),
        valid_from=district.start - days(700),
    )
    equipment = draw_equipment(dice, muck=True)
    home = dice.choice(("depot-1", "depot-1", "depot-2", "depot-2", "home"))
    return Crew(vehicle_id, equipment, home)


def _work_by(crew: Crew, permit: Permit, lines: tuple[tuple[Point, ...], ...]) -> Crew:
    return replace(
        crew,
        permit_id=permit.permit_id,
        site_id=permit.site_zone or "",
        ground_id=permit.ground_zone or "",
        lines=lines,
        hours=permit.hours,
        limit_kmh=permit.speed_limit_kmh,
    )


def _bad_papers(
    district: District, dice: random.Random, reason: str, lines: list[tuple[tuple[Point, ...], ...]]
) -> None:
    start = district.start
    company_id = "c4" if reason == "company_not_admitted" else "c1"
    if reason == "company_not_admitted":
        district.companies["c4"] = Company("c4", "模拟退出公司", start - days(900), start - days(9))
    crew = _hire(district, dice, company_id)
    # By day, so that it does not matter at which hour a permit's day begins.
    number = dice.choice((2, 4, 5)) if reason == "over_quota" else dice.randrange(len(PERMITS))
    permit = district.permits[f"渣准{number + 1:03}"]
    crew = replace(_work_by(crew, permit, lines[number]), offence=reason)
    own = replace(permit, permit_id=f"渣准9{number}{reason}", vehicle_ids=(crew.vehicle_id,))
    vehicle = district.vehicles[crew.vehicle_id]
    match reason:
        case "none":
            way = tuple(corridor(district, "site-7", crew.ground_id, set()))
            crew = replace(crew, site_id="site-7", lines=(way,), permit_id="")
        case "other_vehicle":
            crew = replace(crew, permit_id="")
        case "expired":
            own = replace(own, valid_to=start - days(dice.randint(1, 20)))
        case "not_yet":
            own = replace(own, valid_from=start + days(dice.randint(15, 40)))
        case "other_site":
            other = PERMITS[(number + 2) % len(PERMITS)][0]
            way = tuple(corridor(district, other, crew.ground_id, set()))
            crew = replace(crew, site_id=other, lines=(way,))
        case "over_quota":
            own = replace(own, daily_trips=3)
            crew = replace(crew, trips_a_day=3)
        case "certificate_expired":
            vehicle = replace(vehicle, certificate_to=start - days(dice.randint(1, 30)))
        case "vehicle_not_registered_then":
            vehicle = replace(vehicle, valid_to=start - days(dice.randint(1, 30)))
    district.vehicles[crew.vehicle_id] = vehicle
    if reason not in ("none", "other_vehicle"):
        district.permits[own.permit_id] = own
        crew = replace(crew, permit_id=own.permit_id)
    district.crews.append(crew)
