"""The four places that the demo district's cameras look at."""

from __future__ import annotations

import numpy as np

from demo.scenes.backdrop import Surroundings, paint_backdrop
from demo.scenes.ground import Road
from demo.scenes.light import make_light
from demo.scenes.stage import Stage
from demo.scenes.view import View

WIDTH_PX, HEIGHT_PX = 640, 360


def stage_of(
    camera: tuple[float, float, float], road: Road, around: Surroundings, condition: str, seed: int
) -> Stage:
    """`camera` is its height in metres, its pitch in degrees and its focal length in widths."""
    view = View(WIDTH_PX, HEIGHT_PX, *camera)
    rng = np.random.default_rng((seed, 10))
    backdrop = paint_backdrop(view, road, around, rng)
    return Stage(view, backdrop, make_light(condition, road, rng), rng)


def zone_points(
    stage: Stage, road: Road, along_m: tuple[float, float], across_m: tuple[float, float]
) -> list[tuple[float, float]]:
    """A stretch of road or verge as a polygon in fractions of the picture, cut at its edges."""
    edge = [(a, across_m[0]) for a in np.linspace(*along_m, 13)]
    edge += [(a, across_m[1]) for a in np.linspace(*along_m[::-1], 13)]
    world = np.array([(*road.place(a, c), 0.0) for a, c in edge])
    pixels, depth = stage.view.project(world)
    share = pixels[depth > 1] / (WIDTH_PX, HEIGHT_PX)
    return [(round(float(x), 3), round(float(y), 3)) for x, y in np.clip(share, 0, 1)]
