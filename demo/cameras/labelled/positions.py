"""The fixes of a clip's trucks: where they are drawn, through a receiver, by a terminal's clock."""

from __future__ import annotations

import math
import random
from datetime import datetime, timedelta

from demo.cameras.labelled.place import LabelledPlace
from demo.cameras.labelled.take import Drive, Take
from demo.cameras.labelled.truth import PositionRow
from demo.fleet.receiver import Receiver

_STANDS_FOR_S = 90.0
"""How long a truck is reported to stand before and after its drive."""
_COURSE_OVER_S = 0.5


def positions_of(take: Take, starts_at: datetime, seed: int) -> list[PositionRow]:
    """Of all drives with their terminal on, and of the rest of the fleet, parked or passing by."""
    rows: list[PositionRow] = []
    for number, drive in enumerate(take.drives):
        if drive.reports and drive.truck.terminal_id:
            rows += _of_drive(take.place, drive, starts_at, random.Random(f"{seed}-{number}"))
    moving = {drive.truck.vehicle_id for drive in take.drives}
    dice = random.Random(f"{seed}-parked")
    for truck in take.fleet:
        if truck.vehicle_id not in moving and truck.terminal_id:
            rows += _parked(take, truck.vehicle_id, starts_at, dice)
    return sorted(rows, key=lambda row: (row.time, row.vehicle_id))


def _of_drive(
    place: LabelledPlace, drive: Drive, starts_at: datetime, rng: random.Random
) -> list[PositionRow]:
    """Fixes every 5 to 30 s; error of 3 to 10 m; the clock off by up to 3 s."""
    every_s = rng.choice((5.0, 10.0, 10.0, 15.0, 30.0))
    worse = rng.uniform(1.0, 3.3)  # times the receiver's own 3 m
    late_s = rng.uniform(-3.0, 3.0)
    receiver = Receiver(rng)
    first, last = drive.path.span_s
    rows, at_s = [], first - _STANDS_FOR_S + rng.uniform(0, every_s)
    while at_s <= last + _STANDS_FOR_S:
        held = min(max(at_s, first), last)
        x, y, _ = drive.path.surely_at(held)
        fix = receiver.locate((0.0, 0.0), every_s)
        before = drive.path.surely_at(min(max(held - _COURSE_OVER_S, first), last))
        after = drive.path.surely_at(min(max(held + _COURSE_OVER_S, first), last))
        dx, dy = after[0] - before[0], after[1] - before[1]
        moving = first < at_s < last
        speed_ms = math.hypot(dx, dy) / (2 * _COURSE_OVER_S) if moving else 0.0
        course = place.anchor.bearing(math.degrees(math.atan2(dx, dy)))
        lon, lat = place.anchor.to_degrees(x + fix[0] * worse, y + fix[1] * worse)
        time = starts_at + timedelta(seconds=round(at_s + late_s, 1))
        rows.append(
            PositionRow(drive.truck.vehicle_id, time, round(lon, 7), round(lat, 7),
                        receiver.speed_kmh(speed_ms), round(course, 1))
        )  # fmt: skip
        at_s += every_s
    return rows


def _parked(
    take: Take, vehicle_id: str, starts_at: datetime, rng: random.Random
) -> list[PositionRow]:
    """Beside the road out of the picture, 60 to 200 m away, once a minute, all the time."""
    along, across = rng.choice((-1, 1)) * rng.uniform(60, 200), rng.choice((-1, 1)) * 25.0
    receiver, rows, at_s = Receiver(rng), [], -120.0
    x, y = take.place.road.place(along, across)
    while at_s < take.seconds + 120:
        fix = receiver.locate((x, y), 30.0)
        lon, lat = take.place.anchor.to_degrees(*fix)
        time = starts_at + timedelta(seconds=round(at_s, 1))
        rows.append(PositionRow(vehicle_id, time, round(lon, 7), round(lat, 7), 0.0, 0.0))
        at_s += 30.0
    return rows
