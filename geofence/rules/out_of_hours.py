"""Driving outside the permitted hours (超出准运时段)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np

from config.hours import DailyHours
from config.permit import Permit
from config.rule_parameters import as_values
from config.zone import ZoneKind
from geofence.finding import Step, Value, Violation, ended
from geofence.ground import Ground
from geofence.kept import ODOMETERS
from geofence.local_time import in_hours
from geofence.moment import moment
from geofence.projection import Floats
from geofence.rows import Rows
from geofence.rules.rule import NO_NUMBERS, Codes, Rule
from geofence.sight import Quiet, Sight

_DAY_MIN = 1440
_WAY = ODOMETERS.index("way_m")
_ARRIVED = (ZoneKind.SITE, ZoneKind.GROUND, ZoneKind.TRANSFER_STATION, ZoneKind.DEPOT)


class OutOfHoursState(msgspec.Struct, frozen=True, array_like=True, tag="out_of_hours"):
    """A vehicle that drives, or may, outside its hours. Event times in seconds since 1970.

    Attributes:
        since_t, x, y, lon, lat: its first fix moving outside its hours.
        last_t, odometer_m: its last one; `fixes` how many, `way_m` how far it drove.
        raised: the violation as it was last found.
    """

    since_t: float
    x: float
    y: float
    lon: float
    lat: float
    last_t: float
    odometer_m: float
    fixes: int = 0
    way_m: float = 0.0
    raised: Violation | None = None


class OutOfHours(Rule[OutOfHoursState]):
    """Moves for `hold_s` outside the daily hours of all its permits in force.

    While a trip with permits is under way only theirs count. For `grace_s` after the hours' end it
    may still be on its way, unless its trip left the site outside them. Not judged: known to be
    empty; in or near a site, ground, transfer station or depot. Ends when it stands for long, has
    arrived, or may drive again.
    """

    name = "out_of_hours"
    kinds = ("out_of_hours",)
    reads = ("zone_visit", "stop", "load", "trip")

    def __init__(self, ground: Ground) -> None:
        self._p = ground.parameters.out_of_hours
        self._told = as_values(self._p)
        self._ground = ground
        plans = ground.plans
        # Distinct hours by number, as `Ground.hours`, and those with the grace after them.
        self._graced = tuple(_longer(h, self._p.grace_s / 60) for h in ground.hours)
        self._limiting = np.array(
            [any(p.hours.spans_min for p in plan.permits) for plan in plans.plans], dtype=bool
        )
        self.silences_s = (self._p.max_gap_s,)

    def measure(self, rows: Rows) -> tuple[Codes, Floats]:
        """0 where it stands, or is in a known place, or every permit allows it to drive.

        Else a number for how it stands with the hours of each permit: in them, in their grace, out.
        """
        code = np.zeros(len(rows), dtype=np.uint64)
        asked = np.nonzero(self._limiting[rows.plan] & rows.moving & ~rows.in_known_place)[0]
        if not len(asked):
            return code, NO_NUMBERS
        graced = in_hours(self._graced, rows.minutes[asked])
        index = np.full(len(rows), -1, dtype=np.intp)
        index[asked] = np.arange(len(asked))
        row, permit, _, active = rows.permit_pairs
        out = np.nonzero(~active & (index[row] >= 0))[0]
        row, permit = row[out], permit[out]
        lately = graced[self._ground.permit_hours[permit], index[row]]
        # A permit's pair repeats with each of its routes: the same each time, and no matter.
        weights = self._ground.plans.permit_weights[permit]
        np.add.at(code, row, weights * np.where(lately, 1, 3).astype(np.uint64))
        return code, NO_NUMBERS

    def step(
        self,
        state: OutOfHoursState | None,
        sight: Sight,
        code: int,
        number: float,  # noqa: ARG002 (the rules' protocol)
    ) -> tuple[OutOfHoursState | None, tuple[Step, ...]]:
        if state is None and not code:
            return None, ()
        found: list[Step] = []
        if state is not None and sight.step_s > self._p.max_gap_s:
            found += ended(state.raised, state.last_t, _so_far(state))
            state = None
        permits = sight.permits
        if not permits or self._allowed(permits, sight) or self._arrived(sight):
            if state is not None:
                found += ended(state.raised, state.last_t, _so_far(state))
            return None, tuple(found)
        stop = sight.stop
        if code and (stop is None or stop.until_t is not None):
            return self._drives(state, permits, sight, found), tuple(found)
        if state is not None and sight.t - state.last_t >= self._p.stand_s:
            found += ended(state.raised, state.last_t, _so_far(state))
            state = None
        return state, tuple(found)

    def tick(
        self,
        state: OutOfHoursState | None,
        quiet: Quiet,  # noqa: ARG002 (any silence of this rule ends it)
        code: int,  # noqa: ARG002
    ) -> tuple[OutOfHoursState | None, tuple[Step, ...]]:
        found: list[Step] = []
        if state is not None:
            found += ended(state.raised, state.last_t, _so_far(state))
        return None, tuple(found)

    def _allowed(self, permits: Sequence[Permit], sight: Sight) -> bool:
        """In the hours of one of them, or on the way home from them, or empty."""
        if not self._p.when_empty and sight.laden is False:
            return True
        if any(p.hours.contains(sight.minute) for p in permits):
            return True
        if not any(self._graced[self._hours(p)].contains(sight.minute) for p in permits):
            return False
        trip = sight.trip.trip if sight.trip else None
        if trip is None:
            return True
        left_min = (sight.minute - (sight.t - trip.left_t) / 60) % _DAY_MIN
        return any(p.hours.contains(left_min) for p in permits)

    def _hours(self, permit: Permit) -> int:
        return self._ground.hours.index(permit.hours)

    def _arrived(self, sight: Sight) -> bool:
        return any(self._ground.zone_kind[z] in _ARRIVED for z in sight.visits)

    def _drives(
        self,
        state: OutOfHoursState | None,
        permits: Sequence[Permit],
        sight: Sight,
        found: list[Step],
    ) -> OutOfHoursState:
        odometer_m = sight.odometer[_WAY]
        if state is None:
            state = OutOfHoursState(
                sight.t, sight.x, sight.y, sight.lon, sight.lat, sight.t, odometer_m
            )
        state = msgspec.structs.replace(
            state,
            last_t=sight.t,
            odometer_m=odometer_m,
            fixes=state.fixes + 1,
            way_m=state.way_m + max(0.0, odometer_m - state.odometer_m),
        )
        away_m = math.hypot(sight.x - state.x, sight.y - state.y)
        held = sight.t - state.since_t >= self._p.hold_s and state.fixes >= self._p.min_fixes
        if state.raised is None and held and away_m >= self._p.way_m:
            trip = sight.trip.trip if sight.trip else None
            permit = permits[0]
            violation = Violation(
                kind="out_of_hours",
                vehicle_id=sight.vehicle_id,
                subject=permit.permit_id,
                permit_id=permit.permit_id,
                started_at=moment(state.since_t),
                confirmed_at=sight.at,
                lon=state.lon,
                lat=state.lat,
                values={
                    "hours": "|".join(dict.fromkeys(str(p.hours) for p in permits)),
                    "timezone": str(self._ground.timezone),
                    "local_time": f"{int(sight.minute) // 60:02d}:{int(sight.minute) % 60:02d}",
                    "permits": "|".join(p.permit_id for p in permits),
                    "left_site_at": None if trip is None else moment(trip.left_t).isoformat(),
                    "laden": sight.laden,
                    **_so_far(state),
                },
                parameters=self._told,
            )
            found.append(violation)
            state = msgspec.structs.replace(state, raised=violation)
        return state


def _so_far(state: OutOfHoursState) -> dict[str, Value]:
    return {
        "duration_s": round(state.last_t - state.since_t, 3),
        "fixes": state.fixes,
        "distance_m": round(state.way_m, 1),
    }


def _longer(hours: DailyHours, minutes: float) -> DailyHours:
    """Hours whose spans end later, for comparing only: ends need not be whole minutes."""
    spans = []
    for begin, end in hours.spans_min:
        length = (end - begin) % _DAY_MIN or _DAY_MIN
        if length + minutes >= _DAY_MIN:
            return DailyHours()
        spans.append((begin, (begin + length + minutes) % _DAY_MIN))
    return DailyHours(tuple(spans))  # type: ignore[arg-type] # fractions of a minute
