"""工地出入口: a driveway seen from above it, near enough to read plates over the gate line."""

from __future__ import annotations

from functools import cache

import numpy as np

from config.camera import Camera
from demo.cameras.labelled.anchor import Anchor
from demo.cameras.labelled.place import GATE, LabelledPlace, gate_view
from demo.scenes.backdrop import Surroundings, paint_place
from demo.scenes.ground import Road
from demo.scenes.stage import Stage
from demo.scenes.staging import set_stage
from demo.timetable import GATE_LINE_M

SIZE_PX = (1280, 720)
_HEIGHT_M, _PLATE_PX = 3.6, 88.0
_ROAD = Road(0.0, GATE_LINE_M, 0.0, 6.8, walk_m=0.0)
_LOOKS = {"gate-south": ("brick", "day", 103)}
"""Wall, light and dice of a camera's place; of the others `_COMMON`."""
_COMMON = ("hoarding", "overcast", 101)


def gate_place(camera: Camera) -> LabelledPlace:
    """Where the camera stands on the map, and the driveway straight ahead of it."""
    wall, _light, seed = _LOOKS.get(camera.id, _COMMON)
    return LabelledPlace(
        seed,
        GATE,
        gate_view(SIZE_PX, _HEIGHT_M, GATE_LINE_M, _PLATE_PX),
        _ROAD,
        Surroundings(wall, 26.0, 2.6, 5, True, gate_m=0.0),
        Anchor(camera.lon, camera.lat, camera.heading_deg or 0.0),
        (0.0, 0.0),
        0.0,
    )


@cache
def gate_stage(camera: Camera) -> Stage:
    """The place as it is painted once, in the light of its clips."""
    _wall, light, seed = _LOOKS.get(camera.id, _COMMON)
    place = gate_place(camera)
    rng = np.random.default_rng((seed, 10))
    scene = paint_place(place.view, place.road, place.around, rng)
    return set_stage(place.view, place.road, place.around, scene, condition=light, rng=rng)
