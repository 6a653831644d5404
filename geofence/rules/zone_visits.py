"""Entering, leaving and passing zones (进出区域): no alert, a `ZoneVisit` for each stay."""

from __future__ import annotations

import math
from typing import TypeAlias

import msgspec
import numpy as np

from config.zone import ZoneKind
from geofence.finding import Step, ZoneVisit
from geofence.ground import Ground
from geofence.moment import moment
from geofence.projection import Floats
from geofence.rows import Rows
from geofence.rules.rule import NO_NUMBERS, Codes, Rule
from geofence.rules.stops import StopState
from geofence.segment_share import edges_of, share_inside
from geofence.sight import Sight
from geofence.zone_index import CORE, INSIDE

_WEIGHED = (ZoneKind.SITE, ZoneKind.GROUND, ZoneKind.TRANSFER_STATION)
"""Where loads change: a truck's own scale is read there."""
_Place: TypeAlias = tuple[float, float, float]  # seconds since 1970, metres east and north


class Stay(msgspec.Struct, frozen=True, array_like=True):
    """One zone that a vehicle is in, or may be in. Event times in seconds since 1970.

    Attributes:
        first_t, lon, lat: its first fix inside.
        arrived_t, arrived_x, arrived_y: where, between that fix and the one before, it came in;
            `first_t` and NaN where the way was too long or too slow to tell.
        fixes: how many are inside, until it is a visit.
        deep: whether the way in touched the zone's core.
        drove: whether it has driven since it was on the other side of the fence, as far as its
            terminal tells; if not, the place may have jumped while it stood.
        sure: whether it drove, or stood for long, surely inside; else it may stand on the fence.
        core_t, core_fixes: since when, and on how many fixes, it is surely inside.
        entered_t: the fix that made it a visit.
        inside_t, out_t: its last fix inside and its first outside, once it is outside.
        far_t, far_fixes: since when, and on how many fixes, it is surely outside.
        arrived_kg, left_kg: the load at its first and last weighing inside, NaN without one.
    """

    zone_id: str
    first_t: float
    lon: float
    lat: float
    arrived_t: float
    arrived_x: float
    arrived_y: float
    fixes: int = 1
    deep: bool = False
    drove: bool = True
    sure: bool = False
    core_t: float | None = None
    core_fixes: int = 0
    entered_t: float | None = None
    inside_t: float | None = None
    out_t: float | None = None
    far_t: float | None = None
    far_fixes: int = 0
    arrived_kg: float = math.nan
    left_kg: float = math.nan


class VisitState(msgspec.Struct, frozen=True, array_like=True, tag="zone_visit"):
    stays: tuple[Stay, ...]


