"""What is built into a truck: terminals differ, and so does what can be known of a truck."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Equipment:
    """One terminal and its sensors.

    Attributes:
        load, lid, body, scale, thermometer, wires: whether there is such a sensor; `wires`
            tell when antenna or main power are cut.
        interval_s: a fix so often while the ignition is on.
        asleep_s: a fix so often while it is off; None: none at all.
        sigma_m: standard deviation of the fixes under open sky.
        marks_backfill: says `backfill` of what it sends late.
    """

    load: bool
    lid: bool
    body: bool
    scale: bool
    thermometer: bool
    wires: bool
    interval_s: float
    asleep_s: float | None
    sigma_m: float
    marks_backfill: bool


def draw_equipment(dice: random.Random, muck: bool, washer: bool = False) -> Equipment:
    """Muck trucks: full sets, parts of it, and bare terminals; sanitation trucks: terminals."""
    load, lid, body = False, False, False
    if muck:
        load, lid, body = dice.choices(
            ((True, True, True), (True, False, True), (False, True, True), (False, False, False)),
            weights=(45, 15, 15, 25),
        )[0]
    return Equipment(
        load=load,
        lid=lid,
        body=body,
        scale=load and dice.random() < 0.3,
        thermometer=washer or dice.random() < 0.25,
        wires=dice.random() < 0.6,
        interval_s=dice.choice((10.0, 10.0, 15.0, 20.0, 30.0)),
        asleep_s=dice.choice((600.0, 1200.0, 1800.0, None)),
        sigma_m=dice.uniform(1.8, 4.5),
        marks_backfill=dice.random() < 0.5,
    )
