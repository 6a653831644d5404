"""Muck trips: from the site to where the load is lost."""

from __future__ import annotations

import pytest
from shapely import LineString, box

from config.permit import Permit
from config.route import Route, RouteKind
from config.zone import Zone, ZoneKind
from geofence.engine import Engine
from geofence.finding import Trip, TripOutcome
from ingest.position import Load


@pytest.fixture(scope="module")
def engine(world):
    """A site at x = 0, its ground 3 km east, another ground 4 km north, one road between each."""

    def zone(zone_id, kind, x, y):
        corners = [world.degrees(x - 100, y - 100), world.degrees(x + 100, y + 100)]
        return Zone(zone_id, zone_id, kind, box(*corners[0], *corners[1]))

    way = LineString([world.degrees(0, 0), world.degrees(3000, 0)])
    zones = [
        zone("site", ZoneKind.SITE, 0, 0),
        zone("ground", ZoneKind.GROUND, 3000, 0),
        zone("other", ZoneKind.GROUND, 0, 4000),
        zone("depot", ZoneKind.DEPOT, 0, -2000),
    ]
    return Engine(
        world.site(
            zones={z.id: z for z in zones},
            routes={"r": Route("r", "r", RouteKind.CORRIDOR, way, 50.0)},
            permits={
                "p": Permit(
                    "p", site_zone="site", ground_zone="ground", route_ids=("r",),
                    vehicle_ids=("v1",),
                )
            },
            vehicles={v: world.truck(v) for v in ("v1", "v2")},
        )
    )  # fmt: skip


class Drive:
    """Drives legs at 36 km/h and stands, a fix every 10 s."""

    def __init__(self, world, vehicle="v1"):
        self.world, self.vehicle = world, vehicle
        self.t, self.x, self.y = 0.0, 0.0, 0.0
        self.fixes = []
        self.sensors = {}

    def fix(self, kmh):
        self.fixes.append(
            self.world.fix(
                self.t, self.x, self.y, self.vehicle, speed_kmh=float(kmh), **self.sensors
            )
        )
        self.t += 10

    def stand(self, seconds, **sensors):
        self.sensors |= sensors
        for _ in range(int(seconds / 10)):
            self.fix(0)
        return self

    def to(self, x, y):
        way = ((x - self.x) ** 2 + (y - self.y) ** 2) ** 0.5
        steps = max(1, round(way / 100))
        dx, dy = (x - self.x) / steps, (y - self.y) / steps
        for _ in range(steps):
            self.x, self.y = self.x + dx, self.y + dy
            self.fix(36)
        return self


def trips(world, engine, drive, batch=7):
    final = world.judge(engine, drive.fixes, batch)
    return sorted((f for f in final.values() if isinstance(f, Trip)), key=lambda f: f.began_at)


@pytest.mark.parametrize("sensor", [True, False])
def test_from_the_site_to_the_ground_of_the_permit(world, engine, sensor):
    empty, full = ({"load": Load.EMPTY}, {"load": Load.FULL}) if sensor else ({}, {})
    drive = Drive(world).stand(300, **empty).stand(300, **full)
    drive.to(1500, 0).stand(90).to(3000, 0).stand(60).stand(120, **empty).to(0, 0).stand(60)
    (trip,) = trips(world, engine, drive)
    assert trip.outcome is TripOutcome.FINISHED
    assert (trip.site_id, trip.ground_id, trip.permit_id) == ("site", "ground", "p")
    assert (trip.site_ok, trip.route_ok, trip.ground_ok) == (True, True, True)
    assert trip.load_by == ("sensor" if sensor else "place")
    assert trip.stops == 2 if not sensor else trip.stops >= 1
    assert trip.distance_m == pytest.approx(3000, abs=350)


@pytest.mark.parametrize("sensor", [True, False])
def test_another_ground(world, engine, sensor):
    empty, full = ({"load": Load.EMPTY}, {"load": Load.FULL}) if sensor else ({}, {})
    drive = Drive(world).stand(300, **empty).stand(300, **full)
    drive.to(0, 4000).stand(60).stand(120, **empty).to(0, 0)
    (trip,) = trips(world, engine, drive)
    assert trip.outcome is TripOutcome.WRONG_GROUND
    assert trip.ground_id == "other"
    assert trip.ground_ok is False
    assert trip.route_ok is False


@pytest.mark.parametrize(
    ("evidence", "outcome"),
    [
        ({"load": Load.EMPTY}, TripOutcome.DUMPED),
        ({"body_raised": True}, TripOutcome.DUMPED),
        ({}, TripOutcome.DUMPED),
    ],
)
def test_lost_off_the_route(world, engine, evidence, outcome):
    full = {"load": Load.FULL} if "load" in evidence else {}
    drive = Drive(world).stand(300, **dict.fromkeys(full, Load.EMPTY)).stand(300, **full)
    drive.to(1500, 0).to(1500, 800).stand(60).stand(120, **evidence)
    if "body_raised" in evidence:
        drive.stand(20, body_raised=False)
    drive.to(0, 0).stand(400)
    (trip,) = [t for t in trips(world, engine, drive) if t.ended_at]
    assert trip.outcome is outcome
    assert trip.ground_id is None


def test_loads_again_without_a_ground(world, engine):
    drive = Drive(world).stand(600).to(3000, 0).to(0, 0).stand(600)
    (trip,) = trips(world, engine, drive)
    assert trip.outcome is TripOutcome.UNFINISHED


def test_a_site_visited_empty_makes_no_trip(world, engine):
    drive = Drive(world).stand(600, load=Load.EMPTY).to(3000, 0).stand(300).to(0, 0)
    assert trips(world, engine, drive) == []


def test_home_with_nobody_knows_what(world, engine):
    drive = Drive(world).stand(600).to(0, -2000).stand(300)
    (trip,) = trips(world, engine, drive)
    assert trip.outcome is TripOutcome.UNKNOWN
