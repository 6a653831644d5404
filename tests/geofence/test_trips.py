"""Muck trips: from the site to where the load is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec import structs

from geofence.engine import Engine
from geofence.finding import Trip, TripOutcome
from ingest.position import Load
from tests.geofence.drive import Drive, haul_site


@pytest.fixture(scope="module")
def engine(world):
    return Engine(haul_site(world))


def trips(world, engine, drive, batch=7):
    final = world.judge(engine, drive.fixes, batch)
    return sorted((f for f in final.values() if isinstance(f, Trip)), key=lambda f: f.began_at)


@pytest.mark.parametrize("sensor", [True, False])
def test_from_the_site_to_the_ground_of_the_permit(world, engine, sensor):
    empty, full = ({"load": Load.EMPTY}, {"load": Load.FULL}) if sensor else ({}, {})
    drive = Drive(world).stand(300, **empty).stand(300, **full)
    drive.to(1500, 0).stand(90).to(3000, 0).stand(60).stand(120, **empty).to(0, 0).stand(60)
    (trip,) = trips(world, engine, drive)
    assert trip.outcome is TripOutcome.FINISHED
    assert (trip.site_id, trip.ground_id, trip.permit_id) == ("site", "ground", "p")
    assert (trip.site_ok, trip.route_ok, trip.ground_ok) == (True, True, True)
    assert trip.load_by == ("sensor" if sensor else "place")
    assert trip.stops == 2 if not sensor else trip.stops >= 1
    assert trip.distance_m == pytest.approx(3000, abs=350)


@pytest.mark.parametrize("sensor", [True, False])
def test_another_ground(world, engine, sensor):
    empty, full = ({"load": Load.EMPTY}, {"load": Load.FULL}) if sensor else ({}, {})
    drive = Drive(world).stand(300, **empty).stand(300, **full)
    drive.to(0, 4000).stand(60).stand(120, **empty).to(0, 0)
    (trip,) = trips(world, engine, drive)
    assert trip.outcome is TripOutcome.WRONG_GROUND
    assert trip.ground_id == "other"
    assert trip.ground_ok is False
    assert trip.route_ok is False


@pytest.mark.parametrize(
    ("evidence", "outcome"),
    [
        ({"load": Load.EMPTY}, TripOutcome.DUMPED),
        ({"body_raised": True}, TripOutcome.DUMPED),
        ({}, TripOutcome.DUMPED),
    ],
)
def test_lost_off_the_route(world, engine, evidence, outcome):
    full = {"load": Load.FULL} if "load" in evidence else {}
    drive = Drive(world).stand(300, **dict.fromkeys(full, Load.EMPTY)).stand(300, **full)
    drive.to(1500, 0).to(1500, 800).stand(60).stand(120, **evidence)
    if "body_raised" in evidence:
        drive.stand(20, body_raised=False)
    drive.to(0, 0).stand(400)
    (trip,) = [t for t in trips(world, engine, drive) if t.ended_at]
    assert trip.outcome is outcome
    assert trip.ground_id is None


def test_loads_again_without_a_ground(world, engine):
    drive = Drive(world).stand(600).to(3000, 0).to(0, 0).stand(600)
    (trip,) = trips(world, engine, drive)
    assert trip.outcome is TripOutcome.UNFINISHED


def test_a_site_visited_empty_makes_no_trip(world, engine):
    drive = Drive(world).stand(600, load=Load.EMPTY).to(3000, 0).stand(300).to(0, 0)
    assert trips(world, engine, drive) == []


def test_home_laden_is_still_a_trip(world, engine):
    drive = Drive(world).stand(600).to(0, -2000).stand(300)
    (trip,) = trips(world, engine, drive)
    assert trip.outcome is TripOutcome.UNDER_WAY


def test_unseen_for_long_on_the_way_nobody_knows(world, engine):
    drive = Drive(world).stand(600).to(1500, 0)
    drive.t, drive.x = drive.t + 900, 1000.0
    drive.to(0, 0).stand(400)
    (trip,) = trips(world, engine, drive)
    assert trip.outcome is TripOutcome.UNKNOWN


def test_buffered_fixes_complete_the_trip_and_do_not_ring(world, engine):
    """Coverage was lost on the way to the ground, and what was buffered came in one burst."""
    drive = Drive(world).stand(600, load=Load.EMPTY).stand(100, load=Load.FULL)
    drive.to(1500, 0).to(1500, 900).to(1500, 0).to(3000, 0).stand(60).stand(60, load=Load.EMPTY)
    drive.to(2500, 0)
    lost = drive.fixes[80:130]
    buffered = [structs.replace(f, backfill=True) for f in lost]
    state, told = engine.initial(), []
    for fixes in (drive.fixes[:80], drive.fixes[130:], buffered):
        state, found = engine.advance(state, fixes, world.t0 + timedelta(seconds=drive.t))
        told += found
    final = world.final(told)
    (trip,) = (f for f in final.values() if isinstance(f, Trip))
    assert trip.outcome is TripOutcome.FINISHED
    assert trip.missing_s == 0
    (off,) = world.violations(final, "off_route")
    assert off.backfill
