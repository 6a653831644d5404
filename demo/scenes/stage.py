"""A place under one light: what stands in it is painted, lit and seen by the camera."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from demo.scenes.backdrop import Picture, screen_texture
from demo.scenes.boxes import PARTS, Extent, LabelledBox, Owners, visible_boxes
from demo.scenes.foliage import Foliage
from demo.scenes.lamps import beam, has_headlights, shine
from demo.scenes.light import (
    Headlights,
    Light,
    light_map,
    rain_streaks,
    sensor_noise,
    snow_flakes,
)
from demo.scenes.litter import Stain
from demo.scenes.painter import Painter
from demo.scenes.placed import Placed, far_to_near, stand
from demo.scenes.surface import mirrored
from demo.scenes.view import View


@dataclass(frozen=True, eq=False)
class Drawing:
    image: Picture
    owners: Owners
    boxes: tuple[LabelledBox, ...]


@dataclass(frozen=True, eq=False)
class Painted:
    """The scene in even light, and what each pixel shows: first the stains, then the things."""

    canvas: Picture
    owners: Owners
    drawn: dict[int, int]
    extents: dict[int, Extent]
    stains: int


class Stage:
    """One place under one light. All that does not change from frame to frame is computed once.

    `foliage` is bent by the wind; `shade` are the shadows of what stands in the place (255: full);
    `paved` is where a wet ground mirrors.
    """

    def __init__(
        self,
        view: View,
        backdrop: Picture,
        light: Light,
        rng: np.random.Generator,
        *,
        foliage: Foliage | None = None,
        shade: NDArray[np.uint8] | None = None,
        paved: NDArray[np.bool_] | None = None,
    ) -> None:
        self.view, self.light = view, light
        self._backdrop = backdrop
        self._foliage, self._paved = foliage, paved
        self._open_map = light_map(view, light)
        self._map = self._open_map
        self._texture = np.clip(screen_texture(rng) * 128, 0, 255).astype(np.uint8)
        self._noise = sensor_noise(view, light.noise, rng)
        self._rain = [rain_streaks(view, light.rain, rng) for _ in range(4)] if light.rain else []
        self._snow = [snow_flakes(view, light.snow, rng) for _ in range(2)] if light.snow else []
        self._headlights = Headlights(view) if light.dark else None
        if shade is not None:
            self.cast(shade)

    def cast(self, shade: NDArray[np.uint8]) -> None:
        """Takes other shadows of what stands in the place, as the sun has moved."""
        keep = np.clip(255 - 0.5 * self.light.strength * shade.astype(np.float32), 0, 255)
        grey = keep.astype(np.uint8)
        self._map = np.asarray(
            cv2.multiply(self._open_map, cv2.merge([grey, grey, grey]), scale=1 / 255),
            dtype=np.uint8,
        )

    def under(self, share: float) -> Stage:
        """The same place with only a share of its sun."""
        other = copy(self)
        other.light = replace(self.light, strength=self.light.strength * share)
        dim = 0.86 + 0.14 * share  # a covered sun leaves most of the picture's level
        other._map = np.asarray(
            cv2.addWeighted(self._map, share * dim, self._open_map, (1 - share) * dim, 0),
            dtype=np.uint8,
        )
        return other

    @property
    def _painter(self) -> Painter:
        return Painter(self.view, self.light, self._texture)

    @property
    def backdrop(self) -> Picture:
        return self._backdrop

    def with_backdrop(self, backdrop: Picture) -> Stage:
        other = copy(self)
        other._backdrop = backdrop
        return other

    def with_ground(self, things: Sequence[Placed]) -> Stage:
        """The same place with flat things lying in it for good; they get no boxes any more."""
        laid = copy(self)
        laid._backdrop = self._backdrop.copy()
        owners = np.zeros(laid._backdrop.shape[:2], np.int32)
        stood = [stand(thing) for thing in things]
        painter = self._painter
        for thing in stood:
            painter.shadow(laid._backdrop, thing.points)
        for index, thing in enumerate(stood):
            painter.thing(laid._backdrop, owners, thing, index)
        return laid

    def draw(
        self, things: Sequence[Placed], stains: Sequence[Stain], rng: np.random.Generator
    ) -> Drawing:
        """Stains first, then shadows, then things from far to near; boxes of what shows."""
        lit = self.compose(things, stains)
        return Drawing(self.expose(lit.image, rng), lit.owners, lit.boxes)

    def compose(self, things: Sequence[Placed], stains: Sequence[Stain]) -> Drawing:
        """The scene in its light, without rain and the sensor's grain."""
        painted = self.paint(things, stains)
        labels: list[tuple[str | None, Sequence[str | None]]] = [
            (s.label, (s.label,)) for s in stains
        ]
        labels += [(t.shape.label, t.shape.part_labels) for t in things]
        boxes = visible_boxes(painted.owners, labels, painted.drawn, painted.extents)
        return Drawing(self.lit(painted, things), painted.owners, tuple(boxes))

    def may_see(self, x: float, y: float) -> bool:
        """Whether a vehicle there could be in the picture; its shadow may be up to 10 m away."""
        return y > -14 and abs(x) < 14 + (max(y, 0) + 10) * 0.5 / self.view.focal

    def paint(
        self, things: Sequence[Placed], stains: Sequence[Stain], *, bend: float = 0.0
    ) -> Painted:
        """Stains first, then shadows, then things from far to near; leaves bent by -1 to 1."""
        canvas = self._backdrop.copy()
        if self._foliage is not None:
            self._foliage.sway(canvas, bend)
        owners = np.zeros(canvas.shape[:2], np.int32)
        painter = self._painter
        drawn: dict[int, int] = {}
        extents: dict[int, Extent] = {}
        for i, stain in enumerate(stains):
            extents[i] = painter.stain(canvas, owners, stain, i)
            drawn[i] = int(np.count_nonzero(owners == 1 + PARTS * i))
        first = len(stains)
        order = far_to_near(things)
        stood = {i: stand(things[i]) for i in order}
        for i in order:
            painter.shadow(canvas, stood[i].points)
        for i in order:
            index = first + i
            extents[index], drawn[index] = painter.thing(canvas, owners, stood[i], index)
        return Painted(canvas, owners, drawn, extents, len(stains))

    def lit(self, painted: Painted, things: Sequence[Placed]) -> Picture:
        """What was painted in the light of the hour, with the lamps of what stands in it."""
        canvas = painted.canvas
        lit: Picture = np.asarray(cv2.multiply(canvas, self._map, scale=1 / 128), dtype=np.uint8)
        if self._headlights is not None:
            beams = [beam(thing) for thing in things if has_headlights(thing)]
            pools = self._headlights.pools(beams, self.light.headlights)
            if pools is not None:
                lit = np.asarray(
                    cv2.add(lit, cv2.multiply(canvas, pools, scale=1 / 128)), dtype=np.uint8
                )
        if self._paved is not None and self.light.rain:
            self._mirror(lit, painted, self._paved)
        if self.light.dark:
            for i in far_to_near(things):
                base = 1 + PARTS * (painted.stains + i)
                stood = stand(things[i])
                shine(lit, painted.owners, stood, base, view=self.view, light=self.light)
        return lit

    def _mirror(self, lit: Picture, painted: Painted, paved: NDArray[np.bool_]) -> None:
        height, width = lit.shape[:2]
        for index, (left, top, right, bottom) in painted.extents.items():
            if index < painted.stains:
                continue
            x0, y0 = max(0, int(left)), max(0, int(top))
            x1, y1 = min(width, int(right) + 1), min(height, int(bottom) + 1)
            if x1 - x0 < 4 or y1 - y0 < 4:
                continue
            own = painted.owners[y0:y1, x0:x1]
            base = 1 + PARTS * index
            mirrored(lit, (own >= base) & (own < base + PARTS), (x0, y0, x1, y1), paved)

    def expose(self, lit: Picture, rng: np.random.Generator, fall: float = 1.0) -> Picture:
        """What the sensor makes of it: rain or snow before the lens, and grain.

        `fall` is the share of the rain or snow that falls just now.
        """
        if self._rain and fall > 0:
            streaks = self._rain[int(rng.integers(len(self._rain)))]
            drift = int(rng.integers(0, self.view.width_px))
            moved = np.roll(streaks, drift, axis=1)
            lit = np.asarray(cv2.addWeighted(lit, 1.0, moved, fall, 0), dtype=np.uint8)
        for flakes in self._snow if fall > 0 else ():
            shift = (int(rng.integers(self.view.height_px)), int(rng.integers(self.view.width_px)))
            lit = np.asarray(cv2.add(lit, np.roll(flakes, shift, axis=(0, 1))), dtype=np.uint8)
        dy, dx = rng.integers(0, 64, 2)
        noise = self._noise[dy : dy + self.view.height_px, dx : dx + self.view.width_px]
        return np.asarray(cv2.add(lit, noise, dtype=cv2.CV_8U), dtype=np.uint8)
