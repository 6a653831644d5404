"""Illegal dumping (偷倒乱倒): where and how a load is got rid of, with its label."""

from __future__ import annotations

from shapely import LineString

from demo.fleet.labelled.diary import HALF
from demo.fleet.labelled.muck_shift import MuckShift
from demo.fleet.labelled.roads import NoWayError
from demo.fleet.labelled.ways_astray import roadside, side_street, to_hotspot, turned_back
from demo.fleet.plane import Point


def dump(shift: MuckShift) -> None:
    """In a side street, or on the verge of the permitted way; standing, or creeping along."""
    line = shift.line()
    at = roadside(shift.district, line, shift.dice)
    if at is None or shift.dice.random() < 0.6:
        points, _split = side_street(shift.district, shift.crew, line, shift.dice)
        at = LineString(points).length - 5
    else:
        points = list(line)
    shift.to_site()
    shift.load()
    _dump_at(shift, points, at, creeping=shift.dice.random() < 0.25)


def dump_in_hotspot(shift: MuckShift) -> None:
    points = to_hotspot(shift.district, shift.line(), shift.dice)
    shift.to_site()
    shift.load()
    _dump_at(shift, points, LineString(points).length - 5, creeping=False)


def dump_in_black_ground(shift: MuckShift) -> None:
    """A ground that no register knows."""
    yard_id = "black-ground-1" if shift.dice.random() < 0.75 else "black-ground-2"
    shift.to_site()
    shift.load()
    spot = shift.district.node(yard_id, shift.dice)
    shift.driver.go(spot)
    begin = shift.clock
    _dumped(shift, begin, shift.tip(shift.dice.uniform(150, 400)), yard_id)


def dump_part(shift: MuckShift) -> None:
    """Half of it by the road, the rest in the ground as permitted."""
    line = shift.line()
    at = roadside(shift.district, line, shift.dice)
    if at is None:
        raise NoWayError("no place for it")
    shift.to_site()
    shift.load()
    shift.haul_to(line, at)
    begin = shift.clock
    seconds = shift.dice.uniform(100, 300)
    shift.diary.say("load", HALF, begin + seconds / 2)
    shift.diary.say("weight", shift.dice.randint(8000, 14000), begin + seconds / 2)
    shift.driver.stay(seconds)
    shift.label("suspected_dumping", begin, shift.clock, begin + seconds / 2, detail="lighter")
    shift.haul_on()
    shift.unload()


def _dump_at(shift: MuckShift, points: list[Point], at_m: float, creeping: bool) -> None:
    """Drives so far along the points, dumps, and turns back to the begin of them."""
    creep_m = shift.dice.uniform(90, 240) if creeping else 0.0
    creep_m = min(creep_m, max(at_m - 300, 0))
    shift.haul_to(points, at_m - creep_m)
    begin = shift.clock
    if creep_m > 60:
        emptied = shift.creep(points, at_m - creep_m, at_m)
    else:
        emptied = shift.tip(shift.dice.uniform(120, 400))
    _dumped(shift, begin, emptied, "")
    shift.resume_empty(turned_back(points, at_m))


def _dumped(shift: MuckShift, begin: float, emptied: float, where: str) -> None:
    equipment = shift.crew.equipment
    shift.emptied(emptied, where or "roadside")
    evidence = "load" if equipment.load else "body" if equipment.body else ""
    if evidence:
        shift.label("suspected_dumping", begin, shift.clock, emptied, detail=evidence)
    else:
        shift.unseen_dump = begin, shift.clock, shift.diary.place
