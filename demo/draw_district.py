"""Draws the demo district (`python -m demo.draw_district`): an invented town, no real road in it.

Places are metres east and north of (119.94 E, 31.70 N), which lies near Wujin, Changzhou; names of
roads, firms and plates are invented. Drawing it again gives the same files.
"""

from __future__ import annotations

import csv
import json
import math
import random
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

from shapely import LineString
from shapely import Point as ShapelyPoint
from shapely.ops import substring

from config.camera import Camera, CameraRole
from config.demo_district import folder
from demo.cameras.clips import script_of
from demo.cameras.gate_place import gate_place
from demo.cameras.ground_points import marked_points
from demo.cameras.hotspot import ROAD as HOTSPOT_ROAD
from demo.timetable import GATE_LINE_M, HOTSPOT_ROAD_M

ORIGIN_LON, ORIGIN_LAT = 119.94, 31.70
# Metres a degree at 31.7 N on the WGS-84 ellipsoid.
M_PER_LON, M_PER_LAT = 94_800.0, 110_880.0

Point = tuple[float, float]
Node = str

GRID_M = (-4000.0, -2400.0, -800.0, 800.0, 2400.0, 4000.0)
EAST_WEST = ("兰香路", "拓荒路", "金穗路", "望湖路", "锦书路", "问渠路")
NORTH_SOUTH = ("南塘街", "鹿鸣街", "归雁街", "松风街", "白帆街", "银杏街")
ARTERIAL = {"拓荒路", "锦书路", "松风街", "白帆街"}
# Left out, so that the town is no chessboard (a lake in the south-east, a railway in the north).
NO_ROAD = {("n40", "n41"), ("n31", "n41"), ("n05", "n15"), ("n50", "n51")}

# Places beside a junction: stub road, then the middle of a yard.
YARDS: dict[str, tuple[Node, Point, float, float]] = {
    "site-east": ("n44", (330.0, 300.0), 300, 240),
    "site-south": ("n20", (260.0, 330.0), 260, 260),
    "ground-west": ("n04", (-280.0, 380.0), 460, 340),
    "transfer-south": ("n30", (300.0, -280.0), 160, 120),
    "depot-north": ("n24", (-300.0, 290.0), 200, 140),
}
# The driveway of a site leads past the middle of its yard by so much, and turns to it inside: so
# who stands in the yard is not seen through the gate.
GATED = ("site-east", "site-south")
BESIDE_M, INSIDE_M = 120.0, 30.0


def degrees(point: Point) -> list[float]:
    """[lon, lat], rounded to a decimetre."""
    lon, lat = ORIGIN_LON + point[0] / M_PER_LON, ORIGIN_LAT + point[1] / M_PER_LAT
    return [round(lon, 6), round(lat, 6)]


def draw_nodes() -> dict[Node, Point]:
    """Junctions `n<column><row>`, shifted a little from a grid; and the yards at stubs' ends."""
    rng = random.Random(320)
    nodes = {
        f"n{i}{j}": (x + rng.uniform(-230, 230), y + rng.uniform(-230, 230))
        for i, x in enumerate(GRID_M)
        for j, y in enumerate(GRID_M)
    }
    for yard, (node, (dx, dy), _width, _height) in YARDS.items():
        nodes[yard] = (nodes[node][0] + dx, nodes[node][1] + dy)
    return nodes


def draw_roads(nodes: dict[Node, Point]) -> dict[tuple[Node, Node], tuple[str, float, list[Point]]]:
    """(from, to) -> name, speed in km/h, the line; each slightly bent."""
    rng = random.Random(1400)
    roads = {}
    for j, name in enumerate(EAST_WEST):
        for i in range(5):
            roads[f"n{i}{j}", f"n{i + 1}{j}"] = name
    for i, name in enumerate(NORTH_SOUTH):
        for j in range(5):
            roads[f"n{i}{j}", f"n{i}{j + 1}"] = name
    drawn = {}
    for (a, b), name in roads.items():
        bend = rng.uniform(-60, 60), rng.uniform(-60, 60)
        if (a, b) in NO_ROAD:
            continue
        middle = tuple((p + q) / 2 + d for p, q, d in zip(nodes[a], nodes[b], bend, strict=True))
        speed = 60.0 if name in ARTERIAL else 50.0
        drawn[a, b] = (name, speed, [nodes[a], (middle[0], middle[1]), nodes[b]])
    for yard, (node, *_rest) in YARDS.items():
        drawn[node, yard] = ("场区道路", 15.0, [nodes[node], nodes[yard]])
    return drawn


