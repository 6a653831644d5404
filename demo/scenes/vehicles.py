"""Cars, vans and buses."""

from __future__ import annotations

import numpy as np

from demo.scenes.plates import FRONT_M, plate_picture
from demo.scenes.shape import Color, Part, Shape, shade_of

_GLASS: Color = (70, 60, 50)
_PAINTS: tuple[Color, ...] = (
    (236, 236, 234),
    (40, 40, 42),
    (150, 152, 154),
    (60, 52, 150),
    (130, 84, 44),
    (92, 96, 100),
    (210, 214, 218),
    (40, 60, 92),
    (96, 130, 60),
)


def _paint(rng: np.random.Generator) -> Color:
    return shade_of(_PAINTS[rng.integers(len(_PAINTS))], rng, 0.08)


def _lamps(length: float, half: float) -> list[tuple[float, float, float, bool]]:
    x, y = length / 2, half - 0.25
    return [(x, -y, 0.65, True), (x, y, 0.65, True), (-x, -y, 0.75, False), (-x, y, 0.75, False)]


def car(
    rng: np.random.Generator, color: Color | None = None, plate: tuple[str, str] | None = None
) -> Shape:
    """A saloon or an SUV; `plate` is its number and the plate's colour."""
    tall = rng.random() < 0.45
    length, half, paint = rng.uniform(4.2, 4.9), rng.uniform(0.88, 0.95), color or _paint(rng)
    belt, roof = (0.98, 1.68) if tall else (0.85, 1.42)
    x0, x1 = -length / 2, length / 2
    body, cabin = Part(layer=1), Part(layer=2)
    body.box((x0, x1), (-half, half), (0.28, belt), paint, taper=(0.1, 0.08, 0.05))
    body.wheels((x1 - 0.85, x0 + 0.85), 0.33, half - 0.03)
    body.end_quad(x1 + 0.01, (-half + 0.1, half - 0.1), (0.35, 0.5), (52, 52, 54), lean=0.03)
    for y in (-half + 0.08, half - 0.45):
        body.end_quad(x1 + 0.02, (y, y + 0.37), (0.58, 0.74), (222, 230, 236), lean=0.02)
        body.end_quad(x0 - 0.02, (y, y + 0.37), (0.62, 0.78), (48, 40, 190), lean=-0.02)
    if plate is None:
        body.end_quad(x0 - 0.01, (-0.25, 0.25), (0.5, 0.64), (150, 96, 30))
    else:
        wide, picture = FRONT_M[0] / 2, plate_picture(*plate)
        body.end_picture(x0 - 0.03, (-wide, wide), (0.5, 0.5 + FRONT_M[1]), picture)
        body.end_picture(x1 + 0.03, (-wide, wide), (0.36, 0.36 + FRONT_M[1]), picture)
    start, end = x0 + (0.15 if tall else 0.55), x1 - 1.15
    slope, slant = (0.75, 0.3 if tall else 0.65)
    cabin.box(
        (start, end), (-half + 0.06, half - 0.06), (belt, roof), paint, taper=(slope, slant, 0.16)
    )
    pane = 0.9
    h, y_top = half - 0.06, half - 0.22
    z1 = belt + (roof - belt) * pane
    cabin.add(
        [
            (end + 0.01, -h + 0.08, belt + 0.03),
            (end + 0.01, h - 0.08, belt + 0.03),
            (end - slope * pane, y_top - 0.02, z1),
            (end - slope * pane, -y_top + 0.02, z1),
        ],
        _GLASS,
        upon=True,
    )
    cabin.add(
        [
            (start - 0.01, h - 0.08, belt + 0.03),
            (start - 0.01, -h + 0.08, belt + 0.03),
            (start + slant * pane, -y_top + 0.02, z1),
            (start + slant * pane, y_top - 0.02, z1),
        ],
        _GLASS,
        upon=True,
    )
    middle = (start + end) / 2
    for a, b, a1, b1 in (
        (start + 0.15, middle - 0.05, start + slant + 0.05, middle - 0.05),
        (middle + 0.05, end - 0.12, middle + 0.05, end - slope),
    ):
        quad = [
            (a, -h, belt + 0.04),
            (b, -h, belt + 0.04),
            (b1, -h + 0.14, z1),
            (a1, -h + 0.14, z1),
        ]
        cabin.add(quad, _GLASS, upon=True)
        cabin.add([(x, -y, z) for x, y, z in quad[::-1]], _GLASS, upon=True)
    return Shape("car", [body, cabin], lamps=_lamps(length, half))


