"""The body is raised where a truck has no business to tip (违规举升)."""

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


class BodyRaised(Held):
    """A muck truck's body is up outside every site, ground, transfer station and depot."""

    name = "body_raised"
    kinds = ("body_raised",)

    def __init__(self, ground: Ground) -> None:
        self.holding = ground.parameters.body_raised
        self._told = as_values(self.holding)

    def measure(self, rows: Rows) -> tuple[Codes, Floats]:
        raised = rows.muck & (rows.fixes.body_raised == 1)
        if not raised.any():
            return np.zeros(len(rows), dtype=np.uint64), NO_NUMBERS
        return (raised & ~rows.in_known_place).astype(np.uint64), NO_NUMBERS

    def holds(self, sight: Sight, code: int) -> bool | None:  # noqa: ARG002 (of every such rule)
        return bool(code)

    def violation(self, state: HeldState, sight: Sight) -> Violation:
        return Violation(
            kind="body_raised",
            vehicle_id=sight.vehicle_id,
            subject="",
            started_at=moment(state.since_t),
            confirmed_at=sight.at,
            lon=state.lon,
            lat=state.lat,
            values={"laden": sight.laden},
            parameters=self._told,
        )
