"""Standing and crawling (停留): no alert; what rules on stops read."""

from __future__ import annotations

import math

import msgspec
import numpy as np

from geofence.ground import Ground
from geofence.projection import Floats
from geofence.rows import Rows
from geofence.rules.rule import NO_NUMBERS, Codes, Rule
from geofence.sight import Sight

MOVING, SLOW = 0, 1


class Stop(msgspec.Struct, frozen=True, array_like=True):
    """A stop or crawl. Event times in seconds since 1970.

    Attributes:
        since_t, x, y, lon, lat: its first slow fix.
        until_t: its last one, None while it goes on.
        off_route: whether it began outside every permitted corridor.
        known: whether it began in or near a place where a truck has business to stand.
    """

    since_t: float
    x: float
    y: float
    lon: float
    lat: float
    off_route: bool
    known: bool
    until_t: float | None = None


class StopState(msgspec.Struct, frozen=True, array_like=True, tag="stop"):
    """`stop` is the newest that lasted; `maybe` one that has yet to.

    `leaving`: it moves, and is not away yet.
    """

    stop: Stop | None = None
    maybe: Stop | None = None
    leaving: bool = False


class Stops(Rule[StopState]):
    """Begins with a slow fix; ends when the vehicle is away from where it began.

    So a spike of the speed of a standing vehicle is no end of it. It counts once it has lasted
    `hold_s`: most are lights. Where it is, is asked of a fix that moves, or lies far from the one
    before; and once, when it has lasted so long. A slow crawl is one stop.
    """

    name = "stop"

    def __init__(self, ground: Ground) -> None:
        self._p = ground.parameters.stop

    def measure(self, rows: Rows) -> tuple[Codes, Floats]:
        with np.errstate(invalid="ignore"):  # no speed: asked where it is
            slow = rows.speed_kmh < self._p.slow_kmh
            hopped = slow & (rows.step_m > self._p.radius_m)
        code = slow.astype(np.uint64)
        # Its time makes it another code each time, so that each such fix is looked at.
        code[hopped] |= rows.t[hopped].astype(np.uint64) << np.uint64(1)
        return code, NO_NUMBERS

    def quiet_until(self, state: StopState) -> float:
        if state.leaving:
            return -math.inf
        return math.inf if state.maybe is None else state.maybe.since_t + self._p.hold_s

    def shows(self, before: StopState | None, after: StopState | None) -> bool:
        return (before.stop if before else None) is not (after.stop if after else None)

    def step(
        self,
        state: StopState | None,
        sight: Sight,
        code: int,
        number: float,  # noqa: ARG002 (the rules' protocol)
    ) -> tuple[StopState | None, tuple[()]]:
        before = state or StopState()
        stop, maybe = before.stop, before.maybe
        standing = stop if stop is not None and stop.until_t is None else maybe
        slow = code != MOVING
        if standing is None:
            return (StopState(stop, _begun(sight)) if slow else state), ()
        due = standing is maybe and sight.t - standing.since_t >= self._p.hold_s
        if code == SLOW and not before.leaving and not due:
            return state, ()  # it stands on
        if not self._near(standing, sight):
            # Between the last fix there and this one it may have stood for long: fixes are rare.
            counts = standing is stop or sight.before_t - standing.since_t >= self._p.hold_s
            stop = _until(standing, sight) if counts else stop
            return StopState(stop, _begun(sight) if slow else None), ()
        leaving = not slow
        if due:
            return StopState(maybe, leaving=leaving), ()
        if leaving is before.leaving:
            return state, ()
        return msgspec.structs.replace(before, leaving=leaving), ()

    def _near(self, stop: Stop, sight: Sight) -> bool:
        return math.hypot(sight.x - stop.x, sight.y - stop.y) <= self._p.radius_m


def _begun(sight: Sight) -> Stop:
    known = bool(sight.rows.in_known_place[sight.row])
    return Stop(sight.t, sight.x, sight.y, sight.lon, sight.lat, sight.off_route, known)


def _until(stop: Stop, sight: Sight) -> Stop:
    return msgspec.structs.replace(stop, until_t=max(sight.before_t, stop.since_t))
