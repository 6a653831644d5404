"""An invented shift of trips and rounds with their tracks, written by the product's own writer."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid5

from shapely import LineString, Point
from shapely.ops import substring

from alerts.alert import Alert, AlertChange, ChangeKind, Severity
from geofence.finding import (
    Round,
    RoundState,
    SegmentResult,
    SegmentState,
    Trip,
    TripOutcome,
    ZoneVisit,
)
from ingest.position import Lid, Load, Position, Work
from store.batch import Batch
from store.trip_writer import trip_id_of
from tests.console.world import SITE, SPACE, World

EVERY = timedelta(seconds=15)
M_PER_DEGREE = 111_195.0
_DICE = random.Random(11)


def flat(line: LineString) -> float:
    """Metres of a line."""
    xy = [(x * math.cos(math.radians(y)), y) for x, y in line.coords]
    return float(LineString(xy).length * M_PER_DEGREE)


def drive(
    line: LineString, at: datetime, kmh: float, stand_s: Mapping[float, float]
) -> list[tuple[datetime, float, float, float]]:
    """(time, lon, lat, speed) along a line, standing at shares of it for so many seconds."""
    length, gone, found = flat(line), 0.0, []
    stands = sorted(stand_s.items())
    while True:
        share = gone / length
        while stands and stands[0][0] <= share:
            for _ in range(int(stands.pop(0)[1] / EVERY.total_seconds())):
                found.append((at, *_near(line, share), 0.0))
                at += EVERY
        if share >= 1:
            return found
        found.append((at, *_near(line, share), kmh))
        at += EVERY
        gone += kmh / 3.6 * EVERY.total_seconds()


def _near(line: LineString, share: float) -> tuple[float, float]:
    point = line.interpolate(min(share, 1), normalized=True)
    return point.x + _DICE.gauss(0, 3e-5), point.y + _DICE.gauss(0, 3e-5)


class Shift:
    """`trips` and `alerts` by name, `rounds` by plan; the last trip begins an hour before `end`."""

    def __init__(self, world: World, end: datetime) -> None:
        self.world = world
        self.trips: dict[str, Trip] = {}
        self.alerts: dict[str, Alert] = {}
        self.rounds: dict[str, Round] = {}
        ago = lambda minutes: end - timedelta(minutes=minutes)  # noqa: E731  read as a word below
        for i in range(14):
            self.trip(f"plain-{i}", f"v{i % 8 + 2:02d}", ago(460 - 24 * i))
        self.trip("gap", "v15", ago(175), {0.3: 150}, silent=(0.55, 0.85))
        self.trip("overspeed", "v12", ago(150), {0.1: 75, 0.9: 90}, alert="overspeed")
        self.trip("no_permit", "v20", ago(140), permit_id=None, site_ok=False, alert="no_permit")
        self.trip("dumped", "v16", ago(120), {0.3: 120, 1.0: 420}, alert="suspected_dumping")
        self.trip("under_way", "v01", ago(40), {0.4: 60}, done=False)
        self.round("清扫-2", ago(420), RoundState.INCOMPLETE, "v32")
        self.round("清扫-1", ago(430), RoundState.LATE, "v29")
        self.round("冲洗-1", ago(425), RoundState.HELD_BACK, None)
        self.round("收集-1", ago(55), RoundState.UNDER_WAY, "v38")

    def trip(
        self,
        name: str,
        vehicle: str,
        at: datetime,
        stand_s: Mapping[float, float] | None = None,
        *,
        done: bool = True,
        silent: tuple[float, float] = (2.0, 2.0),
        alert: str | None = None,
        **fields: Any,
    ) -> None:
        permit = next(p for p in SITE.permits.values() if vehicle in p.vehicle_ids and p.site_zone)
        corridor = SITE.routes[permit.route_ids[0]].geometry
        site, ground = (
            SITE.zones[z or ""].geometry for z in (permit.site_zone, permit.ground_zone)
        )
        coords = list(corridor.coords)
        if Point(coords[0]).distance(site) > Point(coords[-1]).distance(site):
            coords.reverse()
        line = LineString([site.centroid, *coords, ground.centroid])
        dumped = alert == "suspected_dumping"
        if dumped:
            place = SITE.zones["hotspot-canal"].geometry.centroid
            line = LineString([*substring(line, 0, 0.52, normalized=True).coords, place])
        if not done:
            line = substring(line, 0, 0.7, normalized=True)
        stand = {0.0: 600.0, 1.0: 480.0 if done else 0.0} | dict(stand_s or {})
        fixes = drive(line, at, 36, stand)
        left_at = at + timedelta(seconds=600)
        ends = dumped or not done
        arrived = fixes[-1][0] - timedelta(seconds=stand[1.0]) if not ends else None
        points = [
            (t, x, y, v) for i, (t, x, y, v) in enumerate(fixes)
            if not silent[0] <= i / len(fixes) <= silent[1]
        ]  # fmt: skip
        trip = Trip(
            **{
                "vehicle_id": vehicle,
                "began_at": at,
                "site_id": permit.site_zone,
                "left_at": left_at,
                "permit_id": permit.permit_id,
                "ground_id": None if ends else permit.ground_zone,
                "arrived_at": arrived,
                "emptied_at": arrived and arrived + timedelta(seconds=240),
                "ended_at": fixes[-1][0] if done else None,
                "outcome": TripOutcome.DUMPED if dumped
                else TripOutcome.FINISHED if done else TripOutcome.UNDER_WAY,
                "load_by": "sensor",
                "lon": site.centroid.x,
                "lat": site.centroid.y,
                "distance_m": flat(line),
                "moving_s": flat(line) / 10,
                "off_route_m": 840.0 if dumped else 0.0,
                "stops": len(stand_s or {}),
                "stopped_s": float(sum((stand_s or {}).values())),
                "fixes": len(points),
                "missing_s": float(15 * (len(fixes) - len(points))),
                "lid_open_s": 0.0,
                "site_ok": True,
                "route_ok": not dumped,
                "ground_ok": False if dumped else True if done else None,
                **fields,
            }
        )  # fmt: skip
        self.trips[name] = trip
        visits = [ZoneVisit(vehicle_id=vehicle, zone_id=permit.site_zone or "", entered_at=at,
                            left_at=left_at)]  # fmt: skip
        if arrived:
            visits.append(
                ZoneVisit(vehicle_id=vehicle, zone_id=permit.ground_zone or "", entered_at=arrived,
                          left_at=trip.ended_at)
            )  # fmt: skip
        self.world.writer.write(
            Batch(
                positions=tuple(
                    Position(
                        vehicle_id=vehicle, terminal_id=f"t-{vehicle}", fix_time=t, received_at=t,
                        lon=x, lat=y, speed_kmh=v, course_deg=None, lid=Lid.CLOSED,
                        load=Load.EMPTY if arrived and t > arrived else Load.FULL,
                        body_raised=dumped and t > fixes[-1][0] - timedelta(seconds=240),
                    )
                    for t, x, y, v in points
                ),
                trips=(trip,),
                visits=tuple(visits),
            )
        )  # fmt: skip
        if alert:
            t, x, y, _v = points[-20 if dumped else len(points) // 2]
            self.alerts[alert] = told = Alert(
                alert_id=uuid5(SPACE, f"{name}-{trip_id_of(vehicle, at)}"), kind=alert,
                severity=Severity.WARNING if alert == "overspeed" else Severity.SERIOUS,
                vehicle_id=vehicle, camera_id=None, subject=permit.permit_id,
                permit_id=permit.permit_id, started_at=t, raised_at=t + timedelta(minutes=1),
                ended_at=t + timedelta(minutes=4), lon=x, lat=y, confidence=0.86,
                suspected=dumped, values={"stayed_s": 420.0},
            )  # fmt: skip
            change = AlertChange(change=ChangeKind.RAISED, alert=told)
            self.world.writer.write(Batch(changes=(change,)))

    def round(self, plan_id: str, at: datetime, state: RoundState, vehicle: str | None) -> None:
        plan = SITE.rounds[plan_id]
        line = SITE.routes[plan.route_id].geometry
        length, cut = flat(line), SITE.routes[plan.route_id].segment_m
        count = math.ceil(length / cut)
        share = {RoundState.UNDER_WAY: 0.45, RoundState.HELD_BACK: 0.0}.get(state, 1.0)
        fixes = drive(substring(line, 0, share, normalized=True), at, 9, {}) if share else []
        odd = {3: SegmentState.MISSED, 4: SegmentState.MISSED, 9: SegmentState.TOO_FAST,
               14: SegmentState.OUT_OF_ORDER, 17: SegmentState.TOO_SLOW}  # fmt: skip
        if state is not RoundState.INCOMPLETE:
            odd = {5: SegmentState.TOO_FAST} if share else {}
        segments = []
        for i in range(count):
            length_m = min(cut, length - i * cut)
            done = i < count * share
            what = odd.get(i, SegmentState.COVERED) if done else SegmentState.PENDING
            worked = what not in {SegmentState.MISSED, SegmentState.PENDING}
            speed = {SegmentState.TOO_FAST: 21.4, SegmentState.TOO_SLOW: 2.1}.get(what, 8.7)
            segments.append(
                SegmentResult(
                    segment=i, name=f"第{i + 1}段", state=what, passes=int(worked),
                    length_m=length_m, covered_m=length_m if worked else 0.0,
                    speed_kmh=speed if worked else None,
                    first_at=at + timedelta(seconds=80 * i) if worked else None,
                )
            )  # fmt: skip
        covered = sum(s.covered_m for s in segments if s.state is SegmentState.COVERED)
        made = Round(
            plan_id=plan_id,
            route_id=plan.route_id,
            window_from=at - timedelta(minutes=5),
            window_to=at + timedelta(minutes=100),
            vehicle_ids=(vehicle,) if vehicle else (),
            state=state,
            coverage=covered / length,
            started_at=at if share else None,
            finished_at=fixes[-1][0] if state is RoundState.LATE else None,
            late_s=780.0 if state is RoundState.LATE else None,
            segments=tuple(segments),
            temperature_c=1.4 if state is RoundState.HELD_BACK else 11.0,
        )
        self.rounds[plan_id] = made
        self.world.writer.write(
            Batch(
                positions=tuple(
                    Position(
                        vehicle_id=vehicle or "", terminal_id=f"t-{vehicle}", fix_time=t,
                        received_at=t, lon=x, lat=y, speed_kmh=v, course_deg=None,
                        work=(Work(plan.work.value),),
                    )
                    for t, x, y, v in fixes
                ),
                rounds=(made,),
            )
        )  # fmt: skip
