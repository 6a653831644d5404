"""Whatever the order, the repetitions, the batches, ticks and restarts: the same findings."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofence.engine import Engine
from geofence.finding import Violation, identity
from geofence.rule_run import Batch
from tests.geofence.busy_day import VEHICLES, busy_day, busy_site

LATENESS_S = 600.0
ROUND_KINDS = ("missed_segment", "work_too_fast", "round_late", "left_work_area", "wash_in_frost")
END = timedelta(hours=6)
"""After the last fix: when everything that waits for time has been told."""


class Court:
    """An engine that keeps all it was told, what stays inside it included."""

    def __init__(self, world, lateness_s: float = LATENESS_S) -> None:
        self.engine = Engine(busy_site(world), lateness_s)
        self.state, self.told = self.engine.initial(), []
        district = self.engine._district

        class Ear:
            kinds = district.kinds

            def advance(_, state, steps, now):  # noqa: N805
                state, found = district.advance(state, steps, now)
                self.told += [s for s in steps if s not in found] + found
                return state, found

        self.engine._district = Ear()
        # Rounds are judged from the first hearing on: on duty before the day begins.
        self.hear([], world.t0 - timedelta(hours=1))

    def hear(self, fixes, now) -> None:
        self.state, _ = self.engine.advance(self.state, fixes, now)

    def restart(self) -> None:
        self.state = self.engine.decode(self.engine.encode(self.state))

    def wait(self, begin, end) -> None:
        """Nothing more comes, and the clock goes on."""
        while begin < end:
            begin = min(begin + timedelta(seconds=600), end)
            self.hear([], begin)

    def final(self) -> dict:
        last = {identity(f): f for f in self.told}
        final = {k: f for k, f in last.items() if not f.withdrawn}
        for key, finding in final.items():
            # Whether a round was judged too late to ring says when it was judged, and nothing else.
            if isinstance(finding, Violation) and finding.kind in ROUND_KINDS:
                final[key] = msgspec.structs.replace(finding, backfill=False)
        return final


def in_order(court: Court, fixes, end) -> dict:
    fixes = sorted(fixes, key=lambda p: p.fix_time)
    for i in range(0, len(fixes), 8):
        court.hear(fixes[i : i + 8], fixes[min(i + 8, len(fixes)) - 1].fix_time)
    court.wait(end - END, end)
    return court.final()


def differences(one: dict, other: dict) -> list:
    """Readable: what only one has, and the fields that differ."""
    found = [("only one", one[k]) for k in one.keys() - other.keys()]
    found += [("only other", other[k]) for k in other.keys() - one.keys()]
    for key in one.keys() & other.keys():
        a, b = msgspec.structs.asdict(one[key]), msgspec.structs.asdict(other[key])
        found += [(key, name, a[name], b[name]) for name in a if a[name] != b[name]]
    return found


def days(world, dice, fixes):
    vehicles = dice.sample(VEHICLES, dice.choice((1, 2, 3)))
    return [p for v in vehicles for p in busy_day(world, dice, v, fixes)]


# Seeds instead of drawn days: a day has thousands of numbers, and drawing them costs seconds.
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_any_permutation_within_the_window(world, seed):
    """A window that covers the whole trace: its fixes may come in any order at all."""
    dice = random.Random(seed)
    fixes = days(world, dice, 80)
    end = max(p.fix_time for p in fixes) + END
    expected = in_order(Court(world, 1e6), fixes, end)
    arriving = fixes + dice.sample(fixes, len(fixes) // 4)
    dice.shuffle(arriving)
    court, now = Court(world, 1e6), min(p.fix_time for p in fixes)
    while arriving:
        size = dice.choice((1, 5, 20, 60, 200))
        batch, arriving = arriving[:size], arriving[size:]
        court.hear(batch, now)
        if dice.random() < 0.5:
            now += timedelta(seconds=dice.uniform(0, 1500))
            court.hear([], now)
        if dice.random() < 0.3:
            court.restart()
    court.wait(now, end)
    assert differences(court.final(), expected) == []


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_late_by_less_than_the_window(world, seed):
    """Each fix arrives within 599 s of its time, some again; clocks tick, processes restart."""
    dice = random.Random(seed)
    fixes = days(world, dice, 150)
    end = max(p.fix_time for p in fixes) + END
    expected = in_order(Court(world), fixes, end)
    late_s = dice.choice((1, 30, 300, 599))
    at = [(p.fix_time + timedelta(seconds=dice.uniform(0, late_s)), p) for p in fixes]
    again = dice.sample(at, len(at) // 4)
    at += [(p.fix_time + timedelta(seconds=dice.uniform(late_s, 599)), p) for _, p in again]
    at.sort(key=lambda item: item[0])
    court = Court(world)
    while at:
        size = dice.choice((1, 5, 20, 60))
        batch, at = at[:size], at[size:]
        court.hear([p for _, p in batch], batch[-1][0])
        if dice.random() < 0.3:
            until = at[0][0] if at else end - END
            court.hear([], batch[-1][0] + dice.random() * (until - batch[-1][0]))
        if dice.random() < 0.3:
            court.restart()
    court.wait(end - END, end)
    assert differences(court.final(), expected) == []


@pytest.mark.parametrize("seed", range(3))
def test_looking_at_every_fix_finds_no_more(world, monkeypatch, seed):
    """A rule is asked only where something changed: everywhere else it would have said the same."""
    dice = random.Random(seed)
    fixes = [p for vehicle in VEHICLES for p in busy_day(world, dice, vehicle, 120)]
    end = max(p.fix_time for p in fixes) + END
    expected = in_order(Court(world), fixes, end)
    look = Batch.look

    def look_at_all(batch, *arguments):
        looked = look(batch, *arguments)
        batch._pending[:] = sum(batch.rules.bit.values())
        return looked | True

    monkeypatch.setattr(Batch, "look", look_at_all)
    assert differences(in_order(Court(world), fixes, end), expected) == []


def test_the_days_are_busy(world):
    """What the two tests above permute holds findings of every rule."""
    found = Counter()
    for seed in range(8):
        dice = random.Random(seed)
        fixes = [p for vehicle in VEHICLES for p in busy_day(world, dice, vehicle, 200)]
        court = Court(world)
        final = in_order(court, fixes, max(p.fix_time for p in fixes) + END)
        found += Counter(
            f.kind if isinstance(f, Violation) else type(f).__name__ for f in final.values()
        )
    kinds = {*court.engine.kinds, "ZoneVisit", "Trip", "UnexplainedStop", "SegmentPass", "Round"}
    assert kinds - set(found) == set()
