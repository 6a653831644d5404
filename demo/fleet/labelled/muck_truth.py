"""What the true path and state of a muck truck amount to."""

from __future__ import annotations

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from config.permit import Permit
from config.zone import Zone, ZoneKind
from demo.fleet.labelled.diary import OPEN, Diary, Floats, Ints
from demo.fleet.labelled.district import Crew, District
from demo.fleet.labelled.label import Label
from demo.fleet.labelled.stretches import Bools, Stretch, longest_within, stretches
from demo.fleet.labelled.truth import Truth

YARDS = (ZoneKind.SITE, ZoneKind.GROUND, ZoneKind.DEPOT, ZoneKind.TRANSFER_STATION)


class MuckTruth(Truth):
    """Labels of one muck truck.

    Attributes:
        laden: with a load on board; `known` where the fixes can tell, (n,) as `track`.
    """

    def __init__(self, district: District, crew: Crew, diary: Diary) -> None:
        super().__init__(district, crew, diary)
        self.laden = np.zeros(len(self.t), dtype=bool)
        self.known = np.zeros(len(self.t), dtype=bool)
        for cargo in diary.cargoes:
            on_board = (self.t >= cargo.full) & (self.t < cargo.gone)
            self.laden |= on_board
            if crew.equipment.load or cargo.yard_id in district.zones:
                self.known |= on_board
        self.in_hours = self._in_hours()
        self.yards = self._yards()

    def judge(self) -> list[Label]:
        self._off_route()
        self._out_of_hours()
        self.overspeed()
        self._restricted_zones()
        self._lid_open()
        self._body_raised()
        self._long_stop()
        self.silences()
        self._believed_laden()
        return self.labels

    def _off_route(self) -> None:
        if not self.permits or not all(p.route_ids for p in self.permits):
            return
        rows = np.flatnonzero(self.laden & self.in_hours)
        if not len(rows):
            return
        routes = [self.district.routes[r] for p in self.permits for r in p.route_ids]
        plane = self.district.town.plane
        beyond = np.full(len(self.t), -1.0)
        edge = [plane.to_metres(r.geometry) for r in routes]
        width = routes[0].half_width_m  # all corridors here are of one width
        beyond[rows] = self._distance(shapely.union_all(edge), rows) - width
        own = {z for p in self.permits for z in (p.site_zone, p.ground_zone) if z}
        free = shapely.union_all(
            [a for z, a in self.district.areas.items()
             if z in own or self.district.zones[z].kind is ZoneKind.DEPOT]
        ).buffer(30)  # fmt: skip
        beyond[rows[self.inside(free, rows)]] = -1.0
        shown = ~self.yards & (self.diary.states("ignition", self.t) == 1)
        far = stretches(self.t, (beyond > 75.0) & shown)
        out = stretches(self.t, (beyond > 8.0) & shown)
        for one in stretches(self.t, beyond > 8.0, 45.0):
            if one[1] - one[0] < 15:
                continue
            silences = self.diary.silences
            seen = longest_within(one, far, silences)
            sure = seen >= max(75.0, 4.2 * self.dt) or longest_within(one, out, silences) >= 300
            self.label("off_route", one, sure and self._is_known(one))

    def _out_of_hours(self) -> None:
        if not self.permits or any(not p.hours.spans_min for p in self.permits):
            return
        moving = self.laden & ~self.in_hours & (self.track.speed > 1.5) & ~self.yards
        parts = stretches(self.t, moving, 45.0)
        for one in stretches(self.t, moving, 900.0):
            seen = longest_within(one, parts, self.diary.silences)
            if one[1] - one[0] > 30:
                sure = seen >= max(200.0, 5 * self.dt) and self._is_known(one)
                self.label("out_of_hours", one, sure)

    def _restricted_zones(self) -> None:
        for zone in self.district.zones.values():
            if zone.kind is not ZoneKind.RESTRICTED:
                continue
            inside = self.inside(self.district.areas[zone.id])
            if not inside.any():
                continue
            inside &= self.minutes_in(zone.hours)
            if zone.laden_only:
                inside &= self.laden
            if zone.permits_exempt:
                inside &= ~self._permitted(zone)
            for one in stretches(self.t, inside, 60.0):
                seen = self.seen(one)
                sure = seen >= max(55.0, 3 * self.dt + 10)
                if zone.laden_only:
                    sure = sure and self._is_known(one)
                if one[1] - one[0] > 4:
                    self.label("restricted_zone", one, sure, zone.id)

    def _lid_open(self) -> None:
        if not self.crew.equipment.lid:
            return
        lid = self.diary.states("lid", self.t) == OPEN
        driven = self.laden & lid & (self.track.speed > 1.2)
        outside = stretches(self.t, driven & (self.track.speed > 2.0) & ~self.yards, 12.0)
        for one in stretches(self.t, driven, 120.0):
            seen = longest_within(one, outside, self.diary.silences)
            if one[1] - one[0] > 8:
                sure = seen >= max(60.0, 4.2 * self.dt) and self._is_known(one)
                self.label("lid_open", one, sure)

    def _body_raised(self) -> None:
        if not self.crew.equipment.body:
            return
        raised = (self.diary.states("body", self.t) == 1) & ~self.yards
        clear = stretches(self.t, raised & ~self._yards(60.0))
        for one in stretches(self.t, raised, 30.0):
            seen = longest_within(one, clear, self.diary.silences)
            if one[1] - one[0] > 2:
                self.label("body_raised", one, seen >= max(45.0, 3 * self.dt + 5))

    def _long_stop(self) -> None:
        stands = self.laden & (self.track.speed < 0.8) & ~self.yards
        for one in stretches(self.t, stands, 30.0):
            seconds = one[1] - one[0]
            if seconds > 14 * 60:
                awake = bool(
                    (self.diary.states("ignition", np.array([one[0] + 1, one[1] - 1])) == 1).all()
                )
                sure = self.seen(one) >= 24 * 60 and self._is_known(one)
                self.label("long_stop", one, sure and (awake or self._heard(one)))

    def _believed_laden(self) -> None:
        """Without a load sensor nobody knows of a truck at first, and after an unseen dumping.

        A truck first seen on the road may be laden; one that dumped its load seems so until it
        loads again.
        """
        if self.crew.equipment.load:
            return
        begins = [c.begin for c in self.diary.cargoes]
        first = min(begins, default=float(self.t[-1]))
        for kind in ("off_route", "out_of_hours", "restricted_zone"):
            self.label(kind, (float(self.t[0]), first), False, detail="not yet known")
        for cargo in self.diary.cargoes:
            if cargo.gone_at not in self.district.zones:
                again = min((b for b in begins if b > cargo.gone), default=float(self.t[-1]))
                for kind in ("off_route", "out_of_hours", "trip_unfinished", "long_stop",
                             "restricted_zone", "lid_open"):  # fmt: skip
                    self.label(kind, (cargo.gone, again + 900), False, detail="seems laden")

    def _is_known(self, one: Stretch) -> bool:
        """Whether it could be known throughout that the truck was laden."""
        i, j = np.searchsorted(self.t, one)
        return bool(self.known[i : max(j, i + 1)].all())

    def _heard(self, one: Stretch) -> bool:
        """Whether a sleeping terminal reports within the stretch."""
        asleep = self.crew.equipment.asleep_s
        return asleep is not None and one[1] - one[0] > 3 * asleep

    def _in_hours(self) -> Bools:
        inside = np.zeros(len(self.t), dtype=bool)
        for permit in self.permits:
            inside |= self.minutes_in(permit.hours)
        return inside

    def _yards(self, margin_m: float = 0.0) -> Bools:
        areas = [self.district.areas[z.id] for z in self.district.zones.values() if z.kind in YARDS]
        near = shapely.union_all(areas).buffer(margin_m) if margin_m else shapely.union_all(areas)
        return self.inside(near)

    def _distance(self, line: BaseGeometry, rows: Ints) -> Floats:
        """Metres, worked out on every third row: rows are 10 m apart."""
        few = rows[::3] if len(rows) > 3 else rows
        near = shapely.distance(shapely.points(self.track.x[few], self.track.y[few]), line)
        return np.interp(rows, few, near)

    def _permitted(self, zone: Zone) -> Bools:
        def leads_there(permit: Permit) -> bool:
            return any(
                self.district.routes[r].geometry.intersects(zone.geometry) for r in permit.route_ids
            )

        inside = np.zeros(len(self.t), dtype=bool)
        for permit in self.permits:
            if leads_there(permit):
                inside |= self.minutes_in(permit.hours)
        return inside
