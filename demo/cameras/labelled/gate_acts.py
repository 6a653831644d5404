"""Acts at a site's gate: trucks in and out through the line, open and covered."""

from __future__ import annotations

import numpy as np

from demo.cameras.labelled.register import FleetTruck, strange_plate
from demo.cameras.labelled.take import Drive, PlannedEvent, PlannedPassage, Take
from demo.cameras.labelled.traffic import truck_shape
from demo.cameras.script import Actor, Path, always
from demo.scenes.shape import Shape
from demo.scenes.trucks import muck_truck
from demo.scenes.vehicles import car

_FAR_M = 260.0


def _way_through(take: Take, direction: str, at_s: float, speed_ms: float) -> Path:
    """In is along the road, out against it; the truck's middle is on the line at `at_s`."""
    way = 1 if direction == "in" else -1
    lane, turn = way * take.place.lane_m, 0.0 if way > 0 else 180.0
    slow = 40.0 / speed_ms
    fast = (_FAR_M - 40.0) / 9.0
    return Path(
        take.place.road,
        (at_s - slow - fast, -way * _FAR_M, lane, turn), (at_s - slow, -way * 40, lane, turn),
        (at_s + slow, way * 40, lane, turn), (at_s + slow + fast, way * _FAR_M, lane, turn),
    )  # fmt: skip


def fleet_passage(
    take: Take, truck: FleetTruck, direction: str, at_s: float, load: str, *, reports: bool = True
) -> None:
    """One truck of the fleet; an open load leaving is an event of its own."""
    speed = float(take.rng.uniform(2.4, 4.2))
    path = _way_through(take, direction, at_s, speed)
    take.actors.append(Actor(path, always(truck_shape(truck, load))))
    if truck.terminal_id:
        take.drives.append(Drive(truck, path, reports))
    take.passages.append(
        PlannedPassage(at_s, direction, truck, truck.plate, truck.plate_color, "muck_truck", load,
                       round(speed * 3.6, 1))
    )  # fmt: skip
    spell = (at_s - 14 / speed, at_s + 14 / speed)
    number = len(take.actors) - 1
    kinds = ["open_load"] if load == "open" else []
    if direction == "out" and load != "empty" and not truck.permitted:
        kinds.append("no_permit")
    if not reports or not truck.terminal_id:
        kinds.append("terminal_silent")
    for kind in kinds:
        take.events.append(
            PlannedEvent(kind, load, spell[0], spell[0], spell[1], actor=number,
                         truck=truck, spot=(0, 0))
        )  # fmt: skip


def stranger(take: Take, direction: str, at_s: float, kind: str) -> None:
    """A car, or a muck truck that no register knows."""
    rng = take.rng
    speed = float(rng.uniform(2.4, 4.2))
    path = _way_through(take, direction, at_s, speed)
    dice = np.random.default_rng(int(rng.integers(1 << 30)))
    color = "yellow" if kind == "muck_truck" else ("green" if rng.random() < 0.4 else "blue")
    plate, load = strange_plate(rng, color), ""
    shape: Shape
    if kind == "muck_truck":
        load = "covered" if direction == "out" else "empty"
        shape = muck_truck(dice, load, plate=(plate, color))
    else:
        shape = car(dice, plate=(plate, color))
    take.actors.append(Actor(path, always(shape)))
    take.passages.append(
        PlannedPassage(at_s, direction, None, plate, color, kind, load, round(speed * 3.6, 1))
    )
    if kind == "muck_truck":
        spell = (at_s - 14 / speed, at_s + 14 / speed)
        take.events.append(
            PlannedEvent("unknown_truck", load, spell[0], spell[0], spell[1],
                         actor=len(take.actors) - 1, spot=(0, 0))
        )  # fmt: skip


def rush(take: Take) -> None:
    """Five trucks within 60 s, then a stranger, a car, a truck whose terminal is off."""
    rng = take.rng
    order = [int(i) for i in rng.permutation(5)]
    at_s = 12.0
    for n in order:
        direction = str(rng.choice(["in", "out"]))
        load = "empty" if direction == "in" else str(rng.choice(["covered", "covered", "open"]))
        fleet_passage(take, take.fleet[n], direction, at_s, load)
        at_s += float(rng.uniform(10.5, 13.5))
    at_s += 8
    others = ["stranger", "car", "silent", "unpermitted"]
    for what in (others[int(i)] for i in rng.permutation(4)):
        direction = str(rng.choice(["in", "out"]))
        if what == "stranger":
            stranger(take, direction, at_s, "muck_truck")
        elif what == "car":
            stranger(take, direction, at_s, "car")
        elif what == "silent":
            load = "empty" if direction == "in" else "covered"
            fleet_passage(take, take.fleet[5], direction, at_s, load, reports=False)
        else:
            fleet_passage(take, take.fleet[6], "out", at_s, "covered")
        at_s += float(rng.uniform(13, 17))
    take.seconds = at_s + 4