class Drawing:
    """The district in metres, and what is written of it."""

    def __init__(self) -> None:
        self.nodes = draw_nodes()
        self.roads = draw_roads(self.nodes)
        self.gates: dict[str, tuple[Point, float]] = {}
        for yard in GATED:
            self._draw_driveway(yard)

    def _draw_driveway(self, yard: str) -> None:
        """`gates`: where it crosses the yard's outline, and its bearing on the way in."""
        node = YARDS[yard][0]
        (ax, ay), (bx, by) = self.nodes[node], self.nodes[yard]
        far = math.dist((ax, ay), (bx, by))
        aside = ((by - ay) / far * BESIDE_M, (ax - bx) / far * BESIDE_M)
        towards = LineString([(ax, ay), (bx + aside[0], by + aside[1])])
        gate = towards.intersection(LineString(self.yard(yard)))
        if not isinstance(gate, ShapelyPoint):
            raise TypeError(f"the driveway of {yard} crosses its outline more than once")
        bend = towards.interpolate(towards.project(gate) + INSIDE_M)
        name, speed, _line = self.roads[node, yard]
        self.roads[node, yard] = (name, speed, [(ax, ay), (bend.x, bend.y), (bx, by)])
        bearing = math.degrees(math.atan2(bend.x - ax, bend.y - ay)) % 360
        self.gates[yard] = ((gate.x, gate.y), round(bearing, 1))

    def line(self, *path: Node) -> list[Point]:
        """The line along roads through these junctions."""
        points: list[Point] = [self.nodes[path[0]]]
        for a, b in pairwise(path):
            road = self.roads[a, b][2] if (a, b) in self.roads else self.roads[b, a][2][::-1]
            points += road[1:]
        return points

    def yard(self, name: str) -> list[Point]:
        x, y = self.nodes[name]
        _node, _offset, width, height = YARDS[name]
        turn = math.radians(8)
        corners = ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))
        return [
            (
                x + (u * width * math.cos(turn) - v * height * math.sin(turn)) / 2,
                y + (u * width * math.sin(turn) + v * height * math.cos(turn)) / 2,
            )
            for u, v in corners
        ]

    def street(self, a: Node, b: Node, half_width_m: float, clear_m: float) -> list[Point]:
        """A strip along a road that begins `clear_m` from its junctions."""
        line = LineString(self.line(a, b))
        strip = substring(line, clear_m, line.length - clear_m).buffer(
            half_width_m, cap_style="flat", join_style="mitre"
        )
        return list(zip(*strip.exterior.xy, strict=True))


def feature(geometry_type: str, coordinates: object, /, **properties: object) -> str:
    """One GeoJSON feature: a line for each property and one for the geometry."""
    lines = [
        f"        {json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}"
        for k, v in properties.items()
    ]
    geometry = json.dumps({"type": geometry_type, "coordinates": coordinates})
    return (
        '    {\n      "type": "Feature",\n      "properties": {\n'
        + ",\n".join(lines)
        + '\n      },\n      "geometry": '
        + geometry
        + "\n    }"
    )


def write_features(path: Path, features: Sequence[str]) -> None:
    text = (
        '{\n  "type": "FeatureCollection",\n  "features": [\n' + ",\n".join(features) + "\n  ]\n}\n"
    )
    path.write_text(text, encoding="utf-8")


def polygon(points: Iterable[Point]) -> list[list[list[float]]]:
    return [[degrees(p) for p in points]]


def line(points: Iterable[Point]) -> list[list[float]]:
    return [degrees(p) for p in points]


def zones(d: Drawing) -> list[str]:
    def zone(zone_id: str, name: str, kind: str, points: list[Point], **more: object) -> str:
        return feature("Polygon", polygon(points), id=zone_id, name=name, kind=kind, **more)

    def yard(name: str, title: str, kind: str) -> str:
        return zone(name, title, kind, d.yard(name), speed_limit_kmh=30)

    work_area = [
        (-3100.0, -4500.0),
        (3300.0, -4500.0),
        (3300.0, 3100.0),
        (-3100.0, 3100.0),
        (-3100.0, -4500.0),
    ]
    return [
        yard("site-east", "锦绣苑工地", "site"),
        yard("site-south", "南塘中学扩建工地", "site"),
        yard("ground-west", "西郊消纳场", "ground"),
        yard("transfer-south", "南环转运站", "transfer_station"),
        yard("depot-north", "环卫停车场", "depot"),
        zone("hotspot-canal", "鹿鸣街北段河滩", "hotspot", d.street("n13", "n14", 70, 420)),
        zone(
            "restricted-school",
            "归雁街学校段(白天限行)",
            "restricted",
            d.street("n24", "n25", 30, 80),
            hours="06:30-19:30",
        ),
        zone(
            "restricted-homes",
            "松风街居民区段(夜间限行)",
            "restricted",
            d.street("n34", "n35", 30, 80),
            hours="19:00-07:00",
        ),
        zone("work-area-centre", "中心城区保洁作业区", "work_area", work_area),
    ]


