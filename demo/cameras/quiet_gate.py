"""工地出入口: trucks leave a site, covered and open, and others pass; nothing is left behind."""

from __future__ import annotations

from demo.cameras.cast import TRUCK_GREEN, TRUCK_ORANGE, TRUCK_RED, pedestrian, traffic, truck
from demo.cameras.places import stage_of
from demo.cameras.script import Actor, Path, Script, always
from demo.scenes.backdrop import Surroundings
from demo.scenes.ground import Road

ROAD = Road(0.5, 15.5, 80, 7.5, walk_m=2.2, apron_m=(-4.5, 4.5))
CAMERA = (6.4, 16.5, 0.92)


def _leaves(at_s: float) -> Path:
    """Out of the gate, a look, and away to the right."""
    return Path(
        ROAD,
        (at_s, 0, -24, 90), (at_s + 2.6, 0, -10, 90), (at_s + 4.0, 0, -9.4, 90),
        (at_s + 5.4, -0.5, -5.6, 100), (at_s + 6.6, -4.2, -2.4, 150), (at_s + 7.6, -9, -1.9, 178),
        (at_s + 11, -42, -1.9, 180),
    )  # fmt: skip


def _enters(at_s: float) -> Path:
    return Path(
        ROAD,
        (at_s, 42, -1.9, 180), (at_s + 4.2, 8, -1.9, 180), (at_s + 5.6, 2.6, -3.4, 215),
        (at_s + 7, 0.2, -8, 262), (at_s + 9.6, 0, -26, 270),
    )  # fmt: skip


def quiet_gate(seed: int) -> Script:
    """Every second gate truck is open; no alarm of matter left behind belongs here."""
    around = Surroundings("hoarding", 2.4, 2.5, 7)
    stage = stage_of(CAMERA, ROAD, around, "overcast", 101)
    actors = [
        Actor(_leaves(5), always(truck(seed + 1, "covered", TRUCK_GREEN))),
        Actor(_leaves(27), always(truck(seed + 2, "open", TRUCK_RED))),
        Actor(_enters(43), always(truck(seed + 3, "empty", TRUCK_ORANGE))),
        *traffic(
            ROAD, seed + 52,
            (17, "car", 1, 11), (20, "van", -1, 10), (39, "bus", 1, 9), (55, "car", -1, 12),
            (58, "covered", 1, 9), (62, "car", 1, 11),
        ),
        Actor(Path(ROAD, (50, -18, 5.3, 0), (74, 20, 5.3, 0)), pedestrian(seed + 53)),
    ]  # fmt: skip
    return Script(75, stage, ROAD, actors)
