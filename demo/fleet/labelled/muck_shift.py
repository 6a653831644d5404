"""The days of a muck truck: shifts, trips, breaks, nights; honest unless an act is drawn."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from shapely import LineString
from shapely.ops import substring

from demo.fleet.labelled.diary import CLOSED, EMPTY, FULL, HALF, OPEN, Cargo, Diary
from demo.fleet.labelled.district import TIMEZONE, Crew, District
from demo.fleet.labelled.driver import Driver
from demo.fleet.labelled.label import Label
from demo.fleet.labelled.ways_astray import rest_of
from demo.fleet.plane import Point
from demo.fleet.road_map import Node, join, node_at

HOUR = 3600.0
TRIP_S = 1.25 * HOUR  # with queues at both ends, the longest ordinary one
MOST_TRIPS = 13  # a day; five trucks share one permit's eighty
MARGIN_S = 0.5 * HOUR  # an honest driver begins no trip later than this before the hours end


class MuckShift:
    """One truck from the begin to the end of the set. `end` is seconds since 1970.

    Attributes:
        labels: of acts that only who commits them can name; the rest is `truth`'s matter.
        day_trips: loads taken up on each local day.
        stops: when the shift that goes on is to end.
        taken: begin, end and leaving of the load on board, and the yard it comes from.
        unseen_dump: begin, end and place of a dumping that no sensor shows; the next load will.
    """

    def __init__(self, district: District, crew: Crew, end: float, dice: random.Random) -> None:
        self.district, self.crew, self.end, self.dice = district, crew, end, dice
        home = district.node(crew.home, dice)
        self.diary = Diary(district.start.timestamp(), (home[0] / 10, home[1] / 10))
        self.driver = Driver(district, self.diary, home, dice)
        self.driver.limit_kmh = crew.limit_kmh or 100.0
        self.labels: list[Label] = []
        self.day_trips: Counter[int] = Counter()
        self.taken: tuple[float, float, float, str] | None = None
        self.stops = end
        self.unseen_dump: tuple[float, float, Point] | None = None
        self._rest_of: tuple[list[Point], float] = [], 0.0

    @property
    def clock(self) -> float:
        return self.diary.clock

    def shifts(self) -> list[tuple[float, float, float, float]]:
        """When it works: begin and end, and begin and end of the permitted hours about them."""
        start = self.district.start.timestamp()
        spans = self.crew.hours.spans_min or (self.dice.choice(((330, 1230), (1140, 360))),)
        if self.crew.offence == "over_quota":
            spans = ((420, 1140),) if not self.crew.hours.spans_min else spans
        found = []
        for day in range(-1, int((self.end - start) / 86400) + 1):
            for a, b in spans:
                opens = start + day * 86400 + a * 60
                shuts = opens + ((b - a) % 1440) * 60
                opens = max(opens, start)
                begin = opens + self.dice.uniform(300, 2700)
                length = self.dice.uniform(8, 11) * HOUR
                stops = min(begin + length, shuts - MARGIN_S, self.end - 1.5 * HOUR)
                if stops - begin > 1.5 * TRIP_S and self.dice.random() < 0.97:
                    found.append((begin, stops, opens, min(shuts, self.end)))
        return sorted(found)

    def quota_left(self) -> bool:
        """Whether another trip is surely within the permit's trips a day, however one counts."""
        return self.day_trips[self.day(self.clock)] < MOST_TRIPS

    def day(self, at: float) -> int:
        return datetime.fromtimestamp(at, TIMEZONE).toordinal()

    def line(self) -> tuple[Point, ...]:
        return self.dice.choice(self.crew.lines)

    # What a trip is made of.

    def to_site(self, yard_id: str | None = None) -> None:
        """Empty to the place of loading; now and then by way of the filling station."""
        dice, town = self.dice, self.district.town
        yard_id = yard_id or self.crew.site_id
        if self.driver.node in town.yards[self.crew.ground_id].spots and dice.random() < 0.09:
            self.driver.go(dice.choice(town.yards["fuel"].spots))
            self.driver.stay(300, 720)
        ground = town.yards[self.crew.ground_id]
        spot = self.district.node(yard_id, dice)
        if (
            self.driver.node in ground.spots
            and yard_id == self.crew.site_id
            and dice.random() < 0.8
        ):
            points = self.district.roads.through(self.line()[::-1], self.driver.node, spot)
            self.driver.drive(self.driver.path(points))
            self.driver.node = spot
        else:
            self.driver.go(spot)

    def load(self, yard_id: str | None = None, shut_lid: bool = True) -> None:
        """Queue, 5 to 15 minutes under the shovel, lid shut, papers."""
        dice, diary = self.dice, self.diary
        begin = self.clock
        if dice.random() < 0.5:
            self.driver.stay(60, 600)
        diary.say("lid", OPEN, self.clock + dice.uniform(5, 60))
        seconds = dice.uniform(300, 900)
        full = self.clock + seconds * dice.uniform(0.85, 0.97)
        diary.say("load", HALF, self.clock + seconds * dice.uniform(0.3, 0.6))
        diary.say("load", FULL, full)
        diary.say("weight", dice.randint(18000, 32000), full)
        self.driver.stay(seconds)
        if shut_lid:
            diary.say("lid", CLOSED, self.clock + 15)
        self.driver.stay(40, 150)
        self.day_trips[self.day(begin)] += 1
        self._show_dump(seen=yard_id is None)
        site = self.crew.site_id if yard_id is None else yard_id
        self.taken = begin, full, self.clock, site
        if self.crew.offence in ("", "over_quota"):
            quota = self.crew.trips_a_day
            wrong = self.crew.offence and quota and self.day_trips[self.day(begin)] > quota
        else:
            wrong = True
        if wrong and yard_id is None:
            self.label("no_permit", begin, self.clock + 300, detail=self.crew.offence,
                       required=self.day(begin - 1200) == self.day(self.clock + 600))  # fmt: skip

    def haul(self, points: Sequence[Point] | None = None, **how: object) -> tuple[float, float]:
        """Laden to the ground, over a permitted way or the points given (gate to gate)."""
        spot = self.district.node(self.crew.ground_id, self.dice)
        whole = self.district.roads.through(points or self.line(), self.driver.node, spot)
        begin, end = self.driver.drive(self.driver.path(whole), **how)  # type: ignore[arg-type] # as `drive` has them
        self.driver.node = spot
        return begin, end

    def unload(self, yard_id: str | None = None) -> None:
        """Queue, open, raise, empty, lower, shut."""
        dice = self.dice
        if dice.random() < 0.5:
            self.driver.stay(60, 480)
        emptied = self.tip(dice.uniform(150, 330))
        self.driver.stay(30, 120)
        self.emptied(emptied, self.crew.ground_id if yard_id is None else yard_id)

    def tip(self, seconds: float, raise_body: bool = True) -> float:
        """Stands and tips; the time at which the load is gone."""
        diary, begin = self.diary, self.clock
        diary.say("lid", OPEN, begin + 0.06 * seconds)
        if raise_body:
            diary.say("body", 1, begin + 0.15 * seconds)
            diary.say("body", 0, begin + 0.85 * seconds)
        diary.say("load", HALF, begin + 0.4 * seconds)
        emptied = begin + 0.55 * seconds
        diary.say("load", EMPTY, emptied)
        diary.say("weight", 0, emptied)
        diary.stay(seconds)
        diary.say("lid", CLOSED, self.clock + 10)
        return emptied

    def emptied(self, at: float, where: str) -> None:
        if self.taken is not None:
            begin, full, left, yard_id = self.taken
            self.diary.cargoes.append(
                Cargo(begin, full, left, yard_id, at, where, self.diary.place)
            )
        self.taken = None

    def rest(self) -> None:
        """A break, empty, in the yard it stands in; often with the engine off."""
        off = self.dice.random() < 0.6
        if off:
            self.diary.say("ignition", 0)
        self.driver.stay(1200, 2400)
        self.diary.say("ignition", 1)
        self.driver.stay(30, 90)

    def home(self) -> None:
        self.driver.go(self.district.node(self.crew.home, self.dice))

    def label(self, kind: str, started: float, ended: float, evident: float | None = None,
              **more: object) -> None:  # fmt: skip
        lon, lat = self.district.town.plane.to_degrees(self.diary.place)
        given: dict[str, object] = {"lon": lon, "lat": lat, **more}
        self.labels.append(
            Label(kind=kind, vehicle_id=self.crew.vehicle_id, started=started, ended=ended,
                  evident=started if evident is None else evident, **given)  # type: ignore[arg-type]
        )  # fmt: skip

    def _show_dump(self, seen: bool) -> None:
        """A truck without sensors that is loaded again was never at a ground: now it is known."""
        if self.unseen_dump is not None:
            begin, end, place = self.unseen_dump
            lon, lat = self.district.town.plane.to_degrees(place)
            self.label("suspected_dumping", begin, end, self.clock, detail="no sensors",
                       required=seen, lon=lon, lat=lat)  # fmt: skip
            self.unseen_dump = None

    def honest_trip(self) -> None:
        self.to_site()
        self.load()
        self.haul()
        self.unload()

    # Drives that do not end at a place of the town.

    def start_node(self, points: Sequence[Point]) -> Node:
        """The end of a line as a node, so that `through` adds nothing there."""
        return node_at(points[-1])

    def haul_to(self, points: Sequence[Point], at_m: float) -> None:
        """From the spot in the site along a line that begins at its gate, up to so many metres."""
        head = self.district.roads.through(points[:1], self.driver.node, node_at(points[0]))
        whole = join([head, list(points)]) if len(head) > 1 else list(points)
        extra = LineString(head).length if len(head) > 1 else 0.0
        self.driver.drive(self.driver.path(whole), to_m=at_m + extra)
        self._rest_of = list(points), at_m

    def haul_on(self) -> None:
        """The rest of the line, to a spot in the ground."""
        points, at_m = self._rest_of
        self.resume(rest_of(points, at_m))

    def resume(self, points: Sequence[Point]) -> None:
        """From where it stands along points that end at the ground's gate, to a spot in it."""
        gate = node_at(points[-1])
        spot = self.district.node(self.crew.ground_id, self.dice)
        tail = self.district.roads.map.way(gate, {spot}, ()) or []
        self.driver.drive(self.driver.path(join([list(points), tail])))
        self.driver.node = spot

    def resume_empty(self, points: Sequence[Point]) -> None:
        """From where it stands along points that end at a gate."""
        self.driver.drive(self.driver.path(points))
        self.driver.node = node_at(points[-1])

    def creep(self, points: Sequence[Point], from_m: float, to_m: float) -> float:
        """Along a line at a walk with the body raised; the time at which the load is gone."""
        part = substring(LineString(points), from_m, to_m)
        self.diary.say("body", 1)
        self.diary.say("lid", OPEN)
        begin, end = self.driver.drive(
            self.driver.path([(x, y) for x, y in part.coords]), top_kmh=3.6, free=True
        )
        emptied = begin + 0.8 * (end - begin)
        self.diary.say("load", HALF, begin + 0.4 * (end - begin))
        self.diary.say("load", EMPTY, emptied)
        self.diary.say("weight", 0, emptied)
        self.diary.say("body", 0, end + 10)
        self.diary.say("lid", CLOSED, end + 15)
        self.driver.stay(20, 40)
        return emptied

    def zone_in_force(self, zone_id: str, at: float) -> bool:
        local = datetime.fromtimestamp(at, TIMEZONE)
        return self.district.zones[zone_id].hours.contains(local.hour * 60 + local.minute)
