"""The rules on one batch: measured for all of it, stepped one track at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from geofence.finding import Step, Violation, identity
from geofence.ground import KINDS
from geofence.memory import Memory, RuleStates
from geofence.moment import moment
from geofence.projection import Floats
from geofence.rows import Rows
from geofence.rules.rule import NO_NUMBERS, Rule
from geofence.sight import Quiet, Sight
from ingest.fixes import Bools

Codes = npt.NDArray[np.uint64]


class RuleSet:
    """The ordered rules, and which of them read which.

    Attributes:
        changes: (rules,), the bit of each rule that wants a look where its code has changed.
        silences_s: (k + 1,), every silence that a rule waits for, and infinity.
    """

    def __init__(self, rules: Sequence[Rule[Any]]) -> None:
        self.rules = tuple(rules)
        self.names = tuple(rule.name for rule in rules)
        # Most rules leave one of these as it is, and are not asked for it.
        own_wake = [rule for rule in rules if type(rule).wake_at is not Rule.wake_at]
        self._quiet_until = {rule.name: rule.quiet_until for rule in rules if rule.timed}
        self._wake_at = {rule.name: rule.wake_at for rule in own_wake}
        self._waiting_for: dict[float, int] = {}
        for i, rule in enumerate(rules):
            for silence_s in rule.silences_s:
                self._waiting_for[silence_s] = self._waiting_for.get(silence_s, 0) | 1 << i
        self.bit = {rule.name: 1 << i for i, rule in enumerate(rules)}
        self.readers = [
            sum(1 << i for i, other in enumerate(rules) if rule.name in other.reads)
            for rule in rules
        ]
        # One bit a rule, as Python's whole numbers are.
        bits = [0 if rule.asked_in_silence else 1 << i for i, rule in enumerate(rules)]
        self.changes = np.array(bits, dtype=np.int64)
        # With an end that is never reached, so that every count has a next one.
        self.silences_s = np.array([*sorted({s for r in rules for s in r.silences_s}), math.inf])

    def due(self, states: RuleStates) -> float:
        """The event time from which every fix is worth a look."""
        due = math.inf
        for name, state in states.items():
            quiet_until = self._quiet_until.get(name)
            if quiet_until is not None:
                due = min(due, quiet_until(state))
        return due

    def wake(self, states: RuleStates) -> float:
        """The event time at which some rule is to be asked even if no fix comes."""
        wake = math.inf
        for name, state in states.items():
            wake_at = self._wake_at.get(name)
            if wake_at is not None:
                wake = min(wake, wake_at(state))
        return wake

    def asked(self, states: RuleStates, t: float) -> int:
        """The rules that want to look at a fix at `t` whatever it is, one bit each."""
        asked = 0
        for name, state in states.items():
            quiet_until = self._quiet_until.get(name)
            if quiet_until is not None and t >= quiet_until(state):
                asked |= self.bit[name]
        return asked

    def tick(
        self, states: RuleStates, quiet: Quiet, codes: Codes
    ) -> tuple[RuleStates, tuple[Step, ...]]:
        """Ask the rules whose time has come; the states after it (the same if none changed)."""
        asked = self._waiting_for.get(quiet.silent_s, 0)
        for name, state in states.items():
            wake_at = self._wake_at.get(name)
            if wake_at is not None and wake_at(state) <= quiet.t:
                asked |= self.bit[name]
        found: tuple[Step, ...] = ()
        while asked:
            number = (asked & -asked).bit_length() - 1
            asked &= asked - 1
            rule = self.rules[number]
            before = states.get(rule.name)
            after, told = rule.tick(before, quiet, int(codes[number]))
            found += told
            if after is not before:
                states = _with(states, rule.name, after)
                quiet.states = states
        return states, found


class Batch:
    """A measured batch. `codes` is (n, rules)."""

    def __init__(self, rules: RuleSet, rows: Rows) -> None:
        self.rules = rules
        self.rows = rows
        measures = [rule.measure(rows) for rule in rules.rules]
        self.codes: Codes = np.stack([codes for codes, _ in measures], axis=1)
        self._numbers = [numbers for _, numbers in measures]

    def look(self, before: Codes, due: Floats, silence_s: float) -> Bools:
        """Which fixes are worth a look, whatever the states become on the way.

        Args:
            before: (tracks, rules), what the rules saw at the fix before each track's first.
            due: (tracks,), from when every fix of it is.
            silence_s: after so long without a fix the next one is.
        """
        rows, starts = self.rows, self.rows.arrivals.starts
        changed = np.empty(self.codes.shape, dtype=bool)
        np.not_equal(self.codes[1:], self.codes[:-1], out=changed[1:])
        changed[starts] = self.codes[starts] != before
        self._before = before
        self._pending = changed @ self.rules.changes
        self._forced = (rows.step_s > silence_s) & np.isfinite(rows.step_s)
        self._forced[rows.passed_row] = True
        rewound = rows.arrivals.rewound
        if rewound:
            self._forced |= np.isin(rows.arrivals.slot, list(rewound))
        # A rule at rest that sees nothing has nothing to do, unless the way crossed something.
        self._pending[self._forced] |= (self.codes[self._forced] != 0) @ self.rules.changes
        self._pending[rows.passed_row] |= self.rules.bit.get("zone_visit", 0)
        looked: Bools = (self._pending > 0) | self._forced | (rows.t >= due[rows.run])
        return looked

    def run(
        self, number: int, memory: Memory, silent: int, lateness_s: float
    ) -> tuple[Memory, list[Step]]:
        """Step track `number` through its fixes; what it remembers then, and all that was found.

        `silent` silences have been told since the fix before the first.
        """
        rules, rows = self.rules, self.rows
        begin, end = int(rows.arrivals.starts[number]), int(rows.arrivals.ends[number])
        first_silence_s = float(rules.silences_s[0])
        told: list[Step] = []
        states = memory.now()
        due, wake = rules.due(states), rules.wake(states)
        for row, t, step_s, changed, forced in zip(
            range(begin, end),
            rows.t[begin:end].tolist(),
            rows.step_s[begin:end].tolist(),
            self._pending[begin:end].tolist(),
            self._forced[begin:end].tolist(),
            strict=True,
        ):
            if not changed and not forced and t < due and t < wake:
                continue
            if step_s > first_silence_s or wake <= t:
                track = self._silent_before(row, number, silent if row == begin else 0)
                until = math.nextafter(t, math.inf)
                memory, found, _, _ = track.until(until, memory, rules, lateness_s)
                told += found
                states = memory.now()
                due, wake = rules.due(states), rules.wake(states)
            pending = changed
            if forced:
                for name in states:
                    pending |= rules.bit[name]
            elif t >= due:
                pending |= rules.asked(states, t)
            if not pending:
                continue
            after, found_here = self._step(states, Sight(rows, row, t, number, states), pending)
            if found_here:
                late = bool(rows.fixes.backfill[row])
                found_here = tuple(_as_backfill(f, t, late, memory) for f in found_here)
            if after is not states:
                states = after
                due, wake = rules.due(states), rules.wake(states)
                memory = memory.with_step(t, states, found_here, lateness_s)
            elif found_here:
                memory = memory.with_step(t, states, found_here, lateness_s)
            if found_here:
                told += found_here
        return memory, told

    def _silent_before(self, row: int, number: int, silent: int) -> SilentTrack:
        """The track from the fix before this one on."""
        rows = self.rows
        arrivals, start = rows.arrivals, int(rows.arrivals.starts[number])
        before_t = float(rows.before_t[row])
        if int(arrivals.slot[start]) in arrivals.backfill or math.isnan(before_t):
            silent = len(self.rules.silences_s) - 1  # what is silent here was told elsewhere
        return SilentTrack(
            rows.vehicle_ids[number],
            int(rows.kind[start]),
            (before_t, float(rows.before_lon[row]), float(rows.before_lat[row])),
            self.codes[row - 1] if row > start else self._before[number],
            silent,
        )

    def _step(
        self, states: RuleStates, sight: Sight, pending: int
    ) -> tuple[RuleStates, tuple[Step, ...]]:
        """The rule states after a fix (the same if none changed), and what was found.

        `pending` are the rules to be stepped, one bit each.
        """
        rules, row = self.rules, sight.row
        codes = self.codes[row].tolist()
        found: tuple[Step, ...] = ()
        while pending:
            bit = pending & -pending
            pending ^= bit
            index = bit.bit_length() - 1
            rule, numbers = rules.rules[index], self._numbers[index]
            before = states.get(rule.name)
            number = 0.0 if numbers is NO_NUMBERS else float(numbers[row])
            after, found_here = rule.step(before, sight, codes[index], number)
            if found_here:
                found += found_here
            if after is not before:
                states = _with(states, rule.name, after)
                sight.states = states
                readers = rules.readers[index]
                if readers and rule.shows(before, after):
                    pending |= readers
        return states, found


class SilentTrack:
    """A track from its newest fix on, for as long as no other comes.

    Args of the constructor: `last` is (seconds since 1970, lon, lat) of the newest fix, `codes`
    what the rules saw at it, `silent` how many silences have been told since.
    """

    def __init__(
        self,
        vehicle_id: str,
        kind: int,
        last: tuple[float, float, float],
        codes: Codes,
        silent: int,
    ) -> None:
        self._vehicle_id = vehicle_id
        self._kind = None if kind < 0 else KINDS[kind]
        self._last = last
        self._codes = codes
        self._silent = silent

    def until(
        self, end: float, memory: Memory, rules: RuleSet, lateness_s: float
    ) -> tuple[Memory, list[Step], int, float]:
        """Ask the rules at every time before `end` that they wait for.

        Returns:
            The memory, what was found, how many silences have been told now, and the time of the
            last tick (-inf without one).
        """
        told: list[Step] = []
        silent, ticked = self._silent, -math.inf
        while True:
            silence_s = float(rules.silences_s[silent])
            wake = rules.wake(memory.now())
            silence_at = math.inf if math.isinf(silence_s) else self._last[0] + silence_s
            at = min(silence_at, wake)
            if at >= end:
                return memory, told, silent, ticked
            by_silence = silence_at <= wake
            quiet = Quiet(
                self._vehicle_id, self._kind, at, self._last, silence_s if by_silence else 0.0
            )
            quiet.states = memory.now()
            after, found = rules.tick(memory.now(), quiet, self._codes)
            if by_silence:
                silent += 1
            elif rules.wake(after) <= wake:
                raise RuntimeError(f"a rule of {self._vehicle_id} wakes again at {wake}")
            ticked = at
            if after is not memory.now() or found:
                # A fix counts as late by what is behind the newest fix, not behind this moment.
                late_s = lateness_s + at - self._last[0] if lateness_s > 0 else lateness_s
                memory = memory.with_step(at, after, found, late_s)
                told += found


def _as_backfill(finding: Step, t: float, late: bool, memory: Memory) -> Step:
    """What a fix that came too late to act upon made sure of does not ring, nor does its end."""
    if not isinstance(finding, Violation):
        return finding
    if late and finding.confirmed_at == moment(t):
        return msgspec.structs.replace(finding, backfill=True)
    key = identity(finding)
    for _, before in reversed(memory.findings):
        if isinstance(before, Violation) and identity(before) == key:
            return msgspec.structs.replace(finding, backfill=before.backfill)
    return finding


def _with(states: RuleStates, name: str, state: Any) -> RuleStates:  # noqa: ANN401 (each its own)
    changed = dict(states)
    if state is None:
        del changed[name]
    else:
        changed[name] = state
    return changed
