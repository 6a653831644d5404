"""A camera's place thrown by dice: what it sees, what is drawn in its picture, where it lies."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from shapely import Polygon, box, get_coordinates

from demo.cameras.labelled.anchor import Anchor, anchor_of
from demo.scenes.backdrop import Surroundings
from demo.scenes.ground import Road
from demo.scenes.view import View

Points = tuple[tuple[float, float], ...]
Spot = tuple[float, float]
"""Metres along and across the road."""

_FAR_M, _NEAR_M = 30.0, 5.0
_PLATE_PX = 96.0
"""How wide a plate is over the gate line."""
GATE = "gate"
STREET = "street"


@dataclass(frozen=True, eq=False)
class LabelledPlace:
    """`verge_m` is how far the no-dump zones reach beyond the road's edge on each side.

    `gate_m` is where along the road the gate line crosses it; the site lies beyond, towards larger
    figures. None in a street.
    """

    seed: int
    kind: str
    view: View
    road: Road
    around: Surroundings
    anchor: Anchor
    verge_m: tuple[float, float]
    gate_m: float | None

    @property
    def camera_id(self) -> str:
        return f"{self.kind}-{self.seed:05d}"

    @property
    def half_m(self) -> float:
        return self.road.width_m / 2

    @property
    def lane_m(self) -> float:
        """The middle of the outer lane, from the middle of the road."""
        return self.road.width_m / self.road.lanes * (self.road.lanes / 2 - 0.5)

    def pixel(self, spot: Spot, up_m: float = 0.0) -> tuple[float, float, float]:
        """Column, row and depth in metres."""
        pixels, depth = self.view.project(np.array([(*self.road.place(*spot), up_m)]))
        return float(pixels[0, 0]), float(pixels[0, 1]), float(depth[0])

    def sees(self, spot: Spot, margin: float = 0.07) -> bool:
        """Whether the ground there is well in the picture and near enough."""
        x, y, depth = self.pixel(spot)
        w, h = self.view.width_px, self.view.height_px
        inside = margin * w < x < (1 - margin) * w and 0.12 * h < y < (1 - margin) * h
        return inside and _NEAR_M < depth < _FAR_M

    def to_degrees(self, spot: Spot) -> tuple[float, float]:
        return self.anchor.to_degrees(*self.road.place(*spot))

    @cached_property
    def road_spots(self) -> list[Spot]:
        """Where on the road's lanes something may lie and is seen."""
        across = [-self.lane_m, self.lane_m]
        return [(a, c) for a in np.arange(-40, 60, 0.5) for c in across if self.sees((a, c))]

    @cached_property
    def verge_spots(self) -> list[Spot]:
        found = []
        for side, deep in ((-1, self.verge_m[0]), (1, self.verge_m[1])):
            for beyond in np.arange(0.9, deep - 0.4, 0.5):
                c = side * (self.half_m + float(beyond))
                found += [
                    (float(a), c) for a in np.arange(-40, 60, 0.5) if self.sees((float(a), c))
                ]
        return found

    @cached_property
    def zones(self) -> list[tuple[str, str, Points]]:
        """Id, kind and points in fractions of the picture of what is drawn in it."""
        half, far = self.half_m, 70.0
        stretches = [("road", "road", (-half, half))]
        for name, side, deep in (("verge-l", -1, self.verge_m[0]), ("verge-r", 1, self.verge_m[1])):
            if deep > 0:
                low, high = sorted((side * (half + 0.15), side * (half + deep)))
                stretches.append((name, "no_dump", (low, high)))
        drawn = []
        for name, kind, across in stretches:
            points = self._outline((-far, far), across)
            if points:
                drawn.append((name, kind, points))
        if self.gate_m is not None:
            ends = [self.pixel((self.gate_m, c)) for c in (half + 0.4, -half - 0.4)]
            line = [(x / self.view.width_px, y / self.view.height_px) for x, y, _ in ends]
            drawn.append(("gate", "gate_line", _rounded(line)))
        return drawn

    def _outline(self, along: tuple[float, float], across: tuple[float, float]) -> Points:
        """A stretch as a polygon in fractions of the picture, cut at its edges; may be empty."""
        edge = [(a, across[0]) for a in np.linspace(*along, 281)]
        edge += [(a, across[1]) for a in np.linspace(*along[::-1], 281)]
        spots = np.array([(*self.road.place(float(a), c), 0.0) for a, c in edge])
        pixels, depth = self.view.project(spots)
        kept = pixels[depth > 1.5] / (self.view.width_px, self.view.height_px)
        if len(kept) < 3:
            return ()
        seen = Polygon(kept).buffer(0).intersection(box(0, 0, 1, 1))
        if seen.geom_type != "Polygon" or seen.area < 0.004:
            return ()
        return _rounded(get_coordinates(seen.simplify(0.003))[:-1].tolist())

    @cached_property
    def ground_points(self) -> list[tuple[float, float, float, float]]:
        """x, y in fractions of the picture, lon, lat: exact, six places well apart."""
        found = []
        w, h = self.view.width_px, self.view.height_px
        for column in (0.1, 0.5, 0.9):
            for row in (0.5, 0.93):
                x, y, reach = (g[int(row * h), int(column * w)] for g in self.view.ground)
                if np.isfinite(reach) and reach < 120:
                    lon, lat = self.anchor.to_degrees(float(x), float(y))
                    at = ((int(column * w) + 0.5) / w, (int(row * h) + 0.5) / h)
                    found.append((*at, lon, lat))
        return found


