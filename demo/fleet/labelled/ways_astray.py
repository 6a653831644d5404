"""Ways that nobody was permitted: detours, side streets, shut streets; and places by the road."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import cast

import shapely
from shapely import LineString
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from config.zone import ZoneKind
from demo.fleet.labelled.district import HALF_WIDTH_M, Crew, District
from demo.fleet.labelled.roads import NoWayError
from demo.fleet.plane import Point
from demo.fleet.road_map import join, node_at

OUTSIDE_M = 300.0  # a detour is at least so far outside the corridors
YARDS = (ZoneKind.SITE, ZoneKind.GROUND, ZoneKind.DEPOT, ZoneKind.TRANSFER_STATION)


def permitted(crew: Crew) -> BaseGeometry:
    """The corridors of a crew, in metres."""
    return shapely.union_all([LineString(line).buffer(HALF_WIDTH_M) for line in crew.lines])


def detour(
    district: District, crew: Crew, line: Sequence[Point], dice: random.Random
) -> list[Point]:
    """The line with a part of it replaced by other streets.

    Raises:
        NoWayError: the line offers none.
    """
    roads, area = district.roads, permitted(crew)
    used = {r for one in crew.lines for r in roads.streets_of(one)}
    driveways = set(district.town.roads) - set(district.town.streets)
    splits = _junctions(district, line)
    for split in dice.sample(splits, len(splits)):
        later = {node_at(p): i for i, p in enumerate(line) if i > split}
        way = roads.map.way(node_at(line[split]), later.keys(), used | roads.shut | driveways)
        if way is not None and LineString(way).difference(area).length >= OUTSIDE_M:
            return join([list(line[: split + 1]), way, list(line[later[node_at(way[-1])] :])])
    raise NoWayError("no detour")


def side_street(
    district: District, crew: Crew, line: Sequence[Point], dice: random.Random
) -> tuple[list[Point], int]:
    """The line up to a place 300 m and more down a side street, and where it was left (index).

    Raises:
        NoWayError: there is none.
    """
    town, area = district.town, permitted(crew)
    splits = _junctions(district, line)
    for split in dice.sample(splits, len(splits)):
        node = node_at(line[split])
        for _far, road_id in district.roads.map.roads_at(node):
            if road_id not in town.streets or road_id in town.tunnels:
                continue
            if road_id in district.roads.shut:
                continue
            street = LineString(district.roads.map.points(node, road_id))
            if street.length < 380 or street.difference(area).length < 260:
                continue
            cut = substring(street, 0, dice.uniform(330, street.length - 30))
            points = [cast("Point", p) for p in cut.coords]
            if clear_of_yards(district, points[-1]):
                return join([list(line[: split + 1]), points]), split
    raise NoWayError("no side street")


def through_zone(district: District, zone_id: str, line: Sequence[Point]) -> list[Point]:
    """From the begin to the end of the line by way of a shut street.

    Raises:
        NoWayError: the street cannot be reached.
    """
    road_id = district.restricted[zone_id]
    street = [(x, y) for x, y in district.roads.map.lines[road_id].coords]
    first, last = node_at(line[0]), node_at(line[-1])
    found = []
    for one in (street, street[::-1]):
        try:
            before = district.roads.way(first, node_at(one[0]))
            after = district.roads.way(node_at(one[-1]), last)
        except NoWayError:
            continue
        found.append(join([before, one, after]))
    if not found:
        raise NoWayError(f"no way through {zone_id}")
    return min(found, key=lambda points: LineString(points).length)


def to_hotspot(district: District, line: Sequence[Point], dice: random.Random) -> list[Point]:
    """From the begin of the line into a hotspot.

    Raises:
        NoWayError: it cannot be reached.
    """
    zone_id = dice.choice([z for z in district.areas if z.startswith("hotspot")])
    middle = district.areas[zone_id].centroid
    lines = district.roads.map.lines
    road_id = min(lines, key=lambda r: lines[r].distance(middle))
    points = [(x, y) for x, y in lines[road_id].coords]
    if dice.random() < 0.5:
        points = points[::-1]
    street = LineString(points)
    at = street.project(middle) + dice.uniform(-50, 50)
    cut = substring(street, 0, at)
    way = district.roads.way(node_at(line[0]), node_at(points[0]))
    return join([way, [cast("Point", p) for p in cut.coords]])


def turned_back(points: Sequence[Point], at_m: float) -> list[Point]:
    """From so far along a line back to its begin."""
    part = substring(LineString(points), 0, at_m)
    return [cast("Point", p) for p in part.coords][::-1]


def rest_of(points: Sequence[Point], at_m: float) -> list[Point]:
    """From so far along a line to its end."""
    line = LineString(points)
    return [cast("Point", p) for p in substring(line, at_m, line.length).coords]


def roadside(district: District, points: Sequence[Point], dice: random.Random) -> float | None:
    """Metres along a line to a place where a truck can stand unseen; None where there is none."""
    line = LineString(points)
    for _ in range(12):
        at = line.length * dice.uniform(0.2, 0.8)
        place = line.interpolate(at)
        if clear_of_yards(district, (place.x, place.y)):
            return at
    return None


def clear_of_yards(district: District, place: Point) -> bool:
    """At least 120 m from every yard that is registered, and in no tunnel or shut street."""
    point = shapely.Point(place)
    near = any(
        district.areas[z.id].distance(point) < 120
        for z in district.zones.values()
        if z.kind in YARDS
    )
    tunnels = any(
        district.town.line(r).distance(point) < 40
        for r in (*district.town.tunnels, *district.roads.shut)
        if r in district.town.roads
    )
    return not near and not tunnels


def _junctions(district: District, line: Sequence[Point]) -> list[int]:
    """Indices of the line's inner vertices at which streets meet."""
    return [
        i
        for i, point in enumerate(line[1:-1], 1)
        if len(district.roads.map.roads_at(node_at(point))) > 2
    ]
