"""Fixes to be judged: as arrays for the whole batch, and one at a time for what is worth a look."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from config.vehicle import VehicleKind
from geofence.arrivals import Arrivals
from geofence.grid import expand
from geofence.local_time import in_hours, minutes_of_day
from geofence.projection import Floats, lengths_m
from geofence.zone_index import INSIDE
from ingest.position import Position

if TYPE_CHECKING:
    from geofence.ground import Ground
    from geofence.rules.zone_visits import Stay

Ints = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]


class Rows:
    """n fixes, each with the fix before of the same vehicle, as arrays that rules measure on.

    Attributes:
        positions: the fixes.
        t, lon, lat: seconds since 1970, degrees; shape (n,).
        before_t, before_lon, before_lat: of the fix before, NaN where there is none.
        plan: number of the plan (set of permits) that binds the vehicle then.
        x, y: metres in the ground's projection.
        pair_row, pair_zone, pair_level: how points lie to zones, see `ZoneIndex.relate`.
    """

    def __init__(self, ground: Ground, arrivals: Arrivals) -> None:
        self.ground = ground
        self.arrivals = arrivals
        self.positions = positions = arrivals.positions
        self.t, self.lon, self.lat = arrivals.t, arrivals.lon, arrivals.lat
        self.before_t = arrivals.before_t
        self.before_lon, self.before_lat = arrivals.before_lon, arrivals.before_lat
        vehicles = [p.vehicle_id for p in positions]
        self.plan = np.array(ground.plans.number(vehicles, self.t), dtype=np.intp)
        self.x, self.y = ground.projection.metres(self.lon, self.lat)
        self.before_x, self.before_y = ground.projection.metres(self.before_lon, self.before_lat)
        self.pair_row, self.pair_zone, self.pair_level = ground.zones.relate(self.x, self.y)
        self._pairs_from = np.searchsorted(self.pair_row, np.arange(len(positions) + 1))
        self.crossed_row, self.crossed_zone = self._crossed()
        self._crossed_from = np.searchsorted(self.crossed_row, np.arange(len(positions) + 1))

    def __len__(self) -> int:
        return len(self.positions)

    @cached_property
    def step_s(self) -> Floats:
        """Seconds since the fix before; infinite where there is none."""
        return np.where(np.isnan(self.before_t), np.inf, self.t - self.before_t)

    @cached_property
    def step_m(self) -> Floats:
        """Metres from the fix before, NaN where there is none."""
        return lengths_m(self.before_lon, self.before_lat, self.lon, self.lat)

    @cached_property
    def reported_kmh(self) -> Floats:
        """Speed as the terminal reports it, NaN where it reports none."""
        # None becomes NaN in a float array.
        return np.array([p.speed_kmh for p in self.positions], dtype=float)

    @cached_property
    def minutes(self) -> Floats:
        """Local minute of the day."""
        return minutes_of_day(self.ground.timezone, self.t)

    @cached_property
    def hours(self) -> Bools:
        """(daily hours of the ground, n): whether each of them holds at each fix."""
        return in_hours(self.ground.hours, self.minutes)

    @cached_property
    def permit_pairs(self) -> tuple[Ints, Ints, Ints, Bools]:
        """Expands each row to (row, permit, route or -1, whether the permit's daily hours hold)."""
        plans = self.ground.plans
        row, pair = expand(plans.pairs_from[self.plan], plans.pairs_to[self.plan])
        permit = plans.pair_permit[pair]
        return (
            row,
            permit,
            plans.pair_route[pair],
            self.hours[self.ground.permit_hours[permit], row],
        )

    def _crossed(self) -> tuple[Ints, Ints]:
        """(row, zone) where the way to a fix touches a core, if it is short in time and fast."""
        visit = self.ground.parameters.zone_visit
        with np.errstate(invalid="ignore"):
            fast = self.step_m * 3.6 >= visit.pass_speed_kmh * self.step_s
            moved = np.nonzero((self.step_s <= visit.pass_gap_s) & fast)[0]
        segment, zone = self.ground.zones.crossed(
            self.before_x[moved], self.before_y[moved], self.x[moved], self.y[moved]
        )
        return moved[segment], zone

    @cached_property
    def passed_row(self) -> Ints:
        """Rows whose way touches a core of a zone that the fix itself is not in."""
        zones = len(self.ground.zones.ids)
        inside = self.pair_level >= INSIDE
        here = self.pair_row[inside] * zones + self.pair_zone[inside]
        return self.crossed_row[~np.isin(self.crossed_row * zones + self.crossed_zone, here)]

    def sight(self, row: int) -> Sight:
        """One fix as a rule looks at it."""
        position = self.positions[row]
        ids = self.ground.zones.ids
        pairs = slice(self._pairs_from[row], self._pairs_from[row + 1])
        crossed = slice(self._crossed_from[row], self._crossed_from[row + 1])
        return Sight(
            position=position,
            kind=self.ground.kinds.get(position.vehicle_id),
            t=float(self.t[row]),
            x=float(self.x[row]),
            y=float(self.y[row]),
            before_t=float(self.before_t[row]),
            before_x=float(self.before_x[row]),
            before_y=float(self.before_y[row]),
            step_s=float(self.step_s[row]),
            step_m=float(self.step_m[row]),
            minute=float(self.minutes[row]),
            plan=int(self.plan[row]),
            zones={
                ids[z]: int(level)
                for z, level in zip(self.pair_zone[pairs], self.pair_level[pairs], strict=True)
            },
            crossed=tuple(ids[z] for z in self.crossed_zone[crossed]),
            visits={},
        )


@dataclass(slots=True)
class Sight:
    """One fix with its surroundings: metres in the ground's projection, seconds since 1970.

    Attributes:
        before_t, before_x, before_y: the vehicle's fix before, NaN where there is none.
        step_s: seconds since then, infinite where there is none; `step_m` the way.
        minute: local minute of the day.
        zones: how the fix lies to the zones about it (NEAR, INSIDE, CORE).
        crossed: zones whose core the way to this fix touches, if it was short and fast enough.
        visits: the visits going on after this fix: set by the zone rule, for the rules after it.
    """

    position: Position
    kind: VehicleKind | None
    t: float
    x: float
    y: float
    before_t: float
    before_x: float
    before_y: float
    step_s: float
    step_m: float
    minute: float
    plan: int
    zones: dict[str, int]
    crossed: tuple[str, ...]
    visits: dict[str, Stay]
