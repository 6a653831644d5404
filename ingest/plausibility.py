"""Whether a fix can be true: sets the Quality of each position (定位可信度). Pure.

A stray fix must not make the next true one look like a jump, a vehicle that was truly carried
elsewhere must be believed after a while, and order of arrival must not matter more than it has to.
So a fix is compared with its neighbours in event time among the good ones, and fixes out of reach
are remembered: when enough of them agree with each other and no good one came between, they are
where the vehicle is.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import msgspec
import shapely

from config.settings import PipelineSettings
from config.site import Site
from ingest.position import Position, Quality

STATE_VERSION = 1
ACCURACY_M = 100.0
"""Distance between two fixes that noise alone explains, whatever the time between them."""
NULL_ISLAND_DEG = 0.1
"""About 11 km around (0, 0); there is nothing but sea."""
BELIEVED_FIXES = 3
BELIEVED_S = 10.0
"""So many fixes that agree, over so long, make a new place believed."""
TRAIL_FIXES = 32
SEEN_TIMES = 128
_METRES_PER_DEG = 6_371_008.8 * math.pi / 180  # mean Earth radius, IUGG


@dataclass(frozen=True, slots=True)
class Limits:
    """Beyond these a fix cannot be true, or is none of ours; see `PipelineSettings`.

    `region` is (west, south, east, north) in WGS-84 degrees; None knows no place too far away.
    """

    future_tolerance_s: float
    ancient_after_s: float
    max_speed_kmh: float
    region: tuple[float, float, float, float] | None = None

    @classmethod
    def of(cls, settings: PipelineSettings, site: Site | None = None) -> Limits:
        return cls(
            settings.future_tolerance_s,
            settings.ancient_after_s,
            settings.max_speed_kmh,
            _region(site, settings.far_from_site_km) if site else None,
        )


class Place(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A fix as the checks need it: Unix time in seconds, WGS-84 degrees."""

    time_s: float
    lon: float
    lat: float


class Trail(msgspec.Struct, array_like=True, gc=False):
    """Good places in order of event time, and those out of reach that wait to be believed."""

    good: list[Place] = []
    elsewhere: list[Place] = []


class VehicleMemory(msgspec.Struct, array_like=True, gc=False):
    """`seen`: fix times in order of arrival. `late`: fixes older than all that `live` remembers."""

    seen: list[float] = []
    newest_s: float = -math.inf
    live: Trail = msgspec.field(default_factory=Trail)
    late: Trail | None = None


class PlausibilityState(msgspec.Struct, frozen=True):
    """A few kilobytes a vehicle; serialisable by msgspec as it is. Never changed in place."""

    version: int = STATE_VERSION
    vehicles: dict[str, VehicleMemory] = {}


def assess(
    state: PlausibilityState, positions: Iterable[Position], limits: Limits
) -> tuple[PlausibilityState, list[Position]]:
    """The state after the positions, and the positions with their quality, in the order given."""
    vehicles = dict(state.vehicles)
    own: dict[str, VehicleMemory] = {}  # copies that may be changed
    assessed = []
    for position in positions:
        vehicle_id = position.vehicle_id
        if (memory := own.get(vehicle_id)) is None:
            memory = own[vehicle_id] = vehicles[vehicle_id] = _copy(vehicles.get(vehicle_id))
        quality = _quality(memory, position, limits)
        if quality is not position.quality:
            position = msgspec.structs.replace(position, quality=quality)  # noqa: PLW2901 (same fix)
        assessed.append(position)
    return PlausibilityState(vehicles=vehicles), assessed


def encode_state(state: PlausibilityState) -> bytes:
    return msgspec.msgpack.encode(state)


def decode_state(content: bytes) -> PlausibilityState:
    """Raises ValueError for another version's state: begin with an empty one then."""
    state = msgspec.msgpack.decode(content, type=PlausibilityState)
    if state.version != STATE_VERSION:
        raise ValueError(f"plausibility state of version {state.version}, not {STATE_VERSION}")
    return state


