"""What a muck truck does with its days: shift after shift, trip after trip, honest or not."""

from __future__ import annotations

from demo.fleet.labelled.acts import ACTS, Act
from demo.fleet.labelled.muck_shift import HOUR, TRIP_S, MuckShift
from demo.fleet.labelled.roads import NoWayError

OFFENDING = 0.5  # of an offender's trips
OUT_OF_HOURS = 0.2  # of its shifts begin too early, as many end too late


def draw_act(shift: MuckShift) -> Act | None:
    """What it does with its next trip; None: an honest one."""
    equipment = shift.crew.equipment
    if shift.dice.random() > OFFENDING:
        return None
    bound = shift.crew.offence == ""
    possible = [
        act for act in ACTS
        if (not act.needs or getattr(equipment, act.needs))
        and (bound or not act.bound)
        and shift.clock + act.seconds < (shift.end if act.seconds > 5 * HOUR else shift.stops)
    ]  # fmt: skip
    if not possible:
        return None
    return shift.dice.choices(possible, weights=[act.weight for act in possible])[0]


def work(shift: MuckShift, offends: bool) -> None:
    """All shifts of the truck, from the begin to the end of the set."""
    for begin, stops, opens, shuts in shift.shifts():
        if shift.clock > stops - TRIP_S:
            continue
        shift.stops = stops
        hours_end = bool(shift.crew.hours.spans_min)
        early = offends and hours_end and shift.dice.random() < OUT_OF_HOURS
        if early and opens - 1.5 * HOUR > shift.clock:
            shift.driver.sleep_until(opens - shift.dice.uniform(1.1, 1.4) * HOUR)
            shift.honest_trip()
        shift.driver.sleep_until(begin)
        _trips(shift, offends)
        late = offends and hours_end and shift.dice.random() < OUT_OF_HOURS
        if late and shift.quota_left() and shuts + 2 * HOUR < shift.end and shift.clock < shuts:
            shift.to_site()
            shift.driver.sleep_until(shuts - shift.dice.uniform(0, 600))
            shift.load()
            shift.haul()
            shift.unload()
        shift.home()
    shift.driver.sleep_until(shift.end)


def _trips(shift: MuckShift, offends: bool) -> None:
    rest_at = shift.clock + shift.dice.uniform(2.5, 4) * HOUR
    trips = 0
    while shift.clock < shift.stops - TRIP_S and (shift.quota_left() or shift.crew.offence):
        act = draw_act(shift) if offends else None
        try:
            (act.run if act else MuckShift.honest_trip)(shift)
        except NoWayError:
            shift.honest_trip()
        trips += 1
        if shift.crew.offence and trips >= 5:
            break
        if shift.clock > rest_at and shift.clock < shift.stops:
            rest_at += 24 * HOUR
            yard = shift.district.roads.yard_of(shift.driver.node)
            if yard is not None and yard.id.startswith("ground"):
                shift.rest()
