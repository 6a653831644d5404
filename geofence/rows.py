"""Fixes to be judged, as arrays that rules measure on for the whole batch."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from geofence.arrivals import BACKFILL, Arrivals
from geofence.grid import expand
from geofence.kept import ODOMETERS
from geofence.local_time import in_hours, minutes_of_day
from geofence.near_segments import NearSegments
from geofence.projection import Floats, lengths_m
from geofence.strays import newest_strays
from geofence.zone_index import INSIDE
from ingest.fixes import Bools, Ints

if TYPE_CHECKING:
    from geofence.ground import Ground

MOVING_KMH = 5.0  # at and above it a truck moves; GPS speeds of standing ones stay below
DERIVE_MAX_S = 60.0  # a speed is derived between fixes at most so far apart
MISSING_S = 120.0  # a longer silence counts as missing fixes: four times the usual 30 s;
MISSING_M = 200.0  # if the vehicle went so far in it: parked, terminals sleep


class Rows:
    """n fixes, each with the fix before of the same vehicle, those of one vehicle together.

    Attributes:
        fixes: the columns.
        t, lon, lat: seconds since 1970, degrees; shape (n,).
        before_t, before_lon, before_lat: of the fix before, NaN where there is none.
        vehicle_ids: of each run of fixes of one track, and `run` the run of each fix.
        kinds: of each run, None where the vehicle is not registered; `kind` (n,) the numbers of
            them in `geofence.ground.KINDS`, -1 for None.
        plan: number of the plan (set of permits) that binds the vehicle then.
        x, y: metres in the ground's projection.
        pair_row, pair_zone, pair_level: how points lie to zones, see `ZoneIndex.relate`.
    """

    def __init__(self, ground: Ground, arrivals: Arrivals, tracks: tuple[str, ...]) -> None:
        self.ground = ground
        self.arrivals = arrivals
        self.fixes = fixes = arrivals.fixes
        self.t, self.lon, self.lat = fixes.t, fixes.lon, fixes.lat
        self.before_t = arrivals.before_t
        self.before_lon, self.before_lat = arrivals.before_lon, arrivals.before_lat
        slots = arrivals.slot[arrivals.starts].tolist()
        self.vehicle_ids: list[str] = [tracks[s].removesuffix(BACKFILL) for s in slots]
        lengths = arrivals.ends - arrivals.starts
        self.run = np.repeat(np.arange(len(slots)), lengths)
        self.kinds = [ground.kinds.get(v) for v in self.vehicle_ids]
        self.kind = np.repeat(ground.kinds_of(self.vehicle_ids), lengths)
        self.plan = ground.plans.number(self.vehicle_ids, self.run, self.t)
        self.x, self.y = ground.projection.metres(self.lon, self.lat)
        self.before_x, self.before_y = ground.projection.metres(self.before_lon, self.before_lat)
        row, zone, level = ground.zones.relate(self.x, self.y)
        matters = ground.zone_matters[self.kind[row], zone]
        self.pair_row, self.pair_zone, self.pair_level = row[matters], zone[matters], level[matters]
        self.pairs_from = np.searchsorted(self.pair_row, np.arange(len(self.t) + 1))
        self.crossed_row, self.crossed_zone = self._crossed()
        self.crossed_from = np.searchsorted(self.crossed_row, np.arange(len(self.t) + 1))

    def __len__(self) -> int:
        return len(self.t)

    @cached_property
    def muck(self) -> Bools:
        """Whether it is a registered muck truck."""
        result: Bools = self.kind == 0
        return result

    @cached_property
    def step_s(self) -> Floats:
        """Seconds since the fix before, infinite where there is none."""
        step = self.t - self.before_t
        return np.where(np.isnan(step), np.inf, step)

    @cached_property
    def step_m(self) -> Floats:
        """Metres from the fix before, NaN where there is none."""
        return lengths_m(self.before_lon, self.before_lat, self.lon, self.lat)

    @property
    def reported_kmh(self) -> Floats:
        """Speed as the terminal reports it, NaN where it reports none."""
        return self.fixes.speed_kmh

    @cached_property
    def speed_kmh(self) -> Floats:
        """Speed as reported, else of the way from a fix at most `DERIVE_MAX_S` before, else NaN."""
        reported = self.reported_kmh
        short = np.isnan(reported) & (self.step_s <= DERIVE_MAX_S)
        return np.where(short, self.step_m / self.step_s * 3.6, reported)

    @cached_property
    def moving(self) -> Bools:
        """At `MOVING_KMH` or more; False where that is not known."""
        with np.errstate(invalid="ignore"):
            result: Bools = self.speed_kmh >= MOVING_KMH
        return result

    @cached_property
    def stray_t(self) -> Floats:
        """Of the newest stray before a fix, see `geofence.strays`; -inf where there is none."""
        result, arrivals = np.full(len(self), -np.inf), self.arrivals
        if arrivals.strays:
            for run, vehicle_id in enumerate(self.vehicle_ids):
                begin, end = arrivals.starts[run], arrivals.ends[run]
                aside = int(arrivals.slot[begin]) in arrivals.backfill
                if vehicle_id in arrivals.strays and not aside:
                    times = newest_strays(arrivals.strays, vehicle_id, self.t[begin:end])
                    result[begin:end] = times
        return result

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

    @cached_property
    def inside_level(self) -> Bools:
        """Of each pair, whether the fix lies inside the zone."""
        result: Bools = self.pair_level >= INSIDE
        return result

    def inside_any(self, zones: Bools) -> Bools:
        """(n,): whether the fix lies inside, or near, any zone of a set given as (zones,)."""
        result = np.zeros(len(self), dtype=bool)
        result[self.pair_row[zones[self.pair_zone]]] = True
        return result

    @cached_property
    def in_known_place(self) -> Bools:
        """In or near a site, ground, transfer station or depot."""
        return self.inside_any(self.ground.zone_known)

    @cached_property
    def odometer(self) -> Floats:
        """(n, 6): `geofence.kept.ODOMETERS` as they stand at each fix."""
        moving, step_s = self.moving, np.where(np.isinf(self.step_s), 0.0, self.step_s)
        way = np.where(moving & (step_s > 0), self.step_m, 0.0)
        seen = step_s <= MISSING_S
        increments = np.stack(
            [
                np.ones(len(self)),
                way,
                np.where(moving & seen, step_s, 0.0),
                np.where(self.off_route, way, 0.0),
                np.where(~seen & (self.step_m > MISSING_M), step_s, 0.0),
                np.where(moving & seen & (self.fixes.lid == 1), step_s, 0.0),
            ],
            axis=1,
        )
        summed = np.cumsum(increments, axis=0)
        starts = self.arrivals.starts
        base = summed[starts] - increments[starts]
        result: Floats = summed + (self.arrivals.odometer - base)[self.run]
        return result

    @cached_property
    def off_route(self) -> Bools:
        """Bound to routes and on none of them, see `bound`."""
        result: Bools = self.bound & ~self.on_route
        return result

    @cached_property
    def bound(self) -> Bools:
        """Whether all permits in force, in their hours unless `outside_hours`, name routes."""
        row, _, route, active = self.binding_pairs
        bound = np.zeros(len(self), dtype=bool)
        bound[row[active]] = True
        bound[row[active & (route < 0)]] = False
        return bound

    @cached_property
    def on_route(self) -> Bools:
        """On a permitted route, or where a permit's vehicle may be off it."""
        on = self.off_duty.copy()
        on[self.binding_pairs[0][self.in_corridor]] = True
        return on

    @cached_property
    def off_duty(self) -> Bools:
        """Where a vehicle need not be on its route: in a depot, or a site or ground of a permit."""
        result = np.zeros(len(self), dtype=bool)
        allowed = self.ground.plans.allowed_zone[self.plan[self.pair_row], self.pair_zone]
        result[self.pair_row[allowed]] = True
        return result

    @cached_property
    def in_corridor(self) -> Bools:
        """Of each binding pair, whether the fix lies in its route's corridor; False off duty."""
        row, _, route, active = self.binding_pairs
        result = np.zeros(len(row), dtype=bool)
        judged = np.nonzero(active & (route >= 0) & ~self.off_duty[row])[0]
        if len(judged):
            at = row[judged]
            corridors = self.ground.plans.corridors
            result[judged] = corridors.within(route[judged], self.x[at], self.y[at])
        return result

    @cached_property
    def permitted(self) -> Bools:
        """Whether a permit in its hours names a route here, or its vehicle is `off_duty`."""
        row, _, _, in_hours = self.permit_pairs
        result = np.zeros(len(self), dtype=bool)
        result[row[in_hours & (self.in_corridor | self.off_duty[row])]] = True
        return result

    @cached_property
    def binding_pairs(self) -> tuple[Ints, Ints, Ints, Bools]:
        """`permit_pairs`, and which of them bind a vehicle to their route."""
        row, permit, route, active = self.permit_pairs
        if self.ground.parameters.off_route.outside_hours:
            active = np.ones_like(active)
        return row, permit, route, active

    def _crossed(self) -> tuple[Ints, Ints]:
        """(row, zone) where the way to a fix touches a core, if it is short in time and fast."""
        visit = self.ground.parameters.zone_visit
        with np.errstate(invalid="ignore"):
            fast = self.step_m * 3.6 >= visit.pass_speed_kmh * self.step_s
            moved = np.nonzero((self.step_s <= visit.pass_gap_s) & fast)[0]
        segment, zone = self.ground.zones.crossed(
            self.before_x[moved], self.before_y[moved], self.x[moved], self.y[moved]
        )
        row = moved[segment]
        matters = self.ground.zone_matters[self.kind[row], zone]
        return row[matters], zone[matters]

    @cached_property
    def passed_row(self) -> Ints:
        """Rows whose way touches a core of a zone that the fix itself is not in."""
        if not len(self.crossed_row):
            return self.crossed_row
        zones = len(self.ground.zones.ids)
        inside = self.inside_level
        here = self.pair_row[inside] * zones + self.pair_zone[inside]
        return self.crossed_row[~np.isin(self.crossed_row * zones + self.crossed_zone, here)]

    @cached_property
    def near_segments(self) -> NearSegments:
        """The segments that vehicles are at work on."""
        return NearSegments(self)

    @cached_property
    def in_round(self) -> Bools:
        """Whether it is in the window of a round of its vehicle's."""
        result = np.zeros(len(self), dtype=bool)
        planned = np.nonzero(self.planned >= 0)[0]
        windows = self.ground.work.windows
        result[planned] = windows.within(self.planned[planned], self.t[planned])
        return result

    @cached_property
    def planned(self) -> Ints:
        """Number of the vehicle among those of round plans, -1 where it has none."""
        known = self.ground.work.windows.vehicles
        if not known:
            return np.full(len(self), -1, dtype=np.intp)
        number = [known.get(v, -1) for v in self.vehicle_ids]
        return np.array(number, dtype=np.intp)[self.run]

    @cached_property
    def away(self) -> Bools:
        """Whether a sanitation vehicle is away from all its work.

        Neither in or near a work area of its own, a depot or transfer station, nor on one of its
        routes. Only where it has a tool on, or is in the window of one of its rounds.
        """
        ground, result = self.ground, np.zeros(len(self), dtype=bool)
        asked = (self.kind > 0) & ((self.fixes.work > 0) | self.in_round)
        if not asked.any():
            return result
        near = ground.zone_of_work[self.planned[self.pair_row], self.pair_zone]
        result[asked] = True
        result[self.pair_row[near]] = False
        for run in np.unique(self.run[result]).tolist():
            at = np.nonzero(result & (self.run == run))[0]
            for route in ground.work.corridors_of.get(self.vehicle_ids[run], ()):
                of = np.full(len(at), route)
                at = at[~ground.plans.corridors.within(of, self.x[at], self.y[at])]
            result &= self.run != run
            result[at] = True
        return result


assert len(ODOMETERS) == 6  # noqa: S101  (the sums above are in this order)