EAST_MAIN = ("site-east", "n44", "n34", "n24", "n14", "n04", "ground-west")
EAST_OTHER = ("site-east", "n44", "n43", "n33", "n34", "n24", "n14", "n04", "ground-west")
SOUTH_MAIN = ("site-south", "n20", "n21", "n11", "n12", "n13", "n03", "n04", "ground-west")
SWEEP_CENTRE = ("n31", "n32", "n33", "n23", "n13", "n12", "n11", "n21", "n31")
SWEEP_EAST = ("n32", "n42", "n43", "n33", "n32")
WASH_SOUTH = ("n20", "n30", "n31", "n21", "n20")
COLLECT = ("transfer-south", "n30", "n31", "n32", "n42", "n43", "n33", "n34", "n24")


def routes(d: Drawing) -> list[str]:
    def route(route_id: str, name: str, kind: str, path: Sequence[Node], half_width_m: int) -> str:
        return feature(
            "LineString",
            line(d.line(*path)),
            id=route_id,
            name=name,
            kind=kind,
            half_width_m=half_width_m,
        )

    return [
        route("corridor-east", "锦绣苑—西郊 锦书路线", "corridor", EAST_MAIN, 50),
        route("corridor-east-2", "锦绣苑—西郊 望湖路线", "corridor", EAST_OTHER, 50),
        route("corridor-south", "南塘—西郊 鹿鸣街线", "corridor", SOUTH_MAIN, 50),
        route("sweep-centre", "中心环线清扫", "sweep", SWEEP_CENTRE, 40),
        route("sweep-east", "东片清扫", "sweep", SWEEP_EAST, 40),
        route("wash-south", "南片冲洗", "wash", WASH_SOUTH, 40),
        route("collect-east", "东片收集", "collect", COLLECT, 40),
    ]


def roads(d: Drawing) -> list[str]:
    """Arterials are signed 60; the others have the limit of their class."""

    def rank(name: str, speed: float) -> dict[str, object]:
        if name in ARTERIAL:
            return {"class": "arterial", "speed_limit_kmh": 60}
        return {"class": "secondary" if speed > 30 else "local"}

    return [
        feature(
            "LineString",
            line(points),
            id=f"{a}-{b}",
            name=name,
            speed_kmh=speed,
            **rank(name, speed),
        )
        for (a, b), (name, speed, points) in d.roads.items()
    ]


YEARS = ("2026-01-01", "2030-12-31")
COMPANIES = (
    ("c1", "常州远途渣土运输有限公司", *YEARS),
    ("c2", "常州恒泰土方工程有限公司", *YEARS),
    ("c3", "武进顺安渣土清运有限公司", *YEARS),
    ("c4", "武进清源环卫服务有限公司", *YEARS),
    ("c5", "常州净城保洁有限公司", *YEARS),
)
# v05 and v31 had another terminal at first.
TERMINALS = (
    ("13900000091", "v05", "2026-01-01", "2026-03-31"),
    ("13900000005", "v05", "2026-04-01", ""),
    ("13900000092", "v31", "", "2026-05-20T10:30:00+08:00"),
    ("13900000031", "v31", "2026-05-20T10:30:00+08:00", ""),
)


