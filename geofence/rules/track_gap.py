"""A truck that was driving is heard of no more (轨迹中断)."""

from __future__ import annotations

import math

import msgspec
import numpy as np

from config.rule_parameters import as_values
from geofence.finding import Step, Value, Violation
from geofence.ground import Ground
from geofence.moment import moment
from geofence.projection import Floats, lengths_m
from geofence.rows import DERIVE_MAX_S, Rows
from geofence.rules.rule import NO_NUMBERS, Codes, Rule
from geofence.sight import Quiet, Sight

SLOWS = 1 << 16
"""In a code: it slowed down, and may have parked."""


class TrackGapState(msgspec.Struct, frozen=True, array_like=True, tag="track_gap"):
    """A silence. Event times in seconds since 1970.

    Attributes:
        since_t, lon, lat, kmh: the last fix before it; `slowed`: it may have parked then.
        over: the violation to be told, once it is over and nothing came in late for a while.
        over_t: the first fix after it.
        raised: the violation as it was told while it went on.
    """

    since_t: float
    lon: float
    lat: float
    kmh: int
    slowed: bool = False
    over: Violation | None = None
    over_t: float = math.inf
    raised: Violation | None = None


class TrackGap(Rule[TrackGapState]):
    """The last fix of a muck truck drove on, and for `after_s` there was no other.

    A truck whose ignition is off parks; in or near a site, ground, transfer station or depot its
    terminal may sleep. One that slowed down may have parked: that shows where it is seen next. It
    is told `settle_s` later: what the terminal has
    kept may still come, and then there was no silence.
    """

    name = "track_gap"
    kinds = ("track_gap",)
    asked_in_silence = True

    def __init__(self, ground: Ground) -> None:
        self._p = ground.parameters.track_gap
        self._told = as_values(self._p)
        self.silences_s = (self._p.after_s, self._p.after_s + self._p.settle_s)

    def measure(self, rows: Rows) -> tuple[Codes, Floats]:
        """1 + km/h, in whole numbers, where a truck drives on, and `SLOWS` if that is in doubt."""
        speed = rows.speed_kmh
        with np.errstate(invalid="ignore"):
            near = rows.step_s <= DERIVE_MAX_S
            mean = np.where(near, rows.step_m / rows.step_s * 3.6, np.nan)
            drives = rows.muck & (speed >= self._p.moving_kmh) & (rows.fixes.ignition != 0)
            slows = speed < self._p.slowing * mean
        drives &= ~rows.in_known_place
        code = np.where(drives, 1 + np.round(speed) + SLOWS * slows, 0)
        return code.astype(np.uint64), NO_NUMBERS

    def quiet_until(self, state: TrackGapState) -> float:
        return -math.inf if state.over is None else math.inf

    def wake_at(self, state: TrackGapState) -> float:
        return state.over_t + self._p.settle_s

    def tick(
        self, state: TrackGapState | None, quiet: Quiet, code: int
    ) -> tuple[TrackGapState | None, tuple[Step, ...]]:
        if state is not None and state.over is not None:
            if quiet.t < state.over_t + self._p.settle_s:
                return state, ()
            return None, (msgspec.structs.replace(state.over, confirmed_at=quiet.at),)
        if state is None:
            if not code or quiet.silent_s != self._p.after_s:
                return None, ()
            kmh, slowed = (code & (SLOWS - 1)) - 1, code >= SLOWS
            return TrackGapState(quiet.last_t, quiet.lon, quiet.lat, kmh, slowed), ()
        if (
            state.slowed
            or state.raised is not None
            or quiet.silent_s < self._p.after_s + self._p.settle_s
        ):
            return state, ()
        values: dict[str, Value] = {"gap_s": round(quiet.t - state.since_t, 3)}
        raised = self._violation(quiet.vehicle_id, state, values)
        raised = msgspec.structs.replace(raised, confirmed_at=quiet.at)
        return msgspec.structs.replace(state, raised=raised), (raised,)

    def step(
        self,
        state: TrackGapState | None,
        sight: Sight,
        code: int,  # noqa: ARG002 (of this fix, not of the one before the silence)
        number: float,  # noqa: ARG002 (the rules' protocol)
    ) -> tuple[TrackGapState | None, tuple[Step, ...]]:
        if state is None or state.over is not None:
            return state, ()
        here, there = np.array([sight.lon, state.lon]), np.array([sight.lat, state.lat])
        moved_m = float(lengths_m(here[:1], there[:1], here[1:], there[1:])[0])
        if state.slowed and moved_m < self._p.elsewhere_m:
            return None, ()
        gap_s = sight.t - state.since_t
        values: dict[str, Value] = {
            "gap_s": round(gap_s, 3),
            "distance_m": round(moved_m, 1),
            "implied_kmh": round(moved_m / gap_s * 3.6, 1),
        }
        over = self._violation(sight.vehicle_id, state, values)
        over = msgspec.structs.replace(over, ended_at=sight.at)
        if state.raised is not None:
            return None, (msgspec.structs.replace(over, confirmed_at=state.raised.confirmed_at),)
        return msgspec.structs.replace(state, over=over, over_t=sight.t), ()

    def _violation(
        self, vehicle_id: str, state: TrackGapState, values: dict[str, Value]
    ) -> Violation:
        return Violation(
            kind="track_gap",
            vehicle_id=vehicle_id,
            subject="",
            started_at=moment(state.since_t),
            lon=state.lon,
            lat=state.lat,
            values={**values, "speed_kmh": state.kmh},
            parameters=self._told,
        )
