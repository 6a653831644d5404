"""What an offender does with one trip. Each act is a movement; `truth` and the shift label it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from demo.fleet.labelled.diary import CLOSED, Silence
from demo.fleet.labelled.dumping import dump, dump_in_black_ground, dump_in_hotspot, dump_part
from demo.fleet.labelled.muck_shift import HOUR, TRIP_S, MuckShift
from demo.fleet.labelled.roads import NoWayError
from demo.fleet.labelled.ways_astray import detour, rest_of, roadside, side_street, through_zone


@dataclass(frozen=True, slots=True)
class Act:
    """`weight`: how often; `seconds`: how long before the end of the set it is still begun."""

    run: Callable[[MuckShift], None]
    weight: float
    needs: str = ""
    seconds: float = TRIP_S
    bound: bool = True


def take_detour(shift: MuckShift) -> None:
    points = detour(shift.district, shift.crew, shift.line(), shift.dice)
    shift.to_site()
    shift.load()
    shift.haul(points)
    shift.unload()


def call_in_side_street(shift: MuckShift) -> None:
    """Laden down a side street, a word with somebody there, and back."""
    line = shift.line()
    points, split = side_street(shift.district, shift.crew, line, shift.dice)
    shift.to_site()
    shift.load()
    whole = shift.district.roads.through(points, shift.driver.node, shift.start_node(points))
    shift.driver.drive(shift.driver.path(whole))
    shift.driver.stay(20, 400)
    back = points[split:][::-1]
    shift.resume([*back, *line[split + 1 :]])
    shift.unload()


def cross_restricted_zone(shift: MuckShift) -> None:
    zones = [
        z for z in shift.district.restricted
        if shift.zone_in_force(z, shift.clock + 600) and shift.zone_in_force(z, shift.clock + HOUR)
    ]  # fmt: skip
    if not zones:
        raise NoWayError("no zone is in force")
    points = through_zone(shift.district, shift.dice.choice(zones), shift.line())
    shift.to_site()
    shift.load()
    shift.haul(points)
    shift.unload()


def hurry(shift: MuckShift) -> None:
    shift.to_site()
    shift.load()
    limit = shift.crew.limit_kmh or 60.0
    begin = shift.dice.uniform(300, 1200)
    length = shift.dice.uniform(1500, 4000)
    shift.haul(
        hurry_kmh=limit * shift.dice.uniform(1.3, 1.75), hurry_m=(begin, begin + length), free=True
    )
    shift.unload()


def leave_lid_open(shift: MuckShift) -> None:
    shift.to_site()
    shift.load(shut_lid=False)
    begin, end = shift.haul()
    shift.diary.say("lid", CLOSED, min(begin + shift.dice.uniform(100, 900), end))
    shift.unload()


def drive_with_body_raised(shift: MuckShift) -> None:
    shift.honest_trip()
    shift.diary.say("body", 1)
    begin = shift.clock
    shift.to_site()
    shift.diary.say("body", 0, min(begin + shift.dice.uniform(120, 420), shift.clock - 5))


def stop_long(shift: MuckShift) -> None:
    line = shift.line()
    at = roadside(shift.district, line, shift.dice)
    if at is None:
        shift.honest_trip()
        return
    shift.to_site()
    shift.load()
    shift.haul_to(line, at)
    shift.driver.stay(26 * 60, 75 * 60)
    shift.haul_on()
    shift.unload()


def unload_elsewhere(shift: MuckShift) -> None:
    others = [g for g in ("ground-1", "ground-2", "ground-3") if g != shift.crew.ground_id]
    other = shift.dice.choice(others)
    shift.to_site()
    shift.load()
    shift.driver.go(shift.district.node(other, shift.dice))
    arrived = shift.clock
    shift.unload(other)
    shift.label("wrong_ground", arrived, shift.clock, detail=other)


def keep_load(shift: MuckShift) -> None:
    """Laden for five hours and more: over night by the road, or in the depot."""
    line, dice = shift.line(), shift.dice
    at = roadside(shift.district, line, dice)
    shift.to_site()
    shift.load()
    left = shift.clock
    seconds = dice.uniform(5.0, 6.5) * HOUR
    if at is None or dice.random() < 0.5:
        shift.home()
        shift.driver.sleep_until(shift.clock + seconds)
        shift.driver.go(shift.district.node(shift.crew.ground_id, dice))
    else:
        shift.haul_to(line, at)
        shift.driver.sleep_until(shift.clock + seconds)
        shift.haul_on()
    shift.unload()
    shift.label("trip_unfinished", left, shift.clock, left + 4 * HOUR, detail="late")


def jam_receiver(shift: MuckShift) -> None:
    """Nothing is received for some minutes of a drive, laden or not."""
    shift.to_site()
    shift.load()
    begin, _end = shift.haul()
    moving = shift.diary.moving_after(begin + shift.dice.uniform(40, 150))
    if moving is not None:
        silence = Silence(moving, moving + shift.dice.uniform(450, 840))
        shift.diary.silences.append(silence)
        _wait_until(shift, silence.end)
    shift.unload()


def _wait_until(shift: MuckShift, time: float) -> None:
    """In the ground's queue, so that the unloading is seen: unseen ones are another matter."""
    shift.driver.stay(max(time + 60 - shift.clock, 0))


