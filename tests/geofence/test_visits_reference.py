"""Visits of real vehicles to random zones are those of a slow, obvious reference, to the fix.

The reference knows docs/rules.md and plain geometry, and nothing of the engine: it looks at one
vehicle and one zone at a time, at the whole track at once, and measures every distance.
"""

from __future__ import annotations

import csv
import math
import random
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import shapely
from shapely import LineString, MultiPolygon, Point, Polygon, affinity, box
from shapely.geometry.base import BaseGeometry

from config.zone import Zone, ZoneKind
from geofence.engine import Engine
from ingest.position import Position

WUXI = Path(__file__).parents[2].parent / "shared/data/gps/wuxi_vehicles.csv"
pytestmark = pytest.mark.skipif(not WUXI.is_file(), reason="no shared/data/gps/wuxi_vehicles.csv")


# --- The rule, slowly -------------------------------------------------------------------------


@dataclass
class Fix:
    """One fix as it lies to one zone."""

    t: float
    at: Point
    inside: bool
    surely_inside: bool
    surely_outside: bool
    deep: bool  # whether the straight way from the fix before touches what is surely inside
    came_in: tuple[float, Point] | None  # on that way, when and where
    went_out: tuple[float, Point] | None


@dataclass
class Area:
    """A zone in metres, what of it is surely inside, and what is not yet surely outside."""

    zone: BaseGeometry
    core: BaseGeometry
    margin: BaseGeometry

    @classmethod
    def of(cls, zone: BaseGeometry) -> Area:
        inradius = shapely.maximum_inscribed_circle(zone, tolerance=1.0).length
        return cls(zone, zone.buffer(-min(15.0, inradius / 2)), zone.buffer(30.0))


def metres_between(a: Position, b: Position) -> float:
    """Haversine on a sphere of the Earth's mean radius."""
    lat1, lat2, dlon = math.radians(a.lat), math.radians(b.lat), math.radians(b.lon - a.lon)
    h = math.sin((lat2 - lat1) / 2) ** 2
    h += math.cos(lat1) * math.cos(lat2) * math.sin(dlon / 2) ** 2
    return 2 * 6_371_009 * math.asin(math.sqrt(h))


def look(track: list[tuple[Position, Point]], area: Area) -> list[Fix]:
    """Every fix of a track in metres."""
    zone, core = area.zone, area.core
    fixes = []
    for i, (position, at) in enumerate(track):
        t, deep, come_in, go_out = position.fix_time.timestamp(), False, None, None
        if i > 0:
            before, at0 = track[i - 1]
            t0, way = before.fix_time.timestamp(), LineString([at0, at])
            driven = t - t0 <= 60 and metres_between(before, position) / (t - t0) >= 10 / 3.6
            deep = driven and way.intersects(core)
            if driven and way.intersects(zone):
                within = shapely.get_coordinates(way.intersection(zone))
                along = sorted(Point(p).distance(at0) for p in within)
                come_in, go_out = (
                    (t0 + (t - t0) * d / way.length, way.interpolate(d))
                    for d in (along[0], along[-1])
                )
        inside = zone.contains(at)
        surely_outside = not inside and not area.margin.contains(at)
        fixes.append(Fix(t, at, inside, core.contains(at), surely_outside, deep, come_in, go_out))
    return fixes


def is_a_stay(run: list[Fix]) -> bool:
    """Whether fixes inside, without a break, make a visit."""
    sure = [f.t for f in run if f.surely_inside]
    sure_enough = len(sure) >= 2 and run[-1].t - sure[0] >= 10
    long_enough = len(run) >= 20 and run[-1].t - run[0].t >= 300
    return sure_enough or long_enough


def left_at_fix(outside: list[Fix]) -> int | None:
    """Which of the fixes outside, without a break, shows that the vehicle has left."""
    for n, fix in enumerate(outside):
        far = []
        for before in outside[n::-1]:
            if not before.surely_outside:
                break
            far.append(before.t)
        if (len(far) >= 2 and fix.t - far[-1] >= 10) or fix.t - outside[0].t >= 180:
            return n
    return None


def through(came_in, went_out) -> list[tuple[float, float]]:
    """A visit by driving through, if it came in and went out far enough apart."""
    if came_in and went_out and came_in[1].distance(went_out[1]) >= 30:
        return [(came_in[0], went_out[0])]
    return []


def visits_to(fixes: list[Fix]) -> list[tuple[float, float | None]]:
    """All visits of a track to a zone: from the first to the last fix inside."""
    visits: list[tuple[float, float | None]] = []
    i = 0
    while i < len(fixes):
        begin, i = i, end_of_run(fixes, i)
        run = fixes[begin:i]
        if not run[0].inside:
            # The way to the first of them is looked at where the run inside before it ends.
            for fix in run[1:] if begin else run:
                visits += through(fix.came_in, fix.went_out) if fix.deep else []
            continue
        if not is_a_stay(run):
            out = fixes[i] if i < len(fixes) else None
            if out and (out.deep or run[0].deep or any(f.surely_inside for f in run)):
                visits += through(run[0].came_in, out.went_out)
            continue
        last, gone = run[-1], None
        while i < len(fixes) and gone is None:
            begin, i = i, end_of_run(fixes, i)
            if fixes[begin].inside:
                last = fixes[i - 1]
            else:
                gone = left_at_fix(fixes[begin:i])
        visits.append((run[0].t, None if gone is None else last.t))
        if gone is not None:
            # Fixes outside that come after it are outside of no visit any more.
            for fix in fixes[begin + gone + 1 : i]:
                visits += through(fix.came_in, fix.went_out) if fix.deep else []
    return visits


