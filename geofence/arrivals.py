"""Puts the fixes of a batch where their times belong."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from geofence.kept import KeptRows, as_fixes
from geofence.projection import Floats
from geofence.strays import Strays, take_in
from ingest.fixes import COLUMNS, Bools, Fixes, Ints

if TYPE_CHECKING:
    from geofence.state import EngineState

BLOCK_GAP_S = 300.0
"""After so long without a fix a backfill track begins anew: what lies between is not known."""
BACKFILL = "\x1fbackfill"
"""Ends the name of a vehicle's second track: fixes that came too late to act upon."""


@dataclass(slots=True)
class Arrivals:
    """n fixes to be judged, those of one track together and in order of time.

    Attributes:
        fixes, slot: the fixes and their tracks; `fixes.vehicle` means nothing here.
        before_t, before_lon, before_lat: the fix before of the same track, NaN where there is none.
        starts: index of each track's first fix; `ends` that after its last.
        odometer, codes: (tracks, 6) and (tracks, rules), as they stood at the fix before each
            track's first.
        rewound: slots of tracks that go back in time; theirs are the late fixes and all kept ones
            after them.
        backfill: slots of backfill tracks.
        strays: see `geofence.strays`.
    """

    fixes: Fixes
    slot: Ints
    before_t: Floats
    before_lon: Floats
    before_lat: Floats
    starts: Ints
    ends: Ints
    odometer: Floats
    codes: npt.NDArray[np.uint64]
    rewound: frozenset[int]
    backfill: frozenset[int]
    strays: Strays


def arrange(state: EngineState, fixes: Fixes, strays: Fixes) -> tuple[EngineState, Arrivals]:
    """Sort a batch; the state returned is a copy with slots for new tracks, to be worked on.

    Repetitions and fixes older than the lateness window are left out; but those marked as backfill,
    and those out of a time in which the vehicle was silent, go onto its backfill track. There an
    older fix, or one after a gap, begins a new block, judged from nothing. Strays take a track back
    as late fixes do, and are no fixes of it.
    """
    state, slot = _slots(state, fixes)
    back: dict[int, float] = {}
    if len(strays):
        known, back = take_in(state, strays)
        state = replace(state, strays=known)
    aside: set[int] = set()
    old = fixes.t < state.t[slot] - state.lateness_s
    if old.any():
        state, slot = _put_aside(state, fixes, slot, old, aside)
        old = fixes.t < state.t[slot] - state.lateness_s
        again = _new_blocks(state, fixes, slot, aside)
        if again:
            state = state.forgetting(again)
            old &= ~np.isin(slot, list(again))
    index = np.nonzero(~old)[0]
    index = index[np.lexsort((fixes.t[index], slot[index]))]  # stable: the first to arrive counts
    fixes, slot = fixes.take(index), slot[index]
    repeated = np.zeros(len(slot), dtype=bool)
    repeated[1:] = (slot[1:] == slot[:-1]) & (fixes.t[1:] == fixes.t[:-1])
    if repeated.any():
        fixes, slot = fixes.take(~repeated), slot[~repeated]
    late = fixes.t <= np.maximum(state.t[slot], state.ticked[slot])
    if late.any() or back:
        late_slots = set(slot[late].tolist()) | back.keys()
        fixes, slot, rewound, before = _rewind(state, fixes, slot, late_slots, back)
    else:
        rewound, before = frozenset(), None
    there = frozenset(aside.intersection(slot.tolist())) if aside else frozenset()
    return state, _arrivals(state, fixes, slot, (rewound, before), there)


def _slots(state: EngineState, fixes: Fixes) -> tuple[EngineState, Ints]:
    """A copy of the state with slots for new vehicles, and each fix's slot."""
    used = np.unique(fixes.vehicle).tolist()
    tracks = [fixes.vehicle_ids[number] for number in used]
    state = state.copy_with([track for track in tracks if track not in state.slots])
    table = np.zeros(len(fixes.vehicle_ids), dtype=np.intp)
    table[used] = [state.slots[track] for track in tracks]
    return state, table[fixes.vehicle]


def _put_aside(
    state: EngineState, fixes: Fixes, slot: Ints, old: Bools, aside: set[int]
) -> tuple[EngineState, Ints]:
    """Old fixes that are backfill, by their mark or by their time: onto the backfill track."""
    tracks = {
        i: state.tracks[int(slot[i])] + BACKFILL
        for i in np.nonzero(old)[0].tolist()
        if fixes.backfill[i] or state.was_silent(int(slot[i]), float(fixes.t[i]))
    }
    state = state.copy_with([k for k in dict.fromkeys(tracks.values()) if k not in state.slots])
    slot = slot.copy()
    for i, track in tracks.items():
        slot[i] = state.slots[track]
        aside.add(state.slots[track])
    return state, slot