def vehicles() -> list[tuple[str, ...]]:
    """28 muck trucks, 5 sweepers, 4 washers, 3 collectors; plates are invented."""
    rng = random.Random(404)
    kinds = ["muck"] * 28 + ["sweeper"] * 5 + ["washer"] * 4 + ["collector"] * 3
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    rows: list[tuple[str, ...]] = []
    for number, kind in enumerate(kinds, 1):
        electric = number in (13, 14)
        if electric:
            plate, color = f"苏D{rng.randrange(10000, 99999)}D", "yellow_green"
        else:
            plate, color = f"苏D{rng.choice(letters)}{rng.randrange(1000, 9999)}", "yellow"
        if kind == "muck":
            company = ("c1", "c2", "c3")[(number - 1) // 10]
        else:
            company = "c4" if number % 2 else "c5"
        sealed = (f"密闭{2600 + number}", YEARS[1]) if kind == "muck" else ("", "")
        rows.append(
            (f"v{number:02d}", plate, color, kind, company, f"1390000{number:04d}", *sealed)
        )
    return rows


def ids(first: int, last: int) -> str:
    return "|".join(f"v{n:02d}" for n in range(first, last + 1))


def permits() -> list[tuple[str, ...]]:
    year = YEARS
    east, south = "corridor-east|corridor-east-2", "corridor-south"
    return [
        ("渣准20260101", "site-east", "ground-west", east, ids(1, 10), *year, "", "50", "12"),
        ("渣准20260102", "site-east", "ground-west", east, ids(11, 14), *year, "", "50", "12"),
        ("渣准20260103", "site-south", "ground-west", south, ids(15, 20), *year, "", "50", "10"),
        ("渣准20260104", "site-south", "ground-west", south, ids(21, 28), *year, "", "50", "10"),
        ("环卫2026-1", "", "", "sweep-centre", ids(29, 31), *year, "", "40", ""),
        ("环卫2026-2", "", "", "sweep-east", ids(32, 33), *year, "", "40", ""),
        ("环卫2026-3", "", "", "wash-south", ids(34, 37), *year, "", "40", ""),
        ("环卫2026-4", "", "transfer-south", "collect-east", ids(38, 40), *year, "", "40", ""),
    ]


def rounds() -> list[tuple[str, ...]]:
    """Three shifts a day, so that a demonstration falls into one at any hour.

    Speeds leave room above what the simulated trucks drive at work (7.5 and 13 km/h).
    """
    shifts = "02:00-10:00|10:00-18:00|18:00-02:00"
    plans = (  # id, name, route, work, vehicles, max_kmh, one_way
        ("清扫-1", "中心环线机扫", "sweep-centre", "sweep", ids(29, 31), "10", "true"),
        ("清扫-2", "东片机扫", "sweep-east", "sweep", ids(32, 33), "10", "true"),
        ("冲洗-1", "南片冲洗", "wash-south", "wash", ids(34, 37), "18", "true"),
        ("收集-1", "东片收集", "collect-east", "collect", ids(38, 40), "", "false"),
    )
    return [
        (*begin, shifts, "", "1", "", max_kmh, one_way, "", "95", *YEARS)
        for *begin, max_kmh, one_way in plans
    ]


def write_csv(path: Path, header: str, rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header.split(","))
        writer.writerows(rows)


# Where road and verge lie in the rendered pictures: camera -> (zone, kind, points), as
# `demo.cameras.places.zone_points` gives them. Those of gates are computed.
PICTURE_ZONES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "crossing-24": (
        (
            "road",
            "road",
            "[[0.301, 1.0], [0.742, 0.288], [0.78, 0.226], [0.612, 0.21], "
            "[0.0, 0.644], [0.0, 1.0]]",
        ),
        ("verge", "no_dump", "[[0.989, 1.0], [0.946, 0.272], [0.77, 0.252], [0.324, 1.0]]"),
    ),
    "hotspot-canal": (
        ("road", "road", "[[1.0, 0.527], [0.0, 0.603], [0.0, 0.911], [1.0, 0.791]]"),
        ("verge", "no_dump", "[[1.0, 0.381], [0.0, 0.434], [0.0, 0.592], [1.0, 0.517]]"),
    ),
}

GATES = {"gate-east": "site-east", "gate-south": "site-south"}
HOTSPOT_AT = 0.62  # of the way from n13 to n14, where the road is straight


def behind(point: Point, bearing_deg: float, metres: float) -> Point:
    """So far from a place, looking at it."""
    turn = math.radians(bearing_deg)
    return point[0] - metres * math.sin(turn), point[1] - metres * math.cos(turn)


def at_the_hotspot(d: Drawing) -> tuple[Point, float]:
    """Foot and heading: the road of the picture lies on that of the map, trucks drive north."""
    road = LineString(d.line("n13", "n14"))
    near, far = (road.interpolate(HOTSPOT_AT + share, normalized=True) for share in (0.0, 0.01))
    driven = math.degrees(math.atan2(far.x - near.x, far.y - near.y))
    heading = round((driven - (HOTSPOT_ROAD.heading_deg + 180)) % 360, 1)
    return behind((near.x, near.y), heading, HOTSPOT_ROAD_M), heading


