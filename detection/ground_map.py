"""From a camera's picture to the map and back, with what that may be off (画面与地图的对应).

Everything is about the ground plane: what stands up from it (a roof, a head) is carried beyond
where it is. Lens distortion is not modelled (`config.ground_fit`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from config.camera import Camera
from config.ground_fit import GroundFit, GroundFitError, fit_ground
from detection.scene_event import Box

Floats = NDArray[np.float64]

POINT_PX = 3.0
"""How far the foot of a thing is from where its box ends, one standard deviation (ours)."""
EDGE_SHARE = 0.004
"""A box nearer to the picture's lower or side edge goes on beyond it: its foot is not seen."""
LEAST_POINTS = 4
LEAST_S = 0.4
HUBER = 1.5
"""Errors beyond so many standard deviations count linearly (Huber, Robust Statistics, 1981)."""


@dataclass(frozen=True, slots=True)
class GroundPlace:
    """WGS-84; `uncertainty_m` is one standard deviation, in the direction where it is greatest."""

    lon: float
    lat: float
    uncertainty_m: float


@dataclass(frozen=True, slots=True)
class GroundMotion:
    """How something moved over the ground in one time: a straight line at one speed, fitted.

    `heading_deg` clockwise from north. Errors are one standard deviation, from the scatter about
    the line and from the map's own (a scale that is 3 % off makes the speed 3 % off).
    """

    speed_kmh: float
    speed_error_kmh: float
    heading_deg: float
    heading_error_deg: float
    points: int


class GroundMap:
    """Of one placement. Points are fractions of the picture from its top left, as in the zones."""

    def __init__(self, fit: GroundFit) -> None:
        self.fit = fit

    @classmethod
    def of(cls, camera: Camera) -> GroundMap | None:
        """None where the placement has no ground points, or they give no map."""
        if not camera.ground_points:
            return None
        try:
            return cls(fit_ground(camera.ground_points))
        except GroundFitError:
            return None

    def place(self, x: float, y: float, error: float = 0.0) -> GroundPlace | None:
        """Where a picture point is on the ground; None at and above the horizon.

        `error` is the point's own, as a share of the picture (see `places`).
        """
        degrees, sigma_m = self.places(np.array([[x, y]]), error)
        if not np.isfinite(sigma_m[0]):
            return None
        return GroundPlace(float(degrees[0, 0]), float(degrees[0, 1]), float(sigma_m[0]))

    def places(self, fractions: Floats, error: float = 0.0) -> tuple[Floats, Floats]:
        """(n, 2) fractions to (n, 2) lon, lat and (n,) metres, one standard deviation; NaN above.

        The marking error is always in it; `error` (share of the picture) comes on top.
        """
        share = float(np.hypot(error, POINT_PX / 1000))
        metres = self.fit.metres(fractions)
        return self.fit.degrees(metres), self._sigma_m(fractions, share)

    def picture_points(self, degrees: Floats) -> Floats:
        """(n, 2) lon, lat to (n, 2) fractions, maybe outside the picture; NaN behind the camera."""
        return self.fit.fractions(self.fit.metres_of(degrees))

    def metres_per_px(self, x: float, y: float, size_px: tuple[int, int]) -> float | None:
        """Metres on the ground to a pixel there, across the line of sight (the lesser way)."""
        by = self.fit.jacobian(np.array([[x, y]]))[0] / np.array(size_px)
        if not np.isfinite(by).all():
            return None
        return float(np.linalg.svd(by, compute_uv=False)[-1])

    def motion(
        self, boxes: Sequence[Box], at_s: Sequence[float], size_px: tuple[int, int]
    ) -> GroundMotion | None:
        """The speed of a track from where its boxes stand on the ground.

        Boxes in pixels of a picture of `size_px`, with their times in seconds. None with fewer than
        `LEAST_POINTS` feet in the picture, or in less than `LEAST_S`. For something that turns give
        the boxes about one moment only: 1 to 2 s of them.
        """
        feet, seen = footprints(boxes, size_px)
        times = np.asarray(at_s, np.float64)
        metres = self.fit.metres(feet)
        sigma = self._own_sigma_m(feet, size_px)
        good = seen & np.isfinite(metres).all(axis=1) & np.isfinite(sigma)
        if good.sum() < LEAST_POINTS or np.ptp(times[good]) < LEAST_S:
            return None
        line = _line(times[good], metres[good], sigma[good])
        if line is None:
            return None
        velocity, covariance = line
        middle = feet[good].mean(axis=0)
        speed = float(np.hypot(*velocity))
        along = velocity / speed if speed > 1e-9 else np.array([0.0, 1.0])
        across = np.array([-along[1], along[0]])
        speed_error = float(np.sqrt(along @ covariance @ along))
        turn_error = float(np.sqrt(across @ covariance @ across))
        speed_error = float(np.hypot(speed_error, speed * self._scale_error(middle, along)))
        return GroundMotion(
            speed_kmh=speed * 3.6,
            speed_error_kmh=speed_error * 3.6,
            heading_deg=float(np.degrees(np.arctan2(velocity[0], velocity[1])) % 360),
            heading_error_deg=float(min(180.0, np.degrees(np.arctan2(turn_error, speed)))),
            points=int(good.sum()),
        )

    def _sigma_m(self, fractions: Floats, share: float) -> Floats:
        """(n,) metres, one standard deviation in the direction where it is greatest."""
        spread = self.fit.spread(fractions, share)
        found = np.full(len(spread), np.nan)
        good = np.isfinite(spread).all(axis=(1, 2))
        found[good] = np.sqrt(np.linalg.eigvalsh(spread[good])[:, -1])
        return found

    def _own_sigma_m(self, fractions: Floats, size_px: tuple[int, int]) -> Floats:
        """(n,) metres that a foot scatters by from picture to picture; the map's error does not."""
        by = self.fit.jacobian(fractions) * (POINT_PX / np.array(size_px))
        return np.asarray(np.sqrt((by**2).sum(axis=(1, 2)) / 2))

    def _scale_error(self, middle: Floats, along: Floats) -> float:
        """By what share lengths about a place may be off in one direction, from the fit's error."""
        step = 0.5
        ends = self.fit.metres(middle[None])[0] + np.array([-step, step])[:, None] * along
        places = self.fit.fractions(ends)
        if not np.isfinite(places).all():
            return 0.0
        drawn = np.linalg.cholesky(self.fit.covariance + 1e-12 * np.eye(8))
        lengths = []
        for column in drawn.T:
            other = GroundFit(
                self.fit.lon, self.fit.lat, self.fit.metres_per_degree, self.fit.centre,
                self.fit.h + column, self.fit.covariance, self.fit.residuals_m,
            ).metres(places)  # fmt: skip
            lengths.append(float((other[1] - other[0]) @ along) - 2 * step)
        return float(np.sqrt(np.sum(np.square(lengths)))) / (2 * step)


