"""Who else is on the road: passers, and trucks on their way."""

from __future__ import annotations

import numpy as np

from demo.cameras.cast import pedestrian
from demo.cameras.labelled.register import FleetTruck
from demo.cameras.labelled.take import Drive, Take
from demo.cameras.script import Actor, Path, always
from demo.scenes.shape import Shape
from demo.scenes.trucks import muck_truck, sanitation_truck
from demo.scenes.vehicles import bus, car, van

REACH_M = 150.0


def truck_shape(truck: FleetTruck, load: str, raised_deg: float = 0.0) -> Shape:
    return muck_truck(
        np.random.default_rng((truck.shape_seed, 11)),
        load,
        color=truck.color,
        raised_deg=raised_deg,
        load_rng=np.random.default_rng((truck.shape_seed, 12)),
        plate=(truck.plate, truck.plate_color),
    )


def through(take: Take, way: int, middle_s: float, speed_ms: float, across_m: float = 0) -> Path:
    """Along its own lane, before the camera at `middle_s`; +1 along the road, -1 against it."""
    lane = way * (take.place.lane_m + across_m)
    reach_s = REACH_M / speed_ms
    turn = 0.0 if way > 0 else 180.0
    return Path(
        take.place.road,
        (middle_s - reach_s, -way * REACH_M, lane, turn),
        (middle_s + reach_s, way * REACH_M, lane, turn),
    )


def passers(take: Take, per_minute: float) -> None:
    """Ordinary traffic in both lanes, out of the way of what was planned before."""
    rng = take.rng
    for _ in range(int(rng.poisson(per_minute * take.seconds / 60))):
        way, at_s = int(rng.choice([-1, 1])), float(rng.uniform(0, take.seconds))
        speed = float(rng.uniform(6, 12))
        clear = 60 / speed
        if not take.lane_free(way, at_s - clear / 2, at_s + clear / 2):
            continue
        take.hold_lane(way, at_s - 2.5, at_s + 2.5)
        kind = str(rng.choice(["car", "van", "bus", "muck", "other"], p=[0.5, 0.2, 0.1, 0.1, 0.1]))
        take.actors.append(Actor(through(take, way, at_s, speed), always(_vehicle(kind, rng))))


def _vehicle(kind: str, rng: np.random.Generator) -> Shape:
    if kind == "muck":
        return muck_truck(rng, "covered")
    if kind == "other":
        return sanitation_truck(rng)
    return {"car": car, "van": van, "bus": bus}[kind](rng)


def walkers(take: Take, count: int) -> None:
    """People who walk past beside the road, and leave nothing."""
    rng, place = take.rng, take.place
    for _ in range(count):
        side = int(rng.choice([-1, 1]))
        deep = place.verge_m[0 if side < 0 else 1]
        across = side * (place.half_m + float(rng.uniform(0.5, max(0.6, min(deep - 0.5, 3)))))
        way, at_s = int(rng.choice([-1, 1])), float(rng.uniform(0, take.seconds))
        turn = 0.0 if way > 0 else 180.0
        path = Path(
            place.road,
            (at_s - 50 / 1.35, -way * 50, across, turn),
            (at_s + 50 / 1.35, way * 50, across, turn),
        )
        take.actors.append(Actor(path, pedestrian(int(rng.integers(1 << 30)))))


def fleet_passes(take: Take, truck: FleetTruck, way: int, at_s: float, load: str) -> None:
    """A truck of the fleet drives by, with its terminal on."""
    path = through(take, way, at_s, float(take.rng.uniform(7, 10)))
    take.actors.append(Actor(path, always(truck_shape(truck, load))))
    take.drives.append(Drive(truck, path))
    take.hold_lane(way, at_s - 3, at_s + 3)
