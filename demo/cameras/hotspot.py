"""易倾倒点: a truck backs off the road, tips a load of rubble and drives away."""

from __future__ import annotations

import numpy as np

from demo.cameras.cast import TRUCK_ORANGE, pedestrian, traffic, truck
from demo.cameras.places import stage_of
from demo.cameras.script import Actor, Lying, Path, Script, always, during
from demo.scenes.backdrop import Surroundings
from demo.scenes.ground import Road
from demo.scenes.litter import waste_pile
from demo.scenes.placed import Placed

ROAD = Road(0, 14.5, 82, 7.0, walk_m=0.5)
CAMERA = (5.8, 15.5, 0.9)
_PILE = (2.6, -7.4)
_TIPS_S = (13.2, 15.4)


def hotspot(seed: int) -> Script:
    """The truck comes at 5 s, the pile is there at 15.4 s and in the open at 19 s, to the end."""
    around = Surroundings("fence", 9.0, 2.0, 8)
    stage = stage_of(CAMERA, ROAD, around, "day", 102)
    full, empty = truck(seed, "open", TRUCK_ORANGE), truck(seed, "empty", TRUCK_ORANGE)
    angles = np.linspace(6, 46, 9)
    rising = [truck(seed, "open", TRUCK_ORANGE, float(a)) for a in angles]
    falling = [truck(seed, "empty", TRUCK_ORANGE, float(a)) for a in angles]
    tipper = Actor(
        Path(
            ROAD,
            (5, 32, -1.75, 180), (8.6, -7, -1.75, 180), (9.4, -7, -1.75, 180),
            (12, -2.6, -4.1, 142), (17.2, -2.6, -4.1, 142), (18.2, -4.2, -3.0, 152),
            (19.6, -9, -1.8, 178), (22.6, -40, -1.75, 180),
        ),
        during(
            (0, always(full)),
            (12.2, lambda t: rising[min(8, int((t - 12.2) * 4.5))]),
            (14.6, lambda _: falling[8]),
            (15.4, lambda t: falling[max(0, 8 - int((t - 15.4) * 5))]),
            (17.2, always(empty)),
        ),
    )  # fmt: skip
    lying = []
    steps = np.linspace(*_TIPS_S, 9)
    for i, since in enumerate(steps):
        size = 0.5 + 1.4 * i / 8
        until = float(steps[i + 1]) if i < 8 else 1e9
        heap = waste_pile(np.random.default_rng((seed, 102)), size)
        lying.append(
            Lying(Placed(heap, *ROAD.place(*_PILE), ROAD.heading_deg), float(since), until)
        )
    others = traffic(
        ROAD, seed + 42,
        (26, "car", 1, 11), (34, "van", -1, 10), (44, "collector", 1, 8), (58, "car", -1, 12),
        (65, "car", 1, 11),
    )  # fmt: skip
    walker = Actor(Path(ROAD, (46, 22, 5.2, 180), (72, -20, 5.2, 180)), pedestrian(seed + 43))
    return Script(80, stage, ROAD, [tipper, *others, walker], lying)