def cameras(d: Drawing) -> str:
    def gate(name: str) -> tuple[Point, float]:
        point, bearing = d.gates[GATES[name]]
        return behind(point, bearing, GATE_LINE_M), bearing

    corner = d.nodes["n24"]
    rows = [
        ("gate-east", "锦绣苑工地出入口", *gate("gate-east"), "gate"),
        ("gate-south", "南塘中学工地出入口", *gate("gate-south"), "gate"),
        ("crossing-24", "锦书路归雁街路口", (corner[0] + 12, corner[1] - 9), 270, "intersection"),
        ("hotspot-canal", "鹿鸣街河滩", *at_the_hotspot(d), "hotspot"),
    ]
    parts = [
        "# Cameras of the demo district. The demonstration's cameras announce where they really\n"
        "# stream (cameras/<id>/status); an empty stream_url: the camera sends frames over MQTT.\n"
        "# Ground points: corners of the carriageway (demo/cameras/ground_points.py).\n"
    ]
    for camera_id, name, place, heading, role in rows:
        url = "" if camera_id == "crossing-24" else f"rtsp://127.0.0.1:8554/{camera_id}"
        lon, lat = degrees(place)
        parts.append(
            f'\n[[camera]]\nid = "{camera_id}"\nname = "{name}"\nstream_url = "{url}"\n'
            f'lon = {lon}\nlat = {lat}\nheading_deg = {heading}\nrole = "{role}"\n'
        )
        camera = Camera(camera_id, name, url, lon, lat, heading, CameraRole(role))
        if camera_id in GATES:
            parts.append(f'site_zone = "{GATES[camera_id]}"\n')
        for zone_id, kind, points in PICTURE_ZONES.get(camera_id) or gate_zones(camera):
            parts.append(
                f'\n[[camera.zone]]\nid = "{zone_id}"\nkind = "{kind}"\npoints = {points}\n'
            )
            if kind == "gate_line":
                parts.append('inside = "right"\n')
        parts.extend(
            f"\n[[camera.ground_point]]\nx = {point.x:.4f}\ny = {point.y:.4f}\n"
            f"lon = {point.lon:.7f}\nlat = {point.lat:.7f}\n"
            for point in marked_points(script_of(camera, 1), camera)
        )
    return "".join(parts)


def gate_zones(camera: Camera) -> list[tuple[str, str, str]]:
    return [
        (zone_id, kind, json.dumps(points)) for zone_id, kind, points in gate_place(camera).zones
    ]


SITE_TOML = """\
# The demo district: an invented town near Wujin. `python -m demo.draw_district` draws it.
name = "武进演示区"
timezone = "Asia/Shanghai"
datum = "wgs84"

# Shorter than in the field, so that a demonstration of one minute shows something; the rules'
# defaults are what a bureau begins with.
[rules.off_route]
hold_s = 15

[rules.overspeed]
limit_kmh = 60 # where neither permit nor zone sets one
hold_s = 8

[rules.restricted_zone]
hold_s = 5
"""


def draw(path: Path) -> None:
    """Write all files of the demo district into a folder."""
    d = Drawing()
    path.joinpath("site.toml").write_text(SITE_TOML, encoding="utf-8")
    write_features(path / "zones.geojson", zones(d))
    write_features(path / "routes.geojson", routes(d))
    write_features(path / "roads.geojson", roads(d))
    write_csv(path / "companies.csv", "company_id,name,valid_from,valid_to", COMPANIES)
    write_csv(
        path / "vehicles.csv",
        "vehicle_id,plate,plate_color,kind,company_id,terminal_id,sealed_certificate,"
        "certificate_to",
        vehicles(),
    )
    write_csv(
        path / "terminals.csv",
        "terminal_id,vehicle_id,valid_from,valid_to",
        TERMINALS,
    )
    write_csv(
        path / "rounds.csv",
        "plan_id,name,route_id,work,vehicle_ids,window,weekdays,passes,min_kmh,max_kmh,one_way,"
        "in_order,coverage_pct,valid_from,valid_to",
        rounds(),
    )
    write_csv(
        path / "permits.csv",
        "permit_id,site_zone,ground_zone,route_ids,vehicle_ids,valid_from,valid_to,hours,"
        "speed_limit_kmh,daily_trips",
        permits(),
    )
    path.joinpath("cameras.toml").write_text(cameras(d), encoding="utf-8")


if __name__ == "__main__":
    draw(folder())
