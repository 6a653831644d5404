"""Away from all its work while a round of it is on (离开作业): no alert, the round decides."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import shapely

from geofence.finding import Absence, Step
from geofence.ground import Ground
from geofence.moment import moment
from geofence.projection import Floats
from geofence.rows import Rows
from geofence.rules.rule import NO_NUMBERS, Codes, Rule
from geofence.sight import Sight


class AbsenceState(msgspec.Struct, frozen=True, array_like=True, tag="absence"):
    """Since when it is away, and its last fix away. Event times in seconds since 1970."""

    since_t: float
    lon: float
    lat: float
    last_t: float
    max_m: float
    told: Absence | None = None


class Absences(Rule[AbsenceState]):
    """For `away_s` neither in a work area of its, a depot or transfer station nor on its routes."""

    name = "absence"

    def __init__(self, ground: Ground) -> None:
        self._p = ground.parameters.left_work_area
        self._ground = ground

    def measure(self, rows: Rows) -> tuple[Codes, Floats]:
        if not self._p.enabled:
            return np.zeros(len(rows), dtype=np.uint64), NO_NUMBERS
        return (rows.away & rows.in_round).astype(np.uint64), NO_NUMBERS

    def step(
        self,
        state: AbsenceState | None,
        sight: Sight,
        code: int,
        number: float,  # noqa: ARG002 (the rules' protocol)
    ) -> tuple[AbsenceState | None, tuple[Step, ...]]:
        found: tuple[Step, ...] = ()
        if state is not None and (not code or sight.step_s > self._p.max_gap_s):
            found, state = _ended(state), None
        if not code:
            return None, found
        away_m = distance_m(self._ground, sight)
        if state is None:
            return AbsenceState(sight.t, sight.lon, sight.lat, sight.t, away_m), found
        state = msgspec.structs.replace(state, last_t=sight.t, max_m=max(state.max_m, away_m))
        if state.told is None and sight.t - state.since_t >= self._p.away_s:
            told = Absence(
                vehicle_id=sight.vehicle_id,
                started_at=moment(state.since_t),
                lon=state.lon,
                lat=state.lat,
                max_distance_m=round(state.max_m, 1),
            )
            state, found = msgspec.structs.replace(state, told=told), (*found, told)
        return state, found


def _ended(state: AbsenceState) -> tuple[Step, ...]:
    if state.told is None:
        return ()
    ended = msgspec.structs.replace(
        state.told, ended_at=moment(state.last_t), max_distance_m=round(state.max_m, 1)
    )
    return (ended,)


def distance_m(ground: Ground, sight: Sight) -> float:
    """To the nearest of its work areas, or to its nearest route where it has none; else NaN."""
    own = ground.zone_of_work[sight.rows.planned[sight.row]] & ground.zone_work_area
    shapes = list(ground.zones.shapes[own])
    if not shapes:
        routes = ground.work.corridors_of.get(sight.vehicle_id, ())
        shapes = [ground.plans.corridors.lines[number] for number in routes]
    if not shapes:
        return math.nan
    return float(np.min(shapely.distance(shapes, shapely.Point(sight.x, sight.y))))
