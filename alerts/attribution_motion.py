"""Where a vehicle was between its fixes, and how sure that is (插值与不确定度).

A Gaussian process whose acceleration is white noise (the integrated Wiener process: the prior whose
mean between exact points is the cubic spline; Wahba, JRSS B 40(3), 1978; Rasmussen & Williams,
Gaussian Processes for Machine Learning, 2006, ch. 2 and 9.4 for observed derivatives). Fixes are
positions with an error that stays about the same for half a minute, and where the terminal says so
velocities. So the spread grows by itself with the gap between fixes, as the cube of its length, and
faster beyond the last fix.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alerts.attribution_parameters import AttributionParameters
from config.degrees import metres_per_degree
from ingest.position import Load, Position, Quality

Floats = NDArray[np.float64]

_SLOW_MS = 1.0  # below, a receiver's course means nothing
_ANYWHERE_M = 1e4
_ANY_SPEED_MS = 15.0
_OWN_NOISE_M = 1.0  # of each fix by itself, beside the error that neighbours share
_BESIDE = 3  # fixes taken before and after the times asked about
_MOST = 40


@dataclass(frozen=True, slots=True, eq=False)
class VehicleFixes:
    """The good fixes of one vehicle about the time in question, in order of time.

    Attributes:
        at_s: (n,) epoch seconds, strictly rising.
        lon, lat: (n,) WGS-84 degrees.
        speed_kmh, course_deg: (n,), NaN where the terminal did not say.
        satellites: (n,), NaN where it did not say.
        laden: of the last fix that has a load sensor; None without one.
    """

    vehicle_id: str
    at_s: Floats
    lon: Floats
    lat: Floats
    speed_kmh: Floats
    course_deg: Floats
    satellites: Floats
    laden: bool | None = None

    @classmethod
    def of(cls, vehicle_id: str, positions: Iterable[Position]) -> VehicleFixes:
        """From positions in any order; bad ones and repeats are left out."""
        good = {p.fix_time: p for p in positions if p.quality is Quality.GOOD}
        ordered = [good[at] for at in sorted(good)]
        loads = [p.load for p in ordered if p.load is not None]
        return cls(
            vehicle_id,
            np.array([p.fix_time.timestamp() for p in ordered], np.float64),
            np.array([p.lon for p in ordered], np.float64),
            np.array([p.lat for p in ordered], np.float64),
            _column([p.speed_kmh for p in ordered]),
            _column([p.course_deg for p in ordered]),
            _column([p.satellites for p in ordered]),
            None if not loads else loads[-1] is not Load.EMPTY,
        )

    def about(self, first_s: float, last_s: float, most_gap_s: float) -> VehicleFixes | None:
        """Those that tell of [first_s, last_s]; None where none is within `most_gap_s` of it."""
        low = max(int(np.searchsorted(self.at_s, first_s)) - _BESIDE, 0)
        high = int(np.searchsorted(self.at_s, last_s, side="right")) + _BESIDE
        times = self.at_s[low:high]
        kept = (times >= first_s - most_gap_s) & (times <= last_s + most_gap_s)
        if not kept.any():
            return None
        rows = np.arange(low, low + len(times))[kept][-_MOST:]
        return VehicleFixes(
            self.vehicle_id, self.at_s[rows], self.lon[rows], self.lat[rows],
            self.speed_kmh[rows], self.course_deg[rows], self.satellites[rows], self.laden,
        )  # fmt: skip

    def gap_s(self, at_s: float) -> float | None:
        """Length of the gap between two fixes that `at_s` is in; outside, time to the nearest."""
        if len(self.at_s) == 0:
            return None
        after = int(np.searchsorted(self.at_s, at_s))
        if 0 < after < len(self.at_s):
            return float(self.at_s[after] - self.at_s[after - 1])
        return float(np.abs(self.at_s - at_s).min())


@dataclass(frozen=True, slots=True)
class Origin:
    """Metres east and north of a place; good to a hundredth within some kilometres."""

    lon: float
    lat: float
    per_degree: tuple[float, float]

    @classmethod
    def at(cls, lon: float, lat: float) -> Origin:
        return cls(lon, lat, metres_per_degree(lat))

    def metres(self, lon: Floats, lat: Floats) -> Floats:
        """(n,) degrees to (n, 2) metres."""
        east, north = self.per_degree
        return np.column_stack([(lon - self.lon) * east, (lat - self.lat) * north])


@dataclass(frozen=True, slots=True, eq=False)
class Whereabouts:
    """Of one vehicle at T times: means (T, 2) in metres and m/s, variances (T,) a direction."""

    place: Floats
    velocity: Floats
    place_var: Floats
    velocity_var: Floats


def whereabouts(
    fixes: VehicleFixes,
    times_s: Floats,
    origin: Origin,
    parameters: AttributionParameters,
    *,
    gps_factor: float = 1.0,
) -> Whereabouts:
    """At `times_s` (T,), from at least one fix; `gps_factor` times the usual error of a fix."""
    began = min(float(fixes.at_s[0]), float(times_s.min())) - 1.0
    t, u = fixes.at_s - began, times_s - began
    x = origin.metres(fixes.lon, fixes.lat)
    middle = x.mean(axis=0)
    v, v_var, told = _told_velocity(fixes, parameters)
    tv = t[told]

    q = parameters.agility
    gps = parameters.gps_m * gps_factor * _dilution(fixes.satellites)
    shared = np.exp(-np.abs(t[:, None] - t[None]) / parameters.gps_fast_s)
    error = gps[:, None] * gps[None] * shared + np.eye(len(t)) * _OWN_NOISE_M**2
    k_pp, k_pv, k_vv = _pp(t, t, q) + error, _pv(t, tv, q), _vv(tv, tv, q) + np.diag(v_var[told])
    k = np.block([[k_pp, k_pv], [k_pv.T, k_vv]])
    observed = np.concatenate([x - middle, v[told]])
    to_place = np.hstack([_pp(u, t, q), _pv(u, tv, q)])
    to_velocity = np.hstack([_pv(t, u, q).T, _vv(u, tv, q)])
    both = np.linalg.solve(k, np.concatenate([observed.T, to_place, to_velocity]).T)
    gain, by_place, by_velocity = both[:, :2], both[:, 2 : 2 + len(u)], both[:, 2 + len(u) :]
    own_place = q * u**3 / 3 + _ANYWHERE_M**2 + _ANY_SPEED_MS**2 * u**2
    own_velocity = q * u + _ANY_SPEED_MS**2
    return Whereabouts(
        place=to_place @ gain + middle,
        velocity=to_velocity @ gain,
        place_var=np.maximum(own_place - (to_place.T * by_place).sum(axis=0), 1.0),
        velocity_var=np.maximum(own_velocity - (to_velocity.T * by_velocity).sum(axis=0), 0.01),
    )


def _told_velocity(
    fixes: VehicleFixes, parameters: AttributionParameters
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """(n, 2) m/s east and north, (n,) variance a direction, (n,) whether it is told at all."""
    speed = fixes.speed_kmh / 3.6
    slow = speed < _SLOW_MS
    course = np.radians(np.where(np.isnan(fixes.course_deg), 0.0, fixes.course_deg))
    told = ~np.isnan(speed) & (slow | ~np.isnan(fixes.course_deg))
    moving = np.where(slow | ~told, 0.0, speed)
    velocity = np.column_stack([np.sin(course), np.cos(course)]) * moving[:, None]
    turned = moving * np.radians(parameters.course_deg)
    return velocity, parameters.speed_ms**2 + turned**2, told


def _dilution(satellites: Floats) -> Floats:
    """(n,): fixes of few satellites are worse (ours: half as good with 4, as usual from 8 on)."""
    few = np.clip((8 - np.nan_to_num(satellites, nan=8.0)) / 4, 0, 1)
    return np.asarray(1 + few)


# Covariances of place and velocity under white acceleration of density q, times from the beginning.


def _pp(a: Floats, b: Floats, q: float) -> Floats:
    low, high = np.minimum(a[:, None], b[None]), np.maximum(a[:, None], b[None])
    wiener = q * (low**3 / 3 + low**2 * (high - low) / 2)
    return np.asarray(wiener + _ANYWHERE_M**2 + _ANY_SPEED_MS**2 * a[:, None] * b[None])


def _pv(place: Floats, velocity: Floats, q: float) -> Floats:
    a, b = place[:, None], velocity[None]
    low = np.minimum(a, b)
    return np.asarray(q * (a * low - low**2 / 2) + _ANY_SPEED_MS**2 * a * np.ones_like(b))


def _vv(a: Floats, b: Floats, q: float) -> Floats:
    return np.asarray(q * np.minimum(a[:, None], b[None]) + _ANY_SPEED_MS**2)


def _column(values: list[float | None] | list[int | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values], np.float64)
