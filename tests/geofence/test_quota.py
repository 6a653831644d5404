"""Trips beyond a permit's daily quota, whatever the order in which they become known."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from config.hours import DailyHours
from config.permit import Permit
from geofence.district.quota import Quota, QuotaState
from geofence.engine import Engine
from geofence.finding import Trip, TripOutcome, Violation, identity
from geofence.ground import Ground
from ingest.position import Load
from tests.geofence.drive import Drive, haul_site

NOW = datetime(2026, 3, 9, tzinfo=UTC)
NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)  # in Shanghai


def quota(world, permit) -> Quota:
    return Quota(Ground(haul_site(world, permits={permit.permit_id: permit})))


def permit(trips, hours="", permit_id="p"):
    return Permit(
        permit_id, vehicle_ids=("v1", "v2"), daily_trips=trips, hours=DailyHours.parse(hours)
    )


def trip(hours, vehicle="v1", permit_id="p", **more):
    """Left the site so many hours after noon, loaded in the half hour before, over one later."""
    left = NOON + timedelta(hours=hours)
    return Trip(
        vehicle_id=vehicle,
        began_at=left - timedelta(minutes=30),
        site_id="site",
        left_at=left,
        permit_id=permit_id,
        **({"ended_at": left + timedelta(hours=1), "outcome": TripOutcome.FINISHED} | more),
    )


def told(part, batches):
    """Final violations, by when the truck left, and the state."""
    state, last = QuotaState(), {}
    for batch in batches:
        state, found = part.advance(state, batch, NOW)
        state = msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=QuotaState)
        last |= {identity(v): v for v in found}
    return {key: v for key, v in last.items() if not v.withdrawn}, state


def over(part, trips):
    found, _ = told(part, [[t] for t in trips])
    return sorted((v.confirmed_at - NOON) / timedelta(hours=1) for v in found.values())


@pytest.mark.parametrize(
    ("hours", "left", "beyond"),
    [
        ("", [0, 1], []),
        ("", [0, 1, 2, 3], [2, 3]),
        ("", [2, 3, 0, 1], [2, 3]),  # in order of leaving, not of telling
        ("", [10, 11, 12, 13], []),  # midnight
        ("19:00-06:00", [10, 11, 12, 13], [12, 13]),  # one night's work
        ("19:00-06:00", [16, 17, 31.1, 32], []),  # the day begins at seven in the evening
        ("19:00-06:00", [5, 7.1, 8], []),
        ("09:00-11:00|19:00-06:00", [5, 10, 11, 20.9], [11, 20.9]),  # at nine
        ("09:00-11:00|19:00-06:00", [5, 10, 21.1], []),
    ],
)
def test_a_day_of_trips(world, hours, left, beyond):
    assert over(quota(world, permit(2, hours)), [trip(h) for h in left]) == pytest.approx(beyond)


def test_all_vehicles_of_the_permit_together(world):
    trips = [trip(0), trip(1, "v2"), trip(2, "v1"), trip(1.5, "v2", permit_id="other")]
    (violation,) = told(quota(world, permit(2)), [trips])[0].values()
    assert (violation.kind, violation.vehicle_id, violation.subject) == ("no_permit", "v1", "p")
    assert violation.values["reason"] == "over_quota"
    assert (violation.values["trips"], violation.values["daily_trips"]) == (3, 2)
    assert violation.values["day_from"] == "2026-03-02 00:00"
    assert violation.started_at == NOON + timedelta(hours=1.5)
    assert violation.ended_at == NOON + timedelta(hours=3)


@pytest.mark.parametrize(
    ("trips", "beyond"),
    [
        ([trip(0), trip(1), trip(2), trip(0, withdrawn=True)], []),
        ([trip(0), trip(1), trip(2), trip(0, permit_id="other")], []),
        ([trip(0), trip(1), trip(2), trip(0, permit_id=None)], []),
        ([trip(0), trip(1), trip(2, permit_id=None), trip(2)], [2]),
        ([trip(0), trip(1), trip(1), trip(0)], []),  # told again
        ([trip(1), trip(2), trip(0)], [2]),  # one that became known late
        ([trip(0), trip(1), trip(2, ended_at=None), trip(2)], [2]),
    ],
)
def test_what_is_told_anew(world, trips, beyond):
    assert over(quota(world, permit(2)), trips) == beyond


def test_what_only_backfill_makes_too_many_does_not_ring(world):
    part = quota(world, permit(2))
    for trips, backfill in (
        ([trip(0), trip(1), trip(2)], False),
        ([trip(0, backfill=True), trip(1), trip(2)], True),
        ([trip(0), trip(1), trip(2, backfill=True)], True),
    ):
        (violation,) = told(part, [trips])[0].values()
        assert violation.backfill is backfill


@pytest.mark.parametrize("seed", range(20))
def test_any_order_ends_in_the_same(world, seed):
    dice = random.Random(seed)
    part = quota(world, permit(3, "19:00-06:00"))
    trips = {}
    for _ in range(40):
        one = trip(round(dice.uniform(0, 44), 2), dice.choice(["v1", "v2"]))
        trips[identity(one)] = one
    final = list(trips.values())
    before = [msgspec.structs.replace(t, ended_at=None) for t in final if dice.random() < 0.5]
    gone = [trip(round(dice.uniform(0, 44), 2), "v3") for _ in range(5)]
    steps = [*before, *gone]
    dice.shuffle(steps)
    after = [*final, *(msgspec.structs.replace(t, withdrawn=True) for t in gone)]
    dice.shuffle(after)
    steps += after
    batches = []
    while steps:
        size = dice.randint(1, 9)
        batches.append(steps[:size])
        steps = steps[size:]
    expected, _ = told(part, [final])
    assert expected
    assert told(part, batches)[0] == expected


def test_only_two_days_are_kept(world):
    part = quota(world, permit(2))
    _, state = told(part, [[trip(h)] for h in range(0, 24 * 60, 3)])
    assert len(state.day_of) == sum(map(len, state.days.values())) <= 4 * 8


def test_switched_off_or_without_quotas_it_keeps_nothing(world):
    rules = {"no_permit": {"enabled": False}}
    off = Ground(haul_site(world, permits={"p": permit(2)}, rules=rules))
    for part in (Quota(off), quota(world, permit(None))):
        assert part.kinds == ()
        assert part.advance(QuotaState(), [trip(0)], NOW) == (QuotaState(), [])


def test_through_the_engine(world):
    one = Permit("p", site_zone="site", ground_zone="ground", vehicle_ids=("v1",), daily_trips=2)
    engine = Engine(haul_site(world, permits={"p": one}))
    assert engine.kinds.count("no_permit") == 1
    drive = Drive(world)
    for _ in range(3):
        drive.stand(300, load=Load.EMPTY).stand(300, load=Load.FULL).to(3000, 0)
        drive.stand(300, load=Load.EMPTY).to(0, 0)
    final = world.judge(engine, drive.fixes, 20)
    trips = [f for f in final.values() if isinstance(f, Trip)]
    (violation,) = (f for f in final.values() if isinstance(f, Violation) and f.kind == "no_permit")
    assert len(trips) == 3
    assert violation.started_at == max(t.began_at for t in trips)
    assert violation.subject == "p"
