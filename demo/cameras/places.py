"""The four places that the demo district's cameras look at."""

from __future__ import annotations

import numpy as np
from shapely import Polygon, box, get_coordinates

from demo.scenes.backdrop import Surroundings, paint_place
from demo.scenes.ground import Road
from demo.scenes.stage import Stage
from demo.scenes.staging import set_stage
from demo.scenes.view import View

WIDTH_PX, HEIGHT_PX = 640, 360


def stage_of(
    camera: tuple[float, float, float], road: Road, around: Surroundings, condition: str, seed: int
) -> Stage:
    """`camera` is its height in metres, its pitch in degrees and its focal length in widths."""
    view = View(WIDTH_PX, HEIGHT_PX, *camera)
    rng = np.random.default_rng((seed, 10))
    scene = paint_place(view, road, around, rng)
    return set_stage(view, road, around, scene, condition=condition, rng=rng)


def zone_points(
    stage: Stage, road: Road, along_m: tuple[float, float], across_m: tuple[float, float]
) -> list[tuple[float, float]]:
    """A stretch of road or verge as a polygon in fractions of the picture, cut at its edges.

    The zones of the demo district's `cameras.toml` were made so.
    """
    edge = [(a, across_m[0]) for a in np.linspace(*along_m, 41)]
    edge += [(a, across_m[1]) for a in np.linspace(*along_m[::-1], 41)]
    pixels, depth = stage.view.project(np.array([(*road.place(a, c), 0.0) for a, c in edge]))
    seen = Polygon(pixels[depth > 1] / (WIDTH_PX, HEIGHT_PX)).intersection(box(0, 0, 1, 1))
    corners = np.asarray(get_coordinates(seen.simplify(0.004)))[:-1]
    return [(round(float(x), 3), round(float(y), 3)) for x, y in corners]
