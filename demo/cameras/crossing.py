"""路口: somebody on foot leaves two bags at the kerb."""

from __future__ import annotations

import numpy as np

from demo.cameras.cast import pedestrian, standing, traffic
from demo.cameras.places import stage_of
from demo.cameras.script import Actor, Lying, Path, Script, during
from demo.scenes.backdrop import Surroundings
from demo.scenes.ground import Road
from demo.scenes.litter import bag
from demo.scenes.placed import Placed

ROAD = Road(-4.2, 11, 24, 7.0, walk_m=3.4, zebra_m=11)
CAMERA = (5.2, 17.5, 0.92)
_BAG_COLOR = (222, 226, 226)
_BAGS = ((3.2, 6.3), (3.9, 6.6))
_DOWN_S = (12.5, 14.0)


def crossing(seed: int) -> Script:
    """The bags are down at 14 s, the person is gone from them at 16 s; they stay to the end."""
    around = Surroundings("brick", 3.0, 3.0, 6)
    stage = stage_of(CAMERA, ROAD, around, "day", 102)
    walk, laden = pedestrian(seed + 72), pedestrian(seed + 72, carrying=_BAG_COLOR)
    still = standing(seed + 72, carrying=_BAG_COLOR)
    walker = Actor(
        Path(
            ROAD,
            (4.5, 15.5, 5.4, 180), (12, 4.2, 5.4, 180), (14.6, 4.2, 5.4, 180), (15.6, 5.2, 4.9, 60),
            (26, 15, 12.5, 40),
        ),
        during((0, laden), (12, still), (_DOWN_S[0], standing(seed + 72)), (14.6, walk)),
    )  # fmt: skip
    lying = [
        Lying(
            Placed(bag(np.random.default_rng((seed, 73, i)), _BAG_COLOR), *ROAD.place(*at), 50 * i),
            since,
        )
        for i, (at, since) in enumerate(zip(_BAGS, _DOWN_S, strict=True))
    ]
    others = traffic(
        ROAD, seed + 74,
        (20, "car", 1, 9), (27, "van", -1, 9), (38, "bus", -1, 8), (46, "sweeper", 1, 7),
        (55, "car", -1, 10),
        reach_m=40,
    )  # fmt: skip
    return Script(66, stage, ROAD, [walker, *others], lying)
