"""Whether a fix can be true: gives each its Quality (定位可信度). Pure.

Nearly every fix is newer than all before of its vehicle and near the last good one. Vehicles of
which that holds for the whole batch are judged all at once; the fixes of the others one by one, by
the same measures (`plausibility_trail`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import shapely

from config.settings import PipelineSettings
from config.site import Site
from ingest.clock import LATE_S, RECENT_S, ClockLimits, clock_codes
from ingest.fixes import Bools, Codes8, Fixes, Floats, Ints
from ingest.plausibility_state import PlausibilityState, decode_state, encode_state
from ingest.plausibility_trail import ACCURACY_M, METRES_PER_DEG, TRAIL_FIXES, Arrival, judge
from ingest.position import Quality

__all__ = ["Limits", "PlausibilityState", "assess", "decode_state", "encode_state"]

NULL_ISLAND_DEG = 0.1
"""About 11 km around (0, 0); there is nothing but sea."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Beyond these a fix cannot be true, or is none of ours; see `PipelineSettings`.

    `region` is (west, south, east, north) in WGS-84 degrees; None knows no place too far away.
    """

    clock: ClockLimits
    max_speed_kmh: float
    region: tuple[float, float, float, float] | None = None

    @classmethod
    def of(cls, settings: PipelineSettings, site: Site | None = None) -> Limits:
        return cls(
            ClockLimits.of(settings, site.timezone if site else None),
            settings.max_speed_kmh,
            _region(site, settings.far_from_site_km) if site else None,
        )


def assess(
    state: PlausibilityState, fixes: Fixes, limits: Limits
) -> tuple[PlausibilityState, Codes8]:
    """The state after the fixes, and the number of the `Quality` of each, (n,)."""
    if not len(fixes):
        return state, fixes.quality
    rank = _rank(fixes.vehicle)
    if rank.max() < TRAIL_FIXES:
        return _assess(state, fixes, limits)
    # More of one vehicle than are remembered: one part after the other.
    quality = fixes.quality.copy()
    for part in range(int(rank.max()) // TRAIL_FIXES + 1):
        index = np.nonzero(rank // TRAIL_FIXES == part)[0]
        state, quality[index] = _assess(state, fixes.take(index), limits)
    return state, quality


def _assess(
    state: PlausibilityState, fixes: Fixes, limits: Limits
) -> tuple[PlausibilityState, Codes8]:
    """Of no vehicle more than `TRAIL_FIXES`."""
    state = state.without_the_silent(float(fixes.received_t.max())).copy_with(fixes.vehicle_ids)
    table = np.array([state.slots[vehicle_id] for vehicle_id in fixes.vehicle_ids], dtype=np.intp)
    slot = table[fixes.vehicle]
    np.maximum.at(state.heard_t, slot, fixes.received_t)
    own = _own_codes(fixes, limits)
    order = np.argsort(slot, kind="stable")
    track = _Tracks.of(fixes, slot, order)
    plain = track.plain(state, fixes.backfill[order], own[order], limits)
    quality = own.copy()
    track.take_in(state, plain)
    _one_by_one(state, fixes, slot, order[~plain], quality, limits)
    return state, quality


@dataclass(frozen=True, slots=True)
class _Tracks:
    """n fixes, those of a vehicle together and in order of arrival; `starts` of each vehicle's.

    `rank` is a fix's place among its vehicle's.
    """

    slot: Ints
    t: Floats
    lon: Floats
    lat: Floats
    late_s: Floats
    received_t: Floats
    starts: Ints
    rank: Ints

    @classmethod
    def of(cls, fixes: Fixes, slot: Ints, order: Ints) -> _Tracks:
        sorted_slot = slot[order]
        first = np.ones(len(order), dtype=bool)
        np.not_equal(sorted_slot[1:], sorted_slot[:-1], out=first[1:])
        starts = np.nonzero(first)[0]
        rank = np.arange(len(order)) - np.repeat(starts, np.diff(starts, append=len(order)))
        t, received_t = fixes.t[order], fixes.received_t[order]
        return cls(
            sorted_slot,
            t,
            fixes.lon[order],
            fixes.lat[order],
            received_t - t,
            received_t,
            starts,
            rank,
        )

    def plain(
        self, state: PlausibilityState, backfill: Bools, own: Codes8, limits: Limits
    ) -> Bools:
        """Of which vehicles all fixes are good at first sight, told for each fix."""
        first = self.slot[self.starts]
        newest_t = _shifted(self.t, self.starts, state.newest_t[first])
        last = state.trail[first, (state.count[first] - 1) % TRAIL_FIXES]
        before_t = _shifted(self.t, self.starts, last[:, 0])
        east_deg = (self.lon - _shifted(self.lon, self.starts, last[:, 1]) + 540) % 360 - 180
        before_lat = _shifted(self.lat, self.starts, last[:, 2])
        shrink = np.cos(np.radians((self.lat + before_lat) / 2))
        far_m = np.hypot(east_deg * shrink, self.lat - before_lat) * METRES_PER_DEG
        reach_m = ACCURACY_M + limits.max_speed_kmh / 3.6 * np.abs(self.t - before_t)
        # Where there is no good fix before, the comparison with NaN holds nothing against it.
        odd = (own != Quality.GOOD) | ~(self.t > newest_t) | (far_m > reach_m)
        odd |= ~backfill & (self.late_s >= LATE_S)
        if state.aside:
            waiting = [slot for slot, aside in state.aside.items() if aside.elsewhere]
            if waiting:
                odd |= np.isin(self.slot, waiting)
        plain: Bools = ~odd
        if odd.any():
            lengths = np.diff(self.starts, append=len(odd))
            plain = np.repeat(np.logical_and.reduceat(plain, self.starts), lengths)
        return plain

    def take_in(self, state: PlausibilityState, plain: Bools) -> None:
        """Remember the fixes of plain vehicles."""
        slot, t = self.slot[plain], self.t[plain]
        if not len(slot):
            return
        column = (state.count[slot] + self.rank[plain]) % TRAIL_FIXES
        state.trail[slot, column] = np.stack([t, self.lon[plain], self.lat[plain]], axis=1)
        np.add.at(state.count, slot, 1)
        np.maximum.at(state.newest_t, slot, t)
        current = self.late_s[plain] <= RECENT_S
        np.maximum.at(state.current_t, slot[current], self.received_t[plain][current])


def _rank(vehicle: Ints) -> Ints:
    """Each fix's place among its vehicle's, in order of arrival."""
    order = np.argsort(vehicle, kind="stable")
    in_order = vehicle[order]
    starts = np.nonzero(np.diff(in_order, prepend=-1))[0]
    rank = np.empty(len(vehicle), dtype=np.intp)
    rank[order] = np.arange(len(vehicle)) - np.repeat(starts, np.diff(starts, append=len(vehicle)))
    return rank


def _one_by_one(  # noqa: PLR0917  all of one batch
    state: PlausibilityState,
    fixes: Fixes,
    slot: Ints,
    rows: Ints,
    quality: Codes8,
    limits: Limits,
) -> None:
    """Judge rows, sorted by vehicle; `quality` has what each shows by itself, then the verdict."""
    speed_mps = limits.max_speed_kmh / 3.6
    for at, of_vehicle in groupby(rows.tolist(), key=lambda row: int(slot[row])):
        vehicle = state.vehicle(at)
        for row in of_vehicle:
            arrival = Arrival(
                (float(fixes.t[row]), float(fixes.lon[row]), float(fixes.lat[row])),
                float(fixes.received_t[row]),
                bool(fixes.backfill[row]),
                Quality(int(quality[row])),
            )
            quality[row] = judge(vehicle, arrival, limits.clock, speed_mps)
        state.keep(at, vehicle)


def _own_codes(fixes: Fixes, limits: Limits) -> Codes8:
    """What each fix shows by itself."""
    codes = clock_codes(fixes.t - fixes.received_t, limits.clock)
    sound = codes == Quality.GOOD
    if limits.region is not None:
        west, south, east, north = limits.region
        lon, lat = fixes.lon, fixes.lat
        near = (west <= lon) & (lon <= east) & (south <= lat) & (lat <= north)
        codes[sound & ~near] = Quality.FAR
    null = (np.abs(fixes.lon) < NULL_ISLAND_DEG) & (np.abs(fixes.lat) < NULL_ISLAND_DEG)
    codes[sound & null] = Quality.NULL_ISLAND
    return codes


def _shifted(values: Floats, starts: Ints, first: Floats) -> Floats:
    """Each fix's value of the one before it of its vehicle, `first` for a vehicle's first here."""
    before = np.empty_like(values)
    before[1:] = values[:-1]
    before[starts] = first
    return before


def _region(site: Site, margin_km: float) -> tuple[float, float, float, float] | None:
    """The box about the site's zones and routes, wider by the margin on each side."""
    shapes = [z.geometry for z in site.zones.values()] + [r.geometry for r in site.routes.values()]
    if not shapes:
        return None
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    up = margin_km * 1000 / METRES_PER_DEG
    # Meridians converge: the same way is more degrees on the side that is nearer to a pole.
    aside = up / math.cos(math.radians(min(max(abs(south), abs(north)) + up, 85)))
    return west - aside, south - up, east + aside, north + up
