"""What a muck truck carries (载重状态): no alert; from its sensor, else from where it has been."""

from __future__ import annotations

import math

import msgspec
import numpy as np

from config.vehicle import VehicleKind
from config.zone import ZoneKind
from geofence.ground import Ground
from geofence.projection import Floats
from geofence.rows import Rows
from geofence.rules.rule import NO_NUMBERS, Codes, Rule
from geofence.rules.zone_visits import Stay
from geofence.sight import Sight

EMPTY, HALF, FULL, UNKNOWN = 0, 1, 2, -1
_PLACES = (ZoneKind.SITE, ZoneKind.GROUND, ZoneKind.DEPOT, ZoneKind.TRANSFER_STATION)


class Place(msgspec.Struct, frozen=True, array_like=True):
    """The site, ground or depot it is in. `raised_t`: since when its body is up there."""

    zone_id: str
    first_t: float
    last_t: float | None = None
    stood: bool = False
    raised_t: float | None = None


class LoadState(msgspec.Struct, frozen=True, array_like=True, tag="load"):
    """Event times in seconds since 1970.

    Attributes:
        level: EMPTY, HALF, FULL or UNKNOWN; `before` what it was until `since_t`, at (lon, lat).
        cause: what told: `sensor`, or by the place: `site` (left it loaded), `ground` (left it
            unloaded), `depot` (left it), `body` (raised elsewhere), `reload` (loads again, so it
            must have been unloaded somewhere).
        zone_id: the place of the cause; `known` whether that, or the edge of such a place, is one
            where a truck has business to stand.
        reading, reading_t, fixes: what the sensor says otherwise, since when, on how many fixes.
        raised_t: since when the body is up outside every known place.
    """

    level: int = UNKNOWN
    before: int = UNKNOWN
    since_t: float = -math.inf
    lon: float = 0.0
    lat: float = 0.0
    cause: str = ""
    zone_id: str | None = None
    known: bool = False
    reading: int = UNKNOWN
    reading_t: float = 0.0
    reading_lon: float = 0.0
    reading_lat: float = 0.0
    reading_known: bool = False
    fixes: int = 0
    place: Place | None = None
    raised_t: float | None = None


