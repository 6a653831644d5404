"""A terminal that somebody has been at (终端异常): cut wires, and places that cannot be."""

from __future__ import annotations

import msgspec
import numpy as np

from config.rule_parameters import as_values
from config.vehicle import VehicleKind
from config.zone import ZoneKind
from geofence.finding import Step, Violation
from geofence.ground import Ground
from geofence.moment import moment
from geofence.projection import Floats
from geofence.rows import Rows
from geofence.rules.held import Held, HeldState
from geofence.rules.places_told import PlacesTold, PlacesToldState
from geofence.rules.rule import NO_NUMBERS, Codes, Rule
from geofence.sight import Quiet, Sight

ANTENNA, POWER, JUMP, FIRST = 1, 2, 4, 8
_STRAY_SHIFT = np.uint64(4)  # the bits above say when the newest stray was


class TamperState(msgspec.Struct, frozen=True, array_like=True, tag="tamper"):
    """`antenna`, `power`: reported cut; `places`: what is known of places that cannot be."""

    antenna: HeldState | None = None
    power: HeldState | None = None
    places: PlacesToldState | None = None


class Cut(Held):
    """A wire that the terminal reports as cut; a part of `Tamper`, no rule of the list."""

    def __init__(self, ground: Ground, reason: str, bit: int) -> None:
        self.holding = ground.parameters.tamper
        self._told = as_values(self.holding)
        self._reason, self._bit = reason, bit

    def holds(self, sight: Sight, code: int) -> bool | None:  # noqa: ARG002 (of every such rule)
        return bool(code & self._bit)

    def violation(self, state: HeldState, sight: Sight) -> Violation:
        return Violation(
            kind="tamper",
            vehicle_id=sight.vehicle_id,
            subject=self._reason,
            started_at=moment(state.since_t),
            confirmed_at=sight.at,
            lon=state.lon,
            lat=state.lat,
            values={"reason": self._reason},
            parameters=self._told,
        )


class Tamper(Rule[TamperState]):
    """Antenna or main power reported cut for a while, or places that no truck can reach.

    Of registered vehicles. With the ignition off in a depot the main power is cut for maintenance.
    """

    name = "tamper"
    kinds = ("tamper",)

    def __init__(self, ground: Ground) -> None:
        self._p = ground.parameters.tamper
        self._antenna = Cut(ground, "antenna", ANTENNA)
        self._power = Cut(ground, "power", POWER)
        self._places = PlacesTold(ground)
        self._depots = np.array(
            [ground.zone_kind[z] is ZoneKind.DEPOT for z in ground.zones.ids], dtype=bool
        )

    def measure(self, rows: Rows) -> tuple[Codes, Floats]:
        fixes = rows.fixes
        code = np.where(fixes.antenna_cut == 1, ANTENNA, 0).astype(np.uint64)
        cut = fixes.power_cut == 1
        if cut.any():
            code[cut & ~((fixes.ignition != 1) & rows.inside_any(self._depots))] |= POWER
        with np.errstate(invalid="ignore"):  # the first fix of a track
            far = rows.step_m > self._p.far_m + self._p.max_kmh / 3.6 * rows.step_s
            strayed = rows.stray_t > rows.before_t
        code[far] |= JUMP
        code[np.isinf(rows.step_s)] |= FIRST
        code[strayed] |= (rows.stray_t[strayed] * 1000).astype(np.uint64) << _STRAY_SHIFT
        code[rows.kind < 0] = 0
        return code, NO_NUMBERS

    def quiet_until(self, state: TamperState) -> float:
        return np.inf if state.antenna is None and state.power is None else -np.inf

    def wake_at(self, state: TamperState) -> float:
        return np.inf if state.places is None else self._places.wake_at(state.places)

    def step(
        self, state: TamperState | None, sight: Sight, code: int, number: float
    ) -> tuple[TamperState | None, tuple[Step, ...]]:
        kind: VehicleKind | None = sight.kind
        if kind is None:
            return None, ()
        before = TamperState() if state is None else state
        antenna, found = self._antenna.step(before.antenna, sight, code, number)
        power, more = self._power.step(before.power, sight, code, number)
        found += more
        places, more = self._places.step(before.places, sight, jumped=bool(code & JUMP))
        now = TamperState(antenna, power, places)
        return (state if now == before else now), found + more

    def tick(
        self,
        state: TamperState | None,
        quiet: Quiet,
        code: int,  # noqa: ARG002 (the rules' protocol)
    ) -> tuple[TamperState | None, tuple[Step, ...]]:
        if state is None or state.places is None:
            return state, ()
        places, found = self._places.tick(state.places, quiet)
        return msgspec.structs.replace(state, places=places), found
