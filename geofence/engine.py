"""The engine: fixes in, findings out; the same state, fixes and site give the same."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
import numpy as np

from config.site import Site
from geofence import snapshot
from geofence.arrivals import Arrivals, arrange
from geofence.district.district import District
from geofence.finding import Finding, Step, Trip, TripOutcome, Violation, ZoneVisit
from geofence.ground import Ground
from geofence.kept import kept_rows
from geofence.memory import Memory, changes, closing
from geofence.moment import moment
from geofence.rows import Rows
from geofence.rule_list import make_rules
from geofence.rule_run import Batch, RuleSet, SilentTrack
from geofence.rules.rule import Rule
from geofence.snapshot import StateVersionError
from geofence.state import EngineState
from geofence.strays import strays_of
from ingest.fixes import Fixes
from ingest.position import Position, Quality

__all__ = ["Engine", "EngineState", "StateVersionError"]

SILENCE_S = 300.0
"""After so long without a fix the rules look at the next one whatever it is; and an old fix out of
such a gap is news and no repetition."""


class Engine:
    """Judges fixes by one ordered list of rules.

    Event time decides. A fix is put where its time belongs; one that is late by at most
    `lateness_s` behind its vehicle's newest takes the vehicle back to the state before it and
    forward again over the fixes kept since; what changes by that is told again: amended, or
    withdrawn. Older ones that are marked as backfill, or come out of a time in which the vehicle
    was silent, are judged on a track of their own and never move the live one; other older ones
    are not judged. What a fix marked as backfill makes sure of is told as such. The same fix
    (vehicle and time) again is nothing. Silence is judged as well: when `now` has come so far that
    a rule's time without a fix has run out.

    Attributes:
        kinds: the alert kinds that this engine can raise.

    Raises:
        ParameterError: when the site sets a threshold that no rule knows or can use.
    """

    def __init__(self, site: Site, lateness_s: float = 600.0) -> None:
        self._ground = Ground(site)
        self._rules = RuleSet(make_rules(self._ground))
        self._district = District(self._ground, lateness_s)
        self._lateness_s = float(lateness_s)
        kinds = [kind for rule in self._rules.rules for kind in rule.kinds]
        self.kinds = tuple(dict.fromkeys([*kinds, *self._district.kinds]))

    @property
    def rules(self) -> tuple[Rule[Any], ...]:
        """The rules in force, in the order in which they judge."""
        return self._rules.rules

    def initial(self) -> EngineState:
        """The state before any fix."""
        return EngineState.empty(self._lateness_s, len(self._rules.rules))

    def encode(self, state: EngineState) -> bytes:
        """The state as bytes, for `decode`."""
        return snapshot.encode_state(state, self._rules.names)

    def decode(self, data: bytes) -> EngineState:
        """The state that `encode` wrote.

        Raises:
            StateVersionError: another version's snapshot, or one of other rules.
        """
        return snapshot.decode_state(data, self._rules.names)

    def advance(
        self, state: EngineState, fixes: Fixes | Sequence[Position], now: datetime
    ) -> tuple[EngineState, list[Finding]]:
        """Judge a batch in any order. Only fixes of GOOD quality move a vehicle.

        Args:
            state: as the last batch left it; it is not changed.
            fixes: of any number of vehicles; none, to judge what has been silent until now.
            now: the time of processing, aware; no earlier than that of the last batch.

        Returns:
            The state after the batch, and the findings that are new or have changed.
        """
        columns = fixes if isinstance(fixes, Fixes) else Fixes.of(fixes)
        strays = strays_of(columns)
        columns = columns.take(columns.quality == Quality.GOOD)
        if state.lateness_s != self._lateness_s:  # a snapshot from before the setting was changed
            state = replace(state, lateness_s=self._lateness_s)
        state, arrivals = arrange(state, columns, strays)
        was = {slot: state.memories.get(slot, Memory()) for slot in arrivals.rewound}
        told: dict[int, list[Step]] = {}
        if len(arrivals.slot):
            state = self._judge(state, arrivals, told)
        self._tick(state, now.timestamp(), told)
        for slot, before in was.items():
            # From the fix before on: a silence between it and the first may have been told as well.
            before_t = float(arrivals.before_t[np.searchsorted(arrivals.slot, slot)])
            from_t = -math.inf if math.isnan(before_t) else math.nextafter(before_t, math.inf)
            told[slot] = changes(before, state.memories.get(slot, Memory()), from_t)
        for slot in arrivals.backfill:
            newest = float(state.t[slot])
            memory = state.memories.get(slot, Memory())
            told[slot] = [_closed(f, newest) for f in closing(memory, told.get(slot, []))]
        steps = [step for slot in sorted(told) for step in told[slot]]
        district, found = self._district.advance(state.district, steps, now)
        return replace(state, district=district), found

    def _judge(
        self, state: EngineState, arrivals: Arrivals, told: dict[int, list[Step]]
    ) -> EngineState:
        """Put a batch through the rules; the state is a copy that may be worked on."""
        rows = Rows(self._ground, arrivals, state.tracks)
        batch = Batch(self._rules, rows)
        slots = arrivals.slot[arrivals.starts]
        due = np.minimum(state.due, state.wake)[slots]
        looked = batch.look(arrivals.codes, due, min(SILENCE_S, self._rules.silences_s[0]))
        looks = np.nonzero(looked)[0]
        runs = np.searchsorted(looks, arrivals.starts) < np.searchsorted(looks, arrivals.ends)
        # What goes on there ends with the newest fix, so every fix is told.
        runs |= np.isin(slots, list(arrivals.backfill))
        for number in np.nonzero(runs)[0].tolist():
            slot = int(slots[number])
            memory = state.memories.get(slot, Memory())
            silent, lateness_s = int(state.silent[slot]), self._lateness_s
            if slot in arrivals.rewound:
                from_t, before_t = (
                    float(times[arrivals.starts[number]]) for times in (rows.t, rows.before_t)
                )
                memory = memory.before(from_t)
                # What was silent before it is remembered, and not told once more.
                silent = int(np.count_nonzero(before_t + self._rules.silences_s < from_t))
                lateness_s = np.inf  # nothing is forgotten before it was compared
            memory, found = batch.run(number, memory, silent, lateness_s)
            state.keep(slot, memory)
            state.due[slot] = self._rules.due(memory.now())
            state.wake[slot] = self._rules.wake(memory.now())
            if found:
                told[slot] = found
        return self._remember(state, batch)

    def _tick(self, state: EngineState, now: float, told: dict[int, list[Step]]) -> None:
        """Ask the rules about vehicles that have been silent, or whose time has run out."""
        rules = self._rules
        next_at = np.minimum(state.t + rules.silences_s[state.silent], state.wake)
        for slot in np.nonzero((next_at < now) & np.isfinite(state.t))[0].tolist():
            vehicle_id = state.tracks[slot]
            track = SilentTrack(
                vehicle_id,
                int(self._ground.kinds_of([vehicle_id])[0]),
                (float(state.t[slot]), float(state.lon[slot]), float(state.lat[slot])),
                state.codes[slot],
                int(state.silent[slot]),
            )
            memory = state.memories.get(slot, Memory())
            memory, found, silent, ticked = track.until(now, memory, rules, self._lateness_s)
            state.keep(slot, memory)
            state.silent[slot] = silent
            state.ticked[slot] = max(float(state.ticked[slot]), ticked)
            state.due[slot] = rules.due(memory.now())
            state.wake[slot] = rules.wake(memory.now())
            if found:
                told.setdefault(slot, []).extend(found)

    def _remember(self, state: EngineState, batch: Batch) -> EngineState:
        rows, arrivals = batch.rows, batch.rows.arrivals
        gaps = np.isfinite(rows.step_s) & (rows.step_s > SILENCE_S)
        for row in np.nonzero(gaps)[0].tolist():
            slot = int(arrivals.slot[row])
            if slot not in arrivals.rewound:
                state.fell_silent(slot, float(rows.before_t[row]), float(rows.t[row]))
        last = arrivals.ends - 1
        slots = arrivals.slot[last]
        state.t[slots], state.codes[slots] = rows.t[last], batch.codes[last]
        state.lon[slots], state.lat[slots] = rows.lon[last], rows.lat[last]
        state.odometer[slots] = rows.odometer[last]
        state.silent[slots], state.ticked[slots] = 0, -np.inf
        aside = list(arrivals.backfill)
        state.silent[aside], state.wake[aside] = len(self._rules.silences_s) - 1, np.inf
        if self._lateness_s <= 0:  # no late fix counts
            return state
        kept = state.kept
        if arrivals.rewound:
            rewound = np.isin(slots, list(arrivals.rewound))
            from_t = np.full(len(state.t), np.inf)
            from_t[slots[rewound]] = rows.t[arrivals.starts[rewound]]
            kept = kept.before(from_t, arrivals.rewound)
        kept = kept.with_rows(kept_rows(arrivals.slot, arrivals.fixes, rows.odometer, batch.codes))
        if kept.crowded:
            kept = kept.since(state.t - state.lateness_s)
        return replace(state, kept=kept)


def _closed(finding: Step, newest: float) -> Step:
    """A finding of a backfill track: it ends with the newest fix known, until a newer one comes."""
    match finding:
        case ZoneVisit():
            return msgspec.structs.replace(finding, left_at=finding.left_at or moment(newest))
        case Violation():
            ended_at = finding.ended_at or moment(newest)
            return msgspec.structs.replace(finding, backfill=True, ended_at=ended_at)
        case Trip(ended_at=None):
            return msgspec.structs.replace(
                finding, backfill=True, ended_at=moment(newest), outcome=TripOutcome.UNKNOWN
            )
        case _:
            return msgspec.structs.replace(finding, backfill=True)