def _rounded(points: list[tuple[float, float]]) -> Points:
    return tuple(
        (round(min(max(float(x), 0), 1), 4), round(min(max(float(y), 0), 1), 4)) for x, y in points
    )


def street(seed: int, size_px: tuple[int, int] = (640, 360)) -> LabelledPlace:
    """A road with verges; thrown again until enough of both is seen."""
    for attempt in range(200):
        rng = np.random.default_rng((seed, attempt, 21))
        view = View(
            *size_px,
            float(rng.uniform(4.5, 8.5)),
            float(rng.uniform(15, 32)),
            float(rng.uniform(0.75, 1.15)),
        )
        heading = float(
            rng.choice(
                [
                    rng.uniform(-25, 25),
                    rng.uniform(30, 62),
                    rng.uniform(65, 115),
                    rng.uniform(120, 150),
                ]
            )
        )
        reach = view.height_m / np.tan(np.radians(view.pitch_deg))
        lanes = int(rng.choice([2, 2, 2, 4]))
        road = Road(
            float(rng.uniform(-3, 3)),
            float(np.clip(reach * rng.uniform(0.85, 1.3), 9, 24)),
            heading,
            lanes * float(rng.uniform(3.3, 3.7)),
            lanes,
            walk_m=float(rng.choice([0.0, rng.uniform(1.5, 3.5)])),
        )
        wall = str(rng.choice(["hoarding", "brick", "fence", ""]))
        around = Surroundings(
            wall,
            float(rng.uniform(3, 7)),
            float(rng.uniform(1.8, 3.0)),
            int(rng.integers(2, 9)),
            bool(rng.random() < 0.7),
        )
        left = road.kerb_m + road.walk_m + (around.wall_m - 0.1 if wall else 6.0)
        place = LabelledPlace(
            seed,
            STREET,
            view,
            road,
            around,
            anchor_of(seed, round(float(rng.uniform(0, 360)), 1)),
            (left, float(rng.uniform(3, 7))),
            None,
        )
        if len(place.road_spots) >= 24 and len(place.verge_spots) >= 60:
            return place
    raise RuntimeError(f"seed {seed}: no place in 200 throws shows enough")


def gate_view(size_px: tuple[int, int], height_m: float, line_m: float, plate_px: float) -> View:
    """A camera that shows a plate so wide over a line `line_m` ahead of it.

    The line lies at four fifths of the picture's height.
    """
    focal = plate_px / (0.44 * size_px[0]) * float(np.hypot(line_m, height_m))
    lower = 0.3 * size_px[1] / size_px[0] / focal
    pitch = float(np.degrees(np.arctan(height_m / line_m) - np.arctan(lower)))
    return View(*size_px, height_m, pitch, focal)


def gate(seed: int, size_px: tuple[int, int] = (1280, 720)) -> LabelledPlace:
    """A site's driveway seen from beside it, near enough to read plates at the line."""
    rng = np.random.default_rng((seed, 22))
    height_m, line_m = float(rng.uniform(3.1, 3.9)), float(rng.uniform(12, 13.5))
    view = gate_view(size_px, height_m, line_m, _PLATE_PX)
    heading = float(rng.uniform(-14, 14))
    road = Road(
        float(rng.uniform(-0.8, 0.8)), line_m, heading, float(rng.uniform(7.4, 8.2)), walk_m=0.0
    )
    around = Surroundings(str(rng.choice(["hoarding", "brick"])), 26.0, 2.6, 5, True, gate_m=0.0)
    anchor = anchor_of(seed, round(float(rng.uniform(0, 360)), 1))
    return LabelledPlace(seed, GATE, view, road, around, anchor, (0.0, 0.0), 0.0)