class ZoneVisits(Rule[VisitState]):
    """Entered: surely inside for a while; left: surely outside for a while, or long outside.

    A visit lasts from its first to its last fix inside. A zone that a moving vehicle passes through
    between fixes that are short in time is a visit too, with times interpolated on the way.
    """

    name = "zone_visit"

    def __init__(self, ground: Ground) -> None:
        self._p = ground.parameters.zone_visit
        self._standing_kmh = ground.parameters.stop.slow_kmh
        zones = ground.zones
        self._edges = dict(zip(zones.ids, map(edges_of, zones.shapes), strict=True))
        self._weights = zones.weights
        kinds = ground.zone_kind
        self._weighed_ids = frozenset(z for z, kind in kinds.items() if kind in _WEIGHED)
        self._weighed = np.array([z in self._weighed_ids for z in zones.ids], dtype=bool)

    def measure(self, rows: Rows) -> tuple[Codes, Floats]:
        """A hash of how the fix lies to the zones about it: equal codes, equal relations.

        And of its load's weight, inside a zone where loads change.
        """
        code = np.zeros(len(rows), dtype=np.uint64)
        term = self._weights[rows.pair_zone] * rows.pair_level.astype(np.uint64)
        np.add.at(code, rows.pair_row, term)
        kg = rows.fixes.weight_kg
        if not np.isnan(kg).all():
            at = rows.pair_row[rows.inside_level & self._weighed[rows.pair_zone]]
            at = at[~np.isnan(kg[at])]
            code[at] ^= kg[at].view(np.uint64)
        return code, NO_NUMBERS

    def quiet_until(self, state: VisitState) -> float:
        settled = all(s.entered_t is not None and s.inside_t is None for s in state.stays)
        return math.inf if settled else -math.inf

    def shows(self, before: VisitState | None, after: VisitState | None) -> bool:
        """Others look at visits, not at what may become one."""
        return _entered(before) != _entered(after)

    def step(
        self,
        state: VisitState | None,
        sight: Sight,
        code: int,  # noqa: ARG002 (the rules' protocol)
        number: float,  # noqa: ARG002 (the rules' protocol)
    ) -> tuple[VisitState | None, tuple[Step, ...]]:
        before = state.stays if state else ()
        if not before and not sight.zones and not sight.crossed:
            return None, ()
        found: list[Step] = []
        after = []
        for stay in before:
            now = self._go_on(self._weighing(stay, sight), sight, found)
            if now is not None:
                after.append(now)
        known = {s.zone_id for s in before}
        for zone_id, level in sight.zones.items():
            if level >= INSIDE and zone_id not in known:
                after.append(self._weighing(self._begin(zone_id, level, sight), sight))
        for zone_id in sight.crossed:
            if zone_id not in known and sight.zones.get(zone_id, 0) < INSIDE:
                self._pass(zone_id, sight, found)
        if state is not None and tuple(after) == before:
            return state, tuple(found)
        return (VisitState(tuple(after)) if after else None), tuple(found)

    def _weighing(self, stay: Stay, sight: Sight) -> Stay:
        """With what this fix weighs, if it is inside a zone where loads change."""
        kg = sight.weight_kg
        if math.isnan(kg) or kg == stay.left_kg or stay.zone_id not in self._weighed_ids:
            return stay
        if sight.zones.get(stay.zone_id, 0) < INSIDE:
            return stay
        arrived_kg = kg if math.isnan(stay.arrived_kg) else stay.arrived_kg
        return msgspec.structs.replace(stay, arrived_kg=arrived_kg, left_kg=kg)

    def _begin(self, zone_id: str, level: int, sight: Sight) -> Stay:
        core = level == CORE
        arrived = (sight.t, math.nan, math.nan)
        if self._driven(sight):
            way = self._inside_share(zone_id, sight)
            if way is not None:
                arrived = _on_the_way(sight, way[0])
        return Stay(
            zone_id=zone_id,
            first_t=sight.t,
            lon=sight.lon,
            lat=sight.lat,
            arrived_t=arrived[0],
            arrived_x=arrived[1],
            arrived_y=arrived[2],
            core_t=sight.t if core else None,
            core_fixes=int(core),
            deep=zone_id in sight.crossed,
            drove=not self._stands(sight),
            sure=core and not self._stands(sight),
        )

    def _go_on(self, stay: Stay, sight: Sight, found: list[Step]) -> Stay | None:
        level = sight.zones.get(stay.zone_id, 0)
        if stay.entered_t is None:
            return self._arrive(stay, level, sight, found)
        if level >= INSIDE:
            if level == CORE and not stay.sure and not self._stands(sight):
                stay = msgspec.structs.replace(stay, sure=True)
            if stay.inside_t is None:
                return stay
            return msgspec.structs.replace(stay, inside_t=None, out_t=None, far_t=None, far_fixes=0)
        inside_t = sight.before_t if stay.inside_t is None else stay.inside_t
        drove = not self._stands(sight) or (stay.out_t is not None and stay.drove)
        far_t, far_fixes = None, 0
        if level == 0:
            far_t = sight.t if stay.far_t is None else stay.far_t
            far_fixes = stay.far_fixes + 1
        out_t = sight.t if stay.out_t is None else stay.out_t
        hold_s = self._p.leave_hold_s if drove else self._p.leave_outside_s
        gone = far_t is not None and far_fixes >= 2 and sight.t - far_t >= hold_s
        if gone or (drove and sight.t - out_t >= self._p.leave_outside_s):
            found.append(_visit(sight, stay.zone_id, stay.first_t, inside_t, stay))
            return None
        return msgspec.structs.replace(
            stay, inside_t=inside_t, out_t=out_t, far_t=far_t, far_fixes=far_fixes, drove=drove
        )

    def _arrive(self, stay: Stay, level: int, sight: Sight, found: list[Step]) -> Stay | None:
        if level < INSIDE:
            self._slip_out(stay, sight, found)
            return None
        drove = stay.drove or not self._stands(sight)
        stay = msgspec.structs.replace(stay, fixes=stay.fixes + 1, drove=drove)
        if level == CORE:
            core_t = sight.t if stay.core_t is None else stay.core_t
            stay = msgspec.structs.replace(
                stay,
                core_t=core_t,
                core_fixes=stay.core_fixes + 1,
                sure=stay.sure or not self._stands(sight),
            )
        elif not drove:
            stay = msgspec.structs.replace(stay, core_t=None, core_fixes=0)
        hold_s = self._p.enter_hold_s if drove else self._p.edge_hold_s
        sure = stay.core_t is not None and stay.core_fixes >= 2 and sight.t - stay.core_t >= hold_s
        lasted_s = sight.t - stay.first_t
        long = drove and stay.fixes >= self._p.edge_fixes and lasted_s >= self._p.edge_hold_s
        if sure or long:
            stay = msgspec.structs.replace(
                stay, entered_t=sight.t, sure=stay.sure or (sure and not drove)
            )
            found.append(_visit(sight, stay.zone_id, stay.first_t, None, stay))
        return stay

    def _slip_out(self, stay: Stay, sight: Sight, found: list[Step]) -> None:
        """Out again before it was sure: a visit all the same if it drove in and drove out."""
        deep = stay.deep or stay.core_t is not None or stay.zone_id in sight.crossed
        if deep and self._driven(sight):
            way = self._inside_share(stay.zone_id, sight)
            if way is not None:
                arrived = (stay.arrived_t, stay.arrived_x, stay.arrived_y)
                self._through(stay.zone_id, arrived, _on_the_way(sight, way[1]), sight, found)

    def _stands(self, sight: Sight) -> bool:
        """Whether its terminal says that it stands, at this fix and at the one before."""
        stops: StopState | None = sight.states.get("stop")  # as it was after the fix before
        if stops is None or not sight.reported_kmh < self._standing_kmh:
            return False
        return stops.maybe is not None or (stops.stop is not None and stops.stop.until_t is None)

    def _driven(self, sight: Sight) -> bool:
        """Whether the straight way to this fix tells anything: short in time, and no jitter."""
        fast = sight.step_m * 3.6 >= self._p.pass_speed_kmh * sight.step_s
        return fast and sight.step_s <= self._p.pass_gap_s

    def _pass(self, zone_id: str, sight: Sight, found: list[Step]) -> None:
        """Through between two fixes."""
        way = self._inside_share(zone_id, sight)
        if way is not None:
            begin, end = _on_the_way(sight, way[0]), _on_the_way(sight, way[1])
            self._through(zone_id, begin, end, sight, found)

    def _through(
        self, zone_id: str, begin: _Place, end: _Place, sight: Sight, found: list[Step]
    ) -> None:
        # NaN, an arrival that nobody saw, is no distance.
        if math.hypot(end[1] - begin[1], end[2] - begin[2]) >= self._p.pass_chord_m:
            found.append(_visit(sight, zone_id, begin[0], end[0]))

    def _inside_share(self, zone_id: str, sight: Sight) -> tuple[float, float] | None:
        """Which part of the way to this fix, in fractions of it, lies in the zone."""
        edges = self._edges[zone_id]
        return share_inside(edges, (sight.before_x, sight.before_y), (sight.x, sight.y))


def _entered(state: VisitState | None) -> list[tuple[str, float, float | None]]:
    if state is None:
        return []
    return [(s.zone_id, s.first_t, s.inside_t) for s in state.stays if s.entered_t is not None]


def _on_the_way(sight: Sight, share: float) -> _Place:
    """Time and place after a share of the way to this fix."""
    return (
        sight.before_t + share * sight.step_s,
        sight.before_x + share * (sight.x - sight.before_x),
        sight.before_y + share * (sight.y - sight.before_y),
    )


def _visit(
    sight: Sight, zone_id: str, entered: float, left: float | None, weighed: Stay | None = None
) -> ZoneVisit:
    return ZoneVisit(
        vehicle_id=sight.vehicle_id,
        zone_id=zone_id,
        entered_at=moment(round(entered, 6)),
        left_at=None if left is None else moment(round(left, 6)),
        arrived_kg=_known(weighed.arrived_kg) if weighed else None,
        left_kg=_known(weighed.left_kg) if weighed and left is not None else None,
    )


def _known(kg: float) -> float | None:
    return None if math.isnan(kg) else kg
