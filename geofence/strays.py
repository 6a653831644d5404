"""Places that a vehicle tells and cannot be at (失真定位): they move nothing; one rule counts them.

They wait beside the engine's tracks until the next good fix, whose step is told of those since the
good fix before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from geofence.projection import Floats
from ingest.fixes import Fixes
from ingest.position import Quality

if TYPE_CHECKING:
    from geofence.state import EngineState

Stray = tuple[float, float, float]  # seconds since 1970, degrees east and north
Strays = Mapping[str, tuple[Stray, ...]]  # by vehicle id, oldest first

KEPT_S = 600.0
"""So long before the lateness window they are kept: across a longer silence none counts."""


def strays_of(fixes: Fixes) -> Fixes:
    """Those of the fixes that are strays: not those of a terminal without a fix, or a clock."""
    wanted = np.isin(fixes.quality, (Quality.TELEPORT, Quality.FAR)) & ~fixes.backfill
    return fixes.take(wanted)


def take_in(state: EngineState, strays: Fixes) -> tuple[Strays, dict[int, float]]:
    """All strays after a batch of them; and the slots that have to go back, and to when.

    A slot goes back where a stray is older than its newest good fix.
    """
    known = dict(state.strays)
    back: dict[int, float] = {}
    for number in np.unique(strays.vehicle).tolist():
        vehicle_id = strays.vehicle_ids[number]
        rows = strays.take(strays.vehicle == number)
        slot = state.slots.get(vehicle_id)
        newest = -np.inf if slot is None else float(state.t[slot])
        own = {stray[0]: stray for stray in known.get(vehicle_id, ())}
        for stray in zip(rows.t.tolist(), rows.lon.tolist(), rows.lat.tolist(), strict=True):
            t = stray[0]
            if t < newest - state.lateness_s or t in own:
                continue
            own[t] = stray
            if slot is not None and t < newest and state.lateness_s > 0:
                back[slot] = min(t, back.get(slot, t))
        horizon = max([newest, *own]) - state.lateness_s - KEPT_S
        known[vehicle_id] = tuple(own[t] for t in sorted(own) if t >= horizon)
    return known, back


def newest_strays(strays: Strays, vehicle_id: str, t: Floats) -> Floats:
    """Time of the newest stray before each time (n,), -inf where there is none."""
    times = np.array([-np.inf, *(s[0] for s in strays.get(vehicle_id, ()))])
    newest: Floats = times[np.searchsorted(times, t) - 1]
    return newest
