"""Muck trucks and sanitation trucks (渣土车、环卫车). Local x is forward."""

from __future__ import annotations

import numpy as np

from demo.scenes.plates import FRONT_M, REAR_M, enlarged_picture, plate_picture
from demo.scenes.shape import Color, Part, Shape, shade_of

_DARK: Color = (34, 33, 32)
_GLASS: Color = (66, 54, 44)
_TRUCK_COLORS: tuple[Color, ...] = (
    (38, 92, 214),
    (36, 44, 168),
    (52, 172, 214),
    (70, 128, 46),
    (168, 96, 40),
    (208, 208, 204),
    (94, 150, 62),
    (44, 120, 220),
)
_SOIL: tuple[Color, ...] = (
    (66, 92, 124),
    (58, 76, 98),
    (84, 104, 128),
    (104, 112, 118),
    (48, 62, 84),
    (92, 124, 156),
)
_TARPAULIN: tuple[Color, ...] = (
    (64, 104, 52),
    (52, 50, 48),
    (104, 100, 96),
    (122, 78, 40),
    (60, 132, 78),
    (36, 70, 40),
)


def _cab(x: float, width: float, top: float, color: Color) -> Part:
    """A flat-nosed cab whose front is at `x`."""
    cab, h = Part(), width / 2
    cab.box((x - 2.0, x), (-h, h), (0.55, top), color, taper=(0.16, 0.05, 0.06))
    mid = 0.55 + (top - 0.55) * 0.5
    cab.end_quad(x - 0.06, (-h + 0.15, h - 0.15), (mid, top - 0.18), _GLASS, lean=0.08)
    cab.end_quad(x + 0.01, (-h + 0.25, h - 0.25), (0.95, mid - 0.25), (58, 58, 60))
    cab.end_quad(x + 0.03, (-h + 0.02, h - 0.02), (0.55, 0.85), (88, 88, 90))
    for y in (-h + 0.12, h - 0.5):
        cab.end_quad(x + 0.04, (y, y + 0.38), (0.68, 0.86), (225, 232, 236))
    cab.side_quad((x - 1.35, x - 0.3), (mid, top - 0.25), h, _GLASS, lean=0.05)
    cab.side_quad((x - 0.2, x - 0.02), (mid + 0.2, top - 0.35), h + 0.14, _DARK)
    return cab


def _running_gear(length: float, width: float, axles: tuple[float, ...], radius: float) -> Part:
    gear, h = Part(layer=0), width / 2
    gear.box((-length / 2 + 0.1, length / 2 - 0.4), (-h + 0.15, h - 0.15), (0.45, 1.05), _DARK)
    gear.wheels(axles, radius, h - 0.06)
    gear.end_quad(-length / 2 - 0.01, (-h + 0.1, -h + 0.5), (0.7, 0.9), (40, 36, 190))
    gear.end_quad(-length / 2 - 0.01, (h - 0.5, h - 0.1), (0.7, 0.9), (40, 36, 190))
    return gear


def _lamps(length: float, width: float) -> list[tuple[float, float, float, bool]]:
    x, y = length / 2, width / 2 - 0.3
    return [(x, -y, 0.8, True), (x, y, 0.8, True), (-x, -y, 0.8, False), (-x, y, 0.8, False)]


