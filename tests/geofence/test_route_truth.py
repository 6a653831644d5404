"""Real drives along their true route, and along a route that is another road from the middle on."""

from __future__ import annotations

import heapq
from collections import defaultdict
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import shapely
from shapely import LineString, MultiLineString

from config.permit import Permit
from config.route import Route, RouteKind
from geofence.engine import Engine

DATA = Path(__file__).parents[2].parent / "shared/data"
DRIVES = ["00000000", "00000004", "00000006"]
FOLDER = DATA / "route_truth"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="no shared/data/route_truth here")


class Drive:
    def __init__(self, name: str) -> None:
        self.track = np.loadtxt(FOLDER / f"{name}.track")
        self.nodes = np.loadtxt(FOLDER / f"{name}.nodes")
        self.arcs = np.loadtxt(FOLDER / f"{name}.arcs", dtype=int)
        self.route = np.loadtxt(FOLDER / f"{name}.route", dtype=int)
        self.roads = defaultdict(list)
        self.k = np.array([np.cos(np.radians(self.nodes[:, 1].mean())) * 111_195, 111_195])
        for a, b in self.arcs:
            self.roads[a].append((b, float(np.hypot(*((self.nodes[a] - self.nodes[b]) * self.k)))))

    def line(self, arcs) -> MultiLineString:
        return MultiLineString([LineString(self.nodes[self.arcs[a]]) for a in arcs])

    def ways_from(self, start: int) -> tuple[dict, dict]:
        """Shortest ways over the drive's own road network: (length, node before)."""
        length, before, queue = {start: 0.0}, {}, [(0.0, start)]
        while queue:
            d, a = heapq.heappop(queue)
            if d > length[a]:
                continue
            for b, step in self.roads[a]:
                if d + step < length.get(b, np.inf):
                    length[b], before[b] = d + step, a
                    heapq.heappush(queue, (d + step, b))
        return length, before

    def metric(self, line) -> np.ndarray:
        """Points every 25 m along a line, in metres."""
        parts = getattr(line, "geoms", [line])
        steps = [shapely.segmentize(LineString(np.array(g.coords) * self.k), 25) for g in parts]
        return np.concatenate([np.array(g.coords) for g in steps])

    @cached_property
    def roads_instead_of_the_rest(self) -> list[LineString]:
        return self.other_roads(self.line(self.route[len(self.route) // 2 :]), 4)

    @cached_property
    def roads_instead_of_the_beginning(self) -> list[LineString]:
        backwards = self.line(self.route[: len(self.route) // 2][::-1])
        return self.other_roads(MultiLineString([g.reverse() for g in backwards.geoms]), 4)

    def other_roads(self, driven, count: int) -> list[LineString]:
        """Roads from the route's midpoint elsewhere that part from the half driven for good.

        `driven` is given from the midpoint on. Without the last condition the truck would truly be
        back on its route for a while, and two alerts would be right.
        """
        middle = int(self.arcs[self.route[len(self.route) // 2]][0])
        length, before = self.ways_from(middle)
        points = self.metric(driven)
        driven_m = 25.0 * len(points)
        found: list[LineString] = []
        for end in sorted(length, key=lambda n: abs(length[n] - driven_m)):
            gaps = [(self.nodes[end] - f.coords[-1]) * self.k for f in found]
            if any(np.hypot(*gap) < 500 for gap in gaps):
                continue
            way = [end]
            while way[-1] != middle:
                way.append(before[way[-1]])
            road = LineString(self.nodes[way[::-1]])
            metric = LineString(np.array(road.coords) * self.k)
            apart = shapely.distance(metric, shapely.points(points)) > 50 + 40
            parted = np.argmax(apart)
            if apart[parted:].all() and parted < 0.7 * len(points):
                found.append(road)
            if len(found) == count:
                break
        return found


@pytest.fixture(scope="module", params=DRIVES)
def drive(request) -> Drive:
    return Drive(request.param)


def run(world, drive: Drive, geometry) -> dict:
    route = Route("r1", "approved", RouteKind.CORRIDOR, geometry, 50.0)
    permit = Permit("p1", route_ids=("r1",), vehicle_ids=("v1",))
    site = world.site(routes={"r1": route}, permits={"p1": permit}, vehicles={"v1": world.truck()})
    fixes = [world.at(float(t), float(lon), float(lat)) for lon, lat, t in drive.track]
    return world.judge(Engine(site), fixes)


def test_true_route_raises_nothing(world, drive):
    assert run(world, drive, drive.line(drive.route)) == {}


def silences(drive: Drive, since_s: float, until_s: float) -> int:
    """Gaps after which an offence is a new one: nothing is prolonged across them."""
    t = drive.track[:, 2]
    gaps = (np.diff(t) > 300) & (t[:-1] >= since_s) & (t[1:] <= until_s)
    return int(gaps.sum())


@pytest.mark.parametrize("other", range(4))
def test_another_road_from_the_middle_on_is_one_alert(world, drive, other):
    half = len(drive.route) // 2
    first, roads = drive.line(drive.route[:half]), drive.roads_instead_of_the_rest
    if other >= len(roads):
        pytest.skip("no further road in this network parts from the one driven for good")
    found = run(world, drive, MultiLineString([*first.geoms, roads[other]]))
    (alert,) = world.violations(found, "off_route")
    assert len(found) == 1
    assert alert.ended_at is None  # off the route to the end
    assert alert.values["max_distance_m"] > 50
    assert silences(drive, (alert.started_at - world.t0).total_seconds(), np.inf) == 0


@pytest.mark.parametrize("other", range(4))
def test_another_road_up_to_the_middle_is_one_alert(world, drive, other):
    half = len(drive.route) // 2
    second = drive.line(drive.route[half:])
    roads = drive.roads_instead_of_the_beginning
    if other >= len(roads):
        pytest.skip("no further road in this network parts from the one driven for good")
    found = run(world, drive, MultiLineString([roads[other], *second.geoms]))
    alerts = world.violations(found, "off_route")
    assert alerts[0].started_at.timestamp() == world.t0.timestamp() + drive.track[0, 2]
    last = (alerts[-1].ended_at - world.t0).total_seconds()
    assert len(alerts) == 1 + silences(drive, 0, last)
    assert len(found) == len(alerts)


@pytest.mark.parametrize("name", DRIVES)
def test_a_road_of_another_drive_is_one_alert(world, name):
    drive, other = Drive(name), Drive(DRIVES[DRIVES.index(name) - 1])
    first = drive.line(drive.route[: len(drive.route) // 2])
    second = other.line(other.route[len(other.route) // 2 :])
    found = run(world, drive, MultiLineString([*first.geoms, *second.geoms]))
    assert len(world.violations(found, "off_route")) == 1


def test_the_network_holds_the_route(drive):
    assert all(
        drive.arcs[a][1] == drive.arcs[b][0] or set(drive.arcs[a]) & set(drive.arcs[b])
        for a, b in pairwise(drive.route)
    )
