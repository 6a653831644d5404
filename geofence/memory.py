"""What the engine remembers of one vehicle beyond its last fix: enough to go back in time.

All of it is immutable, so that an earlier `EngineState` stays what it was.
"""

from __future__ import annotations

import msgspec

from geofence.finding import Step, Trip, Violation, ZoneVisit, identity
from geofence.rule_list import RuleState

RuleStates = dict[str, RuleState]  # by rule name; rules at rest are left out


_LOOKED_THROUGH_EVERY = 32  # steps


class Memory(msgspec.Struct, frozen=True):
    """Attributes:
    states: (event time, rule states after that fix), oldest first, an entry for every change;
        before the first all rules were at rest.
    findings: (event time of the fix that made it, finding), oldest first.
    """

    states: tuple[tuple[float, RuleStates], ...] = ()
    findings: tuple[tuple[float, Step], ...] = ()

    def now(self) -> RuleStates:
        """The rule states after the newest fix."""
        return self.states[-1][1] if self.states else {}

    def open(self) -> list[Step]:
        """What still goes on."""
        latest = {identity(f): f for _, f in self.findings}
        return [f for f in latest.values() if _open(f)]

    def with_step(
        self, t: float, states: RuleStates, found: tuple[Step, ...], lateness_s: float
    ) -> Memory:
        """After a fix at `t`, or a moment without one, that changed something."""
        findings = self.findings + tuple((t, f) for f in found) if found else self.findings
        if lateness_s <= 0:
            if found:
                latest = {identity(f): (at, f) for at, f in findings}
                findings = tuple(pair for pair in latest.values() if _open(pair[1]))
            return Memory(((t, states),) if states else (), findings)
        memory = Memory((*self.states, (t, states)), findings)
        if len(memory.states) % _LOOKED_THROUGH_EVERY == 0:
            return memory.trimmed(t - lateness_s)
        return memory

    def before(self, t: float) -> Memory:
        """As it was before any fix at `t` or later."""
        return Memory(
            tuple(s for s in self.states if s[0] < t), tuple(f for f in self.findings if f[0] < t)
        )

    def trimmed(self, horizon: float) -> Memory:
        """Without what no fix at `horizon` or later can need."""
        last = max((i for i, s in enumerate(self.states) if s[0] < horizon), default=0)
        states = self.states[last:]
        if states and states[0][0] < horizon and not states[0][1]:
            states = states[1:]
        newest = {identity(f): t for t, f in self.findings if t < horizon}
        findings = tuple(
            (t, f)
            for t, f in self.findings
            if t >= horizon or (newest[identity(f)] == t and _open(f))
        )
        return Memory(states, findings)


def closing(memory: Memory, told: list[Step]) -> list[Step]:
    """What a track that goes no further has told, and what of it still goes on."""
    latest = {identity(f): f for f in (*memory.open(), *told)}
    return list(latest.values())


def changes(before: Memory, after: Memory, from_t: float) -> list[Step]:
    """What to tell when a late fix at `from_t` made `after` of `before`.

    New and amended findings, then those withdrawn.
    """
    untouched = {identity(f): f for t, f in before.findings if t < from_t}
    old = untouched | {identity(f): f for t, f in before.findings if t >= from_t}
    new = untouched | {identity(f): f for t, f in after.findings if t >= from_t}
    told: list[Step] = [f for key, f in new.items() if old.get(key) != f]
    told += [msgspec.structs.replace(f, withdrawn=True) for key, f in old.items() if key not in new]
    return told


def _open(finding: Step) -> bool:
    match finding:
        case Violation() | Trip():
            return finding.ended_at is None
        case ZoneVisit():
            return finding.left_at is None
        case _:
            return False