def spoof_places(shift: MuckShift) -> None:
    shift.to_site()
    shift.load()
    begin, _end = shift.haul()
    from_s = begin + shift.dice.uniform(30, 120)
    to_s = from_s + shift.dice.uniform(240, 540)
    _wait_until(shift, to_s)
    shift.unload()
    shift.diary.silences.append(Silence(from_s, to_s, "spoofed"))
    shift.label("tamper", from_s, to_s, detail="spoofed")


def cut_a_wire(shift: MuckShift) -> None:
    shift.to_site()
    shift.load()
    begin, _end = shift.haul()
    shift.unload()
    wire = shift.dice.choice(("antenna", "power"))
    from_s = begin + shift.dice.uniform(10, 200)
    to_s = from_s + shift.dice.uniform(240, 1500)
    shift.diary.say(wire, 1, from_s)
    shift.diary.say(wire, 0, to_s)
    shift.label("tamper", from_s, to_s, detail=wire)


def switch_terminal_off(shift: MuckShift) -> None:
    """For hours; half of the trucks stand meanwhile by the road, the others work on unseen."""
    dice = shift.dice
    back = list(shift.line())[::-1]
    at = roadside(shift.district, back, dice)
    seconds = dice.uniform(80, 220) * 60
    if at is not None and dice.random() < 0.5:
        shift.honest_trip()
        shift.haul_to(back, at)
        shift.driver.stay(200)
        shift.diary.silences.append(Silence(shift.clock, shift.clock + seconds))
        shift.driver.stay(seconds + 200)
        shift.resume_empty(rest_of(back, at))
        return
    shift.to_site()
    shift.load()
    begin, _end = shift.haul()
    shift.unload()
    from_s = begin + dice.uniform(60, 300)
    shift.diary.silences.append(Silence(from_s, from_s + seconds))
    while shift.clock < from_s + seconds + 300:
        if shift.clock + TRIP_S < shift.stops and shift.quota_left():
            shift.honest_trip()
        else:
            shift.driver.stay(600)
    for kind in ("trip_unfinished", "suspected_dumping", "long_stop", "off_route", "unknown_ground",
                 "unknown_site", "tamper", "restricted_zone", "no_permit"):  # fmt: skip
        shift.label(kind, from_s, from_s + seconds + 2 * HOUR, required=False, detail="unseen")


def load_in_black_site(shift: MuckShift) -> None:
    yard_id = shift.dice.choice(("black-site-1", "black-site-2"))
    shift.to_site(yard_id)
    shift.load(yard_id)
    shift.driver.go(shift.district.node(shift.crew.ground_id, shift.dice))
    shift.unload()


ACTS = (
    Act(take_detour, 1.2),
    Act(call_in_side_street, 0.8),
    Act(cross_restricted_zone, 2.0),
    Act(hurry, 2.2, bound=False),
    Act(leave_lid_open, 1.8, needs="lid", bound=False),
    Act(drive_with_body_raised, 1.6, needs="body", seconds=2 * TRIP_S, bound=False),
    Act(stop_long, 1.2, seconds=2.5 * TRIP_S),
    Act(dump, 1.2, seconds=2.2 * TRIP_S),
    Act(dump_part, 0.7, needs="load", seconds=1.5 * TRIP_S),
    Act(dump_in_black_ground, 2.6, seconds=2.2 * TRIP_S),
    Act(dump_in_hotspot, 0.6, seconds=2.2 * TRIP_S),
    Act(unload_elsewhere, 1.1),
    Act(keep_load, 1.4, seconds=9.5 * HOUR),
    Act(jam_receiver, 1.3, bound=False),
    Act(spoof_places, 0.7, bound=False),
    Act(cut_a_wire, 0.7, needs="wires", bound=False),
    Act(switch_terminal_off, 1.3, seconds=6 * HOUR),
    Act(load_in_black_site, 1.4),
)
