"""What a gate's camera shows in pieces of 20 s: nobody, a truck out or in, soil lost and swept."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from shapely import Point

from config.camera import Camera
from config.site import Site
from demo.cameras.cast import TRUCK_RED, pedestrian, truck
from demo.cameras.gate_place import gate_place, gate_stage
from demo.cameras.labelled.place import LabelledPlace
from demo.cameras.labelled.register import COLORS
from demo.cameras.script import Actor, Lying, Path, Script, always
from demo.fleet.path import Path as Way
from demo.fleet.plane import Plane
from demo.scenes.litter import spill_solid
from demo.scenes.placed import Placed
from demo.scenes.shape import Color, Shape
from demo.timetable import GATE_SPEED_MS, PIECE_S, GatePassage

_GONE_M = -18.0  # behind the camera, tail and all
_TAIL_M = 4.4
_SOIL: Color = (92, 122, 150)
_HEAPS_M = (0.6, 1.5, 2.4, 3.3, 4.2)  # inside of the gate line
_SWEEPER_MS, _SWEEPING_MS = 1.3, 0.45


def still(camera: Camera) -> Script:
    place = gate_place(camera)
    return Script(PIECE_S, gate_stage(camera), place.road, [])


def soiled(camera: Camera, seed: int) -> Script:
    """What a truck lost lies there all the time."""
    place = gate_place(camera)
    lying = _soil(place, seed, [(-1.0, 1e9)] * len(_HEAPS_M))
    return Script(PIECE_S, gate_stage(camera), place.road, [], lying)


def swept(camera: Camera, seed: int) -> Script:
    """Somebody of the site comes from the road and takes it up."""
    place = gate_place(camera)
    lane, first, last = -place.lane_m, _HEAPS_M[0], _HEAPS_M[-1]
    begins_s = 3 + (first - _GONE_M) / _SWEEPER_MS / 4
    ends_s = begins_s + (last - first) / _SWEEPING_MS
    path = Path(
        place.road,
        (begins_s - 5, first - 5 * _SWEEPER_MS, lane + 0.9, 0), (begins_s, first, lane + 0.5, 0),
        (ends_s, last, lane + 0.5, 0), (ends_s + 12, last + 12 * _SWEEPER_MS, -3.6, 0),
    )  # fmt: skip
    taken = [(-1.0, begins_s + (at - first) / _SWEEPING_MS) for at in _HEAPS_M]
    return Script(
        PIECE_S,
        gate_stage(camera),
        place.road,
        [Actor(path, pedestrian(seed + 61))],
        _soil(place, seed, taken),
    )


def passing(camera: Camera, site: Site, passage: GatePassage, seed: int) -> Script:
    """One truck on its way over the driveway of the map."""
    place = gate_place(camera)
    on_line_s = passage.at_s % PIECE_S
    path = driven(camera, site, passage)
    lying: list[Lying] = []
    if passage.spills:
        since = [(on_line_s + (_TAIL_M - at) / GATE_SPEED_MS, 1e9) for at in _HEAPS_M]
        lying = _soil(place, seed, since)
    shape = _truck(site, passage, seed)
    stage = gate_stage(camera)
    return Script(PIECE_S, stage, place.road, [Actor(path, always(shape))], lying)


def _truck(site: Site, passage: GatePassage, seed: int) -> Shape:
    """The same vehicle looks the same in every clip."""
    vehicle = site.vehicles.get(passage.vehicle_id)
    if vehicle is None:
        return truck(seed, passage.load, TRUCK_RED, plate=(passage.plate, "yellow"))
    number = list(site.vehicles).index(vehicle.vehicle_id)
    plate = (vehicle.plate, str(vehicle.plate_color))
    return truck(seed + number, passage.load, COLORS[number % len(COLORS)], plate=plate)


def driven(camera: Camera, site: Site, passage: GatePassage) -> Path:
    """The truck's middle is on the gate line when it is due, at the fleet's speed and way."""
    place, heading = gate_place(camera), camera.heading_deg or 0.0
    plane = Plane(*place.anchor.to_degrees(*place.road.place(0.0, 0.0)))  # about the line's middle
    roads = [plane.to_metres(road.geometry) for road in site.roads.values()]
    nearest = min(roads, key=lambda road: road.distance(Point(0, 0)))
    points = [(float(x), float(y)) for x, y in nearest.coords]
    if _on_driveway(points[0], heading)[0] > _on_driveway(points[-1], heading)[0]:
        points = points[::-1]
    straight = 0.0 if passage.direction == "in" else 180.0
    way = Way(points if passage.direction == "in" else points[::-1], lambda _: 15.0)
    gate_m, on_line_s = way.nearest((0.0, 0.0)), passage.at_s % PIECE_S
    keys = []
    for t_s in np.arange(0.0, PIECE_S + 0.01, 0.5):
        metres = gate_m + GATE_SPEED_MS * (float(t_s) - on_line_s)
        spot, course = way.place(metres, place.lane_m)
        along, across = _on_driveway(spot, heading)
        if along >= _GONE_M:
            turn = straight + (course - heading - straight + 180) % 360 - 180
            keys.append((float(t_s), along, across, turn))
    return Path(place.road, *keys)


def _on_driveway(spot: tuple[float, float], heading_deg: float) -> tuple[float, float]:
    """Metres along and across of a place east and north of the gate."""
    turn = np.radians(heading_deg)
    along = spot[0] * np.sin(turn) + spot[1] * np.cos(turn)
    return float(along), float(spot[0] * np.cos(turn) - spot[1] * np.sin(turn))


def _soil(place: LabelledPlace, seed: int, spells: Sequence[tuple[float, float]]) -> list[Lying]:
    """Always the same heaps, each there from and until its second."""
    dice = np.random.default_rng((seed, 64))
    lying = []
    for i, (at, (since_s, until_s)) in enumerate(zip(_HEAPS_M, spells, strict=True)):
        size = float(dice.uniform(0.5, 0.8))
        heap = spill_solid(np.random.default_rng((seed, 65, i)), size, _SOIL)
        x, y = place.road.place(at, -place.lane_m + float(dice.normal(0, 0.25)))
        turn = place.road.heading_deg + 90 + float(dice.normal(0, 25))
        lying.append(Lying(Placed(heap, x, y, turn), since_s, until_s, flat=True))
    return lying
