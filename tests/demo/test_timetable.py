"""The demonstration's trucks: registered, permitted, and where the clips show them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
import pytest
from shapely import Point

from config.camera import Camera, CameraRole
from config.demo_district import folder
from config.site_files import load_site, read_site_folder
from config.vehicle import VehicleKind
from demo.cameras import gate_acts, hotspot
from demo.cameras.gate_place import gate_place
from demo.cameras.labelled.anchor import Anchor
from demo.cameras.reel import reel_of
from demo.fleet.fleet import TICK_S, Fleet
from demo.fleet.plane import Plane
from demo.timetable import GATE_SPEED_MS, OUT_S, PIECE_S, TIPS_S, timetable_of

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
SITE = load_site(read_site_folder(folder()))
TIMETABLE = timetable_of(SITE)
OF_THE_FLEET = [p for p in TIMETABLE.passages if p.vehicle_id]
GATES = [c for c in SITE.cameras.values() if c.role is CameraRole.GATE]
HALF_LANE_M = 3.5  # the fleet keeps 2.5 m from the middle of a road, a clip's truck as its lane is


@cache
def true_places():
    """(vehicle, second) -> where it truly is at the last two ticks before it is due.

    Degrees; one cycle, so that each truck has been at the ground and back, over red lights, detours
    and hurries.
    """
    fleet = Fleet(SITE, dict(SITE.roads), 1, NOON)
    due = [(p.at_s, p.vehicle_id) for p in (*OF_THE_FLEET, *TIMETABLE.tippings)]
    places = {}
    for due_s, vehicle in sorted(due):
        fleet.advance_to(due_s - TICK_S)
        before = fleet.true_place(vehicle)
        fleet.advance_to(due_s)
        places[vehicle, due_s] = before, fleet.true_place(vehicle)
    return places


def test_every_truck_of_a_clip_is_registered_permitted_and_has_a_terminal():
    for passage in OF_THE_FLEET:
        vehicle = SITE.vehicles[passage.vehicle_id]
        gate = SITE.cameras[passage.camera_id]
        assert vehicle.kind is VehicleKind.MUCK
        assert vehicle.terminal_id
        permits = [
            p for p in SITE.permits.values()
            if p.site_zone == gate.site_zone and vehicle.vehicle_id in p.vehicle_ids
        ]  # fmt: skip
        assert permits
        assert permits[0].in_force(NOON)
        (shot,) = (
            s for s in reel_of(gate, SITE, TIMETABLE, 1).shots
            if f"{passage.direction}-{vehicle.vehicle_id}-{vehicle.plate}-" in s.name
        )  # fmt: skip
        assert shot.seconds == PIECE_S
    assert {t.vehicle_id for t in TIMETABLE.tippings} <= SITE.vehicles.keys()


def test_each_truck_leaves_and_comes_back_once_and_no_two_at_once():
    for gate in GATES:
        own = [p for p in OF_THE_FLEET if p.camera_id == gate.id]
        assert len({(p.vehicle_id, p.direction) for p in own}) == len(own) == 28
        times = sorted(p.at_s for p in TIMETABLE.passages if p.camera_id == gate.id)
        assert np.diff([*times, times[0] + TIMETABLE.cycle_s]).min() >= 2 * PIECE_S - 8
    spilled = [p for p in TIMETABLE.passages if p.spills]
    assert spilled
    assert all(p.load == "open" and p.direction == "out" for p in spilled)


def test_the_first_spill_and_the_first_dump_come_within_a_minute_or_so():
    first = min(p.at_s for p in TIMETABLE.passages if p.spills)
    assert 30 < first < 60
    assert min(t.at_s for t in TIMETABLE.tippings) == TIPS_S
    assert min(p.at_s for p in TIMETABLE.passages) == 20 + OUT_S


@pytest.mark.parametrize("gate", GATES, ids=lambda camera: camera.id)
def test_trucks_are_at_the_gate_when_the_clips_show_them_there(gate):
    for passage in OF_THE_FLEET:
        if passage.camera_id != gate.id:
            continue
        inwards = 1 if passage.direction == "in" else -1
        key = passage.vehicle_id, passage.at_s
        before, at_last = (_on_driveway(gate, lonlat) for lonlat in true_places()[key])
        step = GATE_SPEED_MS * TICK_S
        assert -step - 0.5 < inwards * at_last[0] <= 0.5, key
        assert inwards * (at_last[0] - before[0]) == pytest.approx(step, abs=0.3), key
        assert abs(at_last[1]) < HALF_LANE_M, key


def test_the_clip_drives_as_the_fleet_does():
    """Middle on the line when it is due, at the fleet's speed, on its side of the road."""
    for passage in TIMETABLE.passages[:4]:
        gate = SITE.cameras[passage.camera_id]
        road, path = gate_place(gate).road, gate_acts.driven(gate, SITE, passage)
        due_s = passage.at_s % PIECE_S
        for after_s in (-4.0, 0.0, 2.0):
            x, y, _ = path.at(due_s + after_s)
            along, across = road.coordinates(np.array(x), np.array(y))
            inwards = 1 if passage.direction == "in" else -1
            assert float(along) == pytest.approx(inwards * GATE_SPEED_MS * after_s, abs=0.2)
            assert float(across) == pytest.approx(inwards * gate_place(gate).lane_m, abs=0.2)


