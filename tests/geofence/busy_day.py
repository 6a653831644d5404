"""A small district with everything in it, and random days of its vehicles, for tests of order.

Thresholds are made short, so that a day of some hundred fixes has every kind of finding in it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from functools import partial

from shapely import LineString, MultiLineString, box

from config.hours import DailyHours
from config.permit import Permit
from config.round_plan import RoundPlan, WorkKind
from config.route import Route, RouteKind
from config.site import Site
from config.vehicle import VehicleKind
from config.zone import Zone, ZoneKind
from ingest.position import Lid, Load, Position, Quality, Work

VEHICLES = ("m1", "m2", "m3", "w1", "w2", "stranger")
PLACES = {
    "site": (ZoneKind.SITE, 0, 0, 150),
    "other_site": (ZoneKind.SITE, 300, 2500, 120),
    "ground": (ZoneKind.GROUND, 4000, 0, 150),
    "other_ground": (ZoneKind.GROUND, 2000, 2500, 120),
    "depot": (ZoneKind.DEPOT, 0, -1500, 100),
    "shut": (ZoneKind.RESTRICTED, 1600, 450, 200),
    "narrow": (ZoneKind.RESTRICTED, 2500, -300, 60),
    "slow": (ZoneKind.WORK_AREA, 3000, 0, 200),
}
RULES: dict[str, dict[str, float]] = {
    "trip": {"load_dwell_s": 60, "forget_s": 4000, "stop_s": 30},
    "off_route": {"hold_s": 60, "far_hold_s": 20, "return_hold_s": 30},
    "overspeed": {"limit_kmh": 60},
    "long_stop": {"hold_s": 120},
    "suspected_dumping": {"stop_s": 30},
    "trip_unfinished": {"max_s": 1500},
    "terminal_offline": {"after_s": 600, "always_s": 4000},
    "lid_open": {"hold_s": 20, "min_fixes": 2},
    "tamper": {"settle_s": 40, "settle_fixes": 3, "span_s": 20, "hold_s": 20},
    "unknown_ground": {"weight": 1},
    "out_of_hours": {"hold_s": 30, "grace_s": 0},
}


def busy_site(world) -> Site:
    zones = {}
    for zone_id, (kind, x, y, half) in PLACES.items():
        shape = box(*world.degrees(x - half, y - half), *world.degrees(x + half, y + half))
        limit = 30 if zone_id == "slow" else None
        hours = DailyHours.parse("12:10-12:40") if zone_id == "narrow" else DailyHours()
        zones[zone_id] = Zone(
            zone_id, zone_id, kind, shape, hours, speed_limit_kmh=limit,
            permits_exempt=zone_id == "narrow",
        )  # fmt: skip

    def line(*points):
        return LineString([world.degrees(*p) for p in points])

    swept = MultiLineString([line((-900, y), (-900, y + 250)) for y in range(0, 1000, 250)])
    routes = {
        "way": Route("way", "way", RouteKind.CORRIDOR, line((-200, 0), (4200, 0)), 60.0),
        "swept": Route("swept", "swept", RouteKind.SWEEP, swept, 30.0),
    }
    permits = {
        "p1": Permit(
            "p1", "site", "ground", ("way",), ("m1", "m2"),
            hours=DailyHours.parse("11:00-12:20"), daily_trips=2, speed_limit_kmh=50,
        ),
        "p2": Permit("p2", "other_site", "other_ground", ("way",), ("m2",)),
    }  # fmt: skip
    hours = DailyHours.parse("12:00-12:40")
    plans = [
        RoundPlan("sweep", "sweep", "swept", WorkKind.SWEEP, ("w1",), hours, max_kmh=20.0),
        RoundPlan("wash", "wash", "swept", WorkKind.WASH, ("w2",), hours, in_order=True),
    ]
    vehicles = {v: world.truck(v) for v in ("m1", "m2", "m3")}
    vehicles["w1"] = world.truck("w1", VehicleKind.SWEEPER)
    vehicles["w2"] = world.truck("w2", VehicleKind.WASHER)
    return world.site(
        zones=zones, routes=routes, permits=permits, vehicles=vehicles,
        rounds={p.plan_id: p for p in plans}, rules=RULES,
    )  # fmt: skip


@dataclass
class BusyDay:
    """One vehicle's day from noon on: what it does next is drawn. x, y in metres."""

    world: object
    dice: random.Random
    vehicle: str
    t: float = 0.0
    x: float = 0.0
    y: float = 0.0
    fixes: list[Position] = field(default_factory=list)
    sensors: dict[str, object] = field(default_factory=dict)

    def fix(self, kmh: float, x: float | None = None, **more) -> None:
        speed = None if self.dice.random() < 0.1 else round(kmh, 1)
        noise = self.dice.gauss(0, 4), self.dice.gauss(0, 4)
        at = (self.x if x is None else x) + noise[0], self.y + noise[1]
        told = {"speed_kmh": speed} | self.sensors | more
        if not (self.dice.random() < 0.03 and not more):  # now and then one is lost
            self.fixes.append(self.world.fix(round(self.t), *at, self.vehicle, **told))
        self.t += self.dice.choice((5, 10, 10, 10, 15, 20))

    def stand(self, seconds: float, **sensors) -> None:
        until = self.t + seconds
        while self.t < until:
            if self.t > until - seconds / 2:
                self.sensors |= sensors
            self.fix(abs(self.dice.gauss(0, 0.4)))

    def to(self, x: float, y: float, kmh: float | None = None) -> None:
        kmh = kmh or self.dice.choice((18, 36, 36, 54, 72, 90))
        while (far := ((x - self.x) ** 2 + (y - self.y) ** 2) ** 0.5) > 20:
            before = self.t
            self.fix(kmh)
            share = min(1.0, (self.t - before) * kmh / 3.6 / far)
            self.x, self.y = self.x + share * (x - self.x), self.y + share * (y - self.y)

    def visit(self, place: str, kmh: float | None = None) -> None:
        _, x, y, half = PLACES[place]
        spread = self.dice.uniform(-0.6, 0.6) * half
        self.to(x + spread, y + spread / 2, kmh)

    def silence(self) -> None:
        """The clock goes on, the truck may as well."""
        self.to(self.x + 500, self.y + 100, 54)
        seconds = self.dice.choice((90, 200, 310, 350, 450, 700))
        self.t += seconds
        if self.dice.random() < 0.7:
            self.x += self.dice.uniform(-4, 8) * seconds

    def dead_area(self) -> None:
        """What is sent out of it afterwards is marked."""
        self.sensors["backfill"] = True
        self.to(self.x + self.dice.uniform(500, 4000), self.y + 100)
        self.sensors.pop("backfill")

    def strays(self) -> None:
        far = self.dice.choice((3000, 20_000))
        for _ in range(self.dice.choice((1, 1, 2, 6))):
            self.fix(30, self.x + far, quality=Quality.TELEPORT)
            self.fix(30)
            self.x += 80

    def cut(self) -> None:
        wire = self.dice.choice(("antenna_cut", "power_cut"))
        self.sensors[wire] = True
        self.stand(self.dice.choice((10, 40, 60)))
        self.sensors.pop(wire)

    def haul(self, how: str) -> None:
        """A load from a site to its ground, to another one, or to nowhere."""
        dice, sensed = self.dice, self.vehicle in ("m1", "m3")
        if how == "black":  # loaded where nobody knows a site
            self.to(dice.uniform(800, 1500), -900)
        else:
            self.visit("other_site" if dice.random() < 0.2 else "site")
        self.stand(dice.choice((40, 90, 120)), **({"load": Load.FULL} if sensed else {}))
        self.sensors |= {"lid": dice.choice((Lid.OPEN, Lid.CLOSED))} if sensed else {}
        empty = {"load": Load.EMPTY, "body_raised": True} if sensed else {}
        if how == "dump":
            self.to(1200, dice.choice((0, 700)))
            self.stand(dice.choice((20, 60, 100)), **empty)
        else:
            if dice.random() < 0.4:
                self.to(dice.uniform(500, 3500), dice.choice((150, 400, 900)))
            self.visit("other_ground" if how == "wrong" else "ground")
            self.stand(dice.choice((40, 90)), **empty)
        self.sensors.pop("body_raised", None)
        self.sensors.pop("lid", None)

    def work(self) -> None:
        if self.vehicle == "w2":
            self.sensors["temperature_c"] = self.dice.choice((-6.0, -4.0, 5.0))
        self.to(-900, 0)
        self.sensors["work"] = (Work.WASH if self.vehicle == "w2" else Work.SWEEP,)
        self.to(-900, self.dice.choice((500, 1000)), self.dice.choice((12, 30)))
        self.sensors.pop("work")

    def go_home(self) -> None:
        self.visit("depot")
        self.stand(60, ignition=False)
        self.t += self.dice.choice((0, 400, 800))
        self.sensors.pop("ignition", None)

    def pass_through(self) -> None:
        """Between two fixes."""
        self.to(2300, -300, 90)
        self.to(2800, -300, 90)

    def stop(self) -> None:
        self.to(self.dice.uniform(0, 3000), self.dice.uniform(-400, 900))
        self.stand(self.dice.choice((60, 200)))

    def trespass(self) -> None:
        self.visit("shut")
        self.stand(self.dice.choice((10, 60)))

    def jam(self) -> None:
        for _ in range(6):
            self.to(self.x + 40, self.y, 6)
            self.stand(10)

    def act(self) -> None:
        hauls = [partial(self.haul, how) for how in ("right", "right", "wrong", "dump", "black")]
        if self.vehicle.startswith("w"):
            hauls = [self.work] * 4
        others = (self.go_home, self.pass_through, self.stop, self.trespass, self.jam,
                  self.silence, self.dead_area, self.strays, self.cut)  # fmt: skip
        self.dice.choice((*hauls, *others))()


def busy_day(world, dice: random.Random, vehicle: str, fixes: int) -> list[Position]:
    """About so many fixes, in order of time, each with a time of its own."""
    day = BusyDay(world, dice, vehicle, x=dice.uniform(-500, 500), y=dice.uniform(-500, 500))
    while len(day.fixes) < fixes:
        day.act()
    if dice.random() < 0.5:
        day.stand(100)
    return list({p.fix_time: p for p in day.fixes[: fixes * 2]}.values())
