"""工地出入口: an open load loses soil on the road; later a sweeper clears it."""

from __future__ import annotations

import numpy as np

from demo.cameras.cast import TRUCK_GREEN, TRUCK_RED, traffic, truck
from demo.cameras.places import stage_of
from demo.cameras.script import Actor, Lying, Path, Script, always
from demo.scenes.backdrop import Surroundings
from demo.scenes.ground import Road
from demo.scenes.litter import spill_solid
from demo.scenes.placed import Placed
from demo.scenes.trucks import sanitation_truck

ROAD = Road(-0.5, 13.5, 98, 7.5, walk_m=1.8, apron_m=(-13, -6))
CAMERA = (6.2, 17.5, 0.92)
_SOIL = (92, 122, 150)


def spilling_gate(seed: int) -> Script:
    """Soil lies on the near lane from 12.5 s until the sweeper takes it up at 66 s."""
    around = Surroundings("brick", 2.2, 2.4, 7)
    stage = stage_of(CAMERA, ROAD, around, "day", 103)
    passes = Path(
        ROAD,
        (6, -9.5, -16, 90), (7.5, -9.5, -8, 90), (9.2, -8.2, -3, 60), (10.4, -4, 1.4, 12),
        (11.6, 2.6, 1.9, 0), (15.6, 44, 1.9, 0),
    )  # fmt: skip
    sweeper = sanitation_truck(np.random.default_rng((seed, 62)), "sweeper")
    sweeps = Path(ROAD, (61, -34, 1.9, 0), (65, -8, 1.9, 0), (69.5, 14, 1.9, 0), (73, 42, 1.9, 0))
    dice = np.random.default_rng((seed, 64))
    lying = []
    for i in range(6):
        size = float(dice.uniform(0.5, 0.8))
        heap = spill_solid(np.random.default_rng((seed, 65, i)), size, _SOIL)
        x, y = ROAD.place(0.2 + 0.85 * i, 1.6 + float(dice.normal(0, 0.25)))
        spot = Placed(heap, x, y, ROAD.heading_deg + float(dice.normal(0, 25)))
        lying.append(Lying(spot, 11.7 + 0.16 * i, 66.2 + 0.18 * i, flat=True))
    actors = [
        Actor(passes, always(truck(seed + 6, "open", TRUCK_GREEN))),
        Actor(sweeps, always(sweeper)),
        *traffic(
            ROAD, seed + 63,
            (20, "car", -1, 11), (29, "van", -1, 10), (38, "car", 1, 9), (46, "bus", -1, 9),
        ),
        Actor(
            Path(ROAD, (52, 42, -1.9, 180), (61, -44, -1.9, 180)),
            always(truck(seed + 7, "covered", TRUCK_RED)),
        ),
    ]  # fmt: skip
    return Script(76, stage, ROAD, actors, lying)