def muck_truck(
    rng: np.random.Generator,
    load: str = "covered",
    *,
    color: Color | None = None,
    raised_deg: float = 0.0,
    load_rng: np.random.Generator | None = None,
    plate: tuple[str, str] | None = None,
) -> Shape:
    """A tipper. `load` is `covered`, `open` or `empty`; a raised body is labelled so instead.

    `plate` is its number and the plate's colour.
    With dice of its own (`load_rng`) for the load, the same truck can be drawn full and empty.
    """
    length, width = rng.uniform(7.8, 9.6), 2.5
    paint = color or _TRUCK_COLORS[rng.integers(len(_TRUCK_COLORS))]
    cab_paint = paint if rng.random() < 0.7 else _TRUCK_COLORS[rng.integers(len(_TRUCK_COLORS))]
    back, front, h = -length / 2, length / 2 - 2.25, width / 2
    low, rim = 1.1, rng.uniform(2.3, 2.9)
    label = (
        "body_raised" if raised_deg else {"covered": "load_covered", "open": "load_open"}.get(load)
    )
    body = Part(label)
    inside: Color = (40, 44, 48)
    body.box((back, front), (-h, h), (low, rim), paint, top_color=inside, taper=(0, -0.15, -0.04))
    dark = shade_of((paint[0] * 0.62, paint[1] * 0.62, paint[2] * 0.62), rng, 0.02)
    for x in np.arange(back + 0.35, front - 0.1, rng.uniform(0.7, 1.1)):
        body.side_quad((x, x + 0.14), (low, rim), h, dark, lean=-0.04)
    body.side_quad((back, front), (rim - 0.16, rim), h + 0.02, dark, lean=-0.02)
    body.end_quad(back - 0.02, (-h + 0.3, h - 0.3), (low + 0.15, rim - 0.2), dark)
    _fill(body, load_rng or rng, load, (back, front), half_width=h, rim=rim, paint=paint)
    if rng.random() < 0.6:  # the enlarged plate number or company stripe on the tail and sides
        body.side_quad(
            (back + 1.2, front - 1.2),
            (rim - 0.85, rim - 0.5),
            h + 0.01,
            (225, 228, 230),
            lean=-0.02,
        )
    if plate is not None:
        high = low + 0.25
        body.end_picture(
            back - 0.03, (-0.95, 0.95), (high, high + 0.45), enlarged_picture(plate[0], dark)
        )
    if raised_deg:
        body.tilted((back + 0.6, low), raised_deg)
    gear = _running_gear(
        length, width, (length / 2 - 1.1, length / 2 - 2.9, back + 2.1, back + 0.85), 0.52
    )
    cab = _cab(length / 2, width - 0.05, rng.uniform(2.7, 3.1), cab_paint)
    if plate is not None:
        wide = FRONT_M[0] / 2
        cab.end_picture(
            length / 2 + 0.05, (-wide, wide), (0.6, 0.6 + FRONT_M[1]), plate_picture(*plate)
        )
        gear.end_picture(
            -length / 2 - 0.02, (-wide, wide), (0.66, 0.66 + REAR_M[1]), plate_picture(*plate, True)
        )
    return Shape(
        "muck_truck",
        [gear, body, cab],
        lamps=_lamps(length, width),
    )


def _fill(
    body: Part,
    rng: np.random.Generator,
    load: str,
    x: tuple[float, float],
    *,
    half_width: float,
    rim: float,
    paint: Color,
) -> None:
    if load == "covered":
        flat = rng.random() < 0.5
        cover = paint if rng.random() < 0.3 else _TARPAULIN[rng.integers(len(_TARPAULIN))]
        _surface(
            body,
            rng,
            x,
            half_width + 0.06,
            base=rim,
            height=0.16 if flat else rng.uniform(0.25, 0.5),
            rough=0.012 if flat else 0.04,
            color=cover,
            spread=0.03,
        )
        for at in np.arange(x[0] + 0.5, x[1] - 0.2, 1.3):
            dark = (cover[0] * 0.75, cover[1] * 0.75, cover[2] * 0.75)
            body.side_quad((at, at + 0.08), (rim - 0.35, rim + 0.05), half_width + 0.03, dark)
    elif load == "open":
        soil = _SOIL[rng.integers(len(_SOIL))]
        _surface(
            body,
            rng,
            (x[0] + 0.12, x[1] - 0.12),
            half_width - 0.1,
            base=rim - 0.02,
            height=rng.uniform(0.35, 0.95),
            rough=0.13,
            color=soil,
            spread=0.16,
        )


