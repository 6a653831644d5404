"""Rounds of sanitation work: what is covered, missed, too fast, late; and in frost."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from shapely import MultiLineString, box

from config.hours import DailyHours
from config.round_plan import RoundPlan, WorkKind
from config.route import Route, RouteKind
from config.vehicle import VehicleKind
from config.zone import Zone, ZoneKind
from geofence.engine import Engine
from geofence.finding import Round, RoundState, SegmentState, identity
from ingest.position import Work

PARTS = [[(0, 0), (300, 0)], [(300, 0), (600, 0)], [(600, 0), (600, 300)], [(600, 300), (600, 600)]]
"""A street of two segments to the east, and one of two to the north at its end. Noon is t = 0."""
S = {s.name: s.value for s in SegmentState}
ALONE = {kind: {"enabled": False} for kind in ("terminal_offline", "track_gap")}
SITE_START = -3600.0


def make_site(world, plan=None, zones=(), rules=None, parts=PARTS, vehicles=("v1", "v2"), **more):
    work = more.get("work", WorkKind.SWEEP)
    kind = RouteKind.SWEEP if work is WorkKind.SWEEP else RouteKind.WASH
    lines = MultiLineString([[world.degrees(*p) for p in part] for part in parts])
    standard = {
        "plan_id": "p", "name": "p", "route_id": "r", "work": work, "vehicle_ids": vehicles,
        "window": DailyHours.parse("12:00-13:00"), "max_kmh": 10.0,
    }  # fmt: skip
    names = tuple(f"s{i}" for i in range(len(parts)))
    return world.site(
        zones={z.id: z for z in zones},
        routes={"r": Route("r", "r", kind, lines, 25.0, segment_names=names)},
        vehicles={v: world.truck(v, VehicleKind.SWEEPER) for v in (*vehicles, "other")},
        rounds={"p": plan or RoundPlan(**(standard | more))},
        rules={**ALONE, **(rules or {})},
    )


class Shift:
    """Works along points, a fix every 10 s, with a wandering error of some metres."""

    def __init__(self, world, vehicle="v1", t=300.0, error_m=4.0, seed=1, work=Work.SWEEP):
        self.world, self.vehicle, self.t, self.work = world, vehicle, t, work
        self.dice, self.error_m, self.error = random.Random(seed), error_m, [0.0, 0.0]
        self.fixes, self.sensors, self.at = [], {}, (0.0, 0.0)

    def fix(self, kmh, on):
        keep = 0.78  # 10 s of a memory of 40 s
        self.error = [
            keep * e + self.dice.gauss(0, self.error_m * (1 - keep**2) ** 0.5) for e in self.error
        ]
        x, y = self.at[0] + self.error[0], self.at[1] + self.error[1]
        more = {"work": (self.work,) if on else (), "speed_kmh": float(kmh), **self.sensors}
        self.fixes.append(self.world.fix(self.t, x, y, self.vehicle, **more))

    def go(self, *points, kmh=7.2, on=True, every=10.0):
        for to in points:
            way = ((to[0] - self.at[0]) ** 2 + (to[1] - self.at[1]) ** 2) ** 0.5
            seconds, begin, end = way / kmh * 3.6, self.at, self.t + way / kmh * 3.6
            while self.t < end:
                share = 1 - (end - self.t) / seconds
                self.at = tuple(a + (b - a) * share for a, b in zip(begin, to, strict=True))
                self.fix(kmh, on)
                self.t += every
            self.at = to
        return self

    def stand(self, seconds, on=True):
        for _ in range(int(seconds / 10)):
            self.fix(0, on)
            self.t += 10
        return self

    def jump(self, *to):
        """Drives there unseen."""
        self.at, self.t = to, self.t + 400
        return self


WHOLE = ((300, 0), (600, 0), (600, 300), (600, 600))


def judge(world, engine, fixes, until=7200.0, step=60.0):
    """As it happens: minute by minute, from an hour before noon on."""
    state, told, t = engine.initial(), [], SITE_START
    fixes = sorted(fixes, key=lambda f: f.fix_time)
    while t <= until:
        now = world.t0 + timedelta(seconds=t)
        due = [f for f in fixes if f.fix_time <= now]
        fixes = fixes[len(due) :]
        state, found = engine.advance(state, due, now)
        told += found
        t += step
    return state, world.final(told), told


def the_round(final) -> Round:
    (found,) = [f for f in final.values() if isinstance(f, Round)]
    return found


def states(found: Round) -> list[str]:
    return [s.state.value for s in found.segments]


def kinds(final) -> list[str]:
    return sorted({f.kind for f in final.values() if hasattr(f, "kind")})


@pytest.mark.parametrize("seed", range(4))
def test_the_whole_round(world, seed):
    shift = Shift(world, seed=seed).go(*WHOLE).stand(60, on=False)
    _, final, told = judge(world, Engine(make_site(world)), shift.fixes)
    found = the_round(final)
    assert found.state is RoundState.DONE
    assert states(found) == [S["COVERED"]] * 4
    assert found.coverage > 0.97
    assert kinds(final) == []
    assert found.vehicle_ids == ("v1",)
    assert found.segments[1].speed_kmh == pytest.approx(7.2, abs=0.6)
    begun = next(f for f in told if isinstance(f, Round))
    assert states(begun) == [S["PENDING"]] * 4
    assert begun.state is RoundState.UNDER_WAY


@pytest.mark.parametrize(
    ("drive", "expected", "alerts"),
    [
        # The tool is off on the third, which is driven fast.
        (
            lambda s: s.go((300, 0), (600, 0)).go((600, 300), kmh=32, on=False).go((600, 600)),
            ["COVERED", "COVERED", "MISSED", "COVERED"], ["missed_segment", "round_late"],
        ),
        # The last is not driven at all.
        (
            lambda s: s.go((300, 0), (600, 0), (600, 300)).stand(60, on=False),
            ["COVERED", "COVERED", "COVERED", "MISSED"], ["missed_segment", "round_late"],
        ),
        # Half of the second without the tool.
        (
            lambda s: s.go((350, 0)).go((500, 0), on=False).go((600, 0), (600, 300), (600, 600)),
            ["COVERED", "MISSED", "COVERED", "COVERED"], ["missed_segment", "round_late"],
        ),
        # The second and the third at 16 km/h.
        (
            lambda s: s.go((300, 0)).go((600, 0), (600, 300), kmh=16).go((600, 600)),
            ["COVERED", "TOO_FAST", "TOO_FAST", "COVERED"], ["work_too_fast"],
        ),
        # A flicker of the sensor, a light, a turn at the end.
        (
            lambda s: s.go((250, 0)).go((270, 0), on=False).go((300, 0)).stand(90)
            .go((600, 0), (600, 300), (600, 600), (600, 500)),
            ["COVERED"] * 4, [],
        ),
    ],
)  # fmt: skip
def test_a_part_of_the_round(world, drive, expected, alerts):
    shift = drive(Shift(world)).stand(60, on=False)
    _, final, _ = judge(world, Engine(make_site(world)), shift.fixes)
    assert states(the_round(final)) == [S[name] for name in expected]
    assert kinds(final) == alerts


@pytest.mark.parametrize(("silent_s", "lost_m"), [(60, 0), (150, 0), (280, 0), (360, 730)])
def test_a_silence_in_the_middle(world, silent_s, lost_m):
    """What lies in it was worked, if the truck came no further than it does at work."""
    shift = Shift(world).go(*WHOLE).stand(60, on=False)
    begin = world.t0 + timedelta(seconds=350)
    end = begin + timedelta(seconds=silent_s)
    fixes = [f for f in shift.fixes if not begin <= f.fix_time < end]
    _, final, _ = judge(world, Engine(make_site(world)), fixes)
    found = the_round(final)
    assert sum(s.covered_m for s in found.segments) == pytest.approx(1200 - lost_m, abs=30)
    assert found.segments[3].state is SegmentState.COVERED


def test_what_a_missed_segment_tells(world):
    shift = Shift(world).go((300, 0), (600, 0)).go((600, 300), kmh=32, on=False).go((600, 600))
    _, final, _ = judge(world, Engine(make_site(world)), shift.fixes)
    (missed,) = world.violations(final, "missed_segment")
    assert missed.subject == "p"
    assert missed.vehicle_id == "v1"
    assert missed.values["segment_name"] == "s2"
    assert missed.values["length_m"] == pytest.approx(300, abs=2)
    assert missed.ended_at - missed.started_at == timedelta(hours=1)
    assert not missed.backfill
    assert missed.confirmed_at == world.t0 + timedelta(seconds=3600 + 600)
    (late,) = world.violations(final, "round_late")
    assert late.started_at == world.t0 + timedelta(hours=1)
    assert late.values["window"] == "12:00-13:00"
    assert late.values["coverage"] == pytest.approx(0.76, abs=0.03)
    assert the_round(final).state is RoundState.INCOMPLETE


def test_direction_and_order(world):
    back = tuple(reversed([(0, 0), *WHOLE]))
    shift = Shift(world)
    shift.at = back[0]
    shift.go(*back[1:])
    one_way = make_site(world, one_way=True)
    _, final, _ = judge(world, Engine(one_way), shift.fixes)
    assert states(the_round(final)) == [S["MISSED"]] * 4
    (missed,) = world.violations(final, "missed_segment")
    assert missed.values["against_direction"] == 4
    either = make_site(world, in_order=True)
    _, final, _ = judge(world, Engine(either), shift.fixes)
    assert sorted(states(the_round(final))) == [S["COVERED"]] + [S["OUT_OF_ORDER"]] * 3
    swapped = Shift(world, error_m=2)
    swapped.go((300, 0)).jump(600, 0).go((600, 300)).jump(300, 0).go((600, 0))
    swapped.jump(600, 300).go((600, 600))
    _, final, _ = judge(world, Engine(either), swapped.fixes)
    assert states(the_round(final)).count(S["OUT_OF_ORDER"]) == 1


@pytest.mark.parametrize(("times", "state"), [(1, RoundState.INCOMPLETE), (2, RoundState.DONE)])
def test_two_passes(world, times, state):
    shift = Shift(world)
    for _ in range(times):
        shift.go(*WHOLE).jump(0, 0)
    _, final, _ = judge(world, Engine(make_site(world, passes=2)), shift.fixes)
    found = the_round(final)
    assert found.state is state
    assert [s.passes for s in found.segments] == [times] * 4


def test_there_and_back_is_two_passes_but_one_where_the_direction_counts(world):
    shift = Shift(world).go(*WHOLE).go((600, 300), (600, 0), (300, 0), (0, 0))
    _, final, _ = judge(world, Engine(make_site(world, passes=2)), shift.fixes)
    assert the_round(final).state is RoundState.DONE
    _, final, _ = judge(world, Engine(make_site(world, passes=2, one_way=True)), shift.fixes)
    assert [s.passes for s in the_round(final).segments] == [1] * 4


def test_parallel_carriageways(world):
    """Each worked in its own direction, 15 m from the other."""
    there, back = [(0, 0), (400, 0)], [(400, 15), (0, 15)]
    site = make_site(world, parts=[there, back], one_way=True)
    one = Shift(world, seed=3).go((400, 0)).stand(30, on=False)
    _, final, _ = judge(world, Engine(site), one.fixes)
    assert states(the_round(final)) == [S["COVERED"], S["MISSED"]]
    both = Shift(world, seed=3).go((400, 0), (400, 15), (0, 15)).stand(30, on=False)
    _, final, _ = judge(world, Engine(site), both.fixes)
    assert states(the_round(final)) == [S["COVERED"]] * 2


def test_two_vehicles_share_a_round(world):
    one = Shift(world, "v1").go((300, 0), (600, 0)).stand(30, on=False)
    two = Shift(world, "v2", seed=2).jump(600, 0).go((600, 300), (600, 600)).stand(30, on=False)
    other = Shift(world, "other").go(*WHOLE)
    _, final, _ = judge(world, Engine(make_site(world)), one.fixes + two.fixes)
    found = the_round(final)
    assert found.state is RoundState.DONE
    assert found.vehicle_ids == ("v1", "v2")
    _, final, _ = judge(world, Engine(make_site(world)), other.fixes)
    assert the_round(final).coverage == 0


def test_nobody_came(world):
    _, final, told = judge(world, Engine(make_site(world)), [])
    found = the_round(final)
    assert found.state is RoundState.INCOMPLETE
    assert states(found) == [S["MISSED"]] * 4
    assert kinds(final) == ["missed_segment", "round_late"]
    assert {v.vehicle_id for v in told if hasattr(v, "kind")} == {"v1"}
    assert all(v.ended_at for v in told if hasattr(v, "kind"))


def test_done_late(world):
    shift = Shift(world, t=3600 - 400.0).go(*WHOLE).stand(60, on=False)
    _, final, _ = judge(world, Engine(make_site(world)), shift.fixes)
    found = the_round(final)
    assert found.state is RoundState.DONE
    assert found.late_s == pytest.approx(200, abs=40)
    assert kinds(final) == []
    shift = Shift(world, t=3600 + 900.0).go(*WHOLE).stand(60, on=False)
    _, final, _ = judge(world, Engine(make_site(world)), shift.fixes)
    found = the_round(final)
    assert found.state is RoundState.LATE
    assert states(found) == [S["LATE"]] * 4
    assert kinds(final) == ["round_late"]
    (late,) = world.violations(final, "round_late")
    assert late.ended_at == found.finished_at
    assert late.values["coverage"] == 0
    assert late.values["late_s"] == pytest.approx(found.late_s)


COLD = {"wash_in_frost": {"temperature_c": -2.0}}


def wash(world, **more):
    return make_site(world, work=WorkKind.WASH, max_kmh=15.0, **more)


def test_a_round_is_held_back_by_frost(world):
    # By what the site says, by a thermometer of a truck that stays at home; not for sweeping.
    _, final, _ = judge(world, Engine(wash(world, rules=COLD)), [])
    assert the_round(final).state is RoundState.HELD_BACK
    assert kinds(final) == []
    home = Shift(world, t=-1800.0)
    home.at, home.sensors = (5000, 0), {"temperature_c": 1.0}
    home.stand(60, on=False)
    _, final, _ = judge(world, Engine(wash(world)), home.fixes)
    assert the_round(final).state is RoundState.HELD_BACK
    assert the_round(final).temperature_c == 1.0
    home.sensors = {"temperature_c": 4.0}
    home.stand(60, on=False)
    _, final, _ = judge(world, Engine(wash(world)), home.fixes)
    assert kinds(final) == ["missed_segment", "round_late"]
    _, final, _ = judge(world, Engine(make_site(world, rules=COLD)), [])
    assert the_round(final).state is RoundState.INCOMPLETE


@pytest.mark.parametrize(
    ("rules", "air_c", "kind"),
    [(COLD, None, True), (COLD, 5.0, False), (None, 1.0, True), (None, None, False)],
)
def test_washing_in_frost(world, rules, air_c, kind):
    shift = Shift(world, work=Work.WASH)
    shift.sensors = {} if air_c is None else {"temperature_c": air_c}
    shift.go((300, 0), (600, 0), kmh=13).stand(200, on=False)
    _, final, _ = judge(world, Engine(wash(world, rules=rules)), shift.fixes)
    found = world.violations(final, "wash_in_frost")
    assert bool(found) is kind
    if kind:
        assert found[0].subject == "p"
        assert found[0].values["temperature_c"] == (air_c if rules is None else -2.0)


def test_a_fresh_start_misses_nothing_of_before(world):
    engine = Engine(make_site(world))
    state, told = engine.initial(), []
    for minute in range(30, 120):
        state, found = engine.advance(state, [], world.t0 + timedelta(minutes=minute))
        told += found
    assert told == []


def test_a_window_over_midnight_belongs_to_the_day_it_begins(world):
    """2026-03-02 is a Monday; the window is of Monday night, in Shanghai."""
    plan = {"window": DailyHours.parse("23:00-01:00"), "weekdays": frozenset({0})}
    shift = Shift(world, t=11.7 * 3600).go(*WHOLE).stand(60, on=False)
    _, final, _ = judge(
        world, Engine(make_site(world, **plan)), shift.fixes, until=40 * 3600, step=600
    )
    found = the_round(final)
    assert found.window_from == datetime(2026, 3, 2, 15, tzinfo=UTC)
    assert found.window_to == datetime(2026, 3, 2, 17, tzinfo=UTC)
    assert found.state is RoundState.DONE


def test_forgotten_after_a_day_and_cheap_in_between(world):
    engine = Engine(make_site(world))
    state, _, _ = judge(world, engine, [], until=3600 * 23, step=1800)
    assert len(state.district.rounds.records) == 1
    again, _ = engine.advance(state, [], world.t0 + timedelta(hours=23, minutes=20))
    assert again.district is state.district
    state, _, _ = judge(world, engine, [], until=3600 * 24 * 3, step=3600)
    assert len(state.district.rounds.records) <= 2
    assert engine.decode(engine.encode(state)).district == state.district


@pytest.mark.parametrize("seed", range(6))
def test_any_order_and_late_fixes_give_the_same_rounds(world, seed):
    dice = random.Random(seed)
    shift = Shift(world, seed=seed).go((300, 0)).go((600, 0), kmh=17).stand(120)
    shift.go((600, 300)).go((600, 500), on=False).go((600, 600)).go((600, 400)).stand(60, on=False)
    engine = Engine(make_site(world))
    _, final, _ = judge(world, engine, shift.fixes)
    assert kinds(final) == ["missed_segment", "round_late", "work_too_fast"]
    arriving = sorted(
        (
            (f.fix_time + timedelta(seconds=dice.uniform(0, 595)), f)
            for f in shift.fixes
            for _ in "12"
        ),
        key=lambda item: item[0],
    )
    state, told = engine.initial(), []
    t = world.t0 + timedelta(seconds=SITE_START)
    while t <= world.t0 + timedelta(hours=2):
        due = [f for at, f in arriving if at <= t]
        arriving = arriving[len(due) :]
        state, found = engine.advance(state, due, t)
        told += found
        t += timedelta(seconds=60)
        if dice.random() < 0.05:
            state = engine.decode(engine.encode(state))
    assert world.final(told) == final


def test_the_window_ends_before_the_fixes_come(world):
    """An hour late, out of a silence: amended, and silent."""
    engine = Engine(make_site(world))
    shift = Shift(world).go(*WHOLE).stand(60, on=False)
    state, final, told = judge(
        world, engine, shift.fixes[:3] + Shift(world, t=5000).stand(60, on=False).fixes
    )
    assert kinds(final) == ["missed_segment", "round_late"]
    state, found = engine.advance(state, shift.fixes[3:], world.t0 + timedelta(seconds=7300))
    final = world.final(told + found)
    assert the_round(final).state is RoundState.DONE
    assert kinds(final) == []
    assert {identity(f) for f in found if f.withdrawn} == {
        identity(f) for f in told if hasattr(f, "kind")
    }


def area(world, zone_id, kind, x1, y1, x2, y2):
    return Zone(zone_id, zone_id, kind, box(*world.degrees(x1, y1), *world.degrees(x2, y2)))


def test_left_work_area(world):
    zones = [
        area(world, "area", ZoneKind.WORK_AREA, -200, -200, 800, 800),
        area(world, "depot", ZoneKind.DEPOT, 3000, -100, 3200, 100),
    ]
    site = make_site(world, zones=zones, vehicles=("v1",))
    away = Shift(world).go((300, 0)).go((300, 2000), kmh=40, on=False).stand(900, on=False)
    away.go((300, 0), kmh=40, on=False).go((600, 0), (600, 300), (600, 600)).stand(60, on=False)
    _, final, _ = judge(world, Engine(site), away.fixes)
    (left,) = world.violations(final, "left_work_area")
    assert left.subject == "p"
    assert left.values["max_distance_m"] == pytest.approx(1200, abs=20)
    assert (left.ended_at - left.started_at).total_seconds() == pytest.approx(1120, abs=60)
    # To the round, home from it, and to the depot in the middle is no leaving.
    honest = Shift(world, t=60.0)
    honest.at = (300, 4000)
    honest.stand(700, on=False).go((0, 0), kmh=60, on=False).go((300, 0))
    honest.go((3100, 0), kmh=60, on=False).stand(700, on=False).go((300, 0), kmh=60, on=False)
    honest.go((600, 0), kmh=9).go((600, 300), (600, 600), kmh=9)
    honest.go((600, 4000), kmh=60, on=False).stand(700, on=False)
    _, final, _ = judge(world, Engine(site), honest.fixes)
    assert kinds(final) == []
    # At work where no work is: at any time.
    astray = Shift(world, t=-3000.0)
    astray.at = (0, 2000)
    astray.go((600, 2000))
    _, final, _ = judge(world, Engine(site), astray.fixes, until=3000.0)
    (left,) = world.violations(final, "left_work_area")
    assert left.values["at_work"] is True


@pytest.mark.parametrize(("minutes", "found"), [(14, 0), (17, 1)])
@pytest.mark.parametrize("on", [True, False])
def test_a_long_stop_in_the_middle_of_a_round(world, minutes, found, on):
    zones = [area(world, "depot", ZoneKind.DEPOT, -600, -100, -400, 100)]
    site = make_site(world, zones=zones)
    # Before the window, and in the depot, a truck may stand as long as it likes.
    shift = Shift(world, t=-1800.0)
    shift.at = (0, 0)
    shift.stand(1400, on=False)
    shift.at = (-500, 0)
    shift.stand(1600, on=False)
    shift.at, began = (0, 0), shift.t
    shift.go((200, 0)).stand(minutes * 30, on=on)
    shift.at = (290, 0)  # a reflection
    shift.stand(10, on=on)
    shift.at = (200, 0)
    shift.stand(minutes * 30 - 10, on=on).go((300, 0), (600, 0))
    _, final, _ = judge(world, Engine(site), shift.fixes)
    stops = world.violations(final, "long_stop")
    assert len(stops) == found
    for stop in stops:
        assert stop.subject == "p"
        assert stop.values["duration_s"] == pytest.approx(minutes * 60, abs=60)
        since = world.t0 + timedelta(seconds=began + 100)
        assert abs((stop.started_at - since).total_seconds()) < 60
