"""Rendered matter to lay into real pictures: its colours, its coverage, the shadow at its foot."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from demo.scenes.light import Light
from demo.scenes.litter import bag, bulky_item, spill_liquid, spill_solid, waste_pile
from demo.scenes.placed import Placed
from demo.scenes.stage import Stage
from demo.scenes.view import View

MATTER = ("bag", "soil", "pile", "slurry", "bulky", "bags")
_FINE = 4  # drawn so many times larger, then shrunk
_GREY = 128


@dataclass(frozen=True, eq=False)
class Matter:
    """`color` (h, w, 3) by even light at level 128; `cover` (h, w) 0 to 1; `shade` (h, w): what is
    left of the ground's light beside it.
    """  # fmt: skip

    color: NDArray[np.float32]
    cover: NDArray[np.float32]
    shade: NDArray[np.float32]

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Of what covers the ground; of a stain, of what darkens it."""
        there = self.cover > 0.25 if self.cover.max() > 0.25 else self.shade < 0.9
        rows, columns = np.flatnonzero(there.any(axis=1)), np.flatnonzero(there.any(axis=0))
        return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def render_matter(what: str, width_px: int, pitch_deg: float, seed: int) -> Matter:
    """One of MATTER, about `width_px` wide, seen from above at `pitch_deg`."""
    rng = np.random.default_rng((seed, 71))
    side = max(48, width_px * 2) * _FINE
    high_m = 5.0
    away = high_m / np.tan(np.radians(pitch_deg))
    wide_m = {"bag": 0.8, "bags": 1.6, "soil": 1.9, "pile": 2.6, "slurry": 2.6, "bulky": 1.6}[what]
    focal = width_px * _FINE / wide_m * float(np.hypot(away, high_m)) / side
    view = View(side, side, high_m, pitch_deg, focal)
    ground = np.full((side, side, 3), _GREY, np.uint8)
    sun = (float(rng.normal(0, 0.5)), float(rng.normal(0, 0.5)), 1.0)
    stage = Stage(view, ground, Light("overcast", sun, 0, (1, 1, 1), 0), rng)
    things, stains = [], []
    turn = float(rng.uniform(0, 360))
    if what == "slurry":
        stains = [spill_liquid(rng, 0, away, float(rng.normal(0, 20)), 1.1)]
    elif what == "bags":
        things = [
            Placed(bag(rng), float(rng.normal(0, 0.4)), away + float(rng.normal(0, 0.3)), turn)
            for _ in range(3)
        ]
    else:
        shape = {"bag": bag, "bulky": bulky_item}.get(what)
        made = shape(rng) if shape else (waste_pile if what == "pile" else spill_solid)(rng, 1.1)
        things = [Placed(made, 0, away, turn)]
    painted = stage.paint(things, stains)
    own = (painted.owners > 0) if things else np.zeros((side, side), bool)
    light = painted.canvas.mean(axis=2) / _GREY
    shade = np.where(own, 1, np.minimum(light, 1))
    small = (side // _FINE, side // _FINE)

    def shrunk(values: NDArray[np.generic]) -> NDArray[np.float32]:
        fine = cv2.resize(values.astype(np.float32), small, interpolation=cv2.INTER_AREA)
        return np.asarray(fine, dtype=np.float32)

    cover = shrunk(own * 1.0)
    weighted = shrunk(painted.canvas * own[..., None].astype(np.float32))
    color = weighted / np.maximum(cover, np.float32(1e-3))[..., None]
    return Matter(np.asarray(color, dtype=np.float32), cover, shrunk(shade))
