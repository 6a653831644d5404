"""A painted place made ready for the light and weather of an hour."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from demo.scenes.backdrop import Backdrop, Surroundings
from demo.scenes.foliage import Foliage
from demo.scenes.ground import Road
from demo.scenes.light import make_light
from demo.scenes.stage import Stage
from demo.scenes.sunshine import still_shadows
from demo.scenes.surface import snowed, wetted
from demo.scenes.view import View


def set_stage(
    view: View,
    road: Road,
    around: Surroundings,
    scene: Backdrop,
    *,
    condition: str,
    rng: np.random.Generator,
    posts: Sequence[tuple[float, float]] = (),
) -> Stage:
    """`posts` are street lamps besides those of the place; the ground is wet or white as is due."""
    lamps = [road.place(s.at, s.across) for s in scene.standing if s.what == "lamp"]
    light = make_light(condition, road, rng, [*lamps, *posts])
    picture = scene.picture
    if light.rain:
        picture = wetted(scene, view, road, rng)
    elif light.snow:
        picture = snowed(scene, view, road, float(rng.uniform(0.2, 1)), rng)
    _, across = road.coordinates(view.ground[0], view.ground[1])
    paved = np.abs(across) < road.width_m / 2 + road.kerb_m + road.walk_m
    shade = None
    if light.strength > 0:
        shade = still_shadows(
            view, road, around, scene.standing, sun=light.sun, upright=scene.upright
        )
    return Stage(
        view,
        picture,
        light,
        rng,
        foliage=Foliage(picture, scene.foliage, rng),
        shade=shade,
        paved=paved & np.isfinite(view.ground[2]),
    )