def _new_blocks(state: EngineState, fixes: Fixes, slot: Ints, aside: set[int]) -> set[int]:
    """Backfill tracks whose oldest new fix does not go on where they stopped."""
    again = set()
    for s in aside:
        oldest, newest = float(fixes.t[slot == s].min()), float(state.t[s])
        if oldest < newest - state.lateness_s or oldest > newest + BLOCK_GAP_S:
            again.add(s)
    return again


def _rewind(
    state: EngineState, fixes: Fixes, slot: Ints, late: set[int], back: dict[int, float]
) -> tuple[Fixes, Ints, frozenset[int], KeptRows | None]:
    """For late tracks: the new fixes merged with the kept ones after the oldest of them.

    Those of `back` have to go back to a time at least, whatever is new.

    Also the slots that go back, and the kept fix before each one's oldest new fix, where there is.
    """
    kept = state.kept.of(late)
    is_late = np.isin(slot, list(late))
    if kept is not None:
        # What is known already is no news: without it, its track may not have to go back at all.
        known = set(zip(kept["slot"].tolist(), kept["t"].tolist(), strict=True))
        pairs = zip(slot.tolist(), fixes.t.tolist(), strict=True)
        news = np.array([pair not in known for pair in pairs], dtype=bool)
        fixes, slot, is_late = fixes.take(news), slot[news], is_late[news]
    oldest = np.full(len(state.t), np.inf)
    np.minimum.at(oldest, slot[is_late], fixes.t[is_late])
    oldest[oldest > np.maximum(state.t, state.ticked)] = np.inf  # only its repetitions were late
    if kept is not None:
        for at, t in back.items():
            if (kept["t"][kept["slot"] == at] > t).any():
                oldest[at] = min(oldest[at], t)
    rewound = frozenset(np.nonzero(np.isfinite(oldest))[0].tolist())
    if kept is None or not len(kept):
        return fixes, slot, rewound, None
    oldest_of = oldest[kept["slot"]]
    going = kept["t"] > oldest_of
    before = kept[~going & np.isfinite(oldest_of)]
    last = np.ones(len(before), dtype=bool)
    last[:-1] = before["slot"][1:] != before["slot"][:-1]
    again = as_fixes(kept[going])
    columns: dict[str, Any] = {
        c: np.concatenate([getattr(fixes, c), getattr(again, c)]) for c in COLUMNS
    }
    merged, slot = Fixes(vehicle_ids=(), **columns), np.concatenate([slot, again.vehicle])
    order = np.lexsort((merged.t, slot))
    return merged.take(order), slot[order], rewound, before[last]


def _arrivals(
    state: EngineState,
    fixes: Fixes,
    slot: Ints,
    going_back: tuple[frozenset[int], KeptRows | None],
    backfill: frozenset[int],
) -> Arrivals:
    rewound, before = going_back
    starts = np.nonzero(np.diff(slot, prepend=-1))[0]
    first = slot[starts]
    newest = {"t": state.t[first], "lon": state.lon[first], "lat": state.lat[first]}
    newest["t"] = np.where(np.isinf(newest["t"]), np.nan, newest["t"])
    odometer, codes = state.odometer[first], state.codes[first]
    if rewound:
        back = np.isin(first, list(rewound))
        for values in newest.values():
            values[back] = np.nan
        odometer[back], codes[back] = 0.0, 0
        if before is not None:
            at = np.searchsorted(first, before["slot"])
            for name, values in newest.items():
                values[at] = before[name]
            odometer[at], codes[at] = before["odometer"], before["codes"]
    return Arrivals(
        fixes,
        slot,
        _shifted(fixes.t, starts, newest["t"]),
        _shifted(fixes.lon, starts, newest["lon"]),
        _shifted(fixes.lat, starts, newest["lat"]),
        starts,
        np.append(starts[1:], len(slot)),
        odometer,
        codes,
        rewound,
        backfill,
        state.strays,
    )


def _shifted(values: Floats, starts: Ints, newest: Floats) -> Floats:
    """Of each fix the value of the fix before; `newest` is that before each track's first."""
    before = np.empty_like(values)
    before[1:] = values[:-1]
    before[starts] = newest
    return before
