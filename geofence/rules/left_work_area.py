"""At work outside the work areas (驶离作业区域)."""

from __future__ import annotations

import numpy as np

from config.rule_parameters import as_values
from geofence.finding import Violation
from geofence.ground import Ground
from geofence.moment import moment
from geofence.projection import Floats
from geofence.rows import Rows
from geofence.rules.absences import distance_m
from geofence.rules.held import Held, HeldState
from geofence.rules.rule import NO_NUMBERS, Codes
from geofence.sight import Sight


class LeftWorkArea(Held):
    """A tool is on outside every work area, where the site has any, and off the planned routes.

    Being away from a round without working is told by the round, see `geofence.district.rounds`.
    """

    name = "left_work_area"
    kinds = ("left_work_area",)

    def __init__(self, ground: Ground) -> None:
        self.holding = ground.parameters.left_work_area
        self._told = as_values(self.holding)
        self._ground = ground

    def measure(self, rows: Rows) -> tuple[Codes, Floats]:
        if not self._ground.zone_work_area.any():
            return np.zeros(len(rows), dtype=np.uint64), NO_NUMBERS
        astray = rows.away & (rows.fixes.work > 0)
        astray &= ~rows.inside_any(self._ground.zone_work_area)
        return astray.astype(np.uint64), NO_NUMBERS

    def holds(self, sight: Sight, code: int) -> bool | None:  # noqa: ARG002
        return code == 1

    def violation(self, state: HeldState, sight: Sight) -> Violation:
        return Violation(
            kind=self.name,
            vehicle_id=sight.vehicle_id,
            subject="",
            started_at=moment(state.since_t),
            confirmed_at=sight.at,
            lon=state.lon,
            lat=state.lat,
            values={
                "at_work": True,
                "max_distance_m": round(distance_m(self._ground, sight), 1),
            },
            parameters=self._told,
        )
