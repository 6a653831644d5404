"""The days of a sanitation truck: its planned rounds; honest unless an act is drawn."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import accumulate

from shapely import LineString

from config.round_plan import RoundPlan, WorkKind
from demo.fleet.labelled.diary import COLLECT, SPRAY, SWEEP, WASH, Diary
from demo.fleet.labelled.district import Crew, District
from demo.fleet.labelled.driver import Driver
from demo.fleet.labelled.label import Label
from demo.fleet.leg import Halt
from demo.fleet.plane import Point
from demo.fleet.road_map import join, node_at

BITS = {WorkKind.SWEEP: SWEEP, WorkKind.WASH: WASH, WorkKind.SPRAY: SPRAY,
        WorkKind.COLLECT: COLLECT}  # fmt: skip
USUAL_KMH = {WorkKind.SWEEP: (5.2, 7.2), WorkKind.WASH: (9.0, 13.0), WorkKind.SPRAY: (9.0, 13.5),
             WorkKind.COLLECT: (18.0, 26.0)}  # fmt: skip
CONTAINER_EVERY_M = 220.0
OFFENDING = 0.6  # of an offender's rounds
ACTS = ("skip", "too_fast", "late", "leave", "stand", "stay_away")
WEIGHTS = (1.3, 1.4, 1.0, 1.2, 1.0, 0.3)


class RoundShift:
    """One truck and its plan, from the begin to the end of the set (`end`, seconds since 1970).

    Attributes:
        labels: of what is wrong with its rounds; the rest is `RoundTruth`'s matter.
        rounds: begin and end of the work of each.
    """

    def __init__(self, district: District, crew: Crew, end: float, dice: random.Random) -> None:
        self.district, self.crew, self.end, self.dice = district, crew, end, dice
        home = district.node(crew.home, dice)
        self.diary = Diary(district.start.timestamp(), (home[0] / 10, home[1] / 10))
        self.driver = Driver(district, self.diary, home, dice)
        self.labels: list[Label] = []
        self.plan: RoundPlan = district.rounds[crew.permit_id]
        self.parts: list[list[Point]] = district.segments[self.plan.route_id]
        self.path = self.driver.path(join(self.parts))
        lengths = [LineString(part).length for part in self.parts]
        self.ends = [0.0, *accumulate(lengths)]
        self.ends[-1] = self.path.length
        self.rounds: list[tuple[float, float]] = []
        self._window = (0.0, 0.0)

    @property
    def clock(self) -> float:
        return self.diary.clock

    def windows(self) -> list[tuple[float, float]]:
        start = self.district.start.timestamp()
        found = []
        for day in range(int((self.end - start) / 86400) + 1):
            for a, b in self.plan.window.spans_min:
                begin = start + day * 86400 + a * 60
                end = begin + ((b - a) % 1440) * 60
                if start + 3600 < begin < self.end - 1800:
                    found.append((begin, end))
        return found

    def work(self, offends: bool) -> None:
        frost = self.district.frosty and self.plan.work in (WorkKind.WASH, WorkKind.SPRAY)
        for window in self.windows():
            self._window = window
            dice = self.dice
            act = ""
            if offends and dice.random() < OFFENDING:
                act = dice.choices(ACTS, WEIGHTS)[0]
            if frost:
                if not offends or dice.random() < 0.5:
                    self._held_back()
                    continue
                act = ""
            if act == "stay_away":
                for number in range(len(self.parts)):
                    self._missed(number, "stayed away")
                self._label("round_late", window[0], window[1] + 3600, required=False)
                continue
            self._round(act, frost)
        self.driver.sleep_until(self.end)

    def _round(self, act: str, frost: bool) -> None:
        plan, dice, (opens, shuts) = self.plan, self.dice, self._window
        low, high = USUAL_KMH[plan.work]
        kmh = dice.uniform(low, high)
        halts = (
            0.13 * self.path.length / CONTAINER_EVERY_M * 200
            if plan.work is WorkKind.COLLECT
            else 0
        )
        needs = plan.passes * (self.path.length / kmh * 3.6 * 1.22 + halts) + 200
        begin = opens + dice.uniform(60, 900)
        if act == "late":
            begin = max(begin, shuts + dice.uniform(1300, 3000) - needs)
        way = self.district.roads.way(self.driver.node, node_at(self.parts[0][0]))
        self.driver.sleep_until(begin - LineString(way).length / 8.0 - 90)
        self.driver.go(node_at(self.parts[0][0]))
        self.driver.stay(max(begin - self.clock, 30))
        started = self.clock
        self.rounds.append((started, started))
        for number in range(plan.passes):
            self._pass(kmh, act if number == 0 else "")
        self.rounds[-1] = started, self.clock
        if frost:
            self._label("wash_in_frost", started, self.clock)
        late_s = self.clock - shuts
        if late_s > -300:
            self._label("round_late", shuts, self.clock, required=late_s > 600, detail="late")
            self._label("missed_segment", opens, self.clock, required=False, detail="late")
        self._go_home()

    def _pass(self, kmh: float, act: str) -> None:
        """Once along all segments; those of an act in its own way."""
        dice, count = self.dice, len(self.parts)
        first = dice.randrange(1, count - 2)
        last = min(first + dice.randint(1, 3), count - 1)
        if act == "skip":
            self._drive(0, first, kmh)
            self._drive(first, last, 32.0, at_work=False)
            for number in range(first, last):
                self._missed(number, "work off")
            self._drive(last, count, kmh)
            # Going home with a round undone may be taken for leaving it.
            self._label("left_work_area", self.clock, self.clock + 3600, required=False)
            self._label("round_late", self._window[0], self._window[1] + 3600, required=False)
        elif act == "too_fast":
            self._drive(0, first, kmh)
            fast = (self.plan.max_kmh or kmh) * dice.uniform(1.5, 2.1)
            begin, end = self._drive(first, last, min(fast, 50.0), hurry=True)
            sure = end - begin > max(60.0, 5 * self.crew.equipment.interval_s)
            self._label("work_too_fast", begin, end, required=sure, detail=f"{first + 1}-{last}")
            self._drive(last, count, kmh)
        elif act == "leave":
            self._drive(0, first, kmh)
            self._errand(first)
            self._drive(first, count, kmh)
        elif act == "stand":
            self._drive(0, first, kmh)
            self.driver.stay(20 * 60, 50 * 60)
            self._drive(first, count, kmh)
        else:
            self._drive(0, count, kmh)

    def _drive(
        self, first: int, last: int, kmh: float, at_work: bool = True, hurry: bool = False
    ) -> tuple[float, float]:
        """Along segments [first, last) with the tools on or off."""
        from_m, to_m = self.ends[first], self.ends[last]
        self.diary.say("work", BITS[self.plan.work] if at_work else 0)
        halts: tuple[Halt, ...] = ()
        if self.plan.work is WorkKind.COLLECT and at_work and not hurry:
            places = range(int(from_m // CONTAINER_EVERY_M) + 1, int(to_m // CONTAINER_EVERY_M))
            halts = tuple(Halt(i * CONTAINER_EVERY_M, self.dice.uniform(12, 40)) for i in places)
        fast = {"hurry_kmh": kmh, "hurry_m": (from_m, to_m)} if hurry else {}
        drive = self.driver.drive(
            self.path, from_m, to_m, top_kmh=kmh, halts=halts, free=hurry,
            **fast,  # type: ignore[arg-type] # as `drive` has them
        )  # fmt: skip
        self.diary.say("work", 0)
        return drive

    def _errand(self, segment: int) -> None:
        """Away from the work area in the middle of the round, and back."""
        town = self.district.town
        yard = town.yards[self.dice.choice(("fuel", "home", "black-site-1"))]
        part = [(x, y) for x, y in self.parts[segment - 1]]
        before = self.parts[:segment]
        start = node_at(before[-1][-1])
        roads = self.district.roads
        if not roads.map.roads_at(start):  # in the middle of a street: to its end first
            points = [*part[-1:], *self._to_junction(segment)]
            self.driver.drive(self.driver.path(points))
            start = node_at(points[-1])
        else:
            points = []
        self.driver.node = start
        self.driver.go(self.dice.choice(yard.spots))
        self.driver.stay(660, 1500)
        self.driver.go(start)
        if points:
            self.driver.drive(self.driver.path(points[::-1]))

    def _to_junction(self, segment: int) -> Sequence[Point]:
        return self.parts[segment]

    def _held_back(self) -> None:
        """Too cold to wash: the truck stays where it is, and nobody is to blame."""
        self.driver.sleep_until(self._window[1])

    def _go_home(self) -> None:
        self.driver.node = node_at(self.parts[-1][-1])
        if self.plan.work is WorkKind.COLLECT:
            self.driver.go(self.district.node("transfer-1", self.dice))
            self.driver.stay(240, 600)
        self.driver.go(self.district.node(self.crew.home, self.dice))

    def _missed(self, segment: int, how: str) -> None:
        opens, shuts = self._window
        self._label("missed_segment", opens, shuts, evident=shuts, detail=f"{segment + 1} {how}")

    def _label(
        self,
        kind: str,
        started: float,
        ended: float,
        *,
        evident: float | None = None,
        required: bool = True,
        detail: str = "",
    ) -> None:
        lon, lat = self.district.town.plane.to_degrees(self.diary.place)
        self.labels.append(
            Label(kind=kind, vehicle_id=self.crew.vehicle_id, subject=self.plan.plan_id,
                  started=started, ended=ended, evident=started if evident is None else evident,
                  lon=lon, lat=lat, required=required, detail=detail)
        )  # fmt: skip
