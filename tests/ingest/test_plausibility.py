"""Whether fixes can be true: each fault of a receiver, and that it harms no true fix beside it."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from config.settings import PipelineSettings
from config.site import Site
from config.zone import Zone, ZoneKind
from ingest.clock import ROLLOVER_S
from ingest.fixes import Fixes
from ingest.plausibility import (
    Limits,
    PlausibilityState,
    _Tracks,
    assess,
    decode_state,
    encode_state,
)
from ingest.plausibility_state import CROWDED, FORGOTTEN_AFTER_S
from ingest.plausibility_trail import SEEN_TIMES, TRAIL_FIXES
from ingest.position import Position, Quality
from ingest.tracks import read_tracks

BEGIN = datetime(2026, 5, 1, 1, 0, tzinfo=UTC)
LIMITS = Limits.of(PipelineSettings())
IN_WUXI = Limits.of(PipelineSettings(), Site("测试区", ZoneInfo("Asia/Shanghai")))
LON, LAT = 119.95, 31.70
M_LON = 1 / (111_195 * math.cos(math.radians(LAT)))  # degrees a metre
GOOD, TELEPORT, DUPLICATE = Quality.GOOD, Quality.TELEPORT, Quality.DUPLICATE


def fix(
    at_s: float,
    east_m: float = 0,
    *,
    vehicle: str = "v",
    received_s: float | None = None,
    lon: float | None = None,
    lat: float = LAT,
) -> Position:
    received = BEGIN + timedelta(seconds=at_s if received_s is None else received_s)
    return Position(
        vehicle_id=vehicle,
        terminal_id=vehicle,
        fix_time=BEGIN + timedelta(seconds=at_s),
        received_at=received,
        lon=LON + east_m * M_LON if lon is None else lon,
        lat=lat,
    )


def judged(
    state: PlausibilityState, fixes: Sequence[Position], limits: Limits = LIMITS
) -> tuple[PlausibilityState, list[Quality]]:
    state, codes = assess(state, Fixes.of(fixes), limits)
    return state, [Quality(code) for code in codes.tolist()]


def qualities(
    *fixes: Position, state: PlausibilityState | None = None, limits: Limits = LIMITS
) -> list[Quality]:
    """Judged one by one, and again all in one batch: the batch must not matter."""
    begin = state or PlausibilityState()
    _, together = judged(begin, fixes, limits)
    apart = []
    for each in fixes:
        begin, codes = judged(begin, [each], limits)
        apart += codes
    assert apart == together
    return apart


WEEKS_1024 = timedelta(weeks=1024).total_seconds()
assert WEEKS_1024 == ROLLOVER_S


@pytest.mark.parametrize(
    ("ahead_s", "quality"),
    [
        (0, Quality.GOOD),
        (119, Quality.GOOD),
        (121, Quality.FUTURE),
        (8 * 3600, Quality.FUTURE),  # local time sent as UTC
        (400 * 86400, Quality.FUTURE),
        (-8 * 3600, Quality.GOOD),  # late, not impossible
        (-29 * 86400, Quality.GOOD),
        (-31 * 86400, Quality.ANCIENT),
        (-WEEKS_1024, Quality.CLOCK_ROLLOVER),
        (-WEEKS_1024 - 3600, Quality.CLOCK_ROLLOVER),  # and sent late
        (-2 * WEEKS_1024, Quality.CLOCK_ROLLOVER),
        (-WEEKS_1024 - 7 * 86400, Quality.ANCIENT),
        (-26 * 365.25 * 86400, Quality.ANCIENT),  # the year 2000, where clocks begin
    ],
)
def test_the_clock(ahead_s: float, quality: Quality) -> None:
    assert qualities(fix(ahead_s, received_s=0)) == [quality]


@pytest.mark.parametrize(
    ("lon", "lat", "quality"),
    [
        (0, 0, Quality.NULL_ISLAND),
        (0.02, -0.05, Quality.NULL_ISLAND),
        (0.2, 0, Quality.GOOD),
        (0, 51.48, Quality.GOOD),  # Greenwich
    ],
)
def test_null_island(lon: float, lat: float, quality: Quality) -> None:
    assert qualities(fix(0, lon=lon, lat=lat)) == [quality]


def test_a_wrong_clock_or_no_fix_at_all_moves_no_reference() -> None:
    assert qualities(
        fix(0),
        fix(900, 30_000, received_s=1),  # future, and far away
        fix(-WEEKS_1024, 30_000, received_s=2),
        fix(3, lon=0, lat=0),
        fix(4, 50),
    ) == [GOOD, Quality.FUTURE, Quality.CLOCK_ROLLOVER, Quality.NULL_ISLAND, GOOD]


def test_one_stray_makes_no_other_fix_a_jump() -> None:
    assert qualities(fix(0), fix(10, 100), fix(20, 5000), fix(30, 300), fix(40, 400)) == [
        GOOD,
        GOOD,
        TELEPORT,
        GOOD,
        GOOD,
    ]


def test_two_receivers_under_one_id_never_make_the_other_place_believed() -> None:
    there_and_here = [fix(5 * i, 80_000 if i % 2 else 0) for i in range(20)]
    assert qualities(*there_and_here) == [GOOD, TELEPORT] * 10


def test_strays_that_disagree_are_not_believed() -> None:
    strays = [fix(10 * i, 50_000 * i) for i in range(1, 8)]
    assert qualities(fix(0), *strays) == [GOOD] + [TELEPORT] * 7


def test_a_new_place_is_believed_when_enough_fixes_agree() -> None:
    """Three of them over ten seconds; from then on the old place is out of reach."""
    assert qualities(
        fix(0),
        fix(10, 90_000),
        fix(15, 90_050),
        fix(20, 90_100),
        fix(25, 90_150),
        fix(30, 0),
    ) == [GOOD, TELEPORT, TELEPORT, GOOD, GOOD, TELEPORT]


def test_a_burst_within_seconds_is_not_enough() -> None:
    burst = [fix(10 + i, 90_000) for i in range(6)]
    assert qualities(fix(0), *burst, fix(17, 10)) == [GOOD] + [TELEPORT] * 6 + [GOOD]


def test_after_a_stray_first_fix_the_true_place_is_found() -> None:
    found = qualities(fix(0, 200_000), *(fix(30 * i, 100 * i) for i in range(1, 6)))
    assert found == [GOOD, TELEPORT, TELEPORT, GOOD, GOOD, GOOD]


def test_time_makes_a_far_place_reachable() -> None:
    assert qualities(fix(0), fix(3600, 150_000)) == [GOOD, GOOD]
    assert qualities(fix(0), fix(3600, 250_000)) == [GOOD, TELEPORT]


def test_noise_of_a_standing_vehicle_is_no_jump() -> None:
    dice = random.Random(7)
    noisy = [fix(i, dice.uniform(-45, 45)) for i in range(300)]
    assert set(qualities(*noisy)) == {GOOD}


def test_a_jump_across_the_date_line_is_a_step() -> None:
    assert qualities(fix(0, lon=179.9999), fix(10, lon=-179.9999)) == [GOOD, GOOD]


@pytest.mark.parametrize(
    ("east_km", "north_km", "quality"),
    [(0, 0, GOOD), (195, 0, GOOD), (0, -195, GOOD), (215, 0, Quality.FAR), (0, 215, Quality.FAR)],
)
def test_far_from_the_site(east_km: float, north_km: float, quality: Quality) -> None:
    square = shapely.box(LON - 0.01, LAT - 0.01, LON + 0.01, LAT + 0.01)
    site = Site(
        "测试区", ZoneInfo("Asia/Shanghai"), zones={"z": Zone("z", "z", ZoneKind.SITE, square)}
    )
    there = fix(0, lon=LON + east_km * 1000 * M_LON, lat=LAT + north_km / 111.195)
    limits = Limits.of(PipelineSettings(), site)
    state, found = judged(PlausibilityState(), [there], limits)
    assert found == [quality]
    assert judged(state, [fix(3600)], limits)[1] == [GOOD]  # what is far is no reference


def test_a_site_without_shapes_knows_no_far() -> None:
    limits = Limits.of(PipelineSettings(), Site("测试区", ZoneInfo("Asia/Shanghai")))
    assert limits.region is None


def test_duplicates_by_vehicle_and_time() -> None:
    assert qualities(
        fix(0), fix(10), fix(0), fix(10, 55), fix(10, vehicle="other"), fix(20), fix(20)
    ) == [GOOD, GOOD, DUPLICATE, DUPLICATE, GOOD, GOOD, DUPLICATE]


def test_a_stray_repeated_is_a_duplicate_and_no_agreement() -> None:
    strays = [fix(10, 90_000)] * 5
    assert qualities(fix(0), *strays, fix(20)) == [GOOD, TELEPORT] + [DUPLICATE] * 4 + [GOOD]


def test_the_window_of_duplicates_is_bounded() -> None:
    """Older ones are told by the key of the table."""
    track = [fix(i) for i in range(TRAIL_FIXES + 1)]
    state, _ = judged(PlausibilityState(), track)
    assert qualities(track[1], state=state) == [DUPLICATE]
    strays = [fix(100 + i, 90_000 * (i % 2)) for i in range(3 * SEEN_TIMES)]
    state, _ = judged(state, strays)
    assert len(state.aside[0].seen) == SEEN_TIMES


def test_a_late_stray_is_told_from_a_late_true_fix_by_its_neighbours() -> None:
    on_time = [fix(10 * i, 100 * i) for i in range(10) if i not in (4, 6)]
    late = [fix(40, 400, received_s=95), fix(60, 7000, received_s=96)]
    assert qualities(*on_time, *late) == [GOOD] * 9 + [TELEPORT]


def test_a_late_fix_of_the_old_place_does_not_disturb_agreement_on_the_new() -> None:
    assert qualities(
        fix(0), fix(20, 90_000), fix(5, 10, received_s=21), fix(30, 90_000), fix(40, 90_000)
    ) == [GOOD, TELEPORT, GOOD, TELEPORT, GOOD]


def test_backfill_between_live_fixes() -> None:
    """An hour old, interleaved with live ones that are far away by now; one stray in it."""
    live = [fix(7200 + 10 * i, 60_000 + 100 * i) for i in range(60)]
    old = [fix(10 * i, 100 * i, received_s=7500 + i) for i in range(60)]
    old[30] = fix(300, 9000, received_s=7530)
    mixed = live[:40]
    for i in range(20):
        mixed += [*old[3 * i : 3 * i + 3], live[40 + i]]
    assert len(mixed) == len(live) + len(old)
    state, found = judged(PlausibilityState(), mixed)
    assert [p.fix_time for p, q in zip(mixed, found, strict=True) if q is not GOOD] == [
        old[30].fix_time
    ]
    memory = state.vehicle(0)
    assert memory.aside.late is not None
    assert (len(memory.live.good), len(memory.aside.late.good)) == (TRAIL_FIXES, TRAIL_FIXES)


@given(
    steps=st.lists(st.tuples(st.floats(1, 120), st.floats(0, 50)), min_size=1, max_size=60),
    seed=st.integers(0, 2**32),
)
def test_a_possible_drive_is_good_in_any_order(steps: list[tuple[float, float]], seed: int) -> None:
    """Below the limit (55.6 m/s) every two fixes are in reach of each other."""
    at_s = east_m = 0.0
    drive = []
    for seconds, speed_mps in steps:
        at_s += seconds
        east_m += seconds * speed_mps
        drive.append(fix(at_s, east_m, received_s=8000))
    random.Random(seed).shuffle(drive)
    assert set(qualities(*drive)) == {GOOD}


ODD_FIX = st.builds(
    fix,
    at_s=st.integers(0, 300).map(float),
    east_m=st.sampled_from([0.0, 50.0, 200.0, 3000.0, 90_000.0]),
    vehicle=st.sampled_from("ab"),
    received_s=st.sampled_from([0.0, 300.0, 400.0, 8 * 3600.0 + 150, 40 * 86400.0]),
    lon=st.none() | st.just(0.0),
    lat=st.sampled_from([LAT, LAT, LAT, 0.0]),
)


@given(fixes=st.lists(ODD_FIX, max_size=60), batch=st.integers(1, 60))
def test_all_at_once_is_as_one_by_one(fixes: list[Position], batch: int) -> None:
    """Whatever comes; `plain` says no to all, so that each is looked at by itself."""
    at_once, alone = PlausibilityState(), PlausibilityState()
    nothing = mock.patch.object(_Tracks, "plain", lambda self, *_: np.zeros(len(self.t), bool))
    for begin in range(0, len(fixes), batch):
        some = fixes[begin : begin + batch]
        at_once, found = judged(at_once, some, IN_WUXI)
        with nothing:
            alone, expected = judged(alone, some, IN_WUXI)
        assert found == expected


def test_the_state_given_is_not_changed() -> None:
    state, _ = judged(PlausibilityState(), [fix(0), fix(10, 90_000)])
    before = encode_state(state)
    judged(state, [fix(20), fix(30, 90_000), fix(40, vehicle="other")])
    assert encode_state(state) == before


def test_judgement_goes_on_where_a_snapshot_left_it() -> None:
    track = [fix(0), fix(10, 90_000), fix(15, 90_050), fix(21, 90_100), fix(21, 90_100)]
    state, first = judged(PlausibilityState(), track[:3])
    _, second = judged(decode_state(encode_state(state)), track[3:])
    assert first + second == qualities(*track)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (msgspec.msgpack.encode([99, "whatever"]), "version 99"),
        (msgspec.msgpack.encode({"version": 1, "vehicles": {}}), "version 2"),
    ],
)
def test_a_snapshot_of_another_version_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        decode_state(content)


def test_vehicles_silent_for_weeks_are_forgotten() -> None:
    """All but one of many; that one is remembered as it was."""
    many = [fix(0, vehicle=f"v{n}") for n in range(CROWDED)]
    state, _ = judged(PlausibilityState(), many)
    state, _ = judged(state, [fix(10, 90_000, vehicle="v7")])
    later_s = FORGOTTEN_AFTER_S + 5
    state, found = judged(state, [fix(10, 90_000, vehicle="v7", received_s=later_s)])
    assert found == [DUPLICATE]
    assert list(state.slots) == ["v7"]
    assert len(state.trail) == len(state.heard_t) == 1
    assert list(state.aside) == [0]


HOUR = 3600.0
ZONE = Quality.CLOCK_ZONE


@pytest.mark.parametrize(
    ("ahead_h", "quality"), [(8, ZONE), (8.02, ZONE), (7.9, Quality.FUTURE), (24, Quality.FUTURE)]
)
def test_local_time_sent_as_utc(ahead_h: float, quality: Quality) -> None:
    assert qualities(fix(ahead_h * HOUR, received_s=0), limits=IN_WUXI) == [quality]


def late(hours: float, received_s: float, *, backfill: bool = False) -> Position:
    made = fix(received_s - hours * HOUR, received_s=received_s)
    return msgspec.structs.replace(made, backfill=backfill)


@pytest.mark.parametrize(
    ("fixes", "expected"),
    [
        pytest.param(
            [fix(0), late(8, 10), fix(20), late(8.01, 30)],
            [GOOD, ZONE, GOOD, ZONE],
            id="one kind of message has the wrong clock",
        ),
        pytest.param(
            [late(8, 10 * i) for i in range(10)],
            [GOOD] * 6 + [ZONE] * 4,
            id="all of them, known after a minute",
        ),
        pytest.param(
            [late(10 - i / 60, 500 + i / 10) for i in range(240)],
            [GOOD] * 240,
            id="four hours without a network, sent within half a minute, not marked",
        ),
        pytest.param(
            [f for i in range(240) for f in (late(10 - i / 60, 500 + i), fix(500.5 + i))],
            [GOOD] * 480,
            id="the same between live ones, slowly",
        ),
        pytest.param(
            [fix(0), late(8, 10, backfill=True), late(6, 20), fix(30)], [GOOD] * 4, id="marked"
        ),
    ],
)
def test_a_clock_behind_by_the_zone_is_told_from_backfill(
    fixes: list[Position], expected: list[Quality]
) -> None:
    assert qualities(*fixes, limits=IN_WUXI) == expected


@pytest.mark.parametrize("ahead_s", [8 * HOUR, 24 * HOUR, -WEEKS_1024, -20 * 365.25 * 24 * HOUR])
def test_a_true_fix_at_the_time_a_wrong_clock_told_is_no_duplicate(ahead_s: float) -> None:
    wrong = fix(ahead_s, received_s=0)
    true = fix(ahead_s)
    found = qualities(fix(-30), wrong, wrong, true, true, limits=IN_WUXI)
    assert found[2:] == [DUPLICATE, GOOD, DUPLICATE]
    assert found[0] is GOOD
    assert found[1] not in (GOOD, DUPLICATE)


def test_a_day_around_wuxi() -> None:
    """Real fixes of 475 vehicles: one jump of 3.7 km within 55 s, by the same rule done by hand."""
    path = Path(__file__).parents[2].parent / "shared/data/gps/wuxi_vehicles.csv"
    if not path.exists():
        pytest.skip(f"{path.name} is not beside the repository")
    fixes = sorted(read_tracks(path, ZoneInfo("Asia/Shanghai")), key=lambda f: f.fix_time)
    for batch in (1, 1000, len(fixes)):
        state, found = PlausibilityState(), []
        for begin in range(0, len(fixes), batch):
            state, codes = judged(state, fixes[begin : begin + batch])
            found += codes
        assert len(found) == 20_188
        bad = [(p.vehicle_id, q) for p, q in zip(fixes, found, strict=True) if q is not GOOD]
        assert bad == [("0086627503166112", TELEPORT)]
