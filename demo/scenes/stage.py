"""Draws things standing in a place, and tells where each of them is seen."""

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
from demo.scenes.light import (
    Headlights,
    Light,
    glow,
    light_map,
    rain_streaks,
    sensor_noise,
    snow_flakes,
)
from demo.scenes.litter import Stain
from demo.scenes.shape import Shape
from demo.scenes.surface import mirrored
from demo.scenes.view import Floats, View

_NEAR_M = 0.8
"""Nearer to the lens nothing is drawn."""
_OUTSIDE_PX = 16000
"""Far enough outside for any line's direction, near enough for OpenCV's whole numbers."""


@dataclass(frozen=True)
class Placed:
    """A shape standing at x, y (metres) towards `heading_deg` (0 is away from the camera)."""

    shape: Shape
    x: float
    y: float
    heading_deg: float = 0.0
    lift_m: float = 0.0


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
        stood = [_stand(thing) for thing in things]
        for thing in stood:
            self._shadow(laid._backdrop, thing.points)
        for index, thing in enumerate(stood):
            self._thing(laid._backdrop, owners, thing, index)
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
        drawn: dict[int, int] = {}
        extents: dict[int, Extent] = {}
        for i, stain in enumerate(stains):
            extents[i] = self._stain(canvas, owners, stain, i)
            drawn[i] = int(np.count_nonzero(owners == 1 + PARTS * i))
        first = len(stains)
        order = _far_to_near(things)
        stood = {i: _stand(things[i]) for i in order}
        for i in order:
            self._shadow(canvas, stood[i].points)
        for i in order:
            index = first + i
            extents[index], drawn[index] = self._thing(canvas, owners, stood[i], index)
        return Painted(canvas, owners, drawn, extents, len(stains))

    def lit(self, painted: Painted, things: Sequence[Placed]) -> Picture:
        """What was painted in the light of the hour, with the lamps of what stands in it."""
        canvas = painted.canvas
        lit: Picture = np.asarray(cv2.multiply(canvas, self._map, scale=1 / 128), dtype=np.uint8)
        if self._headlights is not None:
            beams = [_beam(thing) for thing in things if any(lamp[3] for lamp in thing.shape.lamps)]
            pools = self._headlights.pools(beams, self.light.headlights)
            if pools is not None:
                lit = np.asarray(
                    cv2.add(lit, cv2.multiply(canvas, pools, scale=1 / 128)), dtype=np.uint8
                )
        if self._paved is not None and self.light.rain:
            self._mirror(lit, painted, self._paved)
        if self.light.dark:
            for i in _far_to_near(things):
                base = 1 + PARTS * (painted.stains + i)
                self._lamps(lit, _stand(things[i]), painted.owners, base)
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

    def _stain(self, canvas: Picture, owners: Owners, stain: Stain, index: int) -> Extent:
        points = np.column_stack([stain.outline, np.zeros(len(stain.outline))])
        pixels, depth = self.view.project(points)
        if depth.min() < 0.6:
            return (0.0, 0.0, 0.0, 0.0)
        x0, y0 = np.maximum(np.floor(pixels.min(axis=0)).astype(int) - 4, 0)
        x1, y1 = np.minimum(
            np.ceil(pixels.max(axis=0)).astype(int) + 4, (canvas.shape[1], canvas.shape[0])
        )
        if x0 < x1 and y0 < y1:
            fixed = np.round(pixels * 16).astype(np.int32)
            cv2.fillPoly(owners, [fixed], 1 + PARTS * index, cv2.LINE_8, 4)
            mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
            cv2.fillPoly(mask, [fixed - np.array([x0, y0], np.int32) * 16], 255, cv2.LINE_AA, 4)
            soft = cv2.GaussianBlur(mask, (0, 0), 0.8)[..., None] / 255.0
            shine = np.linspace(0, 1, canvas.shape[1])[None, x0:x1, None] * stain.sheen
            patch = canvas[y0:y1, x0:x1]
            wet = patch * stain.keep * (1 - shine) + shine * np.array((190, 184, 176))
            patch[:] = (patch * (1 - soft) + wet * soft).astype(np.uint8)
        return (*pixels.min(axis=0), *pixels.max(axis=0))

    def _shadow(self, canvas: Picture, points: Floats) -> None:
        sun = self.light.sun
        passes = [(points[:, :2] * 1.0, points[:, 2] < 0.75, 0.58)]
        if self.light.strength > 0:
            cast = points[:, :2] - points[:, 2:3] * np.array(sun[:2]) / max(sun[2], 0.35)
            passes.append((cast, points[:, 2] < 99, 1 - 0.45 * self.light.strength))
        for plane, chosen, keep in passes:
            spots = plane[chosen]
            if len(spots) < 3:
                continue
            pixels, depth = self.view.project(np.column_stack([spots, np.zeros(len(spots))]))
            if depth.min() < 0.8 or np.abs(pixels).max() > 6000:
                continue
            hull = cv2.convexHull(pixels.astype(np.float32))[:, 0]
            x0, y0 = np.maximum(np.floor(hull.min(axis=0)).astype(int) - 5, 0)
            x1, y1 = np.minimum(
                np.ceil(hull.max(axis=0)).astype(int) + 5, (canvas.shape[1], canvas.shape[0])
            )
            if x0 >= x1 or y0 >= y1:
                continue
            mask = np.full((y1 - y0, x1 - x0), 255, np.uint8)
            cv2.fillConvexPoly(
                mask, np.round((hull - (x0, y0)) * 16).astype(np.int32), keep * 255, cv2.LINE_AA, 4
            )
            mask = cv2.blur(mask, (3, 3))
            patch = canvas[y0:y1, x0:x1]
            patch[:] = cv2.multiply(patch, cv2.merge([mask, mask, mask]), scale=1 / 255)

    def _thing(
        self, canvas: Picture, owners: Owners, stood: _Stood, index: int
    ) -> tuple[Extent, int]:
        """Paints it; its box were nothing in the way, and how many pixels it took."""
        shape = stood.shape
        pixels, depth = self.view.project(stood.points)
        if depth.max() < _NEAR_M:
            return (0.0, 0.0, 0.0, 0.0), 0
        cut = depth.min() < _NEAR_M
        if cut:
            pixels = pixels[depth >= _NEAR_M]
        low, high = pixels.min(axis=0), pixels.max(axis=0)
        x0, y0 = np.maximum(np.floor(low).astype(int) - 1, 0)
        x1, y1 = np.minimum(np.ceil(high).astype(int) + 2, (canvas.shape[1], canvas.shape[0]))
        if x0 >= x1 or y0 >= y1:
            return (0.0, 0.0, 0.0, 0.0), 0
        colors = self._shaded(shape, stood.turn)
        fixed = np.round(np.clip(pixels, -_OUTSIDE_PX, _OUTSIDE_PX) * 16).astype(np.int32)
        base = 1 + PARTS * index
        for f in self._order(shape, stood.turn, stood.offset):
            a, b = shape.spans[f]
            polygon = self._cut(stood.points[a:b]) if cut else fixed[a:b]
            if len(polygon) < 3:
                continue
            cv2.fillConvexPoly(canvas, polygon, colors[f], cv2.LINE_AA, 4)
            cv2.fillConvexPoly(owners, polygon, base + int(shape.part_of[f]), cv2.LINE_8, 4)
            if f in shape.pictures and not cut:
                tone = sum(colors[f]) / max(float(shape.colors[f].sum()), 1.0)
                _show(canvas, shape.pictures[f], pixels[a:b], tone)
        own = owners[y0:y1, x0:x1]
        mine = (own >= base) & (own < base + PARTS)
        self._roughen(canvas[y0:y1, x0:x1], mine)
        extent = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
        return extent, int(np.count_nonzero(mine))

    def _roughen(self, patch: Picture, mine: NDArray[np.bool_]) -> None:
        """Gives drawn surfaces a grain of their own, in place."""
        high, wide = patch.shape[:2]
        repeat = (-(-high // 256), -(-wide // 256))
        tile = np.tile(self._texture, repeat)[:high, :wide]
        rough = cv2.multiply(patch, cv2.merge([tile, tile, tile]), scale=1 / 128)
        np.copyto(patch, np.asarray(rough, dtype=np.uint8), where=mine[..., None])

    def _cut(self, face: Floats) -> NDArray[np.int32]:
        """The part of a face before the lens, in sixteenths of a pixel; may be empty."""
        depth = (face - self.view.eye) @ self.view.axes[2]
        kept = []
        for i in range(len(face)):
            p, q, dp, dq = face[i - 1], face[i], depth[i - 1], depth[i]
            if (dp >= _NEAR_M) != (dq >= _NEAR_M):
                kept.append(p + (q - p) * (_NEAR_M - dp) / (dq - dp))
            if dq >= _NEAR_M:
                kept.append(q)
        if len(kept) < 3:
            return np.empty((0, 2), np.int32)
        pixels, _ = self.view.project(np.array(kept))
        return np.round(np.clip(pixels, -_OUTSIDE_PX, _OUTSIDE_PX) * 16).astype(np.int32)

    def _shaded(self, shape: Shape, turn: Floats) -> list[tuple[float, float, float]]:
        """Face colours: a share of sky light by how far up a face looks, and the sun's."""
        normals = shape.normals @ turn.T
        sky = 0.72 + 0.2 * normals[:, 2] - 0.08 * normals[:, 0]
        sun = self.light.strength * 0.42 * np.maximum(normals @ np.asarray(self.light.sun), 0)
        shade = np.clip(sky * (1 - 0.18 * self.light.strength) + sun, 0.2, 1.25)
        return [tuple(c) for c in np.clip(shape.colors * shade[:, None], 0, 255)]

    def _order(self, shape: Shape, turn: Floats, offset: Floats) -> list[int]:
        """Faces that look at the camera, in the order to paint them."""
        eye = self.view.eye
        centres = shape.centres @ turn.T + offset
        towards = eye - centres
        facing = np.einsum("ij,ij->i", shape.normals @ turn.T, towards) > 0
        part_away = np.linalg.norm(eye - (shape.part_centres @ turn.T + offset), axis=1)[
            shape.part_of
        ]
        away = np.linalg.norm(towards, axis=1)
        order = np.lexsort((-away, shape.upon, -part_away, shape.layer))
        return [int(f) for f in order if facing[f]]

    def _lamps(self, canvas: Picture, stood: _Stood, owners: Owners, base: int) -> None:
        """Lights that look at the camera, where the thing itself (`base`) is not hidden."""
        turn, offset = stood.turn, stood.offset
        for x, y, z, ahead in stood.shape.lamps:
            at = turn @ np.array((x, y, z)) + offset
            out = turn[:, 0] * (1 if ahead else -1)
            towards = self.view.eye - at
            facing = float(out @ towards / np.linalg.norm(towards))
            if facing <= 0.05:
                continue
            pixels, depth = self.view.project(at[None])
            column, row = int(pixels[0, 0]), int(pixels[0, 1])
            near = owners[
                max(0, row - 2) : max(0, row + 3), max(0, column - 2) : max(0, column + 3)
            ]
            if depth[0] > 1 and bool(((near >= base) & (near < base + PARTS)).any()):
                size = self.view.focal_px / float(depth[0])
                reach = size * (1.1 if ahead else 0.5) * facing
                color = (200.0, 225.0, 240.0) if ahead else (20.0, 20.0, 150.0)
                glow(canvas, pixels[0], reach, color)
                if ahead and self.light.headlights > 0.3 and facing > 0.35:  # it dazzles the lens
                    weak = 0.22 * self.light.headlights * facing
                    glow(canvas, pixels[0], reach * 4.5, (200 * weak, 225 * weak, 240 * weak))


@dataclass(frozen=True)
class _Stood:
    """A shape with its points in the world, and how they came there."""

    shape: Shape
    points: Floats
    turn: Floats
    offset: Floats


def _stand(thing: Placed) -> _Stood:
    a = np.radians(thing.heading_deg)
    turn = np.array([[np.sin(a), -np.cos(a), 0], [np.cos(a), np.sin(a), 0], [0, 0, 1]])
    offset = np.array([thing.x, thing.y, thing.lift_m])
    return _Stood(thing.shape, thing.shape.points @ turn.T + offset, turn, offset)


def _show(canvas: Picture, picture: Picture, corners: Floats, tone: float) -> None:
    """A picture between four corners in pixels, in place; below 12 px a plain face is as good."""
    wide = float(max(np.hypot(*(corners[1] - corners[0])), np.hypot(*(corners[2] - corners[3]))))
    high = float(max(np.hypot(*(corners[3] - corners[0])), np.hypot(*(corners[2] - corners[1]))))
    x0, y0 = np.maximum(np.floor(corners.min(axis=0)).astype(int) - 1, 0)
    x1, y1 = np.minimum(
        np.ceil(corners.max(axis=0)).astype(int) + 2, (canvas.shape[1], canvas.shape[0])
    )
    if wide < 12 or high < 4 or x0 >= x1 or y0 >= y1:
        return
    size = (min(picture.shape[1], round(wide) + 1), min(picture.shape[0], round(high) + 1))
    small = cv2.convertScaleAbs(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), alpha=tone)
    source = np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], np.float32)
    target = (corners - np.array([x0, y0])).astype(np.float32)
    turn = cv2.getPerspectiveTransform(source, target)
    extent = (int(x1 - x0), int(y1 - y0))
    shown = cv2.warpPerspective(small, turn, extent, borderMode=cv2.BORDER_REPLICATE)
    mask = np.zeros((extent[1], extent[0]), np.uint8)
    cv2.fillConvexPoly(mask, np.round(target * 16).astype(np.int32), 255, cv2.LINE_AA, 4)
    share = mask[..., None] / np.float32(255)
    patch = canvas[y0:y1, x0:x1]
    patch[:] = patch * (1 - share) + shown * share


def _far_to_near(things: Sequence[Placed]) -> list[int]:
    return sorted(range(len(things)), key=lambda i: -float(np.hypot(things[i].x, things[i].y)))


def _beam(thing: Placed) -> tuple[float, float, float]:
    """x, y of a vehicle's nose and where it looks."""
    nose = max(lamp[0] for lamp in thing.shape.lamps)
    a = np.radians(thing.heading_deg)
    return (
        thing.x + nose * float(np.sin(a)),
        thing.y + nose * float(np.cos(a)),
        thing.heading_deg,
    )
