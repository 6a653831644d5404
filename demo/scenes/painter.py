"""Paints stains, shadows and things onto a picture, in even light."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from demo.scenes.backdrop import Picture
from demo.scenes.boxes import PARTS, Extent, Owners
from demo.scenes.faces import (
    NEAR_M,
    cut_at_lens,
    face_colors,
    faces_in_order,
    show_picture,
    sixteenths,
)
from demo.scenes.light import Light
from demo.scenes.litter import Stain
from demo.scenes.placed import Stood
from demo.scenes.view import Floats, View


@dataclass(frozen=True, eq=False)
class Painter:
    """Paints in place, and writes into `owners` whose each pixel then is.

    `texture` is a grain of (256, 256) around 128.
    """

    view: View
    light: Light
    texture: NDArray[np.uint8]

    def stain(self, canvas: Picture, owners: Owners, stain: Stain, index: int) -> Extent:
        """A wet patch of the ground; its box were nothing in the way."""
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

    def shadow(self, canvas: Picture, points: Floats) -> None:
        """What points in the world keep from the ground: the sky right below, and the sun."""
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

    def thing(
        self, canvas: Picture, owners: Owners, stood: Stood, index: int
    ) -> tuple[Extent, int]:
        """Paints it; its box were nothing in the way, and how many pixels it took."""
        shape = stood.shape
        pixels, depth = self.view.project(stood.points)
        if depth.max() < NEAR_M:
            return (0.0, 0.0, 0.0, 0.0), 0
        cut = depth.min() < NEAR_M
        if cut:
            pixels = pixels[depth >= NEAR_M]
        low, high = pixels.min(axis=0), pixels.max(axis=0)
        x0, y0 = np.maximum(np.floor(low).astype(int) - 1, 0)
        x1, y1 = np.minimum(np.ceil(high).astype(int) + 2, (canvas.shape[1], canvas.shape[0]))
        if x0 >= x1 or y0 >= y1:
            return (0.0, 0.0, 0.0, 0.0), 0
        colors = face_colors(self.light, stood)
        fixed = sixteenths(pixels)
        base = 1 + PARTS * index
        for f in faces_in_order(self.view, stood):
            a, b = shape.spans[f]
            polygon = cut_at_lens(self.view, stood.points[a:b]) if cut else fixed[a:b]
            if len(polygon) < 3:
                continue
            cv2.fillConvexPoly(canvas, polygon, colors[f], cv2.LINE_AA, 4)
            cv2.fillConvexPoly(owners, polygon, base + int(shape.part_of[f]), cv2.LINE_8, 4)
            if f in shape.pictures and not cut:
                tone = sum(colors[f]) / max(float(shape.colors[f].sum()), 1.0)
                show_picture(canvas, shape.pictures[f], pixels[a:b], tone)
        own = owners[y0:y1, x0:x1]
        mine = (own >= base) & (own < base + PARTS)
        self._roughen(canvas[y0:y1, x0:x1], mine)
        extent = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
        return extent, int(np.count_nonzero(mine))

    def _roughen(self, patch: Picture, mine: NDArray[np.bool_]) -> None:
        """Gives drawn surfaces a grain of their own, in place."""
        high, wide = patch.shape[:2]
        repeat = (-(-high // 256), -(-wide // 256))
        tile = np.tile(self.texture, repeat)[:high, :wide]
        rough = cv2.multiply(patch, cv2.merge([tile, tile, tile]), scale=1 / 128)
        np.copyto(patch, np.asarray(rough, dtype=np.uint8), where=mine[..., None])
