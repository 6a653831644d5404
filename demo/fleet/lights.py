"""Red lights: a rule that takes a stop at a crossing for an offence is wrong."""

from __future__ import annotations

import random

from demo.fleet.leg import Halt
from demo.fleet.path import Path

RED_SHARE, LONGEST_S = 0.15, 35.0
APART_M = 600.0  # vertices nearer to each other than this are not all crossings


def red_lights(rng: random.Random, path: Path, from_m: float) -> tuple[Halt, ...]:
    """Halts at some of the path's vertices beyond `from_m`, just ahead of them."""
    halts: list[Halt] = []
    for along in path.along[1:-1]:
        clear = along - (halts[-1].at_m if halts else from_m)
        if clear > (APART_M if halts else 0) and rng.random() < RED_SHARE:
            halts.append(Halt(along - 12, rng.uniform(8, LONGEST_S)))
    return tuple(halts)
