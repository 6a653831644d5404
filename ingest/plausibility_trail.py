"""One vehicle's fixes, one by one: those that `plausibility` cannot judge all at once. Pure.

A stray fix must not make the next true one look like a jump, a vehicle that was truly carried
elsewhere must be believed after a while, and order of arrival must not matter more than it has to.
So a fix is compared with its neighbours in event time among the good ones, and fixes out of reach
are remembered: when enough of them agree with each other and no good one came between, they are
where the vehicle is.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence

import msgspec

from ingest.clock import CLOCK_FAULTS, RECENT_S, ClockLimits, ZoneFault
from ingest.position import Quality

ACCURACY_M = 100.0
"""Distance between two fixes that noise alone explains, whatever the time between them."""
BELIEVED_FIXES = 3
BELIEVED_S = 10.0
"""So many fixes that agree, over so long, make a new place believed."""
TRAIL_FIXES = 32
SEEN_TIMES = 128
METRES_PER_DEG = 6_371_008.8 * math.pi / 180  # mean Earth radius, IUGG

Place = tuple[float, float, float]
"""A fix as the checks need it: Unix time in seconds, longitude, latitude in WGS-84 degrees."""


class Trail(msgspec.Struct, array_like=True, gc=False):
    """Good places in order of event time, and those out of reach that wait to be believed."""

    good: list[Place] = []
    elsewhere: list[Place] = []

    def copy(self) -> Trail:
        return Trail(self.good.copy(), self.elsewhere.copy())


class Aside(msgspec.Struct, array_like=True, gc=False):
    """What is remembered of a vehicle beside its good places; most have nothing here.

    Attributes:
        seen: times of fixes that were not newer than all before, or not good, in order of arrival.
        misdated: times that a wrong clock told, in order of arrival.
        elsewhere: places out of reach that wait to be believed.
        late: fixes older than all good places remembered.
        zone: of the clock.
    """

    seen: list[float] = []
    misdated: list[float] = []
    elsewhere: list[Place] = []
    late: Trail | None = None
    zone: ZoneFault = msgspec.field(default_factory=ZoneFault)

    def copy(self) -> Aside:
        late = self.late.copy() if self.late else None
        zone = ZoneFault(self.zone.behind_since, self.zone.behind_at, self.zone.late_at)
        return Aside(self.seen.copy(), self.misdated.copy(), self.elsewhere.copy(), late, zone)


class Vehicle(msgspec.Struct, gc=False):
    """A vehicle's memory while its fixes are judged one by one; it is changed in place."""

    newest_t: float
    current_t: float
    live: Trail
    aside: Aside


class Arrival(msgspec.Struct, frozen=True, gc=False):
    """A fix as it came: receipt in seconds since 1970, what the fix shows by itself."""

    place: Place
    received_t: float
    backfill: bool
    own: Quality


def judge(vehicle: Vehicle, fix: Arrival, clock: ClockLimits, speed_mps: float) -> Quality:
    """The quality of a vehicle's next fix; `vehicle` remembers it. No truck exceeds `speed_mps`."""
    aside, place, own, received_t = vehicle.aside, fix.place, fix.own, fix.received_t
    t = place[0]
    if own in CLOCK_FAULTS:
        return _remember(aside.misdated, t, own)
    behind = not fix.backfill and aside.zone.see(t, received_t, vehicle.current_t, clock)
    if behind:
        return _remember(aside.misdated, t, Quality.CLOCK_ZONE)
    if t <= vehicle.newest_t and (t in aside.seen or _holds(vehicle.live.good, t)):
        return Quality.DUPLICATE
    if received_t - t <= RECENT_S:
        vehicle.current_t = max(vehicle.current_t, received_t)
    _remember(aside.seen, t, own)
    vehicle.newest_t = max(vehicle.newest_t, t)
    if own is not Quality.GOOD:
        return own
    live = vehicle.live
    if len(live.good) == TRAIL_FIXES and t < live.good[0][0]:
        aside.late = aside.late or Trail()
        return _place(aside.late, place, speed_mps, after=live.good[0])
    late = aside.late.good if aside.late else None
    return _place(live, place, speed_mps, before=late[-1] if late else None)


def _remember(times: list[float], t: float, quality: Quality) -> Quality:
    if t in times:
        return Quality.DUPLICATE
    times.append(t)
    del times[:-SEEN_TIMES]
    return quality


def _holds(good: Sequence[Place], t: float) -> bool:
    at = bisect_left(good, t, key=_time)
    return at < len(good) and good[at][0] == t


def _place(
    trail: Trail,
    place: Place,
    speed_mps: float,
    before: Place | None = None,
    after: Place | None = None,
) -> Quality:
    """Judges against the neighbours in the trail, or those given where it has none; remembers."""
    good = trail.good
    at = len(good)
    if good and place[0] <= good[-1][0]:
        at = bisect_left(good, place[0], key=_time)
    before = good[at - 1] if at > 0 else before
    after = good[at] if at < len(good) else after
    if (before is None or _reachable(before, place, speed_mps)) and (
        after is None or _reachable(place, after, speed_mps)
    ):
        good.insert(at, place)
        if trail.elsewhere and place[0] > trail.elsewhere[0][0]:
            trail.elsewhere.clear()
    elif at == len(good) and _believed(trail.elsewhere, place, speed_mps):
        good.extend(trail.elsewhere)
        trail.elsewhere.clear()
    else:
        return Quality.TELEPORT
    del good[:-TRAIL_FIXES]
    return Quality.GOOD


def _believed(elsewhere: list[Place], place: Place, speed_mps: float) -> bool:
    """Takes a fix out of reach into those that agree with each other; True if they are enough."""
    if elsewhere:
        if place[0] < elsewhere[-1][0]:
            return False
        if not _reachable(elsewhere[-1], place, speed_mps):
            elsewhere.clear()
    elsewhere.append(place)
    if len(elsewhere) > TRAIL_FIXES:
        del elsewhere[1]  # the first says how long they have agreed
    return len(elsewhere) >= BELIEVED_FIXES and place[0] - elsewhere[0][0] >= BELIEVED_S


def _reachable(a: Place, b: Place, speed_mps: float) -> bool:
    return _distance_m(a, b) <= ACCURACY_M + speed_mps * abs(b[0] - a[0])


def _distance_m(a: Place, b: Place) -> float:
    """On the plate carrée about the middle latitude: within 0.1 % of the sphere below 200 km."""
    east_deg = (b[1] - a[1] + 540) % 360 - 180
    shrink = math.cos(math.radians((a[2] + b[2]) / 2))
    return math.hypot(east_deg * shrink, b[2] - a[2]) * METRES_PER_DEG


def _time(place: Place) -> float:
    return place[0]
