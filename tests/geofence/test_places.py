"""Unexplained stops of many trucks: which make a place, in any order of telling."""

from __future__ import annotations

import random
from datetime import timedelta

import msgspec
import pytest

from geofence.district.places import Places, PlacesState
from geofence.finding import UnexplainedStop, identity
from geofence.ground import Ground
from tests.geofence.drive import haul_site


def stop(world, days, x, y=0.0, vehicle="v1", weight=1.0):
    lon, lat = world.degrees(x, y)
    at = world.t0 + timedelta(days=days)
    return UnexplainedStop(
        vehicle_id=vehicle, started_at=at, ended_at=at + timedelta(minutes=3), lon=lon, lat=lat,
        loading=False, weight=weight,
    )  # fmt: skip


@pytest.fixture(scope="module")
def places(world):
    return Places(Ground(haul_site(world)))


def told(world, places, stops, seed=None):
    """The places as they stand, the stops told one by one as their days come, or shuffled."""
    stops = list(stops)
    if seed is not None:
        random.Random(seed).shuffle(stops)
    state, now, last = PlacesState(), world.t0, {}
    for one in stops:
        now = max(now, one.ended_at)
        state, found = places.advance(state, [one], now)
        last |= {identity(v): v for v in found}
    return state, {k: v for k, v in last.items() if not v.withdrawn}


@pytest.mark.parametrize(
    ("xs", "days", "found"),
    [
        ((0, 100, 200), (0, 1, 2), 1),  # a chain
        ((0, 100, 300), (0, 1, 2), 0),  # the third is too far
        ((0, 10, 20), (0, 10, 20), 1),  # each within a fortnight of another
        ((0, 10, 20), (0, 10, 30), 0),
        ((0, 10, 20, 2000, 2010, 2020), (0, 1, 2, 3, 4, 5), 2),
    ],
)
def test_together_in_place_and_time(world, places, xs, days, found):
    stops = [
        stop(world, d, x, vehicle=f"v{i}") for i, (x, d) in enumerate(zip(xs, days, strict=True))
    ]
    assert len(told(world, places, stops)[1]) == found


@pytest.mark.parametrize("seed", range(20))
def test_the_order_of_telling_is_nothing(world, places, seed):
    dice = random.Random(seed)
    stops = [
        stop(world, dice.uniform(0, 10), dice.uniform(0, 1500), dice.uniform(0, 300), f"v{i}")
        for i in range(60)
    ]
    gone = [msgspec.structs.replace(s, withdrawn=True) for s in stops[:10]]
    expected = told(world, places, stops[10:])[1]
    assert expected
    assert told(world, places, stops[10:], seed)[1] == expected
    again = [*stops, *random.Random(seed).sample(stops, 20), *gone]
    assert told(world, places, again)[1] == expected


def test_a_place_in_use_for_months_stays_the_same_place(world, places):
    stops = [stop(world, day, day % 5, vehicle=f"v{day}") for day in range(0, 200)]
    lonely = [stop(world, day, 5000 + 1000 * day, vehicle="other") for day in range(0, 200)]
    in_turn = [s for pair in zip(stops, lonely, strict=True) for s in pair]
    state, found = told(world, places, in_turn)
    (place,) = found.values()
    assert place.values["stops"] == 200
    assert place.started_at == stops[0].started_at
    assert len(state.stops) < 330  # most of the lonely ones are forgotten
