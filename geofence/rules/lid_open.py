"""Driving laden with the lid open (顶盖未闭)."""

from __future__ import annotations

import numpy as np

from config.rule_parameters import as_values
from geofence.finding import Violation
from geofence.ground import Ground
from geofence.moment import moment
from geofence.projection import Floats
from geofence.rows import Rows
from geofence.rules.held import Held, HeldState
from geofence.rules.rule import NO_NUMBERS, Codes
from geofence.sight import Sight

OPEN_MOVING, OPEN_STANDING = 1, 2


class LidOpen(Held):
    """The lid is open on a laden muck truck that moves, away from sites, grounds and depots.

    Standing, at a light say, decides nothing.
    """

    name = "lid_open"
    kinds = ("lid_open",)
    reads = ("load",)

    def __init__(self, ground: Ground) -> None:
        self.holding = ground.parameters.lid_open
        self._told = as_values(self.holding)

    def measure(self, rows: Rows) -> tuple[Codes, Floats]:
        is_open = rows.muck & (rows.fixes.lid == 1)
        if not is_open.any():
            return np.zeros(len(rows), dtype=np.uint64), NO_NUMBERS
        code = np.where(rows.moving, OPEN_MOVING, OPEN_STANDING)
        return np.where(is_open & ~rows.in_known_place, code, 0).astype(np.uint64), NO_NUMBERS

    def holds(self, sight: Sight, code: int) -> bool | None:
        if not code or sight.laden is not True:
            return False
        return None if code == OPEN_STANDING else True

    def violation(self, state: HeldState, sight: Sight) -> Violation:
        trip = sight.trip.trip if sight.trip else None
        permit_id = trip.permit_ids[0] if trip and trip.permit_ids else None
        return Violation(
            kind="lid_open",
            vehicle_id=sight.vehicle_id,
            subject=permit_id or "",
            permit_id=permit_id,
            started_at=moment(state.since_t),
            confirmed_at=sight.at,
            lon=state.lon,
            lat=state.lat,
            values={"speed_kmh": round(sight.speed_kmh, 1)},
            parameters=self._told,
        )
