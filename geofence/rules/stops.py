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

MOVING, BETWEEN, SLOW = 0, 1, 2


class StopState(msgspec.Struct, frozen=True, array_like=True, tag="stop"):
    """The newest stop or crawl. Event times in seconds since 1970.

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


class Stops(Rule[StopState]):
    """Begins with a slow fix; ends when the vehicle moves and is away from where it began.

    So a spike of the speed, or of the place, of a standing vehicle is no end of it.
    """

    name = "stop"

    def __init__(self, ground: Ground) -> None:
        self._p = ground.parameters.stop

    def measure(self, rows: Rows) -> tuple[Codes, Floats]:
        speed = rows.speed_kmh
        with np.errstate(invalid="ignore"):  # no speed: asked where it is
            code = np.where(speed < self._p.slow_kmh, SLOW, BETWEEN)
            code[~(speed < self._p.moving_kmh)] = MOVING
        return code.astype(np.uint64), NO_NUMBERS

    def quiet_until(self, state: StopState) -> float:  # noqa: ARG002
        return math.inf

    def step(
        self,
        state: StopState | None,
        sight: Sight,
        code: int,
        number: float,  # noqa: ARG002 (the rules' protocol)
    ) -> tuple[StopState | None, tuple[()]]:
        if state is not None and state.until_t is None:
            away_m = math.hypot(sight.x - state.x, sight.y - state.y)
            if code == MOVING and away_m > self._p.radius_m:
                return msgspec.structs.replace(
                    state, until_t=max(sight.before_t, state.since_t)
                ), ()
            return state, ()
        if code != SLOW:
            return state, ()
        return StopState(
            sight.t,
            sight.x,
            sight.y,
            sight.lon,
            sight.lat,
            sight.off_route,
            bool(sight.rows.in_known_place[sight.row]),
        ), ()
