"""The engine: positions in, findings out; the same state, positions and site give the same."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from config.site import Site
from geofence.arrivals import Arrivals, arrange
from geofence.finding import Finding, Violation, identity
from geofence.ground import Ground
from geofence.memory import Memory, RuleStates, changes
from geofence.moment import moment
from geofence.projection import Floats
from geofence.rows import Bools, Rows
from geofence.rule_list import make_rules
from geofence.rules.rule import Codes
from geofence.state import EngineState, StateVersionError, decode_state, encode_state
from geofence.trail import rebuilt
from ingest.position import Position, Quality

__all__ = ["Engine", "EngineState", "StateVersionError", "decode_state", "encode_state"]

SILENCE_S = 300.0  # after so long without a fix the rules look at the next one whatever it is


@dataclass(frozen=True, slots=True)
class _Batch:
    """What `measure` gave for each rule, and which fixes are worth a look."""

    arrivals: Arrivals
    rows: Rows
    measures: list[tuple[Codes, Floats]]
    looked: Bools


class Engine:
    """Judges positions by one ordered list of rules.

    Event time decides. A fix is put where its time belongs; one that is late by at most
    `lateness_s` behind its vehicle's newest takes the vehicle back to the state before it and
    forward again over the fixes kept since; what changes by that is told again: amended, or
    withdrawn. Fixes marked as backfill, and older ones out of a time in which the vehicle was
    silent, are judged on a track of their own and never move the live one; other older ones are
    not judged. The same fix (vehicle and time) again is nothing.

    Attributes:
        kinds: the alert kinds that this engine can raise.

    Raises:
        ParameterError: when the site sets a threshold that no rule knows or can use.
    """

    def __init__(self, site: Site, lateness_s: float = 600.0) -> None:
        self._ground = Ground(site)
        self._rules = make_rules(self._ground)
        self._lateness_s = float(lateness_s)
        self._factors = [np.uint64(_factor(r.name)) for r in self._rules]
        self.kinds = tuple(kind for rule in self._rules for kind in rule.kinds)

    def initial(self) -> EngineState:
        """The state before any position."""
        return EngineState.empty(self._lateness_s)

    def advance(
        self,
        state: EngineState,
        positions: Sequence[Position],
        now: datetime,  # noqa: ARG002 (rules on silence, which come later, need the clock)
    ) -> tuple[EngineState, list[Finding]]:
        """Judge a batch in any order. Only positions of GOOD quality count.

        Args:
            state: as the last batch left it; it is not changed.
            positions: of any number of vehicles.
            now: the time of processing, aware.

        Returns:
            The state after the batch, and the findings that are new or have changed.
        """
        good = [p for p in positions if p.quality is Quality.GOOD]
        if not good:
            return state, []
        if state.lateness_s != self._lateness_s:  # a snapshot from before the setting was changed
            state = replace(state, lateness_s=self._lateness_s)
        state, arrivals = arrange(state, good)
        if not arrivals.positions:
            return state, []
        rows = Rows(self._ground, arrivals)
        measures = [rule.measure(rows) for rule in self._rules]
        code = np.zeros(len(rows), dtype=np.uint64)
        for (codes, _), factor in zip(measures, self._factors, strict=True):
            code += codes * factor
        looked = self._worth_a_look(state, rows, code)
        ends = np.append(arrivals.starts[1:], len(rows))
        looks = np.nonzero(looked)[0]
        runs = np.searchsorted(looks, arrivals.starts) < np.searchsorted(looks, ends)
        # What goes on there ends with the newest fix, so every fix is told.
        runs |= np.isin(arrivals.slot[arrivals.starts], list(arrivals.backfill))
        batch = _Batch(arrivals, rows, measures, looked)
        found: list[Finding] = []
        for run in np.nonzero(runs)[0].tolist():
            found += self._run(state, batch, int(arrivals.starts[run]), int(ends[run]))
        self._remember(state, rows, code, ends - 1)
        return state, found

    def _worth_a_look(self, state: EngineState, rows: Rows, code: Codes) -> Bools:
        arrivals = rows.arrivals
        before = np.empty_like(code)
        before[1:] = code[:-1]
        before[arrivals.starts] = state.code[arrivals.slot[arrivals.starts]]
        looked: Bools = (code != before) | (arrivals.t >= state.due[arrivals.slot])
        looked |= (rows.step_s > SILENCE_S) & np.isfinite(rows.step_s)
        looked[rows.passed_row] = True
        if arrivals.rewound:
            looked |= np.isin(arrivals.slot, list(arrivals.rewound))
        return looked

    def _run(self, state: EngineState, batch: _Batch, begin: int, end: int) -> list[Finding]:
        """Step one track through its fixes [begin, end); what is to be told."""
        arrivals = batch.arrivals
        slot = int(arrivals.slot[begin])
        late = slot in arrivals.rewound
        was = state.memories.get(slot, Memory())
        memory = was.before(float(arrivals.t[begin])) if late else was
        due = -np.inf if late else float(state.due[slot])
        told: list[Finding] = []
        for row in range(begin, end):
            t = float(arrivals.t[row])
            if not batch.looked[row] and t < due:
                continue
            states, found = self._step(memory.now(), batch, row)
            if states is not None or found:
                memory = memory.with_step(t, memory.now() if states is None else states, found)
                told += found
            due = self._due(memory.now())
        state.due[slot] = due
        state.keep(slot, memory)
        if late:
            told = changes(was, memory)
        if slot in arrivals.backfill:
            newest = float(arrivals.t[end - 1])
            latest = {identity(f): f for f in (*memory.open(), *told)}
            return [_closed(f, newest) for f in latest.values()]
        return told

    def _step(
        self, states: RuleStates, batch: _Batch, row: int
    ) -> tuple[RuleStates | None, tuple[Finding, ...]]:
        """The rule states after a fix, None if none changed, and what was found."""
        sight = batch.rows.sight(row)
        changed: dict[str, Any] | None = None
        found: tuple[Finding, ...] = ()
        for rule, (codes, numbers) in zip(self._rules, batch.measures, strict=True):
            before = states.get(rule.name)
            number = float(numbers[row]) if len(numbers) else 0.0
            after, found_here = rule.step(before, sight, int(codes[row]), number)
            if found_here:
                found += found_here
            if after is not before:
                changed = dict(states) if changed is None else changed
                if after is None:
                    del changed[rule.name]
                else:
                    changed[rule.name] = after
        return changed, found

    def _due(self, states: RuleStates) -> float:
        due = np.inf
        for rule in self._rules:
            if rule.name in states:
                due = min(due, rule.quiet_until(states[rule.name]))
        return due

    def _remember(
        self, state: EngineState, rows: Rows, code: Codes, last: npt.NDArray[np.intp]
    ) -> None:
        arrivals = rows.arrivals
        for row in np.nonzero(np.isfinite(rows.step_s) & (rows.step_s > SILENCE_S))[0].tolist():
            slot, end = int(arrivals.slot[row]), float(arrivals.t[row])
            if slot not in arrivals.rewound:
                state.fell_silent(slot, float(arrivals.before_t[row]), end)
        slots = arrivals.slot[last]
        state.t[slots], state.code[slots] = arrivals.t[last], code[last]
        state.lon[slots], state.lat[slots] = arrivals.lon[last], arrivals.lat[last]
        trails = state.trails
        for slot, trail in arrivals.rewound.items():
            trails[slot] = trail
        fixes = zip(arrivals.slot.tolist(), arrivals.t.tolist(), arrivals.positions, strict=True)
        for slot, t, position in fixes:
            trails[slot] = (t, position, trails[slot])
        for slot in slots[state.t[slots] >= state.trim[slots]].tolist():
            self._trim(state, slot)

    def _trim(self, state: EngineState, slot: int) -> None:
        """Forget what no fix that may still come can need: all but one fix before the window."""
        state.trails[slot] = rebuilt(state.needed(slot))
        # Not all at once: a fleet that was switched on together would be trimmed together.
        state.trim[slot] = state.t[slot] + state.lateness_s * (1 + slot % 16 / 16)
        if slot in state.memories:
            state.keep(slot, state.memories[slot].trimmed(state.horizon(slot)))


def _closed(finding: Finding, newest: float) -> Finding:
    """A finding of a backfill track: it ends with the newest fix known, until a newer one comes."""
    if isinstance(finding, Violation):
        return msgspec.structs.replace(
            finding, backfill=True, ended_at=finding.ended_at or moment(newest)
        )
    return msgspec.structs.replace(finding, left_at=finding.left_at or moment(newest))


def _factor(name: str) -> int:
    """Odd, and the same in every process: keeps the rules' codes apart in their sum."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big") | 1
