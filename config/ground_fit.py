"""The plane homography from a camera's picture to the ground, from marked points (单应矩阵).

The ground is taken for a plane and the lens for a pinhole: what a lens bends is not modelled. A
wide lens (beyond some 90 degrees) bends straight kerbs visibly; its pictures are to be straightened
by the camera, or the error shows in the residuals of more than four points.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from config.camera import GroundPoint
from config.degrees import metres_per_degree

Floats = NDArray[np.float64]

LEAST_POINTS = 4
MARKING_SHARE = 0.003
"""How far a point is marked from where it is, one standard deviation, as a share of the picture's
width and of its height: 3 px in 1000, what a hand on a mouse does (ours)."""
MAP_M = 0.3
"""The same on the map: what a road marking can be placed to in good aerial pictures (ours)."""
_NO_PLANE = "no plane fits its ground points: one is far off, or two are the wrong way round"
FLAT_TRIANGLE = 0.03
"""Three points are in a line where their triangle is flatter than so much of its longest side."""


class GroundFitError(ValueError):
    """Points that give no homography, and why."""


@dataclass(frozen=True, slots=True, eq=False)
class GroundFit:
    """Fractions of the picture -> metres east and north of (`lon`, `lat`).

    `h` are the eight free entries of the homography from centred fractions (x, y) - `centre`,
    `covariance` (8, 8) theirs; `residuals_m` (n,) how far each marked point is from where the fit
    puts it on the map: with four points always 0.
    """

    lon: float
    lat: float
    metres_per_degree: tuple[float, float]
    centre: tuple[float, float]
    h: Floats
    covariance: Floats
    residuals_m: Floats

    @property
    def matrix(self) -> Floats:
        """(3, 3): homogeneous fractions of the picture to homogeneous metres."""
        centred = np.array([[1, 0, -self.centre[0]], [0, 1, -self.centre[1]], [0, 0, 1.0]])
        return np.asarray(_square(self.h) @ centred)

    def metres(self, fractions: Floats) -> Floats:
        """(n, 2) fractions to (n, 2) metres; NaN at and above the horizon."""
        moved = np.asarray(fractions, np.float64).reshape(-1, 2) - self.centre
        return _project(self.h, moved)

    def fractions(self, metres: Floats) -> Floats:
        """(n, 2) metres to (n, 2) fractions, which may lie outside the picture; NaN behind it."""
        metres = np.asarray(metres, np.float64).reshape(-1, 2)
        inverse = np.linalg.inv(self.matrix)
        seen = np.column_stack([metres, np.ones(len(metres))]) @ inverse.T
        depth = np.where(seen[:, 2] > 1e-9, seen[:, 2], np.nan)  # 1 / depth: positive before it
        return np.asarray(seen[:, :2] / depth[:, None])

    def degrees(self, metres: Floats) -> Floats:
        """(n, 2) metres to (n, 2) lon, lat in WGS-84 degrees."""
        metres = np.asarray(metres, np.float64).reshape(-1, 2)
        return np.asarray(metres / self.metres_per_degree + (self.lon, self.lat))

    def metres_of(self, degrees: Floats) -> Floats:
        """(n, 2) lon, lat to (n, 2) metres."""
        degrees = np.asarray(degrees, np.float64).reshape(-1, 2)
        return np.asarray((degrees - (self.lon, self.lat)) * self.metres_per_degree)

    def jacobian(self, fractions: Floats) -> Floats:
        """(n, 2, 2): metres per whole picture width and height at each point; NaN as `metres`."""
        moved = np.asarray(fractions, np.float64).reshape(-1, 2) - self.centre
        found = _project(self.h, moved)
        depth = moved @ self.h[6:8] + 1
        lines = np.stack([self.h[0:2], self.h[3:5]])[None]
        return np.asarray(
            (lines - found[:, :, None] * self.h[None, None, 6:8]) / depth[:, None, None]
        )

    def spread(self, fractions: Floats, share: float = MARKING_SHARE) -> Floats:
        """(n, 2, 2): covariance in square metres of where a picture point is on the ground.

        Of the fit itself, and of the point being off by `share` of the picture in x and in y.
        """
        moved = np.asarray(fractions, np.float64).reshape(-1, 2) - self.centre
        by_fit = _by_entries(self.h, moved)
        by_point = self.jacobian(fractions) * share
        return np.asarray(
            by_fit @ self.covariance @ by_fit.transpose(0, 2, 1)
            + by_point @ by_point.transpose(0, 2, 1)
        )


def fit_ground(points: Sequence[GroundPoint]) -> GroundFit:
    """The homography that fits best, each point weighted by how well it can be known.

    Far from the camera a pixel is metres and near it centimetres: the least squares of plain metres
    would let the farthest point decide. So each point's error is that of its marking in the
    picture, carried to the ground, and that of the map.

    Raises:
        GroundFitError: too few, in a line, or one of them would lie above the horizon.
    """
    if len(points) < LEAST_POINTS:
        raise GroundFitError(
            f"needs at least {LEAST_POINTS} ground points, there are {len(points)}"
        )
    seen = np.array([(p.x, p.y) for p in points])
    degrees = np.array([(p.lon, p.lat) for p in points])
    lon, lat = degrees.mean(axis=0)
    scale = metres_per_degree(float(lat))
    placed = (degrees - (lon, lat)) * scale
    for where, what in ((seen, "in the picture"), (placed, "on the map")):
        if not any(_spans(where[list(four)]) for four in combinations(range(len(points)), 4)):
            raise GroundFitError(f"three of its four ground points lie in a line {what}")
    centre = seen.mean(axis=0)
    moved = seen - centre
    h = _direct(moved, placed)
    for _ in range(8):  # Gauss-Newton; from the direct solution it is there after two or three
        rows, wrong = _rows(h, moved, placed)
        if not np.isfinite(rows).all():
            break
        step = np.linalg.lstsq(rows, wrong, rcond=None)[0]
        for _ in range(6):  # less, where a whole step goes too far
            _, after = _rows(h + step, moved, placed)
            if np.isfinite(after).all() and (after**2).sum() <= (wrong**2).sum():
                h = h + step
                break
            step = step / 2
    off = _project(h, moved) - placed
    if not np.isfinite(off).all():
        raise GroundFitError(_NO_PLANE)
    rows, wrong = _rows(h, moved, placed)
    chi2 = float((wrong**2).sum())
    freedom = 2 * len(points) - 8
    worse = max(1.0, chi2 / freedom) if freedom else 1.0
    return GroundFit(
        lon=float(lon),
        lat=float(lat),
        metres_per_degree=scale,
        centre=(float(centre[0]), float(centre[1])),
        h=h,
        covariance=np.asarray(np.linalg.pinv(rows.T @ rows) * worse, np.float64),
        residuals_m=np.hypot(off[:, 0], off[:, 1]),
    )


def _rows(h: Floats, moved: Floats, placed: Floats) -> tuple[Floats, Floats]:
    """(2n, 8) derivatives and (2n,) errors in standard deviations; NaN beyond the horizon."""
    weights = _weights(h, moved)
    rows = np.einsum("nij,njk->nik", weights, _by_entries(h, moved)).reshape(-1, 8)
    wrong = np.einsum("nij,nj->ni", weights, placed - _project(h, moved)).reshape(-1)
    return rows, wrong


def _square(h: Floats) -> Floats:
    return np.append(h, 1.0).reshape(3, 3)


def _project(h: Floats, moved: Floats) -> Floats:
    depth = moved @ h[6:8] + 1  # 1 at the centre of the marked points, 0 at the horizon
    safe = np.where(depth > 1e-6, depth, np.nan)
    return np.asarray((moved @ np.stack([h[0:2], h[3:5]]).T + h[[2, 5]]) / safe[:, None])


def _by_entries(h: Floats, moved: Floats) -> Floats:
    """(n, 2, 8): how the projected metres change with the entries of `h`."""
    depth = (moved @ h[6:8] + 1)[:, None]
    ones = np.column_stack([moved, np.ones(len(moved))]) / depth
    found = _project(h, moved)
    by = np.zeros((len(moved), 2, 8))
    by[:, 0, 0:3] = by[:, 1, 3:6] = ones
    by[:, :, 6:8] = -found[:, :, None] * (moved / depth)[:, None, :]
    return by


def _direct(moved: Floats, placed: Floats) -> Floats:
    """Direct linear transform with both sides scaled (Hartley, IEEE PAMI 19(6), 1997)."""
    wide, far = np.abs(moved).max(), np.abs(placed).max()
    p, q = moved / wide, placed / far
    rows = []
    for (x, y), (u, v) in zip(p, q, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, -u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, -v])
    full = np.linalg.svd(np.array(rows))[2][-1].reshape(3, 3)
    full = np.diag([far, far, 1]) @ full @ np.diag([1 / wide, 1 / wide, 1])
    if abs(full[2, 2]) < 1e-9 * np.abs(full).max():
        raise GroundFitError(_NO_PLANE)
    return np.asarray((full / full[2, 2]).reshape(-1)[:8])


def _weights(h: Floats, moved: Floats) -> Floats:
    """(n, 2, 2): takes a point's error in metres to standard deviations."""
    found = _project(h, moved)
    depth = (moved @ h[6:8] + 1)[:, None, None]
    lines = np.stack([h[0:2], h[3:5]])[None]
    carried = (lines - found[:, :, None] * h[None, None, 6:8]) / depth * MARKING_SHARE
    if not np.isfinite(carried).all():
        return np.full((len(moved), 2, 2), np.nan)
    covariance = carried @ carried.transpose(0, 2, 1) + np.eye(2) * MAP_M**2
    return np.asarray(np.linalg.inv(np.linalg.cholesky(covariance)))


def _spans(four: Floats) -> bool:
    """No three of the four lie in a line."""
    return all(
        _height_share(four[list(three)]) > FLAT_TRIANGLE for three in combinations(range(4), 3)
    )


def _height_share(three: Floats) -> float:
    a, b, c = three
    longest = max(np.hypot(*(b - a)), np.hypot(*(c - b)), np.hypot(*(a - c)))
    doubled = abs((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))
    return float(doubled / longest**2) if longest > 0 else 0.0
