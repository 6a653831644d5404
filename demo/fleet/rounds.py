"""Rounds of sanitation trucks (作业趟次): along their route at working speed, again and again."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

from config.vehicle import VehicleKind
from demo.fleet.leg import Drive, Halt, Leg, Sensors, Stay
from demo.fleet.path import Path


@dataclass(frozen=True, slots=True)
class Manner:
    """How a kind of work is done."""

    work: str
    top_kmh: float
    halt_every_m: float = 0.0


# Sweeping up to 8 km/h, washing up to 15 (the trade's work standards).
MANNERS = {
    VehicleKind.SWEEPER: Manner("sweep", 7.5),
    VehicleKind.WASHER: Manner("wash", 13.0),
    VehicleKind.COLLECTOR: Manner("collect", 30.0, halt_every_m=220.0),
}


def rounds(rng: random.Random, manner: Manner, out: Path, back: Path) -> Iterator[Leg]:
    """Rounds for ever, beginning somewhere on the first.

    A closed route is driven on and on; from the end of an open one the truck comes back without
    working and waits a little where it began.
    """
    closed = math.dist(out.points[0], out.points[-1]) < 5
    begin = rng.uniform(0, out.length * 0.8)
    while True:
        yield Drive(
            out,
            Sensors(work=(manner.work,)),
            cruise=rng.uniform(0.85, 0.97),
            from_m=begin,
            top_kmh=manner.top_kmh,
            halts=_containers(rng, manner, out, begin),
        )
        begin = 0.0
        if not closed:
            yield Drive(back, Sensors(), cruise=0.85, top_kmh=36.0)
            yield Stay(rng.uniform(60, 180))


def _containers(rng: random.Random, manner: Manner, path: Path, begin: float) -> tuple[Halt, ...]:
    if not manner.halt_every_m:
        return ()
    first = int(begin // manner.halt_every_m) + 1
    last = int(path.length // manner.halt_every_m)
    return tuple(Halt(i * manner.halt_every_m, rng.uniform(12, 30)) for i in range(first, last))
