"""Acts of spillage (抛洒滴漏): a truck loses soil, slurry or single clods on the road."""

from __future__ import annotations

import numpy as np

from demo.cameras.labelled.take import Drive, LyingStain, PlannedEvent, Take
from demo.cameras.labelled.traffic import through, truck_shape
from demo.cameras.script import Actor, Lying, always
from demo.scenes.litter import spill_liquid, spill_solid
from demo.scenes.placed import Placed

_TAIL_M = 4.6
_SOIL = ((62, 86, 116), (54, 70, 92), (84, 104, 128), (92, 122, 150), (44, 56, 74))


def spill(take: Take, at_s: float, what: str) -> bool:
    """`what` is `soil`, `slurry` or `clods`; False where no stretch is free."""
    place, rng = take.place, take.rng
    long_m = float(rng.uniform(3, 7)) if what != "clods" else float(rng.uniform(1.5, 4))
    spots = [
        s for s in place.road_spots
        if place.sees((s[0] + np.sign(s[1]) * long_m, s[1]), 0.03)
        and place.pixel(s)[2] < (26 if what != "clods" else 17)
    ]  # fmt: skip
    spot = take.choose(spots, 8)
    if spot is None:
        return False
    way = 1 if spot[1] > 0 else -1
    speed = float(rng.uniform(5, 9))
    truck = take.fleet[int(rng.integers(4))]
    # The truck's middle is at 0 along the road at `middle_s`; its tail passes the spot at `at_s`.
    middle_s = at_s - (way * spot[0] + _TAIL_M) / speed
    path = through(take, way, middle_s, speed)
    load = "open" if what != "slurry" else "covered"
    take.actors.append(Actor(path, always(truck_shape(truck, load))))
    take.drives.append(Drive(truck, path))
    take.hold_lane(way, at_s - 4, at_s + 4)
    lying, stains, last_s = _lose(take, what, spot, long_m, way=way, speed=speed, at_s=at_s)
    take.events.append(
        PlannedEvent(
            "spillage", what, at_s, last_s, lying=lying, stains=stains, truck=truck,
            spot=(spot[0] + way * long_m / 2, spot[1]),
        )
    )  # fmt: skip
    if load == "open":
        take.events.append(
            PlannedEvent("open_load", load, 0, 0, actor=len(take.actors) - 1, truck=truck,
                         spot=spot)
        )  # fmt: skip
    return True


def _lose(
    take: Take, what: str, spot: tuple[float, float], long_m: float, *, way: int, speed: float,
    at_s: float,
) -> tuple[tuple[int, ...], tuple[int, ...], float]:  # fmt: skip
    """Lays the matter down behind the tail as it passes."""
    place, rng = take.place, take.rng
    lying: list[int] = []
    stains: list[int] = []
    color = _SOIL[int(rng.integers(len(_SOIL)))]
    if what == "slurry":
        for i in range(4):
            x, y = place.road.place(spot[0] + way * long_m * i / 3, spot[1] + rng.normal(0, 0.12))
            stain = spill_liquid(
                rng, x, y, 90 - place.road.heading_deg + float(rng.normal(0, 5)),
                float(rng.uniform(0.9, 1.5)),
            )  # fmt: skip
            stains.append(len(take.stains))
            take.stains.append(LyingStain(stain, at_s + long_m * i / 3 / speed))
        return (), tuple(stains), at_s + long_m / speed + 0.5
    count = int(rng.integers(3, 6)) if what == "soil" else int(rng.integers(4, 9))
    for i in range(count):
        along = spot[0] + way * long_m * i / max(count - 1, 1)
        across = spot[1] + float(rng.normal(0, 0.25 if what == "soil" else 0.45))
        size = float(rng.uniform(0.5, 1.0)) if what == "soil" else float(rng.uniform(0.22, 0.34))
        heap = spill_solid(np.random.default_rng(int(rng.integers(1 << 30))), size, color)
        turn = place.road.heading_deg + float(rng.normal(90, 25))
        lying.append(len(take.lying))
        take.lying.append(
            Lying(
                Placed(heap, *place.road.place(along, across), turn),
                at_s + abs(along - spot[0]) / speed, flat=True,
            )
        )  # fmt: skip
    return tuple(lying), (), at_s + long_m / speed
