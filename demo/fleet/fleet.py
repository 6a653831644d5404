"""The whole fleet: forty clocks that tick every two seconds, and what each sends."""

from __future__ import annotations

import heapq
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from config.permit import Permit
from config.road import Road
from config.site import Site
from config.vehicle import Vehicle, VehicleKind
from demo.fleet.faults import MALFORMED, implausible
from demo.fleet.leg import Leg
from demo.fleet.muck_trips import Haul, trips
from demo.fleet.offences import leave_route
from demo.fleet.opening import plan_openings
from demo.fleet.plane import Point
from demo.fleet.receiver import Receiver
from demo.fleet.rounds import MANNERS, rounds
from demo.fleet.timetabled import TimetabledTrips
from demo.fleet.truck import Truck
from demo.fleet.ways import NO_LIMIT_KMH, Ways
from demo.timetable import timetable_of

TICK_S = 2.0
OFFENCE_SHARE = 0.06  # of the laden trips; as many again are hurried
MALFORMED_EVERY_S, IMPLAUSIBLE_EVERY_S, DEAD_AREA_EVERY_S = 20.0, 25.0, 45.0
FIRST_FAULT_S, DEAD_AREA_S = 6.0, 16.0
ON_ITS_WAY_S = 100.0  # after so long a truck is well out of the gate's picture


@dataclass(frozen=True, slots=True)
class Message:
    """One message below the root: `vehicles/<terminal>/position`; due so long after the start."""

    due_s: float
    topic: str
    payload: bytes


@dataclass(slots=True)
class _Unit:
    vehicle: Vehicle
    truck: Truck
    receiver: Receiver
    rng: random.Random
    next_s: float
    course_deg: float = 0.0
    silent_until_s: float = 0.0
    kept: list[dict[str, Any]] = field(default_factory=list)


