"""Puts the fixes of a batch where their times belong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from geofence.projection import Floats
from geofence.trail import BACKFILL, Trail
from ingest.position import Position

if TYPE_CHECKING:
    from geofence.state import EngineState

Ints = npt.NDArray[np.intp]


@dataclass(slots=True)
class Arrivals:
    """n fixes to be judged, those of one track together and in order of time.

    Attributes:
        positions, slot, t, lon, lat: the fixes.
        before_t, before_lon, before_lat: the fix before of the same track, NaN where there is none.
        starts: index of each track's first fix.
        rewound: slot -> kept fixes before the first of its fixes here, for tracks that go back in
            time; theirs are the late fixes and all kept ones after them.
        backfill: slots of backfill tracks.
    """

    positions: list[Position]
    slot: Ints
    t: Floats
    lon: Floats
    lat: Floats
    before_t: Floats
    before_lon: Floats
    before_lat: Floats
    starts: Ints
    rewound: dict[int, Trail | None]
    backfill: set[int]


def arrange(state: EngineState, positions: list[Position]) -> tuple[EngineState, Arrivals]:
    """Sort a batch; the state returned is a copy with slots for new tracks, to be worked on.

    Repetitions and fixes older than the lateness window are left out, but for those out of a time
    in which the vehicle was silent: they are as good as backfill. On a backfill track an older fix
    begins a new block, judged from nothing.
    """
    tracks = [p.vehicle_id + BACKFILL if p.backfill else p.vehicle_id for p in positions]
    known = state.slots
    state = state.copy_with(list(dict.fromkeys(k for k in tracks if k not in known)))
    slots = state.slots
    slot = np.array([slots[k] for k in tracks], dtype=np.intp)
    t = np.array([p.fix_time.timestamp() for p in positions], dtype=float)
    backfill = {slots[k] for k, p in zip(tracks, positions, strict=True) if p.backfill}
    old = t < state.t[slot] - state.lateness_s
    if old.any():
        state = _put_aside(state, positions, slot, t, backfill)
        old = t < state.t[slot] - state.lateness_s
        for s in backfill.intersection(slot[old].tolist()):
            state.forget(s)
            old &= slot != s
    index = np.nonzero(~old)[0]
    index = index[np.lexsort((t[index], slot[index]))]  # stable: of equal times the first to arrive
    again = np.zeros(len(index), dtype=bool)
    again[1:] = (np.diff(slot[index]) == 0) & (np.diff(t[index]) == 0)
    index = index[~again]
    fixes = _Fixes([positions[i] for i in index], slot[index], t[index])
    late = fixes.t <= state.t[fixes.slot]
    rewound: dict[int, Trail | None] = {}
    if late.any():
        fixes, rewound = _rewind(state, fixes, set(fixes.slot[late].tolist()))
    lon = np.array([p.lon for p in fixes.positions], dtype=float)
    lat = np.array([p.lat for p in fixes.positions], dtype=float)
    starts = np.nonzero(np.diff(fixes.slot, prepend=-1))[0]
    first = fixes.slot[starts]
    before = (
        _shifted(fixes.t, starts, state.t[first]),
        _shifted(lon, starts, state.lon[first]),
        _shifted(lat, starts, state.lat[first]),
    )
    before[0][np.isinf(before[0])] = np.nan
    for i in starts.tolist() if rewound else ():
        if int(fixes.slot[i]) in rewound:
            trail = rewound[int(fixes.slot[i])]
            fix = (np.nan,) * 3 if trail is None else (trail[0], trail[1].lon, trail[1].lat)
            for values, value in zip(before, fix, strict=True):
                values[i] = value
    return state, Arrivals(
        fixes.positions,
        fixes.slot,
        fixes.t,
        lon,
        lat,
        *before,
        starts=starts,
        rewound=rewound,
        backfill=backfill,
    )


def _put_aside(
    state: EngineState, positions: list[Position], slot: Ints, t: Floats, backfill: set[int]
) -> EngineState:
    """Old fixes out of a time in which their vehicle was silent: onto its backfill track.

    `slot` and `backfill` are brought up to date, the state is returned with slots for new tracks.
    """
    old = np.nonzero(t < state.t[slot] - state.lateness_s)[0].tolist()
    silent = [i for i in old if state.was_silent(int(slot[i]), float(t[i]))]
    silent = [i for i in silent if int(slot[i]) not in backfill]
    tracks = {i: positions[i].vehicle_id + BACKFILL for i in silent}
    state = state.copy_with([k for k in dict.fromkeys(tracks.values()) if k not in state.slots])
    for i, track in tracks.items():
        slot[i] = state.slots[track]
        backfill.add(state.slots[track])
    return state


@dataclass(slots=True)
class _Fixes:
    positions: list[Position]
    slot: Ints
    t: Floats


def _rewind(
    state: EngineState, fixes: _Fixes, late: set[int]
) -> tuple[_Fixes, dict[int, Trail | None]]:
    """For late tracks: the new fixes, merged with the kept ones after the oldest of them."""
    is_late = np.isin(fixes.slot, list(late))
    chosen = [fixes.positions[i] for i in np.nonzero(~is_late)[0]]
    slots, times = fixes.slot[~is_late].tolist(), fixes.t[~is_late].tolist()
    arrived: dict[int, dict[float, Position]] = {}
    for i in np.nonzero(is_late)[0]:
        arrived.setdefault(int(fixes.slot[i]), {})[float(fixes.t[i])] = fixes.positions[i]
    rewound: dict[int, Trail | None] = {}
    for slot, new in arrived.items():
        oldest = min(new)
        trail = state.trails[slot]
        while trail is not None and trail[0] >= oldest:
            new.pop(trail[0], None)  # known already
            trail = trail[2]
        if not new:
            continue
        oldest = min(new)
        merged = dict(new)
        trail = state.trails[slot]
        while trail is not None and trail[0] > oldest:
            merged[trail[0]] = trail[1]
            trail = trail[2]
        rewound[slot] = trail
        for t in sorted(merged):
            chosen.append(merged[t])
            slots.append(slot)
            times.append(t)
    return _Fixes(chosen, np.array(slots, dtype=np.intp), np.array(times, dtype=float)), rewound


def _shifted(values: Floats, starts: Ints, newest: Floats) -> Floats:
    """Of each fix the value of the fix before; `newest` is that before each track's first."""
    before = np.empty_like(values)
    before[1:] = values[:-1]
    before[starts] = newest
    return before
