"""Rules on laden trucks, as tables of drives: what raises, and what just does not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from geofence.engine import Engine
from ingest.position import Lid, Load
from tests.geofence.drive import Drive, haul_site


@pytest.fixture(scope="module")
def engine(world):
    return Engine(haul_site(world))


def loaded(world, vehicle="v1", sensor=True, **sensors):
    """A truck that has been loaded at the site, at its gate."""
    if not sensor:
        return Drive(world, vehicle).stand(600, **sensors)
    empty = Drive(world, vehicle).stand(300, load=Load.EMPTY, **sensors)
    return empty.stand(300, load=Load.FULL)


class Fixes:
    def __init__(self, fixes):
        self.fixes = fixes


def kinds(world, engine, *drives, batch=9):
    fixes = sorted((f for d in drives for f in d.fixes), key=lambda f: f.fix_time)
    final = world.judge(engine, fixes, batch)
    return sorted(f.kind for f in final.values() if hasattr(f, "kind"))


def only(world, engine, kind, *drives):
    fixes = sorted((f for d in drives for f in d.fixes), key=lambda f: f.fix_time)
    found = world.violations(world.judge(engine, fixes, 9), kind)
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(
    ("seconds_open", "laden", "raised"),
    [(30, True, True), (20, True, False), (60, False, False), (300, True, True)],
)
def test_lid_open(world, engine, seconds_open, laden, raised):
    drive = loaded(world) if laden else Drive(world).stand(600, load=Load.EMPTY)
    drive.sensors["lid"] = Lid.CLOSED
    drive.to(500, 0)
    drive.sensors["lid"] = Lid.OPEN
    drive.to(500 + seconds_open * 10 + 100, 0)
    drive.sensors["lid"] = Lid.CLOSED
    drive.to(drive.x + 1000, 0)
    assert ("lid_open" in kinds(world, engine, drive)) is raised


def test_lid_open_at_a_light_and_in_the_site_is_none(world, engine):
    drive = loaded(world, lid=Lid.OPEN)
    drive.sensors["lid"] = Lid.CLOSED
    drive.to(500, 0)
    drive.sensors["lid"] = Lid.OPEN
    drive.to(700, 0).stand(300)
    drive.sensors["lid"] = Lid.CLOSED
    drive.to(1500, 0)
    assert "lid_open" not in kinds(world, engine, drive)


@pytest.mark.parametrize(
    ("where", "seconds", "raised"),
    [((1500, 0), 20, True), ((1500, 0), 0, False), ((3000, 0), 60, False), ((0, 0), 60, False)],
)
def test_body_raised(world, engine, where, seconds, raised):
    drive = Drive(world).stand(60).to(*where).stand(30)
    if seconds:
        drive.stand(seconds, body_raised=True)
    else:
        drive.stand(10, body_raised=True)  # one flicker of the sensor
    drive.stand(60, body_raised=False)
    assert ("body_raised" in kinds(world, engine, drive)) is raised


@pytest.mark.parametrize(
    ("where", "seconds", "raised"),
    [((1500, 0), 1300, True), ((1500, 0), 1100, False), ((3000, 0), 1300, False)],
)
def test_long_stop(world, engine, where, seconds, raised):
    drive = loaded(world, sensor=False).to(*where).stand(seconds).to(where[0] - 500, 0)
    assert ("long_stop" in kinds(world, engine, drive)) is raised


def test_a_jam_is_no_stop_but_what_comes_after_is(world, engine):
    drive = loaded(world, sensor=False).to(1000, 0)
    for step in range(180):  # half an hour at 1 m/s
        drive.x = 1000 + 10.0 * step
        drive.fix(4)
    jam_only = list(drive.fixes)
    drive.stand(1300).to(3000, 0)
    assert "long_stop" not in kinds(world, engine, Fixes(jam_only))
    assert kinds(world, engine, drive).count("long_stop") == 1


def test_a_truck_that_falls_silent_where_it_stands_stands_on(world, engine):
    drive = loaded(world).to(1500, 0).stand(300)
    state, _ = engine.advance(engine.initial(), drive.fixes, drive.fixes[-1].fix_time)
    last = drive.fixes[-1].fix_time
    _, found = engine.advance(state, [], last + timedelta(minutes=18))
    assert [f.kind for f in found if hasattr(f, "kind")].count("long_stop") == 1
    # A fix that shows otherwise takes it back.
    _, found = engine.advance(state, [], last + timedelta(minutes=18))
    state, _ = engine.advance(state, [], last + timedelta(minutes=18))
    drive.to(2500, 0)
    _, found = engine.advance(state, drive.fixes[-10:], last + timedelta(minutes=19))
    (stop,) = (f for f in found if getattr(f, "kind", "") == "long_stop")
    assert stop.withdrawn


@pytest.mark.parametrize(
    ("sensor", "act", "evidence"),
    [
        (True, {"load": Load.EMPTY}, "load"),
        (True, {"load": Load.HALF}, "load"),
        (True, {"load": Load.EMPTY, "body_raised": True}, "load+body"),
        (False, {"body_raised": True}, "body"),
        (False, {}, "no_ground"),
    ],
)
@pytest.mark.parametrize("batch", [1, 1000])
def test_suspected_dumping(world, engine, sensor, act, evidence, batch):
    drive = loaded(world, sensor=sensor).to(1500, 0).to(1500, 700)
    began = drive.t
    drive.stand(60).stand(90, **act)
    drive.sensors.pop("body_raised", None)
    drive.to(1500, 0).to(0, 0).stand(400)
    found = world.violations(world.judge(engine, drive.fixes, batch), "suspected_dumping")
    assert len(found) == 1, found
    assert found[0].values["evidence"] == evidence
    assert abs((found[0].started_at - world.t0).total_seconds() - began) <= 10
    assert found[0].ended_at is not None
    assert found[0].permit_id == "p"


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(lambda d: d.to(3000, 0).stand(60).stand(90, load=Load.EMPTY), id="ground"),
        pytest.param(lambda d: d.to(1500, 0).stand(90).to(3000, 0).stand(120), id="a light"),
        pytest.param(
            lambda d: d.to(1500, 0).stand(40, load=Load.EMPTY).to(2000, 0), id="faulty at a light"
        ),
        pytest.param(
            lambda d: d.to(2880, 0).stand(60).stand(90, load=Load.EMPTY), id="edge of the ground"
        ),
        pytest.param(lambda d: d.to(0, 0).stand(90, load=Load.EMPTY), id="back at the site"),
    ],
)
def test_no_dumping(world, engine, act):
    drive = loaded(world)
    act(drive)
    assert "suspected_dumping" not in kinds(world, engine, drive)


def test_wrong_ground(world, engine):
    drive = loaded(world).to(0, 4000).stand(60).stand(90, load=Load.EMPTY).to(0, 3000)
    violation = only(world, engine, "wrong_ground", drive)
    assert (violation.zone_id, violation.permit_id) == ("other", "p")
    assert violation.values["permitted_grounds"] == "ground"
    passing = loaded(world).to(0, 4000).stand(90).to(0, 0).to(3000, 0)
    passing.stand(60).stand(90, load=Load.EMPTY)
    assert "wrong_ground" not in kinds(world, engine, passing)


def test_trip_unfinished_by_the_clock_and_by_loading_again(world, engine):
    drive = loaded(world).to(1500, 0)
    last = drive.fixes[-1].fix_time
    state, _ = engine.advance(engine.initial(), drive.fixes, last)
    _, found = engine.advance(state, [], last + timedelta(hours=3.9))
    assert not [f for f in found if getattr(f, "kind", "") == "trip_unfinished"]
    state, found = engine.advance(state, [], last + timedelta(hours=4.1))
    (raised,) = (f for f in found if getattr(f, "kind", "") == "trip_unfinished")
    drive.t += 4.2 * 3600
    drive.to(3000, 0).stand(60).stand(60, load=Load.EMPTY).to(2500, 0)
    _, found = engine.advance(state, drive.fixes, last + timedelta(hours=4.5))
    (ended,) = (f for f in found if getattr(f, "kind", "") == "trip_unfinished")
    assert ended.started_at == raised.started_at
    assert ended.values["outcome"] == "finished"

    again = loaded(world, sensor=False).to(3000, 0).to(0, 0).stand(400)
    assert only(world, engine, "trip_unfinished", again).ended_at is not None


def dump(world, vehicle, at):
    drive = loaded(world, vehicle)
    drive.t += at
    for fix in range(len(drive.fixes)):
        moved = drive.fixes[fix]
        drive.fixes[fix] = world.fix(
            at + 10 * fix, 0, 0, vehicle, speed_kmh=moved.speed_kmh, load=moved.load
        )
    return drive.to(1500, 0).to(1500, 700).stand(60).stand(90, load=Load.EMPTY).to(0, 0)


def test_three_dumps_in_one_place_make_a_ground(world, engine):
    drives = [dump(world, v, at) for v, at in (("v1", 0), ("v2", 5000), ("v3", 9000))]
    assert "unknown_ground" not in kinds(world, engine, *drives[:2])
    found = only(world, engine, "unknown_ground", *drives)
    assert found.values["stops"] == 3
    assert found.values["vehicles"] == "v1|v2|v3"


def test_loaded_where_no_register_knows_a_site(world, engine):
    drive = Drive(world).stand(60, load=Load.EMPTY).to(1500, 900)
    drive.stand(200).stand(60, load=Load.FULL).to(1500, 0).to(3000, 0)
    drive.stand(60).stand(60, load=Load.EMPTY).to(2500, 0)
    assert only(world, engine, "unknown_site", drive).vehicle_id == "v1"
