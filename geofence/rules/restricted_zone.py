"""A muck truck in a restricted zone in its hours (闯限行区)."""

from __future__ import annotations

import msgspec
import numpy as np

from config.rule_parameters import as_values
from config.vehicle import VehicleKind
from geofence.finding import Step, Value, Violation, ended
from geofence.ground import Ground
from geofence.moment import moment
from geofence.projection import Floats
from geofence.rows import Rows
from geofence.rules.rule import NO_NUMBERS, Codes, Rule
from geofence.sight import Quiet, Sight
from geofence.zone_index import INSIDE


class Intrusion(msgspec.Struct, frozen=True, array_like=True):
    """A stay in one restricted zone within its hours. Event times in seconds since 1970.

    Attributes:
        since_t, lon, lat: its first fix that counts, `last_t` its last, `fixes` how many.
        clear_t: since when it is on a permitted route, once the violation is raised.
    """

    zone_id: str
    since_t: float
    lon: float
    lat: float
    last_t: float
    fixes: int
    clear_t: float | None = None
    raised: Violation | None = None


class RestrictedZoneState(msgspec.Struct, frozen=True, array_like=True, tag="restricted_zone"):
    intrusions: tuple[Intrusion, ...]


class RestrictedZone(Rule[RestrictedZoneState]):
    """A visit to a restricted zone, `hold_s` long within the zone's hours; ends with either.

    A zone for laden trucks only lets those in that are known to be empty; one that exempts permits
    those on a route of a permit in its hours.
    """

    name = "restricted_zone"
    kinds = ("restricted_zone",)
    reads = ("zone_visit", "load")

    def __init__(self, ground: Ground) -> None:
        self._p = ground.parameters.restricted_zone
        self._told = as_values(self._p)
        self._ground = ground
        restricted = zip(ground.zones.ids, ground.zone_restricted, strict=True)
        self._restricted = frozenset(z for z, yes in restricted if yes)
        self._timezone = ground.timezone
        zones = ground.site.zones.values()
        self._exempting = np.array([z.permits_exempt for z in zones], dtype=bool)
        self.silences_s = (self._p.max_gap_s,)

    def measure(self, rows: Rows) -> tuple[Codes, Floats]:
        """A hash of the restricted zones about the vehicle that keep it out now."""
        code = np.zeros(len(rows), dtype=np.uint64)
        restricted = self._ground.zone_restricted[rows.pair_zone]
        row, zone = rows.pair_row[restricted], rows.pair_zone[restricted]
        held = rows.hours[self._ground.zone_hours[zone], row]
        held &= rows.muck[row]
        if self._exempting[zone].any():
            held &= ~(self._exempting[zone] & rows.permitted[row])
        np.add.at(code, row[held], self._ground.zones.weights[zone[held]])
        return code, NO_NUMBERS

    def step(
        self,
        state: RestrictedZoneState | None,
        sight: Sight,
        code: int,
        number: float,  # noqa: ARG002 (the rules' protocol)
    ) -> tuple[RestrictedZoneState | None, tuple[Step, ...]]:
        if state is None and (not code or sight.kind is not VehicleKind.MUCK):
            return None, ()
        found: list[Step] = []
        before = {i.zone_id: i for i in state.intrusions} if state else {}
        if sight.step_s > self._p.max_gap_s:
            for intrusion in before.values():
                found += ended(intrusion.raised, intrusion.last_t, _so_far(intrusion))
            before = {}
        after = [
            self._go_on(before.pop(zone_id, None), zone_id, sight, found)
            for zone_id, stay in sight.visits.items()
            if stay.sure and zone_id in self._restricted and self._forbidden(zone_id, sight)
        ]
        for intrusion in before.values():
            found += ended(intrusion.raised, intrusion.last_t, _so_far(intrusion))
        going_on = tuple(i for i in after if i is not None)
        return (RestrictedZoneState(going_on) if going_on else None), tuple(found)

    def tick(
        self,
        state: RestrictedZoneState | None,
        quiet: Quiet,  # noqa: ARG002 (any silence of this rule ends it)
        code: int,  # noqa: ARG002
    ) -> tuple[RestrictedZoneState | None, tuple[Step, ...]]:
        found: list[Step] = []
        for intrusion in state.intrusions if state else ():
            found += ended(intrusion.raised, intrusion.last_t, _so_far(intrusion))
        return None, tuple(found)

    def _forbidden(self, zone_id: str, sight: Sight) -> bool:
        zone = self._ground.site.zones[zone_id]
        if zone.laden_only and sight.laden is False:
            return False
        return self._in_hours(zone_id, sight.minute)

    def _go_on(
        self, now: Intrusion | None, zone_id: str, sight: Sight, found: list[Step]
    ) -> Intrusion | None:
        exempting = self._ground.site.zones[zone_id].permits_exempt
        if exempting and bool(sight.rows.permitted[sight.row]):
            return self._permitted(now, sight, found)
        if now is None:
            now = self._begin(zone_id, sight)
        if sight.zones.get(zone_id, 0) < INSIDE:
            return now
        now = msgspec.structs.replace(now, last_t=sight.t, fixes=now.fixes + 1, clear_t=None)
        if now.raised is None and now.last_t - now.since_t >= self._p.hold_s:
            violation = Violation(
                kind="restricted_zone",
                vehicle_id=sight.vehicle_id,
                subject=zone_id,
                zone_id=zone_id,
                started_at=moment(now.since_t),
                confirmed_at=moment(sight.t),
                lon=now.lon,
                lat=now.lat,
                values={
                    "hours": str(self._ground.site.zones[zone_id].hours),
                    "timezone": str(self._timezone),
                    "laden": sight.laden,
                    **_so_far(now),
                },
                parameters=self._told,
            )
            found.append(violation)
            now = msgspec.structs.replace(now, raised=violation)
        return now

    def _begin(self, zone_id: str, sight: Sight) -> Intrusion:
        """From the visit's own beginning, if that was told by this fix, unbroken and in hours."""
        stay = sight.visits[zone_id]
        lasted = sight.t - stay.first_t
        told = stay.entered_t == sight.t and lasted <= self._p.max_gap_s
        # Where permits exempt, nobody looked whether it came in by a permitted route.
        told = told and not self._ground.site.zones[zone_id].permits_exempt
        if told and self._in_hours(zone_id, (sight.minute - lasted / 60) % 1440):
            return Intrusion(
                zone_id, stay.first_t, stay.lon, stay.lat, sight.t, max(stay.core_fixes - 1, 0)
            )
        return Intrusion(zone_id, sight.t, sight.lon, sight.lat, sight.t, 0)

    def _permitted(
        self, now: Intrusion | None, sight: Sight, found: list[Step]
    ) -> Intrusion | None:
        """On a permitted route, in a zone that exempts those."""
        if now is None or now.raised is None:
            return None
        clear_t = sight.t if now.clear_t is None else now.clear_t
        if sight.t - clear_t >= self._p.clear_s:
            found += ended(now.raised, now.last_t, _so_far(now))
            return None
        return msgspec.structs.replace(now, clear_t=clear_t)

    def _in_hours(self, zone_id: str, minute: float) -> bool:
        return self._ground.site.zones[zone_id].hours.contains(minute)


def _so_far(intrusion: Intrusion) -> dict[str, Value]:
    return {
        "duration_s": round(intrusion.last_t - intrusion.since_t, 3),
        "fixes": intrusion.fixes,
    }
