"""Offences as movements, and the ways on which trucks commit them (label: what they really do)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

from shapely import LineString
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from demo.fleet.path import Path
from demo.fleet.plane import Point
from demo.fleet.road_map import RoadMap, join, node_at

HURRY_FACTOR = 1.5


@dataclass(frozen=True, slots=True)
class Detour:
    """A way that leaves a permitted route at `leaves_m` (metres along `points`)."""

    points: list[Point]
    leaves_m: float


def leave_route(
    route: Sequence[Point], permitted: BaseGeometry, roads: RoadMap, avoid: Collection[str]
) -> Detour | None:
    """The first detour that a route of a permit offers over roads that no permitted route uses.

    `permitted` are the corridors of all routes of the permit, in metres: within the detour's first
    600 m it must be 300 m outside of them.
    """
    for split, point in enumerate(route[1:-1], 1):
        later = {node_at(p): i for i, p in enumerate(route) if i > split}
        used = [r for r, line in roads.lines.items() if _along(line, permitted)]
        way = roads.way(node_at(point), later.keys(), {*used, *avoid})
        if way is None:
            continue
        begin = substring(LineString(way), 0, 600)
        if begin.difference(permitted).length >= 300:
            return _detour(route, split, way, later[node_at(way[-1])])
    return None


def enter_zone(
    route: Sequence[Point], zone: BaseGeometry, roads: RoadMap, avoid: Collection[str]
) -> Detour | None:
    """A detour through a zone (in metres) on a road that begins at a junction of the route."""
    for split, point in enumerate(route[1:-1], 1):
        for far, road_id in roads.roads_at(node_at(point)):
            if roads.lines[road_id].intersection(zone).length < 200:
                continue
            first = roads.points(node_at(point), road_id)
            later = {node_at(p): i for i, p in enumerate(route) if i >= split}
            back = roads.way(far, later.keys(), {road_id, *avoid})
            if back is not None:
                return _detour(route, split, join([first, back]), later[node_at(back[-1])])
    return None


def straight(path: Path, at_least_m: float) -> tuple[float, float] | None:
    """The longest part of a path without a bend, (from, to) in metres along; None if too short."""
    bends = [0.0]
    bends += [path.along[i] for i in range(1, len(path.points) - 1) if path.turn_deg(i) >= 25]
    bends.append(path.length)
    begin, end = max(pairwise(bends), key=lambda pair: pair[1] - pair[0])
    return (begin, end) if end - begin >= at_least_m else None


def _detour(route: Sequence[Point], split: int, way: list[Point], rejoin: int) -> Detour:
    before = list(route[: split + 1])
    points = join([before, way, list(route[rejoin:])])
    return Detour(points, LineString(before).length)


def _along(line: LineString, permitted: BaseGeometry) -> bool:
    """Whether a road runs within the corridors, not only across them."""
    return bool(line.intersection(permitted).length > 0.7 * line.length)
