"""An invented town to drive in: roads, yards beside them, tunnels and a centre of tall houses."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field

import shapely
from shapely import LineString, Polygon

from config.road import Road
from demo.fleet.plane import Plane, Point
from demo.fleet.road_map import Node, RoadMap, node_at

ORIGIN = Plane(119.95, 31.70)
COLUMNS, ROWS, APART_M = 9, 8, 850.0
ARTERIALS = (1, 4, 7)  # numbers of the columns and rows whose roads are wide
LEFT_OUT = 0.08  # so much of the streets, so that the town is no chessboard
SET_BACK_M, GATE_M, SPOTS = 45.0, 70.0, 3
YARD_LIMIT_KMH = 15.0
NAMES = [
    "兰香",
    "拓荒",
    "金穗",
    "望湖",
    "锦书",
    "问渠",
    "南塘",
    "鹿鸣",
    "归雁",
    "松风",
    "白帆",
    "银杏",
    "听泉",
    "揽月",
    "青禾",
    "听雨",
    "长虹",
]


@dataclass(frozen=True, slots=True)
class Yard:
    """Ground beside a road with a gate: a site, a depot … `area` in metres.

    `junction` is where its driveway leaves the road, `spots` where trucks stand in it.
    """

    id: str
    area: Polygon
    junction: Node
    gate: Node
    spots: tuple[Node, ...]


@dataclass(slots=True)
class Town:
    """All in metres on `plane`; `roads` as a site has them.

    Attributes:
        limits_kmh: legal limit of every road; driveways have one too, that no register knows.
        tunnels: road -> from, to in metres along it, without reception.
        streets: the ids of roads between junctions, no driveways.
        taken: what is built on, so that no two yards overlap.
    """

    plane: Plane
    roads: dict[str, Road] = field(default_factory=dict)
    limits_kmh: dict[str, float] = field(default_factory=dict)
    yards: dict[str, Yard] = field(default_factory=dict)
    streets: list[str] = field(default_factory=list)
    tunnels: dict[str, tuple[float, float]] = field(default_factory=dict)
    centre: Polygon = field(default_factory=Polygon)
    taken: list[Polygon] = field(default_factory=list)

    def line(self, road_id: str) -> LineString:
        return self.plane.to_metres(self.roads[road_id].geometry)

    def add_road(
        self, road_id: str, name: str, points: list[Point], limit_kmh: float, public: bool = True
    ) -> None:
        line = LineString([self.plane.to_degrees(p) for p in points])
        limit = limit_kmh if public else None
        self.roads[road_id] = Road(road_id, name, line, limit_kmh * 0.85, limit)
        self.limits_kmh[road_id] = limit_kmh

    def map(self) -> RoadMap:
        return RoadMap(self.roads, self.plane)


def draw_town(dice: random.Random) -> Town:
    """Streets between bent grid lines; nothing is built yet."""
    town = Town(ORIGIN)
    at: dict[tuple[int, int], Point] = {}
    for i in range(COLUMNS):
        for j in range(ROWS):
            x = (i - (COLUMNS - 1) / 2) * APART_M + dice.uniform(-70, 70)
            y = (j - (ROWS - 1) / 2) * APART_M + dice.uniform(-70, 70)
            at[i, j] = round(x, 1), round(y, 1)
    lines = [((i, j), (i + 1, j), j, NAMES[j]) for j in range(ROWS) for i in range(COLUMNS - 1)]
    lines += [
        ((i, j), (i, j + 1), i, NAMES[ROWS + i]) for i in range(COLUMNS) for j in range(ROWS - 1)
    ]
    for a, b, number, name in lines:
        wide = number in ARTERIALS
        inner = 0 < a[0] < COLUMNS - 1 and 0 < a[1] < ROWS - 1
        if not wide and inner and dice.random() < LEFT_OUT:
            continue
        (ax, ay), (bx, by) = at[a], at[b]
        bend = dice.uniform(-22, 22)
        length = math.dist(at[a], at[b])
        middle = (
            (ax + bx) / 2 - (by - ay) / length * bend,
            (ay + by) / 2 + (bx - ax) / length * bend,
        )
        road_id = f"r{a[0]}{a[1]}-{b[0]}{b[1]}"
        points = [at[a], (round(middle[0], 1), round(middle[1], 1)), at[b]]
        limit = 60.0 if wide else dice.choice((40.0, 50.0))
        town.add_road(road_id, f"{name}{'大道' if wide else '路'}", points, limit)
        town.streets.append(road_id)
    town.centre = shapely.Point(dice.uniform(-900, 900), dice.uniform(-900, 900)).buffer(1000)
    wide_ones = [r for r in town.streets if town.limits_kmh[r] == 60.0]
    for road_id in dice.sample(wide_ones, 3):
        length = town.line(road_id).length
        half = dice.uniform(130, 300)
        town.tunnels[road_id] = length / 2 - half, length / 2 + half
    return town


def build_yard(
    town: Town, dice: random.Random, yard_id: str, size_m: tuple[float, float], keep: set[str]
) -> Yard:
    """A yard beside a street that no yard touches yet; the street is parted at its driveway.

    Args:
        size_m: along the street, and away from it.
        keep: streets that are to stay in one piece.
    """
    while True:
        road_id = dice.choice([r for r in town.streets if r not in keep and r not in town.tunnels])
        line = town.line(road_id)
        if line.length < 560:
            continue
        middle = dice.choice((0.0, line.length / 2))
        along = middle + line.length * dice.uniform(0.22, 0.28)
        side = dice.choice((-1, 1))
        site = _Plot(line, along, side)
        width, depth = size_m
        corners = [(-width / 2, SET_BACK_M), (width / 2, SET_BACK_M),
                   (width / 2, SET_BACK_M + depth), (-width / 2, SET_BACK_M + depth)]  # fmt: skip
        area = Polygon([site.place(*corner) for corner in corners])
        roads = [town.line(r) for r in town.streets if r != road_id]
        if min(r.distance(area) for r in roads) > SET_BACK_M - 10 and all(
            area.distance(other) > 80 for other in town.taken
        ):
            break
    town.taken.append(area)
    _part(town, road_id, along, site.place(0, 0))
    gate = site.place(0, GATE_M)
    name = "通道"
    town.add_road(f"{yard_id}-gate", name, [site.place(0, 0), gate], YARD_LIMIT_KMH, public=False)
    spots = []
    for number in range(SPOTS):
        aside = (number - (SPOTS - 1) / 2) * width / (SPOTS + 1) + dice.uniform(-8, 8)
        spot = site.place(aside, SET_BACK_M + depth * dice.uniform(0.5, 0.7))
        town.add_road(f"{yard_id}-{number}", name, [gate, spot], YARD_LIMIT_KMH, public=False)
        spots.append(node_at(spot))
    yard = Yard(yard_id, area, node_at(site.place(0, 0)), node_at(gate), tuple(spots))
    town.yards[yard_id] = yard
    return yard


class _Plot:
    """Places beside a road: so far along it from the driveway, so far away to its side."""

    def __init__(self, line: LineString, along: float, side: int) -> None:
        foot, ahead = line.interpolate(along), line.interpolate(along + 1)
        self._foot = foot.x, foot.y
        self._ahead = ahead.x - foot.x, ahead.y - foot.y
        self._side = side

    def place(self, aside: float, away: float) -> Point:
        ex, ey = self._ahead
        nx, ny = -ey * self._side, ex * self._side
        x = self._foot[0] + ex * aside + nx * away
        y = self._foot[1] + ey * aside + ny * away
        return round(x, 1), round(y, 1)


def _part(town: Town, road_id: str, along: float, foot: Point) -> None:
    """Two roads in place of one."""
    road, limit = town.roads.pop(road_id), town.limits_kmh.pop(road_id)
    points = [(x, y) for x, y in town.plane.to_metres(road.geometry).coords]
    line = LineString(points)
    before = [p for p in points if line.project(shapely.Point(p)) < along]
    after = [p for p in points if line.project(shapely.Point(p)) > along]
    at = town.streets.index(road_id)
    for letter, part in (("a", [*before, foot]), ("b", [foot, *after])):
        rounded = [(round(x, 1), round(y, 1)) for x, y in part]
        town.add_road(road_id + letter, road.name, rounded, limit)
    town.streets[at : at + 1] = [road_id + "a", road_id + "b"]
