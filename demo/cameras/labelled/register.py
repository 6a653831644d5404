"""The fleet of a labelled place, and the plates of those who belong to no fleet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from demo.cameras.cast import TRUCK_GREEN, TRUCK_ORANGE, TRUCK_RED
from demo.scenes.shape import Color

FLEET_SIZE = 7
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
COLORS: tuple[Color, ...] = (
    TRUCK_GREEN, TRUCK_ORANGE, TRUCK_RED, (168, 96, 40), (208, 208, 204), (44, 160, 214),
    (94, 150, 62),
)  # fmt: skip


@dataclass(frozen=True)
class FleetTruck:
    """A registered muck truck; `shape_seed` and `color` make it look the same in every clip."""

    vehicle_id: str
    plate: str
    plate_color: str
    terminal_id: str
    permitted: bool
    shape_seed: int
    color: Color


def fleet_of(seed: int) -> list[FleetTruck]:
    """The trucks of a seed's place; the last has no permit, the last but one no terminal."""
    rng = np.random.default_rng((seed, 31))
    colors = rng.permutation(len(COLORS))
    return [
        FleetTruck(
            f"v{seed:05d}-{n}",
            f"苏D{_serial(seed, n)}",
            "yellow",
            "" if n == FLEET_SIZE - 2 else f"1390{seed:06d}{n}",
            n != FLEET_SIZE - 1,
            seed * 10 + n,
            COLORS[int(colors[n])],
        )
        for n in range(FLEET_SIZE)
    ]


def _serial(seed: int, number: int) -> str:
    """Five characters, unique to place and truck; every second one with a letter in front."""
    scrambled = (seed * FLEET_SIZE + number) * 7919 % 240_000
    letter, digits = divmod(scrambled, 10_000)
    return f"{_LETTERS[letter]}{digits:04d}"


def strange_plate(rng: np.random.Generator, color: str = "blue") -> str:
    """Of no fleet: from another town."""
    town = "BEFCK"[int(rng.integers(5))]
    head = "苏沪浙皖"[int(rng.integers(4))]
    first = _LETTERS[int(rng.integers(len(_LETTERS)))]
    number = int(rng.integers(0, 10_000))
    if color == "green":
        return f"{head}{town}D{first}{number:04d}"
    return f"{head}{town}{first}{number:04d}"
