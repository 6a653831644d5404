"""Unloaded at a ground that the permit does not name (消纳场不符)."""

from __future__ import annotations

import msgspec
import numpy as np

from geofence.finding import Step, TripOutcome, Violation
from geofence.ground import Ground
from geofence.moment import moment
from geofence.projection import Floats
from geofence.rows import Rows
from geofence.rules.rule import NO_NUMBERS, Codes, Rule
from geofence.sight import Sight


class WrongGroundState(msgspec.Struct, frozen=True, array_like=True, tag="wrong_ground"):
    """`ended_t` of the newest trip that was judged."""

    ended_t: float


class WrongGround(Rule[WrongGroundState]):
    """Told when the trip ends: at the ground it may still turn back."""

    name = "wrong_ground"
    kinds = ("wrong_ground",)
    reads = ("trip",)
    timed = False

    def __init__(self, ground: Ground) -> None:
        self._site = ground.site

    def measure(self, rows: Rows) -> tuple[Codes, Floats]:
        return np.zeros(len(rows), dtype=np.uint64), NO_NUMBERS

    def step(
        self,
        state: WrongGroundState | None,
        sight: Sight,
        code: int,  # noqa: ARG002 (the rules' protocol)
        number: float,  # noqa: ARG002
    ) -> tuple[WrongGroundState | None, tuple[Step, ...]]:
        ended = sight.trip.ended if sight.trip else None
        if ended is None or (state is not None and ended.ended_t <= state.ended_t):
            return state, ()
        state = WrongGroundState(ended.ended_t)
        trip = ended.trip
        if ended.outcome is not TripOutcome.WRONG_GROUND or trip.ground_id is None:
            return state, ()
        permits = [self._site.permits[p] for p in trip.permit_ids]
        arrived_t = ended.ended_t if trip.arrived_t is None else trip.arrived_t
        violation = Violation(
            kind="wrong_ground",
            vehicle_id=sight.vehicle_id,
            subject=trip.ground_id,
            started_at=moment(arrived_t),
            confirmed_at=sight.at,
            ended_at=moment(max(arrived_t, ended.ended_t)),
            lon=sight.lon,
            lat=sight.lat,
            permit_id=trip.permit_ids[0],
            zone_id=trip.ground_id,
            values={
                "site": trip.site_id,
                "ground": trip.ground_id,
                "permitted_grounds": "|".join(p.ground_zone or "" for p in permits),
            },
        )
        return msgspec.structs.replace(state), (violation,)
