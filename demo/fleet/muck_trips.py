"""Muck trips (运次): load on the site, drive laden, tip on the ground, drive back empty."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from demo.fleet.leg import Drive, Leg, Sensors, Stay
from demo.fleet.lights import red_lights
from demo.fleet.offences import HURRY_FACTOR
from demo.fleet.path import Path

LADEN = Sensors(lid="closed", load="full", body_raised=False)
EMPTY = Sensors(lid="closed", load="empty", body_raised=False)


@dataclass(frozen=True, slots=True)
class Haul:
    """One permitted route as driven: to the ground, back, and over the detour it offers."""

    out: Path
    back: Path
    detour: Path | None
    limit_kmh: float


def tip(rng: random.Random) -> Stay:
    """Open the lid, raise the body, lower it, close the lid."""
    raised = rng.uniform(20, 35)
    lowered = raised + rng.uniform(25, 45)
    return Stay(
        lowered + 30,
        (
            (5, Sensors(lid="open", load="full", body_raised=False)),
            (raised, Sensors(lid="open", load="half", body_raised=True)),
            (raised + 12, Sensors(lid="open", load="empty", body_raised=True)),
            (lowered, Sensors(lid="open", load="empty", body_raised=False)),
            (lowered + 15, EMPTY),
        ),
    )


def load(rng: random.Random) -> Stay:
    """Five shovels or so; then the lid is closed."""
    full = rng.uniform(70, 150)
    return Stay(
        full + 40,
        (
            (5, Sensors(lid="open", load="empty", body_raised=False)),
            (full / 2, Sensors(lid="open", load="half", body_raised=False)),
            (full, Sensors(lid="open", load="full", body_raised=False)),
            (full + 20, LADEN),
        ),
    )


def trips(
    rng: random.Random, hauls: Sequence[Haul], opening: Drive | None, offence_share: float
) -> Iterator[Leg]:
    """Trips for ever. Begins with `opening`, or somewhere on a way.

    `offence_share` of the laden ways go over a detour, as many again are hurried.
    """
    spot_m = rng.uniform(0, 45)  # nobody stops where another stands
    if opening is None:
        haul = rng.choice(hauls)
        laden = rng.random() < 0.5
        path = haul.out if laden else haul.back
        begin = rng.uniform(0, max(path.length - 200, 0))
        opening = Drive(
            path,
            LADEN if laden else EMPTY,
            cruise=rng.uniform(0.8, 0.93),
            from_m=begin,
            to_m=path.length - spot_m,
            halts=red_lights(rng, path, begin + 150),
        )
    yield opening
    laden = opening.sensors.load == "full"
    while True:
        yield tip(rng) if laden else load(rng)
        laden = not laden
        haul = rng.choice(hauls)
        dice = rng.random()
        hurried = laden and dice < offence_share
        astray = laden and not hurried and dice < 2 * offence_share and haul.detour is not None
        path = haul.out if laden else haul.back
        if astray and haul.detour is not None:
            path = haul.detour
        yield Drive(
            path,
            LADEN if laden else EMPTY,
            cruise=rng.uniform(0.8, 0.93),
            from_m=spot_m,
            to_m=path.length - spot_m,
            halts=red_lights(rng, path, 150),
            hurry_kmh=haul.limit_kmh * HURRY_FACTOR if hurried else 0,
            hurry_m=(600, path.length / 2) if hurried else (0, 0),
        )