def footprints(boxes: Sequence[Box], size_px: tuple[int, int]) -> tuple[Floats, NDArray[np.bool_]]:
    """(n, 2) fractions of the bottom middle of boxes in pixels, and (n,) whether it is in sight."""
    b = np.asarray(boxes, np.float64).reshape(-1, 4)
    width, height = size_px
    feet = np.column_stack([(b[:, 0] + b[:, 2]) / 2 / width, b[:, 3] / height])
    seen = (
        (b[:, 3] < height * (1 - EDGE_SHARE))
        & (b[:, 0] > width * EDGE_SHARE)
        & (b[:, 2] < width * (1 - EDGE_SHARE))
    )
    return feet, seen


def _line(times: Floats, metres: Floats, sigma: Floats) -> tuple[Floats, Floats] | None:
    """Velocity (2,) in m/s and its covariance (2, 2), by least squares with Huber's weights."""
    weight = 1 / sigma**2
    robust = np.ones(len(times))
    for _ in range(10):
        w = weight * robust
        total = w.sum()
        middle = (w * times).sum() / total
        centred = times - middle
        inertia = (w * centred**2).sum()
        if inertia <= 0:
            return None
        velocity = (w[:, None] * centred[:, None] * metres).sum(axis=0) / inertia
        base = (w[:, None] * metres).sum(axis=0) / total
        off = metres - base - centred[:, None] * velocity
        scaled = np.hypot(off[:, 0], off[:, 1]) / sigma
        spread = max(1.0, 1.4826 * float(np.median(scaled)) / 1.177)  # Rayleigh's median
        robust = np.minimum(1.0, HUBER / np.maximum(scaled / spread, 1e-9))
    freedom = max(2 * len(times) - 4, 1)
    chi2 = float((w[:, None] * off**2).sum()) / freedom
    return velocity, np.eye(2) * max(chi2, 0.0) / inertia + np.eye(2) * 1e-12
