"""Whether fixes can be true: each fault of a receiver, and that it harms no true fix beside it."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from config.settings import PipelineSettings
from config.site import Site
from config.zone import Zone, ZoneKind
from ingest.plausibility import (
    SEEN_TIMES,
    TRAIL_FIXES,
    Limits,
    PlausibilityState,
    assess,
    decode_state,
    encode_state,
)
from ingest.position import Position, Quality
from ingest.tracks import read_tracks

BEGIN = datetime(2026, 5, 1, 1, 0, tzinfo=UTC)
LIMITS = Limits.of(PipelineSettings())
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


def qualities(*fixes: Position, state: PlausibilityState | None = None) -> list[Quality]:
    """Judged one by one, and again all in one batch: the batch must not matter."""
    begin = state or PlausibilityState()
    _, together = assess(begin, fixes, LIMITS)
    apart = []
    for each in fixes:
        begin, assessed = assess(begin, [each], LIMITS)
        apart += assessed
    assert apart == together
    return [position.quality for position in apart]


WEEKS_1024 = timedelta(weeks=1024).total_seconds()


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
        (-WEEKS_1024, Quality.ANCIENT),  # the week counter of GPS rolled over
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
    ) == [GOOD, Quality.FUTURE, Quality.ANCIENT, Quality.NULL_ISLAND, GOOD]


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
    state, (assessed,) = assess(PlausibilityState(), [there], limits)
    assert assessed.quality is quality
    _, (back,) = assess(state, [fix(3600)], limits)
    assert back.quality is GOOD  # what is far is no reference


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
    track = [fix(i) for i in range(SEEN_TIMES + 1)]
    state, _ = assess(PlausibilityState(), track, LIMITS)
    assert qualities(track[1], state=state) == [DUPLICATE]
    assert len(state.vehicles["v"].seen) == SEEN_TIMES


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
    state, assessed = assess(PlausibilityState(), mixed, LIMITS)
    assert [p.fix_time for p in assessed if p.quality is not GOOD] == [old[30].fix_time]
    memory = state.vehicles["v"]
    assert memory.late is not None
    assert (len(memory.live.good), len(memory.late.good)) == (TRAIL_FIXES, TRAIL_FIXES)


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


def test_the_state_given_is_not_changed() -> None:
    state, _ = assess(PlausibilityState(), [fix(0), fix(10, 90_000)], LIMITS)
    before = encode_state(state)
    assess(state, [fix(20), fix(30, 90_000), fix(40, vehicle="other")], LIMITS)
    assert encode_state(state) == before


def test_judgement_goes_on_where_a_snapshot_left_it() -> None:
    track = [fix(0), fix(10, 90_000), fix(15, 90_050), fix(21, 90_100), fix(21, 90_100)]
    state, first = assess(PlausibilityState(), track[:3], LIMITS)
    _, second = assess(decode_state(encode_state(state)), track[3:], LIMITS)
    assert [p.quality for p in first + second] == qualities(*track)


def test_a_snapshot_of_another_version_is_refused() -> None:
    content = encode_state(msgspec.structs.replace(PlausibilityState(), version=99))
    with pytest.raises(ValueError, match="version 99"):
        decode_state(content)


def test_a_day_around_wuxi() -> None:
    """Real fixes of 475 vehicles: one jump of 3.7 km within 55 s, by the same rule done by hand."""
    path = Path(__file__).parents[2].parent / "shared/data/gps/wuxi_vehicles.csv"
    if not path.exists():
        pytest.skip(f"{path.name} is not beside the repository")
    fixes = sorted(read_tracks(path, ZoneInfo("Asia/Shanghai")), key=lambda f: f.fix_time)
    _, assessed = assess(PlausibilityState(), fixes, LIMITS)
    assert len(assessed) == 20_188
    bad = [(p.vehicle_id, p.quality) for p in assessed if p.quality is not GOOD]
    assert bad == [("0086627503166112", TELEPORT)]
