"""The engine's state between batches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from geofence.district.state import DistrictState
from geofence.kept import ODOMETERS, Kept
from geofence.memory import Memory
from geofence.projection import Floats
from geofence.strays import Strays

KEPT_SILENCES = 20  # of a track; some days of nights without ignition

Number = TypeVar("Number", bound=np.generic)
Ints32 = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class EngineState:
    """One slot for each track (vehicle, live or backfill). Never changed once it was returned.

    Arrays have one row a slot; times are seconds since 1970.

    Attributes:
        lateness_s: so far behind its track's newest fix a fix still counts.
        slots: track -> slot; `tracks` the other way round.
        t, lon, lat: the newest fix; t is -inf before the first.
        codes: (slots, rules), what each rule saw at it.
        odometer: (slots, 6), see `geofence.kept.ODOMETERS`.
        due: the event time from which the rules want to look at every fix.
        wake: the event time at which a rule is to be asked even if no fix comes.
        silent: how many of the silences that rules wait for have been told since the newest fix.
        ticked: the event time of the last tick without a fix; -inf before the first.
        silences: (from, to) of a slot's last long gaps between fixes, oldest first: an old fix in
            one of them is news and no repetition.
        strays: see `geofence.strays`.
        kept: the fixes that a late one may need.
        memories: see `geofence.memory`; slots with nothing to remember have none.
        district: what is known across vehicles.
    """

    lateness_s: float
    slots: dict[str, int]
    tracks: tuple[str, ...]
    t: Floats
    lon: Floats
    lat: Floats
    codes: npt.NDArray[np.uint64]
    odometer: Floats
    due: Floats
    wake: Floats
    silent: Ints32
    ticked: Floats
    silences: dict[int, tuple[tuple[float, float], ...]]
    strays: Strays
    kept: Kept
    memories: dict[int, Memory]
    district: DistrictState

    @classmethod
    def empty(cls, lateness_s: float, rules: int) -> EngineState:
        none = np.empty(0)
        return cls(
            lateness_s=lateness_s,
            slots={},
            tracks=(),
            t=none,
            lon=none,
            lat=none,
            codes=np.empty((0, rules), dtype=np.uint64),
            odometer=np.empty((0, len(ODOMETERS))),
            due=none,
            wake=none,
            silent=np.empty(0, dtype=np.int32),
            ticked=none,
            silences={},
            strays={},
            kept=Kept(),
            memories={},
            district=DistrictState(),
        )

    def copy_with(self, tracks: list[str]) -> EngineState:
        """A copy to be worked on, with a slot for each of these new tracks."""
        more = len(tracks)
        slots = self.slots
        if more:
            slots = slots | {track: len(slots) + i for i, track in enumerate(tracks)}

        def grown(values: npt.NDArray[Number], fill: float) -> npt.NDArray[Number]:
            if not more:
                return values.copy()
            new = np.full((more, *values.shape[1:]), fill, dtype=values.dtype)
            return np.concatenate([values, new])

        return EngineState(
            self.lateness_s,
            slots,
            (*self.tracks, *tracks) if more else self.tracks,
            grown(self.t, -np.inf),
            grown(self.lon, np.nan),
            grown(self.lat, np.nan),
            grown(self.codes, 0),
            grown(self.odometer, 0),
            grown(self.due, np.inf),
            grown(self.wake, np.inf),
            grown(self.silent, 0),
            grown(self.ticked, -np.inf),
            dict(self.silences),
            self.strays,
            self.kept,
            dict(self.memories),
            self.district,
        )

    def fell_silent(self, slot: int, begin: float, end: float) -> None:
        """Note a long gap between two fixes; only on a copy."""
        self.silences[slot] = (*self.silences.get(slot, ()), (begin, end))[-KEPT_SILENCES:]

    def was_silent(self, slot: int, t: float) -> bool:
        """Whether a time lies within a gap that is remembered."""
        return any(begin < t < end for begin, end in self.silences.get(slot, ()))

    def horizon(self, slot: int) -> float:
        """The oldest fix time that still counts for a slot."""
        return float(self.t[slot]) - self.lateness_s

    def keep(self, slot: int, memory: Memory) -> None:
        """Set a slot's memory; only on a copy."""
        if memory.states or memory.findings:
            self.memories[slot] = memory
        else:
            self.memories.pop(slot, None)

    def forgetting(self, slots: Iterable[int]) -> EngineState:
        """With some slots back to the state before their first fix; only on a copy."""
        gone = set(slots)
        for slot in gone:
            self.t[slot], self.lon[slot], self.lat[slot] = -np.inf, np.nan, np.nan
            self.codes[slot], self.odometer[slot] = 0, 0.0
            self.due[slot] = self.wake[slot] = np.inf
            self.silent[slot], self.ticked[slot] = 0, -np.inf
            self.memories.pop(slot, None)
            self.silences.pop(slot, None)
        return replace(self, kept=self.kept.before(np.full(len(self.t), -np.inf), gone))
