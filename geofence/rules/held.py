"""A condition that has to hold for a while before it is told, and to be gone for a while after."""

from __future__ import annotations

from typing import Protocol

import msgspec

from geofence.finding import Step, Value, Violation, ended
from geofence.rules.rule import Rule
from geofence.sight import Sight


class HeldState(msgspec.Struct, frozen=True, array_like=True, tag="held"):
    """A condition that holds, or may. Event times in seconds since 1970.

    Attributes:
        since_t, lon, lat: the first fix at which it held; `last_t` the last, `fixes` how many.
        clear_t: since when it no longer does, once the violation is raised.
        raised: the violation as it was last told.
    """

    since_t: float
    lon: float
    lat: float
    last_t: float
    fixes: int
    clear_t: float | None = None
    raised: Violation | None = None


class Holding(Protocol):
    """Thresholds: it must hold for `hold_s` on `min_fixes`, and be gone for `clear_s`.

    Nothing is begun or prolonged across a silence longer than `max_gap_s`.
    """

    @property
    def hold_s(self) -> float: ...
    @property
    def min_fixes(self) -> int: ...
    @property
    def clear_s(self) -> float: ...
    @property
    def max_gap_s(self) -> float: ...


class Held(Rule[HeldState]):
    """Base of the rules of this shape: a subclass says what holds, and words the violation."""

    holding: Holding

    def holds(self, sight: Sight, code: int) -> bool | None:
        """Whether the condition holds at a fix; None where the fix decides nothing."""
        raise NotImplementedError

    def violation(self, state: HeldState, sight: Sight) -> Violation:
        """What is told first; duration and fixes are added."""
        raise NotImplementedError

    def shows(self, before: HeldState | None, after: HeldState | None) -> bool:
        """Others look at what was raised."""
        return (before.raised if before else None) is not (after.raised if after else None)

    def step(
        self,
        state: HeldState | None,
        sight: Sight,
        code: int,
        number: float,  # noqa: ARG002 (the rules' protocol)
    ) -> tuple[HeldState | None, tuple[Step, ...]]:
        found: tuple[Step, ...] = ()
        if state is not None and sight.step_s > self.holding.max_gap_s:
            found, state = ended(state.raised, state.last_t, _so_far(state)), None
        holds = self.holds(sight, code)
        if holds is None:
            return state, found
        if not holds:
            if state is None or state.raised is None:
                return None, found
            clear_t = sight.t if state.clear_t is None else state.clear_t
            if sight.t - clear_t >= self.holding.clear_s:
                return None, found + ended(state.raised, state.last_t, _so_far(state))
            return msgspec.structs.replace(state, clear_t=clear_t), found
        if state is None:
            state = HeldState(sight.t, sight.lon, sight.lat, sight.t, 0)
        state = msgspec.structs.replace(state, last_t=sight.t, fixes=state.fixes + 1, clear_t=None)
        if state.raised is None and self._sure(state):
            violation = self.violation(state, sight)
            violation = msgspec.structs.replace(
                violation, values={**violation.values, **_so_far(state)}
            )
            found += (violation,)
            state = msgspec.structs.replace(state, raised=violation)
        return state, found

    def _sure(self, state: HeldState) -> bool:
        held_s = state.last_t - state.since_t
        return state.fixes >= self.holding.min_fixes and held_s >= self.holding.hold_s


def _so_far(state: HeldState) -> dict[str, Value]:
    return {"duration_s": round(state.last_t - state.since_t, 3), "fixes": state.fixes}
