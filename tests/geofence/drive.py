"""A site with two grounds, and trucks that drive there: made-up tracks for tests of trips."""

from __future__ import annotations

from shapely import LineString, box

from config.permit import Permit
from config.route import Route, RouteKind
from config.zone import Zone, ZoneKind


def haul_site(world, **more):
    """A site at x = 0, its ground 3 km east, another 4 km north, a depot 2 km south; v1 has a
    permit for the road to the east, v2 has none.
    """

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
    permit = Permit(
        "p", site_zone="site", ground_zone="ground", route_ids=("r",), vehicle_ids=("v1",)
    )
    parts = {
        "zones": {z.id: z for z in zones},
        "routes": {"r": Route("r", "r", RouteKind.CORRIDOR, way, 50.0)},
        "permits": {"p": permit},
        "vehicles": {v: world.truck(v) for v in ("v1", "v2", "v3")},
    }
    return world.site(**(parts | more))


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
