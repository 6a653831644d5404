"""A trip that ends nowhere, or does not end in time (运次未完成)."""

from __future__ import annotations

import math

import msgspec
import numpy as np

from config.rule_parameters import as_values
from geofence.finding import Step, TripOutcome, Violation
from geofence.ground import Ground
from geofence.moment import moment
from geofence.projection import Floats
from geofence.rows import Rows
from geofence.rules.rule import NO_NUMBERS, Codes, Rule
from geofence.rules.trip_state import OpenTrip
from geofence.sight import Quiet, Sight


class TripUnfinishedState(msgspec.Struct, frozen=True, array_like=True, tag="trip_unfinished"):
    """The trip that is watched, or was last: when it left, and what was told of it."""

    left_t: float
    over: bool = False
    raised: Violation | None = None


class TripUnfinished(Rule[TripUnfinishedState]):
    """Under way for `max_s`; or loaded again without a ground, and no sign of dumping either."""

    name = "trip_unfinished"
    kinds = ("trip_unfinished",)
    reads = ("trip",)
    timed = False

    def __init__(self, ground: Ground) -> None:
        self._p = ground.parameters.trip_unfinished
        self._told = as_values(self._p)

    def measure(self, rows: Rows) -> tuple[Codes, Floats]:
        return np.zeros(len(rows), dtype=np.uint64), NO_NUMBERS

    def wake_at(self, state: TripUnfinishedState) -> float:
        return math.inf if state.over or state.raised else state.left_t + self._p.max_s

    def step(
        self,
        state: TripUnfinishedState | None,
        sight: Sight,
        code: int,  # noqa: ARG002 (the rules' protocol)
        number: float,  # noqa: ARG002
    ) -> tuple[TripUnfinishedState | None, tuple[Step, ...]]:
        if sight.trip is None:
            return state, ()
        trip, ended = sight.trip.trip, sight.trip.ended
        found: tuple[Step, ...] = ()
        if ended is not None and (state is None or not state.over):
            watched = state is not None and state.left_t == ended.trip.left_t
            raised = state.raised if state is not None and watched else None
            if raised is None and ended.outcome is TripOutcome.UNFINISHED:
                raised = self._violation(sight.vehicle_id, ended.trip, sight.t)
            if raised is not None and (watched or state is None):
                found = (_ended(raised, ended.outcome, ended.ended_t),)
            if watched or state is None:
                state = TripUnfinishedState(ended.trip.left_t, over=True)
        if trip is not None and (state is None or state.left_t != trip.left_t):
            state = TripUnfinishedState(trip.left_t)
        return state, found

    def tick(
        self,
        state: TripUnfinishedState | None,
        quiet: Quiet,
        code: int,  # noqa: ARG002
    ) -> tuple[TripUnfinishedState | None, tuple[Step, ...]]:
        trip = quiet.trip.trip if quiet.trip else None
        if state is None or trip is None or state.left_t != trip.left_t:
            return None, ()
        violation = self._violation(quiet.vehicle_id, trip, quiet.t)
        return msgspec.structs.replace(state, raised=violation), (violation,)

    def _violation(self, vehicle_id: str, trip: OpenTrip, t: float) -> Violation:
        return Violation(
            kind="trip_unfinished",
            vehicle_id=vehicle_id,
            subject=trip.site_id or "",
            started_at=moment(trip.left_t),
            confirmed_at=moment(t),
            lon=trip.lon,
            lat=trip.lat,
            permit_id=trip.permit_ids[0] if trip.permit_ids else None,
            zone_id=trip.site_id,
            values={
                "site": trip.site_id,
                "hours_since_loading": round((t - trip.left_t) / 3600, 2),
            },
            parameters=self._told,
        )


def _ended(raised: Violation, outcome: TripOutcome, ended_t: float) -> Violation:
    return msgspec.structs.replace(
        raised,
        ended_at=max(moment(ended_t), raised.started_at),
        values={**raised.values, "outcome": outcome.value},
    )
