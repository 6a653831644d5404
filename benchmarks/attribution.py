"""Who went through the gate: five trucks within a minute, GPS and clocks that err, plates or none.

`python -m benchmarks.attribution [--seeds N] [--first SEED]`: pure simulation (`gate_simulation`),
no pictures. Seeds below 1000 were looked at while the parameters were chosen; the default begins
at 100,000. The peer is what one would first write: the nearest fix in time decides, the plate where
it is the same.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise

from alerts.attribution import Attribution
from alerts.attribution_match import attribute
from alerts.attribution_motion import Origin
from alerts.attribution_seen import Seen, seen_of
from benchmarks.gate_simulation import GateCase, GateWorld, simulate

_BINS = (0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.97, 0.99, 1.01)


@dataclass(slots=True)
class Tally:
    """Of one cell. `known`: passages of fleet trucks whose terminal sent."""

    known: int = 0
    right: int = 0
    surer: int = 0
    peer: int = 0
    named: int = 0
    named_wrong: int = 0
    strangers: int = 0
    strangers_told: int = 0
    silent: int = 0
    silent_right: int = 0
    bins: Counter[int] = field(default_factory=Counter)
    said: Counter[int] = field(default_factory=Counter)
    true: Counter[int] = field(default_factory=Counter)

    def add(self, world: GateWorld, seen: Seen, answer: Attribution) -> None:
        truth = world.truth[answer.track_uid]
        best = answer.candidates[0] if answer.candidates else None
        likelier = best is not None and best.confidence > answer.nobody
        for candidate in answer.candidates:
            at = _bin(candidate.confidence)
            self.bins[at] += 1
            self.said[at] += round(candidate.confidence * 1e6)
            self.true[at] += candidate.vehicle_id == truth
        if answer.vehicle_id is not None:
            self.named += 1
            self.named_wrong += answer.vehicle_id != truth
        hit = best is not None and best.vehicle_id == truth
        if truth is None:
            self.strangers += 1
            self.strangers_told += not likelier
        elif truth in world.silent:
            self.silent += 1
            self.silent_right += hit
        else:
            self.known += 1
            self.right += hit
            self.surer += hit and likelier
            self.peer += nearest(world, seen) == truth

    def merge(self, other: Tally) -> None:
        for name in ("known", "right", "surer", "peer", "named", "named_wrong"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.bins += other.bins
        self.said += other.said
        self.true += other.true


def nearest(world: GateWorld, seen: Seen) -> str | None:
    """The peer: the vehicle with that plate, else the one whose fix next in time is nearest."""
    if seen.plate is not None:
        for vehicle in world.site.vehicles.values():
            if vehicle.plate == seen.plate.text:
                return vehicle.vehicle_id
    moment = seen.moments[0]
    origin = Origin.at(moment.lon, moment.lat)
    best: tuple[float, str] | None = None
    for vehicle_id, fixes in world.fleet.fixes.items():
        row = int(abs(fixes.at_s - moment.at.timestamp()).argmin())
        x, y = origin.metres(fixes.lon[row : row + 1], fixes.lat[row : row + 1])[0]
        away = float(x * x + y * y)
        if best is None or away < best[0]:
            best = (away, vehicle_id)
    return best[1] if best else None


def run(case: GateCase, seeds: Iterable[int]) -> Tally:
    tally = Tally()
    for seed in seeds:
        world = simulate(case, seed)
        tracks = {seen.track_uid: seen for seen in seen_of(world.sightings)}
        for answer in attribute(list(tracks.values()), world.fleet, world.site):
            tally.add(world, tracks[answer.track_uid], answer)
    return tally


def _bin(confidence: float) -> int:
    return next(i for i, upper in enumerate(_BINS[1:]) if confidence < upper)


def cases() -> dict[str, GateCase]:
    """By what is printed of it."""
    table = {
        f"fix {interval:g} s, plates {round(plates * 100)} %": GateCase(
            interval_s=interval, plates=plates
        )
        for interval in (5.0, 10.0, 15.0, 30.0)
        for plates in (0.0, 0.5, 0.8, 1.0)
    }
    said, usual = "fix 15 s, plates 0 %", GateCase(interval_s=15.0)
    return table | {
        f"{said}, GPS 3 m": replace(usual, gps_m=(3.0, 3.0)),
        f"{said}, GPS 15 m": replace(usual, gps_m=(15.0, 15.0)),
        f"{said}, camera clock right": replace(usual, camera_clock_s=0.5),
        f"{said}, terminals off by up to 5 s": replace(usual, terminal_clock_s=5.0),
        f"{said}, no homography": replace(usual, homography=False),
        f"{said}, no speed and course": replace(usual, motion=False),
        f"{said}, half strangers, a fifth silent": replace(usual, strangers=0.5, silent=0.2),
        f"{said}, asked 5 s after": replace(usual, wait_s=5.0),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--first", type=int, default=100_000)
    given = parser.parse_args()
    seeds = range(given.first, given.first + given.seeds)
    total = Tally()
    print("| case | passages | right | and likelier than nobody | nearest fix | named unasked "
          "| of these wrong | strangers left alone | silent trucks found |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|---|")
    cells = {}
    for said, case in cases().items():
        t = run(case, seeds)
        total.merge(t)
        cells[said] = round(t.right / t.known, 4)
        print(
            f"| {said} | {t.known} | {t.right / t.known:.3f} | {t.surer / t.known:.3f} "
            f"| {t.peer / t.known:.3f} | {t.named} | {t.named_wrong} "
            f"| {t.strangers_told} of {t.strangers} | {t.silent_right} of {t.silent} |",
            flush=True,
        )
    print("\n| confidence said | candidates | mean said | truly so |")
    print("|---|---|---|---|")
    for i, (low, high) in enumerate(pairwise(_BINS)):
        if n := total.bins[i]:
            said_mean, share = total.said[i] / 1e6 / n, total.true[i] / n
            print(f"| {low:g} to {min(high, 1):g} | {n} | {said_mean:.3f} | {share:.3f} |")
    print(
        json.dumps(
            {
                "name": "attribution",
                "ours": round(total.right / total.known, 4),
                "peer": round(total.peer / total.known, 4),
                "ratio": round(total.right / total.peer, 3),
                "unit": "share of passages laid at the right truck, all cases",
                "named": total.named,
                "named_wrong": total.named_wrong,
                "checked": f"{total.known} passages of seeds {seeds.start} to {seeds.stop - 1}",
                "cells": cells,
            },
            ensure_ascii=False,
        )
    )


if __name__ == "__main__":
    main()
