"""Who plays in the clips, made once each from a seed."""

from __future__ import annotations

import numpy as np

from demo.cameras.script import Actor, Path, ShapeAt, always, walking
from demo.scenes.ground import Road
from demo.scenes.people import person
from demo.scenes.shape import Color, Shape
from demo.scenes.trucks import muck_truck, sanitation_truck
from demo.scenes.vehicles import bus, car, van

TRUCK_GREEN: Color = (70, 128, 46)
TRUCK_ORANGE: Color = (38, 92, 214)
TRUCK_RED: Color = (36, 44, 168)


def truck(
    seed: int,
    load: str,
    color: Color,
    raised_deg: float = 0.0,
    plate: tuple[str, str] | None = None,
) -> Shape:
    """The same seed gives the same truck whatever its load; `plate` is number and colour."""
    return muck_truck(
        np.random.default_rng((seed, 11)),
        load,
        color=color,
        raised_deg=raised_deg,
        load_rng=np.random.default_rng((seed, 12)),
        plate=plate,
    )


def pedestrian(seed: int, *, carrying: Color | None = None) -> ShapeAt:
    phases = np.linspace(0, 2 * np.pi, 9)[:-1]
    return walking(
        [
            person(np.random.default_rng((seed, 13)), phase=float(p), carrying=carrying)
            for p in phases
        ]
    )


def standing(seed: int, *, carrying: Color | None = None) -> ShapeAt:
    return always(person(np.random.default_rng((seed, 13)), carrying=carrying))


def traffic(
    road: Road, seed: int, *cars: tuple[float, str, int, float], reach_m: float = 45
) -> list[Actor]:
    """Vehicles that pass: second of entry, what it is, way (1 along the road, -1 against), m/s.

    They keep to the right, in the outer lane.
    """
    rng = np.random.default_rng((seed, 14))
    lane = road.width_m / road.lanes * (road.lanes / 2 - 0.5)
    actors = []
    for enters_s, kind, way, speed in cars:
        shape = _vehicle(kind, rng)
        leaves_s = enters_s + 2 * reach_m / speed
        turn = 0.0 if way > 0 else 180.0
        path = Path(
            road,
            (enters_s, -way * reach_m, way * lane, turn),
            (leaves_s, way * reach_m, way * lane, turn),
        )
        actors.append(Actor(path, always(shape)))
    return actors


def _vehicle(kind: str, rng: np.random.Generator) -> Shape:
    if kind in ("covered", "open", "empty"):
        return muck_truck(rng, kind)
    if kind in ("collector", "washer", "sweeper"):
        return sanitation_truck(rng, kind)
    return {"car": car, "van": van, "bus": bus}[kind](rng)