def _surface(
    body: Part,
    rng: np.random.Generator,
    x: tuple[float, float],
    half_width: float,
    *,
    base: float,
    height: float,
    rough: float,
    color: Color,
    spread: float,
) -> None:
    """A vaulted sheet over the body: smooth for a tarpaulin, rough for a heap."""
    along, across = np.linspace(*x, 9), np.linspace(-half_width, half_width, 6)
    u, v = np.meshgrid(np.linspace(-1, 1, 9), np.linspace(-1, 1, 6), indexing="ij")
    z = (
        base
        + height * (1 - np.abs(u) ** 4) * (1 - np.abs(v) ** 2.5)
        + rng.normal(0, rough, u.shape) * (np.abs(u) < 1) * (np.abs(v) < 1)
    )
    for i in range(8):
        for j in range(5):
            body.add(
                [
                    (along[i], across[j], z[i, j]),
                    (along[i + 1], across[j], z[i + 1, j]),
                    (along[i + 1], across[j + 1], z[i + 1, j + 1]),
                    (along[i], across[j + 1], z[i, j + 1]),
                ],
                shade_of(color, rng, spread),
                upon=True,
            )


def sanitation_truck(rng: np.random.Generator, kind: str | None = None) -> Shape:
    """A `collector`, `washer` or `sweeper`: white, with green or orange bands."""
    kind = kind or ("collector", "washer", "sweeper")[rng.integers(3)]
    length, width = (rng.uniform(5.6, 6.6) if kind == "sweeper" else rng.uniform(6.6, 8.2)), 2.3
    white = shade_of((228, 230, 228), rng, 0.05)
    band: Color = ((82, 158, 62), (40, 132, 236), (164, 112, 36))[rng.integers(3)]
    green = rng.random() < 0.35
    paint, stripe = (band, white) if green else (white, band)
    back, front, h = -length / 2, length / 2 - 2.1, width / 2
    body = Part()
    if kind == "washer":
        turn = np.linspace(0, 2 * np.pi, 11)[:-1] + np.pi / 10
        ring = np.stack([np.cos(turn) * h, 1.95 + np.sin(turn) * 0.85], axis=1)
        for i in range(10):
            a, b = ring[i], ring[(i + 1) % 10]
            body.add(
                [(back + 0.4, *a), (back + 0.4, *b), (front, *b), (front, *a)],
                stripe if i in (9, 4) else paint,
            )
        body.add([(front, *p) for p in ring], paint)
        body.add([(back + 0.4, *p) for p in ring[::-1]], paint)
        body.end_quad(back + 0.39, (-0.7, 0.7), (1.4, 2.3), stripe)
    else:
        top = 2.75 if kind == "collector" else 2.45
        body.box(
            (back + (1.2 if kind == "collector" else 0), front),
            (-h, h),
            (0.95, top),
            paint,
            taper=(0.05, 0.05, 0.08),
        )
        body.side_quad((back + 1.3, front - 0.1), (1.25, 1.6), h, stripe)
        body.side_quad(
            (back + 1.8, front - 0.6),
            (1.85, 2.3),
            h,
            (110, 90, 60) if green else (96, 150, 86),
            lean=0.04,
        )
        if kind == "collector":
            body.box(
                (back, back + 1.2), (-h + 0.08, h - 0.08), (0.7, 2.5), stripe, taper=(0, 0.55, 0)
            )
            body.end_quad(back - 0.01, (-0.8, 0.8), (0.9, 1.5), (60, 60, 60), lean=-0.2)
        else:
            body.side_quad((-0.6, 0.5), (0.25, 0.75), h + 0.12, (40, 150, 230))
            body.box((back + 0.3, back + 1.2), (-0.4, 0.4), (top, top + 0.25), (60, 140, 235))
    cab = _cab(length / 2, width - 0.08, rng.uniform(2.25, 2.55), paint)
    cab.box((length / 2 - 1.3, length / 2 - 0.9), (-0.6, 0.6), (2.4, 2.62), (20, 150, 245))
    gear = _running_gear(length, width, (length / 2 - 1.05, back + 1.5), 0.44)
    return Shape("sanitation_truck", [gear, body, cab], lamps=_lamps(length, width))
