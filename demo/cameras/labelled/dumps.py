"""Acts of illegal dumping (偷倒垃圾、渣土) in the no-dump zones beside the road."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from demo.cameras.cast import pedestrian, standing
from demo.cameras.labelled.place import Spot
from demo.cameras.labelled.take import Drive, PlannedEvent, Take
from demo.cameras.labelled.traffic import through, truck_shape
from demo.cameras.script import Actor, Lying, Path, always, during
from demo.scenes.litter import BAG_COLORS, bag, bulky_item, waste_pile
from demo.scenes.placed import Placed
from demo.scenes.shape import Shape
from demo.scenes.vehicles import car, van

_WALK_MS = 1.35


def lay(take: Take, make: Callable[[np.random.Generator], Shape], spot: Spot, at_s: float) -> int:
    """Leaves a thing at a spot for good; its number."""
    shape = make(np.random.default_rng(int(take.rng.integers(1 << 30))))
    thing = Placed(shape, *take.place.road.place(*spot), float(take.rng.uniform(0, 360)))
    take.lying.append(Lying(thing, at_s))
    return len(take.lying) - 1


def near_spots(take: Take, far_m: float) -> list[Spot]:
    return [s for s in take.place.verge_spots if take.place.pixel(s)[2] < far_m]


def on_foot(take: Take, at_s: float, what: str) -> bool:
    """Somebody comes along the verge, sets bags or a bulky item down at `at_s`, and leaves."""
    rng = take.rng
    spot = take.choose(near_spots(take, 17 if what == "bag" else 24), 5)
    if spot is None:
        return False
    seed = int(rng.integers(1 << 30))
    color = BAG_COLORS[int(rng.integers(len(BAG_COLORS)))]
    count = int(rng.integers(1, 4)) if what == "bag" else 1
    down = [at_s + 0.9 * i for i in range(count)]
    lying = []
    for i, since in enumerate(down):
        place = (spot[0] + 0.55 * i, spot[1] + float(rng.normal(0, 0.15)))
        make = (lambda dice: bag(dice, color)) if what == "bag" else bulky_item
        lying.append(lay(take, make, place, since))
    way = int(rng.choice([-1, 1]))
    turn = 0.0 if way > 0 else 180.0
    beside = spot[1] - 0.7 * np.sign(spot[1])
    come, go = 32.0, 60.0
    path = Path(
        take.place.road,
        (at_s - 1 - come / _WALK_MS, spot[0] - way * come, beside, turn),
        (at_s - 1, spot[0], beside, turn), (down[-1] + 1.2, spot[0], beside, turn),
        (down[-1] + 1.2 + go / _WALK_MS, spot[0] + way * go, beside, turn),
    )  # fmt: skip
    laden = pedestrian(seed, carrying=color)
    take.actors.append(
        Actor(path, during((-1e9, laden), (at_s - 1, standing(seed, carrying=color)),
                           (down[-1], standing(seed)), (down[-1] + 1.2, pedestrian(seed))))
    )  # fmt: skip
    take.events.append(
        PlannedEvent("illegal_dumping", what, at_s, down[-1], lying=tuple(lying), spot=spot)
    )
    return True


def from_van(take: Take, at_s: float) -> bool:
    """A van stops at the edge; people carry things to the verge behind it; it drives off."""
    rng, place = take.rng, take.place
    spot = take.choose(near_spots(take, 20), 6)
    if spot is None:
        return False
    way = 1 if spot[1] > 0 else -1
    edge = way * (place.half_m - 1.2)
    halt = spot[0] + way * 5.0
    turn = 0.0 if way > 0 else 180.0
    stops, leaves = at_s - 6, at_s + 9
    run = 150 / 8
    path = Path(
        place.road,
        (stops - 2 - run, halt - way * 158, edge, turn), (stops - 2, halt - way * 8, edge, turn),
        (stops, halt, edge, turn), (leaves, halt, edge, turn),
        (leaves + 2.5, halt + way * 8, edge, turn),
        (leaves + 2.5 + run, halt + way * 158, edge, turn),
    )  # fmt: skip
    take.actors.append(Actor(path, always(van(np.random.default_rng(int(rng.integers(1 << 30)))))))
    take.hold_lane(way, stops - 8, leaves + 8)
    seed, color = int(rng.integers(1 << 30)), BAG_COLORS[int(rng.integers(len(BAG_COLORS)))]
    door = (halt - way * 2.6, way * (place.half_m + 0.2))
    beside = spot[1] - 0.7 * way
    away = 90.0 * way
    keys = [(at_s - 3.4, *door, away + 180 * way)]
    lying, spells = [], [(-1e9, pedestrian(seed, carrying=color))]
    for i in range(2):
        since = at_s + 4.0 * i
        keys += [(since - 0.6, spot[0], beside, away), (since + 0.5, spot[0], beside, away),
                 (since + 2.2, *door, away + 180)]  # fmt: skip
        spells += [(since, pedestrian(seed)), (since + 2.3, pedestrian(seed, carrying=color))]
        where = (spot[0] - way * 0.7 * i, spot[1] + float(rng.normal(0, 0.15)))
        make = (lambda dice: bag(dice, color)) if rng.random() < 0.6 else bulky_item
        lying.append(lay(take, make, where, since))
    take.actors.append(Actor(Path(place.road, *keys), during(*spells)))
    take.events.append(
        PlannedEvent("illegal_dumping", "van", at_s, at_s + 4, lying=tuple(lying), spot=spot)
    )
    return True


def tipped(take: Take, at_s: float) -> bool:
    """A truck of the fleet backs off the road, raises its body and leaves a pile."""
    rng, place = take.rng, take.place
    deep = [
        s for s in near_spots(take, 26)
        if 3.0 < abs(s[1]) - place.half_m < 4.6 and place.sees((s[0], s[1] * 0.5), 0.0)
    ]  # fmt: skip
    spot = take.choose(deep, 8)
    if spot is None:
        return False
    side = 1 if spot[1] > 0 else -1
    truck = take.fleet[int(rng.integers(4))]
    lane, beside = place.half_m / 2, abs(spot[1]) - 3.3
    keys = [  # seconds after coming, along and across as on the left side, heading
        (-16, 162, lane, 180), (3.6, -9.6, lane, 180), (4.4, -9.6, lane, 180),
        (7, -5.2, beside, 142), (12.2, -5.2, beside, 142), (13.2, -6.8, beside - 0.9, 152),
        (14.6, -11.6, lane, 178), (17.6, -43, lane, 180), (30, -162, lane, 180),
    ]  # fmt: skip
    begin = at_s - 8.2
    flip = -side  # on the right side all is turned half round
    turned = [
        (begin + t, spot[0] + flip * a, -flip * c, h + (0 if side < 0 else 180))
        for t, a, c, h in keys
    ]
    path = Path(place.road, *turned)
    angles = np.linspace(6, 46, 9)
    rising = [truck_shape(truck, "open", float(a)) for a in angles]
    falling = [truck_shape(truck, "empty", float(a)) for a in angles]
    shape_at = during(
        (-1e9, always(truck_shape(truck, "open"))),
        (begin + 7.2, lambda t: rising[min(8, int((t - begin - 7.2) * 4.5))]),
        (begin + 9.6, lambda _: falling[8]),
        (begin + 10.4, lambda t: falling[max(0, 8 - int((t - begin - 10.4) * 5))]),
        (begin + 12.2, always(truck_shape(truck, "empty"))),
    )
    take.actors.append(Actor(path, shape_at))
    take.drives.append(Drive(truck, path))
    take.hold_lane(side, begin - 3, begin + 20)
    take.hold_lane(-side, begin + 2, begin + 15)
    seed, size = int(rng.integers(1 << 30)), float(rng.uniform(1.1, 1.9))
    lying = []
    for i in range(9):
        heap = waste_pile(np.random.default_rng(seed), size * (0.3 + 0.7 * i / 8))
        until = at_s + 2.2 * (i + 1) / 8 if i < 8 else 1e9
        thing = Placed(heap, *place.road.place(*spot), place.road.heading_deg)
        take.lying.append(Lying(thing, at_s + 2.2 * i / 8, until))
        lying.append(len(take.lying) - 1)
    take.events.append(
        PlannedEvent("illegal_dumping", "pile", at_s, at_s + 2.2, lying=(lying[-1],),
                     truck=truck, spot=spot)
    )  # fmt: skip
    raised = (begin + 7.2, begin + 12.2)
    take.events.append(
        PlannedEvent("body_raised", "raised", raised[0], raised[0] + 2, raised[1],
                     actor=len(take.actors) - 1, truck=truck, spot=spot)
    )  # fmt: skip
    take.events.append(
        PlannedEvent("open_load", "open", 0, 0, begin + 9.6, actor=len(take.actors) - 1,
                     truck=truck, spot=spot)
    )  # fmt: skip
    return True


def from_window(take: Take, at_s: float) -> bool:
    """A car slows down; a bag flies out to the verge."""
    rng, place = take.rng, take.place
    spots = [s for s in near_spots(take, 16) if abs(s[1]) - place.half_m < 1.6]
    spot = take.choose(spots, 5)
    if spot is None:
        return False
    way = 1 if spot[1] > 0 else -1
    speed = 4.0
    path = through(take, way, at_s - way * spot[0] / speed, speed)
    take.actors.append(Actor(path, always(car(np.random.default_rng(int(rng.integers(1 << 30)))))))
    take.hold_lane(way, at_s - 5, at_s + 5)
    number = lay(take, bag, spot, at_s + 0.6)
    take.events.append(
        PlannedEvent("illegal_dumping", "thrown_bag", at_s + 0.6, at_s + 0.6,
                     lying=(number,), spot=spot)
    )  # fmt: skip
    return True
