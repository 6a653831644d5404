"""What rain and snow make of the ground."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from demo.scenes.backdrop import Backdrop, Picture
from demo.scenes.ground import Road, noise_tile
from demo.scenes.view import Floats, View


def wetted(place: Backdrop, view: View, road: Road, rng: np.random.Generator) -> Picture:
    """The place in the rain: all darker, the road with a sheen and puddles that show the sky."""
    x, y, reach = view.ground
    _, across = road.coordinates(x, y)
    noise = _field(view, rng)
    ground = np.isfinite(reach) & (reach < 200) & ~place.upright
    paved = ground & (np.abs(across) < road.width_m / 2 + road.kerb_m + road.walk_m)
    puddle = np.clip((noise - 0.9) * 3, 0, 1) * paved
    grazing = np.clip(reach / 40, 0.1, 0.8)  # the flatter one looks, the more a wet road shines
    keep = np.where(paved, 0.72, np.where(ground, 0.8, 0.92))
    dark = place.picture.astype(np.float64) * keep[..., None]
    shine = (0.16 * grazing * paved + 0.5 * puddle * (0.35 + 0.65 * grazing))[..., None]
    sky = np.array((186, 180, 174))
    wet = dark * (1 - shine) + sky * shine
    return np.asarray(np.clip(wet, 0, 255), dtype=np.uint8)


def snowed(
    place: Backdrop, view: View, road: Road, amount: float, rng: np.random.Generator
) -> Picture:
    """The place under snow: verges white, the road white but for the tracks; `amount` 0 to 1."""
    x, y, reach = view.ground
    _, across = road.coordinates(x, y)
    noise = _field(view, rng)
    ground = np.isfinite(reach) & ~place.upright
    half, lane = road.width_m / 2, road.width_m / road.lanes
    on_road = np.abs(across) < half
    tracks = np.cos((np.mod(across + half, lane) / lane - 0.5) * 4 * np.pi) < -0.2
    depth = amount * 1.5 + 0.28 * noise - np.where(on_road, 0.35, 0) - 0.8 * (on_road & tracks)
    cover = np.clip(depth * 1.6, 0, 0.94) * ground
    white = 226 + 7 * noise[..., None] * np.array((1, 1, 1))
    snow = place.picture * (1 - cover[..., None]) + white * cover[..., None]
    return np.asarray(np.clip(snow, 0, 255), dtype=np.uint8)


def _field(view: View, rng: np.random.Generator) -> Floats:
    """A blotchy field on the ground, mean 0, deviation about 1."""
    tile = noise_tile(rng).astype(np.float32)
    x, y, _ = view.ground
    size = tile.shape[0]
    return cv2.remap(
        cv2.GaussianBlur(tile, (0, 0), 3) * 1.6,
        np.mod(x * 9, size - 1).astype(np.float32),
        np.mod(y * 9, size - 1).astype(np.float32),
        cv2.INTER_LINEAR,
    ).astype(np.float64)


def dry_to_wet(dry: Picture, wet: Picture, share: float) -> Picture:
    """Between the two; 0 is dry."""
    return np.asarray(cv2.addWeighted(dry, 1 - share, wet, share, 0), dtype=np.uint8)


def mirrored(
    lit: Picture, mine: NDArray[np.bool_], box: tuple[int, int, int, int], paved: NDArray[np.bool_]
) -> None:
    """Adds in place what a wet road shows of a thing whose pixels `mine` of the `box` are.

    Below the thing's lowest pixel of each column its picture stands on its head, a third as bright
    and drawn out by the road's roughness (ours: a picture of it, no optics).
    """
    x0, y0, x1, y1 = box
    tall = min((y1 - y0) * 2 // 3, lit.shape[0] - y1)
    if tall < 3 or x1 - x0 < 3:
        return
    patch = np.where(mine[..., None], lit[y0:y1, x0:x1], 0)
    head = cv2.resize(patch[::-1], (x1 - x0, (y1 - y0) * 2 // 3), interpolation=cv2.INTER_AREA)
    shape = cv2.resize(
        mine[::-1].astype(np.uint8) * 255,
        (x1 - x0, (y1 - y0) * 2 // 3),
        interpolation=cv2.INTER_AREA,
    )
    soft = cv2.blur(head[:tall], (3, 9)).astype(np.float32)
    share = cv2.blur(shape[:tall], (3, 9)).astype(np.float32) / 255
    share *= np.linspace(0.34, 0.04, tall, dtype=np.float32)[:, None]
    share *= paved[y1 : y1 + tall, x0:x1]
    below = lit[y1 : y1 + tall, x0:x1]
    below[:] = np.clip(below * (1 - share[..., None]) + soft * share[..., None], 0, 255)
