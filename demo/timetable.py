"""When which truck passes which gate, and which tips where it must not (演示时刻表).

The cameras' clips and the fleet both go by it, so that what a clip shows is what the terminals
tell, though the two know of each other by the clock only. One cycle is as long as a trip to the
ground and back takes: in it every truck leaves its site once and comes back once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from config.camera import Camera, CameraRole
from config.permit import Permit
from config.site import Site
from config.vehicle import VehicleKind

PIECE_S = 20.0
"""All that a gate's clips show is put together of pieces so long."""
SLOT_S = 11 * PIECE_S
_FEWEST_SLOTS = 14  # fewer were too short for a trip of 10 km and back
OUT_S, IN_S = 14.0, 106.0
"""After the begin of a slot: the middle of the truck that leaves, and of the one that comes back,
is on the gate line."""
_FIRST_SLOT_S = 20.0  # cameras learn what is always there first
_GATES_APART_S = PIECE_S
_LOADS_FOR_SLOTS = 2
_SPILLS_EVERY, _OPEN_EVERY = 4, 4
STRANGER_PLATE = "浙FK7203"
_STRANGER_S = {"out": 2 * PIECE_S + OUT_S, "in": -2 * SLOT_S + 8 * PIECE_S + IN_S % PIECE_S}
"""After the first slot's begin, at the first gate: a truck of another town, without a permit."""
GATE_LINE_M = 12.5
"""From a gate's camera, straight ahead, to its gate line."""
GATE_SPEED_MS = 3.75
"""Of all that pass: 0.9 of the 15 km/h of roads on sites."""
HOTSPOT_ROAD_M, DUMP_BEYOND_M = 14.5, 4.0
"""From a hotspot's camera straight ahead to the middle of its road, and from there on along the
road to where a truck stands that dumps."""
TIPS_S = 40.0
"""When the first truck of a cycle that dumps has come to a stand."""
_TIPS_APART_S = 1540.0
DUMP_S = 9.5
"""How long a truck stands to dump its load; the body is up from 3 to 8 s after the stop."""
_TO_THE_HOTSPOT_SLOTS = 5
"""So many slots before a truck dumps, it has left its site at the latest."""

Load = Literal["covered", "open", "empty"]


@dataclass(frozen=True, slots=True)
class GatePassage:
    """`at_s` of the cycle; `spills`: the open load loses soil at the gate.

    A stranger has an empty `vehicle_id` and a yellow `plate` that no register knows.
    """

    camera_id: str
    vehicle_id: str
    direction: Literal["out", "in"]
    at_s: float
    load: Load
    spills: bool = False
    plate: str = ""


@dataclass(frozen=True, slots=True)
class Tipping:
    """A load dumped before a hotspot's camera; the truck has come to a stand at `at_s`."""

    camera_id: str
    vehicle_id: str
    at_s: float


@dataclass(frozen=True, slots=True)
class Duty:
    """What one truck does each cycle."""

    leaves: GatePassage
    enters: GatePassage
    tips: Tipping | None


@dataclass(frozen=True, slots=True)
class Timetable:
    """Of one site."""

    cycle_s: float
    passages: tuple[GatePassage, ...] = ()
    tippings: tuple[Tipping, ...] = ()

    def duty(self, vehicle_id: str) -> Duty | None:
        """None for a vehicle that passes no camera's gate."""
        own = {p.direction: p for p in self.passages if p.vehicle_id == vehicle_id != ""}
        if not own:
            return None
        tips = next((t for t in self.tippings if t.vehicle_id == vehicle_id), None)
        return Duty(own["out"], own["in"], tips)

    def since_left_s(self, vehicle_id: str, now_s: float) -> float:
        """How long ago it left its site; infinite for one that passes no camera's gate."""
        duty = self.duty(vehicle_id)
        return (now_s - duty.leaves.at_s) % self.cycle_s if duty else float("inf")


def timetable_of(site: Site) -> Timetable:
    """The timetable of a site's cameras; empty where none watches a gate."""
    gates = [c for c in site.cameras.values() if c.role is CameraRole.GATE and c.site_zone]
    trucks = [trucks_of(site, gate) for gate in gates]
    cycle_s = max([_FEWEST_SLOTS, *(len(own) for own in trucks)]) * SLOT_S
    passages: list[GatePassage] = []
    for number, (gate, own) in enumerate(zip(gates, trucks, strict=True)):
        first_s = _FIRST_SLOT_S + number * _GATES_APART_S
        passages += _passages(gate, own, number, first_s=first_s, cycle_s=cycle_s)
    if gates:
        passages += _stranger(gates[0], cycle_s)
    return Timetable(
        cycle_s,
        tuple(passages),
        tuple(_tippings(site, trucks[-1] if trucks else [], cycle_s)),
    )


def trucks_of(site: Site, gate: Camera) -> list[str]:
    """The muck trucks with permits for a gate's site, in the order of their slots.

    Those of each permit are spread evenly.
    """
    spread: list[tuple[float, str]] = []
    for permit in site.permits.values():
        if permit.site_zone == gate.site_zone and permit.route_ids:
            own = list(_muck(site, permit))
            spread += [((n + 0.5) / len(own), vehicle) for n, vehicle in enumerate(own)]
    return list(dict.fromkeys(vehicle for _share, vehicle in sorted(spread)))


def _muck(site: Site, permit: Permit) -> Iterator[str]:
    return (v for v in permit.vehicle_ids if site.vehicles[v].kind is VehicleKind.MUCK)


def _passages(
    gate: Camera, trucks: list[str], number: int, *, first_s: float, cycle_s: float
) -> Iterator[GatePassage]:
    """At every second gate loads are spilled, at the others some are open."""
    for slot, vehicle in enumerate(trucks):
        spills = number % 2 == 1 and slot % _SPILLS_EVERY == 0
        is_open = spills or (number % 2 == 0 and slot % _OPEN_EVERY == 1)
        begins_s = first_s + slot * SLOT_S
        load: Load = "open" if is_open else "covered"
        yield GatePassage(gate.id, vehicle, "out", begins_s + OUT_S, load, spills)
        back_s = (begins_s - _LOADS_FOR_SLOTS * SLOT_S + IN_S) % cycle_s
        yield GatePassage(gate.id, vehicle, "in", back_s, "empty")


def _stranger(gate: Camera, cycle_s: float) -> Iterator[GatePassage]:
    """Fetched a load some minutes before it leaves; no terminal tells of it."""
    loads: tuple[tuple[Literal["out", "in"], Load], ...] = (("in", "empty"), ("out", "covered"))
    for direction, load in loads:
        at_s = (_FIRST_SLOT_S + _STRANGER_S[direction]) % cycle_s
        yield GatePassage(gate.id, "", direction, at_s, load, plate=STRANGER_PLATE)


def _tippings(site: Site, trucks: list[str], cycle_s: float) -> Iterator[Tipping]:
    hotspot = next((c for c in site.cameras.values() if c.role is CameraRole.HOTSPOT), None)
    if hotspot is None or len(trucks) < _FEWEST_SLOTS:
        return
    at_s = TIPS_S
    while at_s + SLOT_S < cycle_s:
        slot = int((at_s - _FIRST_SLOT_S) // SLOT_S) - _TO_THE_HOTSPOT_SLOTS
        yield Tipping(hotspot.id, trucks[slot % len(trucks)], at_s)
        at_s += _TIPS_APART_S
