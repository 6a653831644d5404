"""Solids made of convex faces, and the builders for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from demo.scenes.view import Floats

Color = tuple[float, float, float]
"""Blue, green, red, 0 to 255."""


@dataclass
class Part:
    """Faces that belong together; drawn whole, farther parts of a layer first.

    `label` names the class that gets a box of its own inside the object's. A face is its points in
    metres (outward normal by the right-hand rule), its colour, and whether it lies upon another;
    `pictures` are shown by the faces of these numbers.
    """

    label: str | None = None
    layer: int = 1
    faces: list[tuple[Floats, Color, bool]] = field(default_factory=list)
    pictures: dict[int, NDArray[np.uint8]] = field(default_factory=dict)

    def add(
        self, points: Sequence[Sequence[float]] | Floats, color: Color, *, upon: bool = False
    ) -> None:
        self.faces.append((np.asarray(points, dtype=np.float64), color, upon))

    def hexahedron(
        self, bottom: Floats, top: Floats, color: Color, top_color: Color | None = None
    ) -> None:
        """Four bottom and four top corners, both counter-clockwise seen from above."""
        self.add(top, top_color or color)
        self.add(bottom[::-1], color)
        for i in range(4):
            j = (i + 1) % 4
            self.add([bottom[i], bottom[j], top[j], top[i]], color)

    def box(
        self,
        x: tuple[float, float],
        y: tuple[float, float],
        z: tuple[float, float],
        color: Color,
        top_color: Color | None = None,
        *,
        taper: tuple[float, float, float] = (0, 0, 0),
    ) -> None:
        """Axis-parallel, its top drawn in by `taper` metres at front, back and sides."""
        front, back, side = taper
        bottom = np.array(
            [[x[0], y[0], z[0]], [x[1], y[0], z[0]], [x[1], y[1], z[0]], [x[0], y[1], z[0]]]
        )
        top = np.array(
            [
                [x[0] + back, y[0] + side, z[1]],
                [x[1] - front, y[0] + side, z[1]],
                [x[1] - front, y[1] - side, z[1]],
                [x[0] + back, y[1] - side, z[1]],
            ]
        )
        self.hexahedron(bottom, top, color, top_color)

    def side_quad(
        self,
        x: tuple[float, float],
        z: tuple[float, float],
        half_width: float,
        color: Color,
        lean: float = 0,
    ) -> None:
        """The same rectangle upon the left and the right side; `lean` draws its top in."""
        for sign in (-1, 1):
            low, high = sign * (half_width + 0.01), sign * (half_width + 0.01 - lean)
            points = [(x[0], low, z[0]), (x[1], low, z[0]), (x[1], high, z[1]), (x[0], high, z[1])]
            self.add(points if sign < 0 else points[::-1], color, upon=True)

    def end_quad(
        self,
        x: float,
        y: tuple[float, float],
        z: tuple[float, float],
        color: Color,
        lean: float = 0,
    ) -> None:
        """A rectangle upon the front (x > 0) or the back."""
        points = [(x, y[0], z[0]), (x, y[1], z[0]), (x - lean, y[1], z[1]), (x - lean, y[0], z[1])]
        self.add(points if x > 0 else points[::-1], color, upon=True)

    def end_picture(
        self,
        x: float,
        y: tuple[float, float],
        z: tuple[float, float],
        picture: NDArray[np.uint8],
        lean: float = 0,
    ) -> None:
        """A picture (height, width, 3) upon the front (x > 0) or the back."""
        b, g, r = picture.reshape(-1, 3).mean(axis=0)
        self.end_quad(x, y, z, (float(b), float(g), float(r)), lean)
        # The corners' order, so that the picture is upright for who stands before it.
        turned = picture[::-1] if x > 0 else picture[:, ::-1]
        self.pictures[len(self.faces) - 1] = np.ascontiguousarray(turned)

    def wheels(self, places: Sequence[float], radius: float, half_width: float) -> None:
        """A pair of wheels at each x; drawn upon the sides."""
        turn = np.linspace(0, 2 * np.pi, 13)[:-1]
        for x in places:
            for sign in (-1, 1):
                for scale, color, out in ((1.0, (28, 27, 26), 0.02), (0.55, (120, 120, 122), 0.03)):
                    ring = np.stack(
                        [
                            x + np.cos(turn) * radius * scale,
                            np.full_like(turn, sign * (half_width + out)),
                            radius + np.sin(turn) * radius * scale,
                        ],
                        axis=1,
                    )
                    self.add(ring if sign < 0 else ring[::-1], color, upon=True)

    def ellipsoid(
        self,
        centre: Sequence[float],
        radii: Sequence[float],
        color: Color,
        rng: np.random.Generator,
        *,
        rough: float = 0.1,
        rings: int = 5,
        around: int = 9,
        dome: bool = False,
    ) -> None:
        """A lumpy ellipsoid, or its upper half standing on the ground (`dome`)."""
        start = 0.0 if dome else -np.pi / 2
        angle = np.linspace(start, np.pi / 2, rings + 1)
        turn = np.linspace(0, 2 * np.pi, around + 1)[:-1]
        swell = 1 + rng.normal(0, rough, (rings + 1, around))
        swell[-1] = swell[-1].mean()
        grid = np.stack(
            [
                np.cos(angle)[:, None] * np.cos(turn) * swell * radii[0] + centre[0],
                np.cos(angle)[:, None] * np.sin(turn) * swell * radii[1] + centre[1],
                np.sin(angle)[:, None] * np.ones_like(turn) * swell * radii[2] + centre[2],
            ],
            axis=-1,
        )
        for i in range(rings):
            for j in range(around):
                k = (j + 1) % around
                self.add(
                    [grid[i, j], grid[i, k], grid[i + 1, k], grid[i + 1, j]],
                    shade_of(color, rng, rough * 0.6),
                )

    def tilted(self, hinge: tuple[float, float], angle_deg: float) -> None:
        """Turn the part about the cross axis at (x, z): the front goes up."""
        a = np.radians(angle_deg)
        for points, _, _ in self.faces:
            x, z = points[:, 0] - hinge[0], points[:, 2] - hinge[1]
            points[:, 0] = hinge[0] + x * np.cos(a) - z * np.sin(a)
            points[:, 2] = hinge[1] + x * np.sin(a) + z * np.cos(a)


class Shape:
    """Parts flattened into arrays, ready to be placed and drawn."""

    def __init__(
        self,
        label: str | None,
        parts: Sequence[Part],
        *,
        lamps: Sequence[tuple[float, float, float, bool]] = (),
    ) -> None:
        self.label = label
        self.part_labels = [part.label for part in parts]
        self.lamps = tuple(lamps)  # x, y, z, and whether it is a headlight
        faces = [(i, part.layer, *face) for i, part in enumerate(parts) for face in part.faces]
        starts = np.cumsum([0, *(len(part.faces) for part in parts)])
        self.pictures = {
            int(start) + number: picture
            for start, part in zip(starts, parts, strict=False)
            for number, picture in part.pictures.items()
        }
        self.points = np.concatenate([f[2] for f in faces])
        ends = np.cumsum([len(f[2]) for f in faces])
        self.spans = [(int(e) - len(f[2]), int(e)) for e, f in zip(ends, faces, strict=True)]
        self.colors = np.array([f[3] for f in faces], dtype=np.float64)
        # What lies upon a face is painted after it, and pictures after all.
        self.upon = np.array([2 if i in self.pictures else int(f[4]) for i, f in enumerate(faces)])
        self.part_of = np.array([f[0] for f in faces])
        self.layer = np.array([f[1] for f in faces])
        self.centres = np.array([f[2].mean(axis=0) for f in faces])
        self.normals = np.array([_normal(f[2]) for f in faces])
        self.part_centres = np.array(
            [np.concatenate([p for p, _, _ in part.faces]).mean(axis=0) for part in parts]
        )


def _normal(points: Floats) -> Floats:
    """Newell's normal, which bears faces that are a little bent or have a point twice."""
    x, y, z = points.T
    x1, y1, z1 = np.concatenate([points[1:], points[:1]]).T
    normal = np.array([y @ z1 - z @ y1, z @ x1 - x @ z1, x @ y1 - y @ x1])
    length = float(np.sqrt(normal @ normal))
    return normal / length if length > 0 else np.array([0.0, 0.0, 1.0])


def shade_of(color: Color, rng: np.random.Generator, spread: float) -> Color:
    """The colour, a little lighter or darker."""
    factor = 1 + rng.normal(0, spread)
    b, g, r = (min(255.0, max(0.0, c * factor)) for c in color)
    return b, g, r
