"""A terminal that should be on is silent (终端离线)."""

from __future__ import annotations

import msgspec
import numpy as np

from config.rule_parameters import as_values
from config.zone import ZoneKind
from geofence.finding import Step, Violation
from geofence.ground import Ground
from geofence.moment import moment
from geofence.projection import Floats
from geofence.rows import Rows
from geofence.rules.rule import NO_NUMBERS, Codes, Rule
from geofence.sight import Quiet, Sight

NOT_REGISTERED, MAY_SLEEP, SHOULD_BE_ON = 0, 1, 2


class TerminalOfflineState(msgspec.Struct, frozen=True, array_like=True, tag="terminal_offline"):
    """`since_t`: the last fix, in seconds since 1970."""

    since_t: float
    raised: Violation


class TerminalOffline(Rule[TerminalOfflineState]):
    """Silent for `after_s`, its ignition not off and not in or near a depot; or for `always_s`.

    Of registered vehicles of every kind.
    """

    name = "terminal_offline"
    kinds = ("terminal_offline",)
    asked_in_silence = True

    def __init__(self, ground: Ground) -> None:
        self._p = ground.parameters.terminal_offline
        self._told = as_values(self._p)
        self._depots = np.array(
            [ground.zone_kind[z] is ZoneKind.DEPOT for z in ground.zones.ids], dtype=bool
        )
        self.silences_s = (self._p.after_s, self._p.always_s)

    def measure(self, rows: Rows) -> tuple[Codes, Floats]:
        sleeps = (rows.fixes.ignition == 0) | rows.inside_any(self._depots)
        code = np.where(sleeps, MAY_SLEEP, SHOULD_BE_ON)
        return np.where(rows.kind >= 0, code, NOT_REGISTERED).astype(np.uint64), NO_NUMBERS

    def tick(
        self, state: TerminalOfflineState | None, quiet: Quiet, code: int
    ) -> tuple[TerminalOfflineState | None, tuple[Step, ...]]:
        long = quiet.silent_s >= self._p.always_s
        if state is not None or not (code == SHOULD_BE_ON or (code == MAY_SLEEP and long)):
            return state, ()
        raised = Violation(
            kind="terminal_offline",
            vehicle_id=quiet.vehicle_id,
            subject="",
            started_at=moment(quiet.last_t),
            confirmed_at=quiet.at,
            lon=quiet.lon,
            lat=quiet.lat,
            values={"silent_s": round(quiet.t - quiet.last_t, 3)},
            parameters=self._told,
        )
        return TerminalOfflineState(quiet.last_t, raised), (raised,)

    def step(
        self,
        state: TerminalOfflineState | None,
        sight: Sight,
        code: int,  # noqa: ARG002 (of this fix, not of the one before the silence)
        number: float,  # noqa: ARG002 (the rules' protocol)
    ) -> tuple[TerminalOfflineState | None, tuple[Step, ...]]:
        if state is None:
            return None, ()
        values = {**state.raised.values, "silent_s": round(sight.t - state.since_t, 3)}
        return None, (msgspec.structs.replace(state.raised, ended_at=sight.at, values=values),)