def end_of_run(fixes: list[Fix], begin: int) -> int:
    """The index after the last fix that is inside, or outside, as the first is."""
    end = begin
    while end < len(fixes) and fixes[end].inside == fixes[begin].inside:
        end += 1
    return end


# --- Real tracks, random zones ----------------------------------------------------------------


def read_tracks(hurry: int) -> dict[str, list[Position]]:
    """Vehicle -> its fixes in order of time; they follow each other `hurry` times as fast."""
    local, tracks = ZoneInfo("Asia/Shanghai"), defaultdict(list)
    zero = datetime(2020, 7, 18, 9, tzinfo=local)
    with WUXI.open() as file:
        for row in csv.DictReader(file):
            when = datetime.fromisoformat(row["timestamp"]).replace(tzinfo=local)
            when = zero + timedelta(seconds=round((when - zero).total_seconds() / hurry))
            position = Position(
                vehicle_id=row["name_id"], terminal_id="", fix_time=when, received_at=when,
                lon=float(row["longitude"]), lat=float(row["latitude"]),
            )  # fmt: skip
            tracks[position.vehicle_id].append(position)
    for vehicle, track in tracks.items():
        track.sort(key=lambda p: p.fix_time)
        # Of fixes with one time the first counts.
        tracks[vehicle] = track[:1] + [b for a, b in pairwise(track) if a.fix_time < b.fix_time]
    return tracks


def random_zones(dice: random.Random, positions: list[Position], count: int) -> dict[str, Zone]:
    """Round, jagged, narrow, holed and twofold areas of 20 to 1,500 m about places driven by."""
    zones = {}
    for i in range(count):
        corners = sorted(dice.uniform(0, 2 * math.pi) for _ in range(dice.randint(4, 40)))
        shapes = [
            Point(0, 0).buffer(1, quad_segs=2),
            Polygon([(math.cos(a) * r, math.sin(a) * r)
                     for a in corners for r in [dice.uniform(0.3, 1)]]),
            box(-1, -0.05, 1, 0.05),
            Polygon(box(-1, -1, 1, 1).exterior, [box(-0.5, -0.5, 0.4, 0.6).exterior]),
            MultiPolygon([box(-1, -1, -0.1, 1), box(0.2, -0.5, 1, 0.3)]),
        ]  # fmt: skip
        shape = affinity.rotate(dice.choice(shapes), dice.uniform(0, 90), origin=(0, 0))
        size, at = math.exp(dice.uniform(math.log(20), math.log(1500))), dice.choice(positions)
        shape = affinity.scale(shape, size / 95_000, size / 111_000, origin=(0, 0))
        shape = affinity.translate(shape, at.lon, at.lat)
        if shape.is_valid:
            zones[f"z{i}"] = Zone(f"z{i}", f"z{i}", ZoneKind.WORK_AREA, shape)
    return zones


class Plane:
    """Metres about the middle of all zones: WGS-84's radii there, as docs/rules.md says."""

    def __init__(self, zones: dict[str, Zone]) -> None:
        west, south, east, north = shapely.union_all([z.geometry for z in zones.values()]).bounds
        self._lon, self._lat = (west + east) / 2, (south + north) / 2
        a, f, lat = 6_378_137.0, 1 / 298.257_223_563, math.radians(self._lat)
        w = math.sqrt(1 - f * (2 - f) * math.sin(lat) ** 2)
        self._east = math.radians(1) * a / w * math.cos(lat)
        self._north = math.radians(1) * a * (1 - f) ** 2 / w**3

    def point(self, lon: float, lat: float) -> Point:
        return Point((lon - self._lon) * self._east, (lat - self._lat) * self._north)

    def shape(self, geometry: BaseGeometry) -> BaseGeometry:
        moved = affinity.translate(geometry, -self._lon, -self._lat)
        return affinity.scale(moved, self._east, self._north, origin=(0, 0))


@pytest.mark.parametrize(("seed", "hurry"), [(2, 1), (5, 1), (3, 10), (4, 40)])
def test_visits_of_real_vehicles_to_random_zones(world, seed, hurry):
    tracks, dice = read_tracks(hurry), random.Random(seed)
    positions = sorted((p for t in tracks.values() for p in t), key=lambda p: p.fix_time)
    zones = random_zones(dice, positions, 80)
    found = defaultdict(list)
    for visit in world.visits(world.judge(Engine(world.site(zones=zones)), positions)):
        left = None if visit.left_at is None else visit.left_at.timestamp()
        found[visit.vehicle_id, visit.zone_id].append((visit.entered_at.timestamp(), left))
    plane, expected = Plane(zones), {}
    areas = {z.id: Area.of(plane.shape(z.geometry)) for z in zones.values()}
    for vehicle, positions_of in tracks.items():
        track = [(p, plane.point(p.lon, p.lat)) for p in positions_of]
        way = LineString([at for _, at in track] * 2)
        for zone_id, area in areas.items():
            if way.intersects(area.zone):  # else it was never there
                visits = visits_to(look(track, area))
                if visits:
                    expected[vehicle, zone_id] = sorted(visits)
    assert found.keys() == expected.keys()
    for pair, visits in expected.items():
        for (entered, left), (found_entered, found_left) in zip(
            visits, sorted(found[pair]), strict=True
        ):
            assert found_entered == pytest.approx(entered, abs=1e-4), pair
            assert found_left == (None if left is None else pytest.approx(left, abs=1e-4)), pair
    told = [visit for visits in expected.values() for visit in visits]
    fix_times = {p.fix_time.timestamp() for p in positions}
    assert len(told) > 100
    assert any(left is None for _, left in told)
    assert any(entered not in fix_times for entered, _ in told)  # driven through