def test_who_dumps_stands_there_when_the_clip_shows_it():
    for tips in TIMETABLE.tippings:
        camera = SITE.cameras[tips.camera_id]
        shown = Anchor(camera.lon, camera.lat, camera.heading_deg).to_degrees(
            *hotspot.tipping_path().at(hotspot.STANDS_S + 5)[:2]
        )
        _, at_last = true_places()[tips.vehicle_id, tips.at_s]
        assert np.hypot(*_metres(at_last, shown)) < 8


def test_one_truck_is_of_no_register():
    strange = [p for p in TIMETABLE.passages if not p.vehicle_id]
    assert [p.direction for p in strange] == ["in", "out"]
    (plate,) = {p.plate for p in strange}
    assert min(_different(plate, v.plate) for v in SITE.vehicles.values()) >= 3
    loads_s = (strange[1].at_s - strange[0].at_s) % TIMETABLE.cycle_s
    assert 120 < loads_s < 600


def _different(plate: str, other: str) -> int:
    return sum(a != b for a, b in zip(plate, other, strict=False)) + abs(len(plate) - len(other))


def test_a_fleet_that_starts_late_is_where_it_would_be():
    """The fleet was started anew: its trucks are where the clips, that went on, show them."""
    passage = next(p for p in TIMETABLE.passages if p.at_s > 1000 and p.direction == "in")
    late_s = passage.at_s - 30
    start = NOON + timedelta(seconds=late_s)
    fleet = Fleet(SITE, dict(SITE.roads), 2, start, late_s)
    fleet.advance_to(30)
    along, _ = _on_driveway(SITE.cameras[passage.camera_id], fleet.true_place(passage.vehicle_id))
    assert -8 < along <= 0.5


def _on_driveway(gate: Camera, lonlat: tuple[float, float]) -> tuple[float, float]:
    """Metres inside of the gate line, and across the driveway."""
    place = gate_place(gate)
    line = place.anchor.to_degrees(*place.road.place(0.0, 0.0))
    east, north = _metres(lonlat, line)
    turn = np.radians(gate.heading_deg or 0.0)
    along = east * np.sin(turn) + north * np.cos(turn)
    return float(along), float(east * np.cos(turn) - north * np.sin(turn))


def _metres(lonlat: tuple[float, float], of: tuple[float, float]) -> tuple[float, float]:
    """East and north of a place."""
    point = Plane(*of).to_metres(Point(lonlat))
    return point.x, point.y