def van(rng: np.random.Generator) -> Shape:
    """A minibus or panel van (面包车)."""
    length, half, roof, paint = (
        rng.uniform(4.3, 5.6),
        rng.uniform(0.9, 1.0),
        rng.uniform(1.95, 2.4),
        _paint(rng),
    )
    x0, x1 = -length / 2, length / 2
    body = Part()
    bottom = np.array([[x0, -half, 0.3], [x1, -half, 0.3], [x1, half, 0.3], [x0, half, 0.3]])
    body.box((x0, x1), (-half, half), (0.3, 1.1), paint)
    upper = Part(layer=2)
    slope = rng.uniform(0.6, 1.1)
    upper.box((x0, x1), (-half, half), (1.1, roof), paint, taper=(slope, 0.06, 0.1))
    del bottom
    body.wheels((x1 - 0.8, x0 + 0.85), 0.34, half - 0.02)
    body.end_quad(x1 + 0.01, (-half + 0.2, half - 0.2), (0.4, 0.65), (60, 60, 62))
    for y in (-half + 0.05, half - 0.4):
        body.end_quad(x1 + 0.02, (y, y + 0.35), (0.75, 0.98), (222, 230, 236))
        body.end_quad(x0 - 0.02, (y + 0.1, y + 0.25), (0.7, 1.05), (48, 40, 190))
    rise = roof - 1.1
    upper.end_quad(
        x1 - slope * 0.12,
        (-half + 0.12, half - 0.12),
        (1.1 + rise * 0.12, 1.1 + rise * 0.86),
        _GLASS,
        lean=slope * 0.74,
    )
    upper.end_quad(x0 - 0.01, (-half + 0.2, half - 0.2), (1.25, roof - 0.25), _GLASS)
    panel = rng.random() < 0.5
    upper.side_quad(
        (x1 - slope - 1.0, x1 - slope - 0.05), (1.15, roof - 0.2), half, _GLASS, lean=0.08
    )
    if not panel:
        upper.side_quad((x0 + 0.3, x1 - slope - 1.12), (1.15, roof - 0.2), half, _GLASS, lean=0.08)
    return Shape("van", [body, upper], lamps=_lamps(length, half))


def bus(rng: np.random.Generator) -> Shape:
    """A city bus."""
    length, half, roof = rng.uniform(9.5, 12.0), 1.25, rng.uniform(2.9, 3.2)
    paint: Color = ((210, 210, 214), (86, 160, 60), (170, 110, 40), (40, 60, 190), (40, 170, 225))[
        rng.integers(5)
    ]
    band: Color = ((240, 240, 240), (60, 140, 60), (40, 120, 220))[rng.integers(3)]
    x0, x1 = -length / 2, length / 2
    body = Part()
    body.box(
        (x0, x1),
        (-half, half),
        (0.32, roof),
        paint,
        top_color=(214, 216, 216),
        taper=(0.06, 0.03, 0.05),
    )
    body.side_quad((x0 + 0.3, x1 - 0.3), (1.35, roof - 0.4), half, _GLASS, lean=0.03)
    for x in np.arange(x0 + 1.6, x1 - 0.5, 1.5):
        body.side_quad((x, x + 0.1), (1.35, roof - 0.4), half + 0.01, paint, lean=0.03)
    body.side_quad((x0 + 0.1, x1 - 0.1), (0.75, 1.0), half, band)
    for x in (x1 - 2.0, x0 + length * 0.45):
        body.side_quad((x, x + 1.1), (0.45, roof - 0.45), half + 0.01, (52, 46, 40))
    body.end_quad(x1 + 0.01, (-half + 0.1, half - 0.1), (1.15, roof - 0.5), _GLASS, lean=0.04)
    body.end_quad(
        x1 + 0.01, (-half + 0.3, half - 0.3), (roof - 0.42, roof - 0.15), (30, 120, 200), lean=0.01
    )
    body.end_quad(x0 - 0.01, (-half + 0.25, half - 0.25), (1.6, roof - 0.4), _GLASS)
    for y in (-half + 0.1, half - 0.5):
        body.end_quad(x1 + 0.02, (y, y + 0.4), (0.6, 0.85), (222, 230, 236))
        body.end_quad(x0 - 0.02, (y, y + 0.4), (0.8, 1.1), (48, 40, 190))
    body.wheels((x1 - 2.6, x0 + 2.8), 0.48, half - 0.02)
    return Shape("bus", [body], lamps=_lamps(length, half))
