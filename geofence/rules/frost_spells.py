"""Too cold to wash (低温): no alert; rounds of washing are held back by it."""

from __future__ import annotations

import math

import msgspec
import numpy as np

from config.round_plan import WorkKind
from geofence.finding import FrostSpell, Step
from geofence.ground import Ground
from geofence.moment import moment
from geofence.projection import Floats
from geofence.rows import Rows
from geofence.rules.rule import NO_NUMBERS, Codes, Rule
from geofence.sight import Sight

OF_WATER = (WorkKind.WASH, WorkKind.SPRAY)
WARMER_C = 0.5  # above the threshold by so much ends a spell: a thermometer swings
RETOLD_S = 1800.0  # a spell that lasts is told again with the first fix of every half hour
UNKNOWN, WARM, COLD = 0, 1, 2


class FrostState(msgspec.Struct, frozen=True, array_like=True, tag="frost_spell"):
    """The spell going on, as it was last told, at the half hour of `code`."""

    spell: FrostSpell
    code: int


class FrostSpells(Rule[FrostState]):
    """From a reading below `min_c` to one above it, by the vehicles of rounds with water."""

    name = "frost_spell"

    def __init__(self, ground: Ground) -> None:
        self._min_c = ground.parameters.wash_in_frost.min_c
        self._vehicles = frozenset(
            vehicle_id
            for vehicle_id, jobs in ground.work.jobs_of.items()
            if any(job.work in OF_WATER for job in jobs)
        )

    def measure(self, rows: Rows) -> tuple[Codes, Floats]:
        """UNKNOWN, WARM, or COLD and more, another number every half hour."""
        code = np.zeros(len(rows), dtype=np.uint64)
        if self._vehicles:
            at = np.nonzero((rows.kind > 0) & np.isfinite(rows.fixes.temperature_c))[0]
            air_c = rows.fixes.temperature_c[at]
            half_hour = (rows.t[at] // RETOLD_S).astype(np.uint64)
            code[at[air_c >= self._min_c + WARMER_C]] = WARM
            cold = air_c < self._min_c
            code[at[cold]] = COLD + half_hour[cold]
        return code, NO_NUMBERS

    def quiet_until(self, state: FrostState) -> float:  # noqa: ARG002
        return math.inf

    def step(
        self,
        state: FrostState | None,
        sight: Sight,
        code: int,
        number: float,  # noqa: ARG002 (the rules' protocol)
    ) -> tuple[FrostState | None, tuple[Step, ...]]:
        if code == UNKNOWN or (state is None and code == WARM):
            return state, ()
        if sight.vehicle_id not in self._vehicles:
            return None, ()
        if code == WARM and state is not None:
            return None, (msgspec.structs.replace(state.spell, ended_at=sight.at),)
        if state is None:
            spell = FrostSpell(
                vehicle_id=sight.vehicle_id,
                started_at=sight.at,
                last_at=sight.at,
                lowest_c=sight.temperature_c,
            )
        elif sight.t // RETOLD_S == state.spell.last_at.timestamp() // RETOLD_S:
            return state, ()
        else:
            lowest_c = min(state.spell.lowest_c, sight.temperature_c)
            spell = msgspec.structs.replace(state.spell, last_at=moment(sight.t), lowest_c=lowest_c)
        return FrostState(spell, code), (spell,)
