"""What is left behind: spills, piles, bags, bulky items; and street furniture that is none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from demo.scenes.shape import Color, Part, Shape, shade_of
from demo.scenes.view import Floats

_SOIL: tuple[Color, ...] = (
    (62, 86, 116),
    (54, 70, 92),
    (84, 104, 128),
    (92, 122, 150),
    (44, 56, 74),
)
_RUBBLE: tuple[Color, ...] = (
    (150, 152, 154),
    (70, 86, 150),
    (120, 134, 150),
    (200, 204, 206),
    (96, 110, 124),
    (82, 120, 160),
    (180, 150, 110),
)
BAG_COLORS: tuple[Color, ...] = (
    (222, 226, 226),
    (44, 44, 46),
    (112, 150, 84),
    (176, 120, 60),
    (90, 170, 206),
    (60, 70, 186),
    (190, 196, 190),
)


@dataclass(frozen=True)
class Stain:
    """A flat mark on the road: `outline` (n, 2) in metres, how far it darkens, how it shines."""

    label: str
    outline: Floats
    keep: float
    sheen: float

    def faded(self, strength: float) -> Stain:
        """The same mark, drier: 1 is as it is, 0 is gone."""
        keep = 1 - (1 - self.keep) * strength
        return Stain(self.label, self.outline, keep, self.sheen * strength)


def spill_liquid(
    rng: np.random.Generator, x: float, y: float, heading_deg: float, size_m: float
) -> Stain:
    """Slurry or water from a leaking body: a smooth, long, dark stain."""
    turn = np.linspace(0, 2 * np.pi, 41)[:-1]
    radius = np.ones(40)
    for wave in range(2, 7):
        radius += rng.normal(0, 0.32 / wave) * np.cos(wave * turn + rng.uniform(0, 6.3))
    along, across = (
        size_m * rng.uniform(0.8, 1.5) * np.cos(turn) * radius,
        size_m * rng.uniform(0.3, 0.6) * np.sin(turn) * radius,
    )
    a = np.radians(heading_deg)
    outline = np.stack(
        [x + along * np.cos(a) - across * np.sin(a), y + along * np.sin(a) + across * np.cos(a)],
        axis=1,
    )
    return Stain(
        "spill_liquid", outline, float(rng.uniform(0.38, 0.62)), float(rng.uniform(0.0, 0.35))
    )


def spill_solid(rng: np.random.Generator, size_m: float, color: Color | None = None) -> Shape:
    """Soil lost on the road: flat, ragged, with clods around."""
    soil = color or _SOIL[rng.integers(len(_SOIL))]
    flat = Part(layer=0)
    flat.ellipsoid(
        (0, 0, 0),
        (size_m, size_m * rng.uniform(0.35, 0.6), rng.uniform(0.05, 0.16)),
        soil,
        rng,
        rough=0.3,
        rings=4,
        around=16,
        dome=True,
    )
    clods = Part(layer=1)
    for _ in range(int(rng.integers(8, 22))):
        r = rng.uniform(0.03, 0.13)
        x, y = rng.normal(0, 0.55 * size_m), rng.normal(0, 0.32 * size_m)
        clods.ellipsoid(
            (x, y, 0.03),
            (r, r, r * 0.8),
            shade_of(soil, rng, 0.15),
            rng,
            rough=0.2,
            rings=2,
            around=5,
            dome=True,
        )
    return Shape("spill_solid", [flat, clods])


def waste_pile(rng: np.random.Generator, size_m: float) -> Shape:
    """Tipped soil or rubble, about half as high as wide."""
    rubble = rng.random() < 0.6
    base = (_RUBBLE if rubble else _SOIL)[rng.integers(5)]
    heap = Part(layer=0)
    high = size_m * rng.uniform(0.4, 0.65)
    heap.ellipsoid(
        (0, 0, 0),
        (size_m, size_m * rng.uniform(0.6, 0.95), high),
        base,
        rng,
        rough=0.16,
        rings=6,
        around=13,
        dome=True,
    )
    bits = Part(layer=1)
    for _ in range(int(rng.integers(14, 34)) if rubble else int(rng.integers(4, 12))):
        a, d = rng.uniform(0, 2 * np.pi), rng.uniform(0, 1.1)
        x, y = np.cos(a) * d * size_m, np.sin(a) * d * size_m * 0.8
        z = max(0.0, high * np.sqrt(max(0.0, 1 - d * d)) - 0.03)
        color = shade_of(_RUBBLE[rng.integers(len(_RUBBLE))] if rubble else base, rng, 0.18)
        r = rng.uniform(0.05, 0.17) * min(1.5, size_m)
        if rng.random() < 0.5:
            bits.ellipsoid((x, y, z), (r * 1.6, r, r), color, rng, rough=0.25, rings=3, around=5)
        else:
            bits.box(
                (x - 2 * r, x + 2 * r),
                (y - r * 0.7, y + r * 0.7),
                (z, z + r),
                color,
                taper=(rng.uniform(0, r), 0, 0),
            )
    return Shape("waste_pile", [heap, bits])


def bag(rng: np.random.Generator, color: Color | None = None) -> Shape:
    """A woven or plastic bag, tied."""
    paint = color or shade_of(BAG_COLORS[rng.integers(len(BAG_COLORS))], rng, 0.08)
    size = rng.uniform(0.28, 0.46)
    sack = Part()
    lying = rng.random() < 0.4
    radii = (size * 1.4, size * 0.85, size * 0.7) if lying else (size, size * 0.9, size * 1.15)
    sack.ellipsoid((0, 0, radii[2] * 0.88), radii, paint, rng, rough=0.09, rings=6, around=9)
    knot = Part(layer=2)
    knot.ellipsoid(
        (radii[0] if lying else 0, 0, radii[2] * (0.9 if lying else 1.85)),
        (0.09, 0.08, 0.13),
        paint,
        rng,
        rough=0.15,
        rings=3,
        around=5,
    )
    return Shape("bag", [sack, knot])


def bulky_item(rng: np.random.Generator) -> Shape:
    """A sofa, a mattress, a wardrobe or a refrigerator."""
    kind = rng.integers(4)
    part, upper = Part(), Part(layer=2)
    if kind == 0:
        c = shade_of(
            ((60, 70, 120), (96, 90, 84), (80, 60, 50), (150, 170, 180), (110, 70, 60))[
                rng.integers(5)
            ],
            rng,
            0.1,
        )
        dark: Color = (c[0] * 0.8, c[1] * 0.8, c[2] * 0.8)
        w = rng.uniform(0.7, 1.1)
        part.box((-0.4, 0.45), (-w, w), (0.08, 0.45), c)
        upper.box((-0.5, -0.25), (-w, w), (0.3, 0.95), dark, taper=(0.05, -0.05, 0.03))
        for a, b in ((-w - 0.12, -w + 0.1), (w - 0.1, w + 0.12)):
            upper.box((-0.45, 0.45), (a, b), (0.08, 0.66), dark)
    elif kind == 1:
        c = shade_of((206, 214, 220), rng, 0.08)
        part.box((-0.95, 0.95), (-0.7, 0.7), (0.0, 0.26), c)
        part.side_quad((-0.95, 0.95), (0.09, 0.17), 0.7, (170, 150, 130))
    elif kind == 2:
        c = shade_of(((70, 100, 140), (110, 140, 170), (60, 76, 100))[rng.integers(3)], rng, 0.1)
        high = rng.uniform(1.2, 1.9)
        part.box((-0.3, 0.3), (-0.55, 0.55), (0, high), c)
        for y in (-0.5, 0.03):
            part.end_quad(
                0.31, (y, y + 0.47), (0.1, high - 0.08), (c[0] * 0.85, c[1] * 0.85, c[2] * 0.85)
            )
    else:
        c = shade_of((220, 222, 220), rng, 0.06)
        part.box((-0.32, 0.32), (-0.33, 0.33), (0, 1.55), c)
        part.end_quad(0.33, (-0.31, 0.31), (1.04, 1.07), (90, 90, 90))
        part.end_quad(0.34, (0.22, 0.26), (0.6, 0.95), (120, 120, 120))
    return Shape("bulky_item", [part, upper] if upper.faces else [part])


def furniture(rng: np.random.Generator) -> Shape:
    """A cone, bollard, bin, bush or kerbside box: unlabelled, so that it is learnt as nothing."""
    kind = rng.integers(5)
    part = Part()
    if kind == 0:
        part.box((-0.2, 0.2), (-0.2, 0.2), (0, 0.04), (30, 60, 210))
        part.box(
            (-0.14, 0.14), (-0.14, 0.14), (0.04, 0.72), (36, 84, 235), taper=(0.11, 0.11, 0.11)
        )
        part.side_quad((-0.09, 0.09), (0.3, 0.45), 0.09, (230, 230, 230), lean=0.03)
    elif kind == 1:
        part.box((-0.08, 0.08), (-0.08, 0.08), (0, 0.9), (150, 150, 150))
        part.side_quad((-0.08, 0.08), (0.6, 0.8), 0.08, (40, 60, 220))
    elif kind == 2:
        paint: Color = ((90, 140, 60), (150, 100, 50), (120, 120, 124))[rng.integers(3)]
        for y in (-0.35, 0.35):
            part.box(
                (-0.27, 0.27), (y - 0.27, y + 0.27), (0.05, 1.0), paint, taper=(-0.05, -0.05, -0.04)
            )
    elif kind == 3:
        part.ellipsoid(
            (0, 0, 0),
            (rng.uniform(0.4, 0.9), rng.uniform(0.4, 0.9), rng.uniform(0.5, 1.0)),
            (58, 104, 62),
            rng,
            rough=0.17,
            dome=True,
        )
    else:
        part.box((-0.3, 0.3), (-0.6, 0.6), (0, 1.3), (168, 172, 168))
        part.end_quad(0.31, (-0.55, 0.55), (0.1, 1.2), (140, 146, 142))
    return Shape(None, [part])