def _quality(memory: VehicleMemory, position: Position, limits: Limits) -> Quality:
    time_s = position.fix_time.timestamp()
    if time_s <= memory.newest_s and time_s in memory.seen:
        return Quality.DUPLICATE
    memory.newest_s = max(memory.newest_s, time_s)
    memory.seen.append(time_s)
    if len(memory.seen) > SEEN_TIMES:
        del memory.seen[0]
    if abs(position.lon) < NULL_ISLAND_DEG and abs(position.lat) < NULL_ISLAND_DEG:
        return Quality.NULL_ISLAND
    if (clock := _clock(time_s, position.received_at, limits)) is not None:
        return clock
    if limits.region is not None and not _within(limits.region, position.lon, position.lat):
        return Quality.FAR
    place = Place(time_s, position.lon, position.lat)
    speed_mps = limits.max_speed_kmh / 3.6
    live = memory.live
    if len(live.good) == TRAIL_FIXES and time_s < live.good[0].time_s:
        memory.late = memory.late or Trail()
        return _place(memory.late, place, speed_mps, after=live.good[0])
    late = memory.late.good if memory.late else None
    return _place(live, place, speed_mps, before=late[-1] if late else None)


def _region(site: Site, margin_km: float) -> tuple[float, float, float, float] | None:
    """The box about the site's zones and routes, wider by the margin on each side."""
    shapes = [z.geometry for z in site.zones.values()] + [r.geometry for r in site.routes.values()]
    if not shapes:
        return None
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    up = margin_km * 1000 / _METRES_PER_DEG
    # Meridians converge: the same way is more degrees on the side that is nearer to a pole.
    aside = up / math.cos(math.radians(min(max(abs(south), abs(north)) + up, 85)))
    return west - aside, south - up, east + aside, north + up


def _within(region: tuple[float, float, float, float], lon: float, lat: float) -> bool:
    west, south, east, north = region
    return west <= lon <= east and south <= lat <= north


def _clock(time_s: float, received_at: datetime, limits: Limits) -> Quality | None:
    ahead_s = time_s - received_at.timestamp()
    if ahead_s > limits.future_tolerance_s:
        return Quality.FUTURE
    if -ahead_s > limits.ancient_after_s:
        return Quality.ANCIENT
    return None


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
    if good and place.time_s <= good[-1].time_s:
        at = bisect_left(good, place.time_s, key=_time)
    before = good[at - 1] if at > 0 else before
    after = good[at] if at < len(good) else after
    if (before is None or _reachable(before, place, speed_mps)) and (
        after is None or _reachable(place, after, speed_mps)
    ):
        good.insert(at, place)
        if trail.elsewhere and place.time_s > trail.elsewhere[0].time_s:
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
        if place.time_s < elsewhere[-1].time_s:
            return False
        if not _reachable(elsewhere[-1], place, speed_mps):
            elsewhere.clear()
    elsewhere.append(place)
    if len(elsewhere) > TRAIL_FIXES:
        del elsewhere[1]  # the first says how long they have agreed
    return len(elsewhere) >= BELIEVED_FIXES and place.time_s - elsewhere[0].time_s >= BELIEVED_S


def _reachable(a: Place, b: Place, speed_mps: float) -> bool:
    return _distance_m(a, b) <= ACCURACY_M + speed_mps * abs(b.time_s - a.time_s)


def _distance_m(a: Place, b: Place) -> float:
    """On the plate carrée about the middle latitude: within 0.1 % of the sphere below 200 km."""
    east_deg = (b.lon - a.lon + 540) % 360 - 180
    shrink = math.cos(math.radians((a.lat + b.lat) / 2))
    return math.hypot(east_deg * shrink, b.lat - a.lat) * _METRES_PER_DEG


def _time(place: Place) -> float:
    return place.time_s


def _copy(memory: VehicleMemory | None) -> VehicleMemory:
    if memory is None:
        return VehicleMemory()
    return VehicleMemory(
        memory.seen.copy(),
        memory.newest_s,
        _copy_trail(memory.live),
        _copy_trail(memory.late) if memory.late else None,
    )


def _copy_trail(trail: Trail) -> Trail:
    return Trail(trail.good.copy(), trail.elsewhere.copy())
