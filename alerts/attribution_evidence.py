"""At what rate each vehicle would make what a camera saw (证据权重).

All hypotheses are rates, in passages a second, so that they can be compared: a vehicle of the fleet
whose positions put it at the gate, one whose terminal is silent or lies, and whoever is not of the
fleet. With `f` the density of the vehicle's place at the crossing (per m²), `w` the width of the
gate and `v` the speed, a vehicle crosses at rate `f w v` (the flux through the line). Velocities
are compared as vectors, so heading and speed come in together.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Geometry

from alerts.attribution_clock import CameraClock
from alerts.attribution_motion import Origin, VehicleFixes, Whereabouts, whereabouts
from alerts.attribution_parameters import AttributionParameters
from alerts.attribution_plate import SAME, chance_of_reading, compared
from alerts.attribution_seen import (
    Moment,
    Seen,
    chance_of_class,
    laden_of,
    load_factor,
    stranger_rate,
)
from config.vehicle import Vehicle
from detection.sighting import Direction

Floats = NDArray[np.float64]

_GPS_FACTORS = ((0.5, 0.3), (1.0, 0.45), (2.0, 0.25))
"""Receivers differ: factor of the usual error and its share; their mixture has heavy tails."""
_TERMINAL = ((-1.732, 1 / 6), (0.0, 2 / 3), (1.732, 1 / 6))  # Gauss-Hermite, three nodes
_GATE_MS = 4.0
_GATE_VELOCITY = 1 / 20
"""Density (s²/m²) of a velocity among those that cross a gate: 2 m/s along, 1.6 m/s across."""
_SIDE_S = 20.0
_SIDE_M = 15.0
_FASTEST_MS = 25.0
_ANY_MUCK = 0.3  # chance of a class, as `chance_of_class` has it on the mean
_PINNED_SHARE = 0.2  # of false readings: that of a vehicle close by


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """Of m tracks and n vehicles under K clock offsets.

    Attributes:
        weights: (K, m, n) passages a second.
        by_place: (K, m, n) the same by position alone, without plate, class and load.
        stranger: (m,) the same for everybody else together.
        unseen: (n,) weight of passing without being seen.
        plates: [m][n], `same`, `similar`, `other`, None where no plate was read.
    """

    vehicle_ids: tuple[str, ...]
    weights: Floats
    by_place: Floats
    stranger: Floats
    unseen: Floats
    plates: tuple[tuple[str | None, ...], ...]


def weigh(
    tracks: Sequence[Seen],
    vehicles: Mapping[str, Vehicle],
    fixes: Mapping[str, VehicleFixes],
    clock: CameraClock,
    parameters: AttributionParameters,
    *,
    laden: Mapping[str, bool],
    elsewhere: frozenset[str] | None = None,
    inside: Geometry | None = None,
) -> Evidence:
    """`fixes` near in time; `inside` the site (WGS-84) whose gate the camera watches."""
    first = tracks[0].moments[0]
    frame = _Frame(Origin.at(first.lon, first.lat), inside)
    offsets, _ = clock.offsets()
    near = sorted(v for v in vehicles if v in fixes and _reachable(tracks, fixes[v], frame))
    named = sorted(v for v in vehicles if v not in near and _named(tracks, vehicles[v].plate))
    ids = (*near, *named)
    by_place = np.zeros((len(offsets), len(tracks), len(ids)))
    unseen = np.ones(len(ids))
    for n, vehicle_id in enumerate(near):
        by_place[:, :, n], unseen[n] = _passages(
            tracks, fixes[vehicle_id], offsets, frame, parameters
        )
    blind = parameters.fleet_passages_per_day / 86400
    unheard = {v: _unheard(v, fixes, elsewhere, parameters) for v in vehicles}
    silent = np.array([unheard[v] for v in ids])
    weights = (1 - parameters.wrong_place) * by_place + blind * silent[None, None]
    stranger = np.empty(len(tracks))
    plates = []
    for m, seen in enumerate(tracks):
        fits = _plate_factors(seen, [vehicles[v].plate for v in ids], len(near), parameters)
        for n, vehicle_id in enumerate(ids):
            vehicle = vehicles[vehicle_id]
            sensor = fixes[vehicle_id].laden if vehicle_id in fixes else None
            state = laden_of(vehicle_id, laden, sensor)
            weights[:, m, n] *= fits[n] * chance_of_class(seen, vehicle.kind)
            weights[:, m, n] *= load_factor(seen, state)
        rest = (sum(unheard.values()) - silent.sum()) * blind * _ANY_MUCK
        stranger[m] = (stranger_rate(seen, parameters) + max(rest, 0.0)) * fits[-1]
        plates.append(
            tuple(
                None if seen.plate is None or not vehicles[v].plate
                else compared(seen.plate, vehicles[v].plate)
                for v in ids
            )
        )  # fmt: skip
    return Evidence(ids, weights, by_place, np.maximum(stranger, 1e-30), unseen, tuple(plates))


def _unheard(
    vehicle_id: str,
    fixes: Mapping[str, VehicleFixes],
    elsewhere: frozenset[str] | None,
    parameters: AttributionParameters,
) -> float:
    """Chance that where it was is not what its terminal says."""
    if vehicle_id in fixes:
        return parameters.wrong_place
    if elsewhere is None:
        return parameters.terminal_off
    return parameters.wrong_place if vehicle_id in elsewhere else 1.0


@dataclass(frozen=True, slots=True, eq=False)
class _Frame:
    """Metres about the first crossing."""

    origin: Origin
    inside: Geometry | None

    def metres(self, moment: Moment) -> Floats:
        place = self.origin.metres(np.array([moment.lon]), np.array([moment.lat]))[0]
        return np.asarray(place, np.float64)

    def chance_inside(self, place: Floats, var: Floats) -> Floats:
        """(T,) that somebody at `place` (T, 2), known with `var` (T,), is within the site."""
        if self.inside is None:
            return np.full(len(place), 0.5)
        area = shapely.transform(self.inside, lambda c: self.origin.metres(c[:, 0], c[:, 1]))
        points = shapely.points(place)
        depth = shapely.distance(points, shapely.boundary(area))
        depth = np.where(shapely.contains(area, points), depth, -depth)
        scaled = depth / np.sqrt(2 * (var + _SIDE_M**2))
        return np.array([(1 + math.erf(z)) / 2 for z in scaled])


def _passages(
    tracks: Sequence[Seen],
    fixes: VehicleFixes,
    offsets: Floats,
    frame: _Frame,
    parameters: AttributionParameters,
) -> tuple[Floats, float]:
    """(K, m) rate by position of one vehicle, and the weight of its passing unseen."""
    moments = [moment for seen in tracks for moment in seen.moments]
    shifts = np.array([shift for shift, _ in _TERMINAL]) * parameters.terminal_clock_s
    shares = np.array([share for _, share in _TERMINAL])
    at = np.array([moment.at.timestamp() for moment in moments])
    crossing = (at[:, None, None] + offsets[None, :, None] + shifts[None, None]).ravel()
    middle = float(offsets.mean())
    beside = np.concatenate([at + middle - _SIDE_S, at + middle + _SIDE_S])
    times = np.concatenate([crossing, beside])
    total = np.zeros((len(moments), len(offsets)))
    certain = 0.0
    for factor, share in _GPS_FACTORS:
        where = whereabouts(fixes, times, frame.origin, parameters, gps_factor=factor)
        log_rate = _log_flux(moments, where, len(offsets) * len(shifts), frame, parameters)
        rate = np.exp(log_rate).reshape(len(moments), len(offsets), len(shifts)) @ shares
        rest = slice(len(crossing), None)
        within = frame.chance_inside(where.place[rest], where.place_var[rest])
        before, after = within[: len(moments)], within[len(moments) :]
        sided = np.array([_sided(m, b, a) for m, b, a in zip(moments, before, after, strict=True)])
        total += share * rate * sided[:, None]
        if frame.inside is not None:
            first, last = before[0], after[-1]
            certain += share * max(first * (1 - last), (1 - first) * last)
    by_track = np.empty((len(offsets), len(tracks)))
    row = 0
    for m, seen in enumerate(tracks):
        rows = total[row : row + len(seen.moments)]
        # Several crossings of one track tell one thing, not several: their geometric mean.
        by_track[:, m] = np.exp(np.log(np.maximum(rows, 1e-30)).mean(axis=0))
        row += len(seen.moments)
    return by_track, 1 - (1 - parameters.missed) * certain


def _log_flux(
    moments: Sequence[Moment],
    where: Whereabouts,
    times: int,
    frame: _Frame,
    parameters: AttributionParameters,
) -> Floats:
    """(m * times,): log of density x width x speed, the velocity's density over a gate's in it."""
    result = np.empty(len(moments) * times)
    for i, moment in enumerate(moments):
        rows = slice(i * times, (i + 1) * times)
        var = where.place_var[rows] + moment.sigma_m**2 + parameters.antenna_m**2
        away = ((where.place[rows] - frame.metres(moment)) ** 2).sum(axis=1)
        # Who leaves or enters a fenced site does so at the gate, however unsure its place.
        fenced = 2 * np.pi * var if frame.inside is not None and moment.direction else 0.0
        width = np.sqrt(parameters.gate_m**2 + fenced)
        log = -away / (2 * var) - np.log(2 * np.pi * var) + np.log(width)
        if moment.velocity is None:
            result[rows] = log + math.log(_GATE_MS)
            continue
        seen = np.array(moment.velocity)
        speed = float(np.hypot(*seen))
        error = math.hypot(parameters.seen_speed_ms, 0.1 * speed)
        turned = speed * math.radians(parameters.seen_heading_deg)
        spread = where.velocity_var[rows] + (error**2 + turned**2) / 2
        off = ((where.velocity[rows] - seen) ** 2).sum(axis=1)
        density = -off / (2 * spread) - np.log(2 * np.pi * spread)
        result[rows] = log + math.log(max(speed, 1.0)) + density - math.log(_GATE_VELOCITY)
    return np.asarray(np.maximum(result, -60.0))


def _sided(moment: Moment, before: float, after: float) -> float:
    """How well the sides of the gate it was on, 20 s before and after, fit the direction.

    Where there is no line there are no sides: the flux past the place is all that is known.
    """
    match moment.direction:
        case Direction.OUT:
            return max(before * (1 - after), 1e-3)
        case Direction.IN:
            return max((1 - before) * after, 1e-3)
        case None:
            return 1.0


def _plate_factors(
    seen: Seen, plates: Sequence[str], near: int, parameters: AttributionParameters
) -> Floats:
    """(n + 1,): chance of what was read, for each vehicle and last for strangers."""
    if seen.plate is None:
        return np.ones(len(plates) + 1)
    false = parameters.false_reading
    strange = 1 / parameters.strange_plates
    fits = [compared(seen.plate, plate) for plate in plates]
    factors = np.empty(len(plates) + 1)
    for n, plate in enumerate(plates):
        own = chance_of_reading(seen.plate, plate) if plate else strange
        pinned = any(fits[other] == SAME for other in range(near) if other != n)
        factors[n] = (1 - false) * own + false * (_PINNED_SHARE * pinned + strange)
    pinned = SAME in fits[:near]
    factors[-1] = strange + false * _PINNED_SHARE * pinned
    return factors


def _named(tracks: Sequence[Seen], plate: str) -> bool:
    """Whether any reading may be of this plate."""
    return bool(plate) and any(
        seen.plate is not None and compared(seen.plate, plate) != "other" for seen in tracks
    )


def _reachable(tracks: Sequence[Seen], fixes: VehicleFixes, frame: _Frame) -> bool:
    """Whether it could be at a crossing at all, from each fix at 90 km/h and 200 m over."""
    places = frame.origin.metres(fixes.lon, fixes.lat)
    for seen in tracks:
        for moment in seen.moments:
            at, place = moment.at.timestamp(), frame.metres(moment)
            away = np.hypot(*(places - place).T)
            if (away <= 200 + _FASTEST_MS * (np.abs(fixes.at_s - at) + 10)).all():
                return True
    return False
