"""What a truck does next: drive a way, or stay at a place; and what its sensors say meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from demo.fleet.path import Path

Lid = Literal["open", "closed"]
Load = Literal["empty", "half", "full"]


@dataclass(frozen=True, slots=True)
class Sensors:
    """What the terminal reports besides the fix; None and empty: it has no such sensor."""

    lid: Lid | None = None
    load: Load | None = None
    body_raised: bool | None = None
    work: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Halt:
    """A stop on the way: a red light, a container."""

    at_m: float
    wait_s: float


@dataclass(frozen=True, slots=True)
class Drive:
    """Drive along a path from `from_m` on.

    `cruise` is the fraction of the limit that the driver takes; `hurry_kmh` is driven instead of
    any limit within `hurry_m` (metres along, from and to), bends apart.
    """

    path: Path
    sensors: Sensors
    cruise: float = 0.9
    from_m: float = 0.0
    to_m: float | None = None
    top_kmh: float = 100.0
    halts: tuple[Halt, ...] = ()
    hurry_kmh: float = 0.0
    hurry_m: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Stay:
    """Stand still; the sensors change after the given seconds."""

    seconds: float
    phases: tuple[tuple[float, Sensors], ...] = field(default=())


Leg = Drive | Stay
