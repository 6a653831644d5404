"""People on foot."""

from __future__ import annotations

import numpy as np

from demo.scenes.shape import Color, Part, Shape

_CLOTHES: tuple[Color, ...] = (
    (60, 60, 64),
    (150, 90, 50),
    (60, 60, 170),
    (200, 200, 200),
    (80, 110, 60),
    (40, 120, 230),
    (120, 80, 120),
    (40, 40, 44),
)


def person(rng: np.random.Generator, *, phase: float = 0.0, carrying: Color | None = None) -> Shape:
    """Somebody about 1.7 m tall; `phase` is where in a step (radians), `carrying` a bag's colour.

    The same generator state gives the same clothes, so that a walk can be drawn step by step.
    """
    tall = rng.uniform(1.58, 1.82)
    top = _CLOTHES[rng.integers(len(_CLOTHES))]
    legs = _CLOTHES[rng.integers(len(_CLOTHES))]
    hair = (30, 30, 34) if rng.random() < 0.8 else (40, 150, 235)  # or a helmet
    skin = (128, 160, 206)
    hip, shoulder = tall * 0.48, tall * 0.82
    low, body, head = Part(layer=1), Part(layer=2), Part(layer=3)
    swing = np.sin(phase) * 0.28
    for side, s in ((-0.1, swing), (0.1, -swing)):
        bottom = np.array(
            [
                [s - 0.11, side - 0.08, 0],
                [s + 0.16, side - 0.08, 0],
                [s + 0.16, side + 0.08, 0],
                [s - 0.11, side + 0.08, 0],
            ]
        )
        upper = np.array(
            [
                [-0.1, side - 0.09, hip],
                [0.1, side - 0.09, hip],
                [0.1, side + 0.09, hip],
                [-0.1, side + 0.09, hip],
            ]
        )
        low.hexahedron(bottom, upper, legs)
        arm = -s * 0.8
        out = side * 2.6
        hand = np.array(
            [
                [arm - 0.06, out - 0.05, hip],
                [arm + 0.06, out - 0.05, hip],
                [arm + 0.06, out + 0.05, hip],
                [arm - 0.06, out + 0.05, hip],
            ]
        )
        joint = np.array(
            [
                [-0.07, out * 0.9 - 0.05, shoulder],
                [0.07, out * 0.9 - 0.05, shoulder],
                [0.07, out * 0.9 + 0.05, shoulder],
                [-0.07, out * 0.9 + 0.05, shoulder],
            ]
        )
        body.hexahedron(hand, joint, top)
    body.box((-0.13, 0.13), (-0.21, 0.21), (hip - 0.05, shoulder), top, taper=(-0.02, -0.02, 0))
    head.ellipsoid(
        (0.0, 0.0, tall - 0.12), (0.11, 0.1, 0.13), skin, rng, rough=0.02, rings=4, around=7
    )
    head.ellipsoid(
        (-0.03, 0.0, tall - 0.06), (0.11, 0.105, 0.1), hair, rng, rough=0.02, rings=3, around=7
    )
    parts = [low, body, head]
    if carrying is not None:
        bag = Part(layer=2)
        bag.ellipsoid((0.1, 0.42, 0.5), (0.24, 0.22, 0.32), carrying, rng, rough=0.06)
        parts.append(bag)
    return Shape("person", parts)
