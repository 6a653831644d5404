"""易倾倒点: a truck backs off the road, tips a load of rubble and drives away."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from config.site import Site
from demo.cameras.cast import TRUCK_ORANGE, pedestrian, traffic, truck
from demo.cameras.places import stage_of
from demo.cameras.script import Actor, Lying, Path, Script, always, during
from demo.scenes.backdrop import Surroundings
from demo.scenes.ground import Road
from demo.scenes.litter import waste_pile
from demo.scenes.placed import Placed
from demo.scenes.stage import Stage
from demo.timetable import HOTSPOT_ROAD_M, PIECE_S, Tipping

ROAD = Road(0, HOTSPOT_ROAD_M, 82, 7.0, walk_m=0.5)
CAMERA = (5.8, 15.5, 0.9)
TIPPING_S = 80.0
STANDS_S = 20.0
"""When in the clip the truck has come to a stand."""
_PILE = (2.6, -7.4)
_LANE_M = -1.75
_ABOVE_MS2, _BRAKES_MS2 = 0.9, 1.4


@cache
def _stage() -> Stage:
    return stage_of(CAMERA, ROAD, Surroundings("fence", 9.0, 2.0, 8), "day", 102)


def quiet(seed: int) -> Script:
    """Nobody but a car and a van."""
    others = traffic(ROAD, seed + 41, (3, "car", 1, 11), (7, "van", -1, 10))
    return Script(PIECE_S, _stage(), ROAD, others)


def tipping_path() -> Path:
    """Brakes and starts as the fleet's trucks do; between, it backs off the road and out again."""
    stop, leaves_s = -7.0, STANDS_S + 11.0
    before = [60.0, 45.0, 30.0, 20.0, 12.0, 6.0, 2.0, 0.0]
    brakes = [
        (STANDS_S - (2 * far / _BRAKES_MS2) ** 0.5, stop + far, _LANE_M, 180.0) for far in before
    ]
    starts = [
        (leaves_s + after, -9 - _ABOVE_MS2 * after**2 / 2, _LANE_M, 180.0) for after in range(1, 10)
    ]
    return Path(
        ROAD,
        *brakes,
        (STANDS_S + 0.8, stop, _LANE_M, 180), (STANDS_S + 3.4, -2.6, -4.1, 142),
        (STANDS_S + 8.6, -2.6, -4.1, 142), (STANDS_S + 9.6, -4.2, -3.0, 152),
        (leaves_s, -9, -1.8, 178),
        *starts,
    )  # fmt: skip


def tipping(site: Site, tips: Tipping, seed: int) -> Script:
    """The pile is there 7 s after the stand and in the open from 12 s on, to the end."""
    vehicle = site.vehicles[tips.vehicle_id]
    look, plate = seed, (vehicle.plate, str(vehicle.plate_color))
    full, empty = (truck(look, load, TRUCK_ORANGE, plate=plate) for load in ("open", "empty"))
    angles = [float(a) for a in np.linspace(6, 46, 9)]
    rising = [truck(look, "open", TRUCK_ORANGE, a, plate) for a in angles]
    falling = [truck(look, "empty", TRUCK_ORANGE, a, plate) for a in angles]
    up_s, down_s = STANDS_S + 3.6, STANDS_S + 6.8
    tipper = Actor(
        tipping_path(),
        during(
            (0, always(full)),
            (up_s, lambda t: rising[min(8, int((t - up_s) * 4.5))]),
            (up_s + 2.4, lambda _: falling[8]),
            (down_s, lambda t: falling[max(0, 8 - int((t - down_s) * 5))]),
            (down_s + 1.8, always(empty)),
        ),
    )
    others = traffic(
        ROAD, seed + 42,
        (46, "car", 1, 11), (50, "van", -1, 10), (58, "collector", 1, 8), (66, "car", -1, 12),
    )  # fmt: skip
    walker = Actor(Path(ROAD, (50, 22, 5.2, 180), (76, -20, 5.2, 180)), pedestrian(seed + 43))
    pile = _pile(seed, STANDS_S + 4.6, STANDS_S + 6.8)
    return Script(TIPPING_S, _stage(), ROAD, [tipper, *others, walker], pile)


def _pile(seed: int, from_s: float, to_s: float) -> Sequence[Lying]:
    """It grows."""
    lying = []
    steps = [float(s) for s in np.linspace(from_s, to_s, 9)]
    for i, since_s in enumerate(steps):
        heap = waste_pile(np.random.default_rng((seed, 102)), 0.5 + 1.4 * i / 8)
        placed = Placed(heap, *ROAD.place(*_PILE), ROAD.heading_deg)
        lying.append(Lying(placed, since_s, steps[i + 1] if i < 8 else 1e9))
    return lying