class Loads(Rule[LoadState]):
    """The sensor decides once it has said the same for `hold_s` on two fixes.

    Without one, a truck that left a site after `load_dwell_s`, having stood there, is laden; one
    that left a ground after `unload_dwell_s`, or raised its body there or elsewhere, is empty.
    """

    name = "load"
    reads = ("zone_visit", "stop")

    def __init__(self, ground: Ground) -> None:
        self._p = ground.parameters.trip
        self._kind = ground.zone_kind

    def measure(self, rows: Rows) -> tuple[Codes, Floats]:
        load, body = rows.fixes.load.astype(np.int64), rows.fixes.body_raised.astype(np.int64)
        return np.where(rows.muck, (load + 1) + 4 * (body + 1), 0).astype(np.uint64), NO_NUMBERS

    def quiet_until(self, state: LoadState) -> float:
        if state.reading != UNKNOWN or state.raised_t is not None:
            return -math.inf
        place = state.place
        if place is None or place.last_t is not None:
            return math.inf
        if place.raised_t is not None and state.level != EMPTY:
            return -math.inf
        in_site = self._kind[place.zone_id] is ZoneKind.SITE
        if in_site and state.level > EMPTY and state.cause != "sensor":
            return place.first_t + self._p.load_dwell_s
        return math.inf

    def shows(self, before: LoadState | None, after: LoadState | None) -> bool:
        """Others look at what is known, not at what may be."""
        return _known(before) != _known(after)

    def step(
        self,
        state: LoadState | None,
        sight: Sight,
        code: int,  # noqa: ARG002 (the rules' protocol)
        number: float,  # noqa: ARG002
    ) -> tuple[LoadState | None, tuple[()]]:
        if sight.kind is not VehicleKind.MUCK:
            return None, ()
        before = LoadState() if state is None else state
        now = self._by_sensor(before, sight)
        stay = self._stay(sight)
        if stay is not None or now.place is not None or sight.body_raised == 1 or now.raised_t:
            now = self._by_place(now, stay, sight)
        if now is before or now == before:
            return state, ()
        return now, ()

    def _by_sensor(self, state: LoadState, sight: Sight) -> LoadState:
        reading = sight.load
        known = reading == state.level and state.cause == "sensor"
        if reading == UNKNOWN or (known and state.reading == UNKNOWN):
            return state
        if known:
            return msgspec.structs.replace(state, reading=UNKNOWN, fixes=0)
        if state.level == UNKNOWN and not state.cause:  # nothing to be sure against yet
            return msgspec.structs.replace(
                self._changed(state, reading, "sensor", sight.t, sight=sight, zone_id=None),
                known=True,
            )
        if reading != state.reading:
            return msgspec.structs.replace(
                state,
                reading=reading,
                reading_t=sight.t,
                reading_lon=sight.lon,
                reading_lat=sight.lat,
                reading_known=bool(sight.rows.in_known_place[sight.row]),
                fixes=1,
            )
        state = msgspec.structs.replace(state, fixes=state.fixes + 1)
        if state.fixes < 2 or sight.t - state.reading_t < self._p.load_hold_s:
            return state
        return msgspec.structs.replace(
            state,
            level=reading,
            before=state.level,
            since_t=state.reading_t,
            lon=state.reading_lon,
            lat=state.reading_lat,
            cause="sensor",
            zone_id=state.place.zone_id if state.place else None,
            known=state.reading_known or state.place is not None,
            reading=UNKNOWN,
            fixes=0,
        )

    def _by_place(self, state: LoadState, stay: Stay | None, sight: Sight) -> LoadState:
        was = state.place
        if was is not None and (stay is None or stay.zone_id != was.zone_id):
            state = self._left(state, was, sight)
            was = None
        place = None
        if stay is not None:
            stop = sight.stop
            place = was or Place(stay.zone_id, stay.first_t)
            raised = sight.body_raised == 1 and stay.inside_t is None
            place = msgspec.structs.replace(
                place,
                last_t=stay.inside_t,
                stood=place.stood or (stop is not None and stop.until_t is None),
                raised_t=(place.raised_t or sight.t) if raised else None,
            )
        state = msgspec.structs.replace(state, place=place)
        if sight.load != UNKNOWN:  # the sensor knows better
            return msgspec.structs.replace(state, raised_t=None)
        if place is not None:
            return self._in_place(msgspec.structs.replace(state, raised_t=None), place, sight)
        return self._outside(state, sight)

    def _stay(self, sight: Sight) -> Stay | None:
        """The visit that counts: the oldest to a site, ground, transfer station or depot."""
        visits = sight.visits
        if not visits:
            return None
        stays = [s for s in visits.values() if self._kind[s.zone_id] in _PLACES]
        return min(stays, key=lambda s: s.first_t) if stays else None

    def _left(self, state: LoadState, place: Place, sight: Sight) -> LoadState:
        if sight.load != UNKNOWN:
            return state
        last_t = sight.before_t if place.last_t is None else place.last_t
        lasted_s = last_t - place.first_t
        kind = self._kind[place.zone_id]
        if kind is ZoneKind.SITE and place.stood and lasted_s >= self._p.load_dwell_s:
            return self._changed(state, FULL, "site", last_t, sight=sight, zone_id=place.zone_id)
        if (
            kind in (ZoneKind.GROUND, ZoneKind.TRANSFER_STATION)
            and place.stood
            and lasted_s >= self._p.unload_dwell_s
        ):
            return self._changed(state, EMPTY, "ground", last_t, sight=sight, zone_id=place.zone_id)
        if kind is ZoneKind.DEPOT and state.level == UNKNOWN:
            return self._changed(state, EMPTY, "depot", last_t, sight=sight, zone_id=place.zone_id)
        return state

    def _in_place(self, state: LoadState, place: Place, sight: Sight) -> LoadState:
        kind, loaded = self._kind[place.zone_id], state.level > EMPTY
        lasted_s = (sight.t if place.last_t is None else place.last_t) - place.first_t
        by_place = loaded and place.stood and state.cause != "sensor"
        if kind is ZoneKind.SITE and by_place and lasted_s >= self._p.load_dwell_s:
            # It left a site loaded, or it would not be known to be; and is being loaded again.
            return self._changed(
                state, EMPTY, "reload", place.first_t, sight=sight, zone_id=place.zone_id
            )
        up = place.raised_t is not None and sight.t - place.raised_t >= self._p.raised_hold_s
        if up and kind is ZoneKind.GROUND and state.level != EMPTY:
            raised_t = place.raised_t or sight.t
            return self._changed(
                state, EMPTY, "ground", raised_t, sight=sight, zone_id=place.zone_id
            )
        return state

    def _outside(self, state: LoadState, sight: Sight) -> LoadState:
        if sight.body_raised != 1 or state.level == EMPTY:
            return msgspec.structs.replace(state, raised_t=None)
        raised_t = sight.t if state.raised_t is None else state.raised_t
        if sight.t - raised_t >= self._p.raised_hold_s and state.level > EMPTY:
            state = self._changed(state, EMPTY, "body", raised_t, sight=sight, zone_id=None)
            return msgspec.structs.replace(state, raised_t=None)
        return msgspec.structs.replace(state, raised_t=raised_t)

    def _changed(
        self,
        state: LoadState,
        level: int,
        cause: str,
        t: float,
        *,
        sight: Sight,
        zone_id: str | None,
    ) -> LoadState:
        return msgspec.structs.replace(
            state,
            level=level,
            before=state.level,
            since_t=t,
            lon=sight.lon,
            lat=sight.lat,
            cause=cause,
            zone_id=zone_id,
            known=zone_id is not None,
            reading=UNKNOWN,
            fixes=0,
        )


def _known(state: LoadState | None) -> tuple[int, str, float] | None:
    return (state.level, state.cause, state.since_t) if state else None
