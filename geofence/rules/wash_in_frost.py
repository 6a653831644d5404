"""Washing or spraying in frost (低温洒水): the road freezes."""

from __future__ import annotations

import math

import numpy as np

from config.rule_parameters import as_values
from geofence.finding import Violation
from geofence.ground import Ground
from geofence.moment import moment
from geofence.projection import Floats
from geofence.rows import Rows
from geofence.rules.frost_spells import OF_WATER
from geofence.rules.held import Held, HeldState
from geofence.rules.rule import NO_NUMBERS, Codes
from geofence.sight import Sight
from ingest.fixes import WORK_BITS
from ingest.position import Work

_WATER = WORK_BITS[Work.WASH] | WORK_BITS[Work.SPRAY]
COLD, UNKNOWN = 1, 2


class WashInFrost(Held):
    """Water on below `min_c`, by the vehicle's own thermometer, else by the site's figure."""

    name = "wash_in_frost"
    kinds = ("wash_in_frost",)

    def __init__(self, ground: Ground) -> None:
        self._p = self.holding = ground.parameters.wash_in_frost
        self._told = {k: v for k, v in as_values(self._p).items() if k != "temperature_c"}
        self._work = ground.work
        given_c = self._p.temperature_c
        self._given_c = math.nan if given_c is None else given_c

    def measure(self, rows: Rows) -> tuple[Codes, Floats]:
        code = np.zeros(len(rows), dtype=np.uint64)
        at = np.nonzero((rows.fixes.work & _WATER > 0) & (rows.kind > 0))[0]
        if len(at):
            air_c = rows.fixes.temperature_c[at]
            air_c = np.where(np.isnan(air_c), self._given_c, air_c)
            code[at[air_c < self._p.min_c]] = COLD
            code[at[np.isnan(air_c)]] = UNKNOWN
        return code, NO_NUMBERS

    def holds(self, sight: Sight, code: int) -> bool | None:  # noqa: ARG002
        return None if code == UNKNOWN else code == COLD

    def violation(self, state: HeldState, sight: Sight) -> Violation:
        air_c = sight.temperature_c
        measured = not math.isnan(air_c)
        window = self._work.window_of(sight.vehicle_id, sight.t, OF_WATER)
        return Violation(
            kind=self.name,
            vehicle_id=sight.vehicle_id,
            subject=window.plan_id if window else "",
            started_at=moment(state.since_t),
            confirmed_at=sight.at,
            lon=state.lon,
            lat=state.lat,
            values={"temperature_c": air_c if measured else self._given_c, "measured": measured},
            parameters=self._told,
        )
