"""Acts that must raise nothing (干扰): parked cars, things removed, light, weather, the camera."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from demo.cameras.cast import pedestrian, standing
from demo.cameras.labelled.dumps import lay, near_spots
from demo.cameras.labelled.place import Spot
from demo.cameras.labelled.take import Disturbance, LyingStain, Take
from demo.cameras.labelled.traffic import through
from demo.cameras.script import Actor, Lying, Path, always, during
from demo.scenes.litter import Stain, bag, spill_liquid, spill_solid
from demo.scenes.placed import Placed
from demo.scenes.shape import Part, Shape
from demo.scenes.trucks import sanitation_truck
from demo.scenes.vehicles import car, van


def _any_car(rng: np.random.Generator) -> Shape:
    dice = np.random.default_rng(int(rng.integers(1 << 30)))
    return car(dice) if rng.random() < 0.6 else van(dice)


def _way(spot: Spot) -> int:
    """Of the lane that a spot on the road lies in."""
    return 1 if spot[1] > 0 else -1


def parks_and_leaves(take: Take, at_s: float) -> bool:
    """Stops at the edge for half a minute and more, then drives on."""
    place, rng = take.place, take.rng
    spot = take.choose(place.road_spots, 7)
    if spot is None:
        return False
    way = _way(spot)
    stays = float(rng.uniform(25, 45))
    edge, turn, run = way * (place.half_m - 1.1), 0.0 if way > 0 else 180.0, 142 / 8
    a = spot[0]
    path = Path(
        place.road,
        (at_s - 2 - run, a - way * 150, edge, turn), (at_s - 2, a - way * 8, edge, turn),
        (at_s, a, edge, turn), (at_s + stays, a, edge, turn),
        (at_s + stays + 2, a + way * 8, edge, turn),
        (at_s + stays + 2 + run, a + way * 150, edge, turn),
    )  # fmt: skip
    take.actors.append(Actor(path, always(_any_car(rng))))
    take.hold_lane(way, at_s - 8, at_s + stays + 8)
    take.distract("parked_vehicle", at_s, at_s + stays)
    return True


def parked_leaves(take: Take, at_s: float) -> bool:
    """Has stood there since before the clip, and drives off: bare ground comes to light."""
    place, rng = take.place, take.rng
    spot = take.choose(place.road_spots, 7)
    if spot is None:
        return False
    way = _way(spot)
    edge, turn, run = way * (place.half_m - 1.1), 0.0 if way > 0 else 180.0, 142 / 8
    path = Path(
        place.road, (-30, spot[0], edge, turn), (at_s, spot[0], edge, turn),
        (at_s + 2, spot[0] + way * 8, edge, turn),
        (at_s + 2 + run, spot[0] + way * 150, edge, turn),
    )  # fmt: skip
    take.actors.append(Actor(path, always(_any_car(rng))))
    take.hold_lane(way, -30, at_s + 8)
    take.distract("parked_leaves", 0, at_s + 4)
    return True


def removed(take: Take, at_s: float) -> bool:
    """Bags that have lain there since before the clip are taken away by somebody."""
    spot = take.choose(near_spots(take, 18), 5)
    if spot is None:
        return False
    seed = int(take.rng.integers(1 << 30))
    dice = np.random.default_rng(seed)
    shape = bag(dice)
    thing = Placed(shape, *take.place.road.place(*spot), float(take.rng.uniform(0, 360)))
    take.lying.append(Lying(thing, -1.0, at_s))
    _visit(take, spot, (at_s - 1, at_s + 1), seed, (False, True))
    take.distract("removed_thing", at_s, at_s + 5)
    return True


def set_down_and_taken(take: Take, at_s: float) -> bool:
    """Somebody sets a bag down and takes it up again within 5 s."""
    spot = take.choose(near_spots(take, 18), 5)
    if spot is None:
        return False
    number = lay(take, bag, spot, at_s)
    back_s = at_s + float(take.rng.uniform(2.5, 4.5))
    old = take.lying[number]
    take.lying[number] = Lying(old.thing, at_s, back_s)
    _visit(take, spot, (at_s - 1, back_s + 1), int(take.rng.integers(1 << 30)), (True, True))
    take.distract("set_down_and_taken", at_s, back_s)
    return True


def stands(take: Take, at_s: float) -> bool:
    """Somebody stands still for most of a minute, and walks on."""
    spot = take.choose(near_spots(take, 20), 4)
    if spot is None:
        return False
    stays = float(take.rng.uniform(30, 55))
    seed = int(take.rng.integers(1 << 30))
    _visit(take, (spot[0], spot[1]), (at_s, at_s + stays), seed, (False, False))
    take.distract("person_standing", at_s, at_s + stays)
    return True


def _visit(
    take: Take, spot: tuple[float, float], spell: tuple[float, float], seed: int,
    laden: tuple[bool, bool],
) -> None:  # fmt: skip
    """Somebody walks up, is there during the spell and walks on; laden before and after."""
    way = int(take.rng.choice([-1, 1]))
    turn = 0.0 if way > 0 else 180.0
    beside = spot[1] - 0.7 * np.sign(spot[1])
    path = Path(
        take.place.road, (spell[0] - 30 / 1.35, spot[0] - way * 30, beside, turn),
        (spell[0], spot[0], beside, turn), (spell[1], spot[0], beside, turn),
        (spell[1] + 60 / 1.35, spot[0] + way * 60, beside, turn),
    )  # fmt: skip
    color = (112, 150, 84)
    before, after = (color if one else None for one in laden)
    spells = during(
        (-1e9, pedestrian(seed, carrying=before)),
        (spell[0], standing(seed, carrying=before)),
        ((spell[0] + spell[1]) / 2, standing(seed, carrying=after)),
        (spell[1], pedestrian(seed, carrying=after)),
    )
    take.actors.append(Actor(path, spells))


def puddle_dries(take: Take, at_s: float) -> bool:
    """A wet patch that was there before slowly dries."""
    spot = take.choose(take.place.road_spots, 6)
    if spot is None:
        return False
    x, y = take.place.road.place(*spot)
    stain = spill_liquid(take.rng, x, y, float(take.rng.uniform(0, 180)), 1.5)
    take.stains.append(LyingStain(stain, -60, take.seconds - 5, take.seconds - 5 - at_s))
    take.distract("drying_patch", at_s, take.seconds)
    return True


def light_sweeps(take: Take, at_s: float) -> bool:
    """Two cars with their headlights on, one after the other."""
    for i, way in enumerate((1, -1)):
        middle_s = at_s + 6 * i
        if not take.lane_free(way, middle_s - 4, middle_s + 4):
            return False
        take.hold_lane(way, middle_s - 2.5, middle_s + 2.5)
        shape = car(np.random.default_rng(int(take.rng.integers(1 << 30))))
        take.actors.append(Actor(through(take, way, middle_s, 8.0), always(shape)))
    take.distract("headlights", at_s - 6, at_s + 12)
    return True


def paper_blows(take: Take, at_s: float) -> bool:
    """A sheet or a light bag drifts across the road and out of the picture."""
    rng, place = take.rng, take.place
    part = Part()
    part.box((-0.17, 0.17), (-0.12, 0.12), (0.0, 0.03), (225, 228, 230))
    sheet = Shape(None, [part])
    way, along = int(rng.choice([-1, 1])), float(rng.uniform(-6, 10))
    keys, across, t_s = [], -way * 14.0, at_s
    while way * across < 16:
        keys.append((t_s, along, across, float(rng.uniform(0, 360))))
        t_s += float(rng.uniform(0.5, 2.2))
        across += way * float(rng.uniform(0.3, 2.6))
        along += float(rng.normal(0, 0.7))
    take.actors.append(Actor(Path(place.road, *keys), always(sheet)))
    take.distract("paper", at_s, t_s)
    return True


def swept(take: Take, at_s: float) -> bool:
    """Soil that has lain on the road since before the clip is taken up by a sweeper."""
    place, rng = take.place, take.rng
    spot = take.choose(place.road_spots, 7)
    if spot is None:
        return False
    way = _way(spot)
    if not take.lane_free(way, at_s - 12, at_s + 12):
        return False
    speed = 2.5
    path = through(take, way, at_s - way * spot[0] / speed, speed)
    sweeper = sanitation_truck(np.random.default_rng(int(rng.integers(1 << 30))), "sweeper")
    take.actors.append(Actor(path, always(sweeper)))
    take.hold_lane(way, at_s - 15, at_s + 15)
    for i in range(3):
        heap = spill_solid(np.random.default_rng(int(rng.integers(1 << 30))), 0.55)
        x, y = place.road.place(spot[0] + way * 0.8 * i, spot[1])
        gone_s = at_s + 0.8 * i / speed
        take.lying.append(Lying(Placed(heap, x, y, 40.0 * i), -1.0, gone_s, flat=True))
    take.distract("swept", at_s, at_s + 6)
    return True


def splashes(take: Take, at_s: float) -> bool:
    """A car throws water on the dry kerb; the wet mark dries within a minute."""
    place, rng = take.place, take.rng
    spot = take.choose(place.road_spots, 6)
    if spot is None:
        return False
    way = _way(spot)
    if not take.lane_free(way, at_s - 4, at_s + 4):
        return False
    take.actors.append(
        Actor(through(take, way, at_s - way * spot[0] / 9, 9.0), always(_any_car(rng)))
    )
    take.hold_lane(way, at_s - 3, at_s + 3)
    x, y = place.road.place(spot[0], way * (place.half_m - 0.4))
    turn = 90 - place.road.heading_deg
    wet = spill_liquid(rng, x, y, turn, 0.9)
    mark = Stain(wet.label, wet.outline, 1 - 0.35 * (1 - wet.keep), 0.0)
    take.stains.append(LyingStain(mark, at_s + 0.3, at_s + 9, 8))
    take.distract("splash", at_s, at_s + 9)
    return True


def _disturbed(what: str, lasts_s: tuple[float, float]) -> Callable[[Take, float], bool]:
    def act(take: Take, at_s: float) -> bool:
        end_s = min(take.seconds, at_s + float(take.rng.uniform(*lasts_s)))
        amount = float(take.rng.uniform(0.6, 1.0))
        take.disturbances.append(Disturbance(what, at_s, end_s, amount))
        take.distract(what, at_s, end_s)
        return True

    return act


DISTRACTIONS: dict[str, Callable[[Take, float], bool]] = {
    "parked_vehicle": parks_and_leaves,
    "parked_leaves": parked_leaves,
    "removed_thing": removed,
    "set_down_and_taken": set_down_and_taken,
    "person_standing": stands,
    "drying_patch": puddle_dries,
    "headlights": light_sweeps,
    "paper": paper_blows,
    "swept": swept,
    "splash": splashes,
    "cloud_shadow": _disturbed("cloud_shadow", (15, 30)),
    "exposure_step": _disturbed("exposure_step", (6, 20)),
    "shaking": _disturbed("shaking", (8, 25)),
    "sun_hidden": _disturbed("sun_hidden", (15, 35)),
    "gust": _disturbed("gust", (12, 30)),
    "rain_starts": _disturbed("rain_starts", (1e6, 2e6)),
    "re_aimed": _disturbed("re_aimed", (1e6, 2e6)),
}
"""By what they are called in distractors.csv."""