class Fleet:
    """All trucks of a site that have a permit with routes; same seed and start, same messages.

    Attributes:
        openings: the offences that three trucks commit right after the start.
        unused: vehicles that have no route to drive on.
    """

    def __init__(
        self,
        site: Site,
        roads: dict[str, Road],
        seed: int,
        start: datetime,
        timetable_s: float = 0.0,
    ) -> None:
        """Place every truck.

        Args:
            site: the site; its permits say who drives where.
            roads: the roads of the site; there must be some.
            seed: of all dice.
            start: aware; the time of the first fixes.
            timetable_s: where the timetable of the gates is then (`demo.timetable`).

        Raises:
            ValueError: there are no roads.
        """
        if not roads:
            raise ValueError("the site has no roads (roads.geojson), and trucks drive on roads")
        self._site, self._start, self._seed = site, start, seed
        self._ways = Ways(site, roads)
        self._timetable, self._timetable_s = timetable_of(site), timetable_s
        self._hauls: dict[str, list[Haul]] = {}
        self._dice = random.Random(f"{seed}:faults")
        self._next_malformed_s = FIRST_FAULT_S
        self._next_implausible_s = FIRST_FAULT_S + 3
        self._next_dead_area_s = FIRST_FAULT_S + 6
        self._faults = 0
        self.openings = plan_openings(self._ways, start, self._since_left_s)
        self.unused: list[str] = []
        self._units = self._place_all()
        self._clocks = [(unit.next_s, number) for number, unit in enumerate(self._units)]
        heapq.heapify(self._clocks)

    def advance_to(self, seconds: float) -> list[Message]:
        """What the terminals send up to so long after the start, in the order of time."""
        messages: list[Message] = []
        while self._clocks and self._clocks[0][0] <= seconds:
            _due, number = self._clocks[0]
            unit = self._units[number]
            messages += self._tick(unit)
            heapq.heapreplace(self._clocks, (unit.next_s, number))
        return messages

    def true_place(self, vehicle_id: str) -> Point:
        """Where a truck truly is, (lon, lat)."""
        unit = next(u for u in self._units if u.vehicle.vehicle_id == vehicle_id)
        return self._ways.plane.to_degrees(unit.truck.place()[0])

    def _place_all(self) -> list[_Unit]:
        permit_of = {
            v: p for p in self._site.permits.values() if p.route_ids for v in p.vehicle_ids
        }
        units = []
        placed = [v for v in self._site.vehicles.values() if v.vehicle_id in permit_of]
        self.unused = [v for v in self._site.vehicles if v not in permit_of]
        for number, vehicle in enumerate(placed):
            rng = random.Random(f"{self._seed}:{vehicle.vehicle_id}")
            first_s = number * TICK_S / len(placed)
            placed_s = self._timetable_s + first_s - TICK_S  # the first tick is a step of it
            truck = self._truck(vehicle, permit_of[vehicle.vehicle_id], rng, placed_s)
            units.append(_Unit(vehicle, truck, Receiver(rng), rng, first_s))
        return units

    def _truck(self, vehicle: Vehicle, permit: Permit, rng: random.Random, now_s: float) -> Truck:
        """Where it is at `now_s` of the timetable."""
        duty = self._timetable.duty(vehicle.vehicle_id)
        if vehicle.kind is not VehicleKind.MUCK:
            return Truck(self._rounds(vehicle, permit, rng))
        planned = (o.drive for o in self.openings if o.vehicle_id == vehicle.vehicle_id)
        opening = next(planned, None)
        hauls = self._hauls_of(permit)
        if duty is None:
            return Truck(trips(rng, hauls, opening, OFFENCE_SHARE))
        own = TimetabledTrips(
            rng,
            hauls,
            self._ways.gate(duty.leaves.camera_id),
            duty,
            cycle_s=self._timetable.cycle_s,
            now_s=now_s,
            dump=self._ways.dump(duty.tips.camera_id, permit) if duty.tips else None,
            offence_share=OFFENCE_SHARE,
        )
        if opening is not None:
            return Truck(own.from_opening(opening))
        begun_s, legs = own.begun_before()
        truck = Truck(legs)
        truck.advance(now_s - begun_s)
        return truck

    def _since_left_s(self, vehicle_id: str) -> float:
        """Who left its site a little ago is on its way with a load; who has to dump it comes last.

        Infinite for whom no camera sees.
        """
        duty = self._timetable.duty(vehicle_id)
        since_s = self._timetable.since_left_s(vehicle_id, self._timetable_s)
        too_soon = since_s < ON_ITS_WAY_S or (duty is not None and duty.tips is not None)
        return since_s + (self._timetable.cycle_s if too_soon else 0.0)

    def _rounds(self, vehicle: Vehicle, permit: Permit, rng: random.Random) -> Iterator[Leg]:
        manner = MANNERS[vehicle.kind]
        points = self._ways.routes(permit)[0]
        out, back = self._ways.path(points, permit), self._ways.path(points[::-1], permit)
        return rounds(rng, manner, out, back)

    def _hauls_of(self, permit: Permit) -> list[Haul]:
        if permit.permit_id not in self._hauls:
            self._hauls[permit.permit_id] = [
                self._haul(permit, p) for p in self._ways.routes(permit)
            ]
        return self._hauls[permit.permit_id]

    def _haul(self, permit: Permit, points: list[Point]) -> Haul:
        ways = self._ways
        detour = leave_route(points, ways.corridors(permit), ways.roads, ways.shut)
        return Haul(
            ways.path(points, permit),
            ways.path(points[::-1], permit),
            ways.path(detour.points, permit) if detour else None,
            permit.speed_limit_kmh or NO_LIMIT_KMH,
        )

    def _tick(self, unit: _Unit) -> list[Message]:
        due = unit.next_s
        unit.next_s = round(due + TICK_S, 3)
        unit.truck.advance(TICK_S)
        payload = self._payload(unit, due)
        topic = f"vehicles/{unit.vehicle.terminal_id}/position"
        if unit.silent_until_s > due:
            unit.kept.append(payload)
            return []
        sent: list[Any] = [payload]
        if unit.kept:
            sent = [[*({**p, "backfill": True} for p in unit.kept), payload]]
            unit.kept = []
        messages = [Message(due, topic, json.dumps(body).encode()) for body in sent]
        messages += [Message(due, topic, body) for body in self._fault(unit, due, payload)]
        return messages

    def _fault(self, unit: _Unit, due: float, payload: dict[str, Any]) -> list[bytes]:
        bodies = []
        if due >= self._next_malformed_s:
            self._next_malformed_s += MALFORMED_EVERY_S * self._dice.uniform(0.7, 1.3)
            bodies.append(MALFORMED[self._faults % len(MALFORMED)](payload))
            self._faults += 1
        if due >= self._next_implausible_s:
            self._next_implausible_s += IMPLAUSIBLE_EVERY_S * self._dice.uniform(0.7, 1.3)
            # A second later, so that it is no duplicate of the good fix.
            at = datetime.fromisoformat(payload["time"]) + timedelta(seconds=1)
            wrong = implausible(self._faults, {**payload, "time": at.isoformat()}, self._dice)
            bodies.append(json.dumps(wrong).encode())
        offender = unit.vehicle.vehicle_id in {o.vehicle_id for o in self.openings}
        if due >= self._next_dead_area_s and not offender:
            self._next_dead_area_s += DEAD_AREA_EVERY_S * self._dice.uniform(0.7, 1.3)
            unit.silent_until_s = due + DEAD_AREA_S
        return bodies

    def _payload(self, unit: _Unit, due: float) -> dict[str, Any]:
        place, course = unit.truck.place()
        lon, lat = self._ways.plane.to_degrees(unit.receiver.locate(place, TICK_S))
        if unit.truck.speed_ms > 1:
            unit.course_deg = (course + unit.rng.gauss(0, 2)) % 360
        at = self._start + timedelta(seconds=due)
        sensors = unit.truck.sensors
        known = {
            "lid": sensors.lid,
            "load": sensors.load,
            "body_raised": sensors.body_raised,
            "work": list(sensors.work) or None,
        }
        return {
            "time": at.astimezone(self._site.timezone).isoformat(timespec="milliseconds"),
            "lon": round(lon, 6),
            "lat": round(lat, 6),
            "speed_kmh": unit.receiver.speed_kmh(unit.truck.speed_ms),
            "course_deg": round(unit.course_deg, 1),
            "altitude_m": round(5 + unit.rng.gauss(0, 2), 1),
            "satellites": unit.rng.randint(9, 22),
            "ignition": True,
            **{key: value for key, value in known.items() if value is not None},
        }
