"""What rounds are put together of: shares worked, windows, ways along segments."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from shapely import LineString, MultiLineString

from config.hours import DailyHours
from config.round_plan import RoundPlan, WorkKind
from config.route import Route, RouteKind
from geofence.district.coverage import in_order, passes_made, share_worked
from geofence.finding import SegmentPass
from geofence.projection import Projection
from geofence.round_windows import RoundWindows
from geofence.segment_index import SegmentIndex
from geofence.segment_ways import SegmentWays
from tests.geofence.conftest import LAT, LON, M_LAT, M_LON, T0


def passed(*covered) -> SegmentPass:
    return SegmentPass(
        vehicle_id="v", route_id="r", segment=0, work=WorkKind.SWEEP, started_at=T0, ended_at=T0,
        forward=True, length_m=0, covered=covered, speed_kmh=0, max_kmh=0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("spans", "once", "twice", "passes"),
    [
        ([], 0, 0, 0),
        ([[(0, 1)]], 1, 0, 1),
        ([[(0, 0.5)], [(0.5, 1)]], 1, 0, 1),
        ([[(0, 0.6)], [(0.4, 1)]], 1, 0.2, 1),
        ([[(0, 0.3), (0.5, 1)], [(0.3, 0.5)]], 1, 0, 1),
        ([[(0, 1)], [(0.1, 0.95)]], 1, 0.85, 2),
        ([[(0, 0.6)]], 0.6, 0, 0),
    ],
)
def test_shares_worked(spans, once, twice, passes):
    for order in permutations([passed(*one) for one in spans]):
        assert share_worked(order) == pytest.approx(once)
        assert share_worked(order, 2) == pytest.approx(twice)
        assert passes_made(order, 0.7) == passes


@pytest.mark.parametrize(
    ("numbers", "orderly"),
    [
        ([], set()),
        ([0, 1, 2, 3], {0, 1, 2, 3}),
        ([5, 0, 1, 2], {0, 1, 2}),
        ([0, 2, 3, 1, 4], {0, 2, 3, 4}),
        ([3, 2, 1], {3}),
    ],
)
def test_what_is_in_order(numbers, orderly):
    assert in_order(numbers) == orderly


def windows(**more) -> RoundWindows:
    plan = {
        "plan_id": "p", "name": "p", "route_id": "r", "work": WorkKind.SWEEP,
        "vehicle_ids": ("a", "b"), "window": DailyHours.parse("04:00-06:30|22:00-02:00"),
    }  # fmt: skip
    return RoundWindows({"p": RoundPlan(**(plan | more))}, ZoneInfo("Asia/Shanghai"))


def test_windows_of_a_day_are_local_and_may_run_over_midnight():
    monday, tuesday = date(2026, 3, 2), date(2026, 3, 3)
    found = windows(weekdays=frozenset({0}))
    times = [
        (datetime.fromtimestamp(w.from_t, UTC), datetime.fromtimestamp(w.to_t, UTC))
        for w in found.of_day("p", monday)
    ]
    assert times == [
        (datetime(2026, 3, 1, 20, tzinfo=UTC), datetime(2026, 3, 1, 22, 30, tzinfo=UTC)),
        (datetime(2026, 3, 2, 14, tzinfo=UTC), datetime(2026, 3, 2, 18, tzinfo=UTC)),
    ]
    assert found.of_day("p", tuesday) == []
    begin = times[0][0].timestamp()
    assert found.next_begin(begin) == times[1][0].timestamp()
    assert found.next_begin(times[1][0].timestamp()) == begin + 7 * 86_400


def test_a_plan_not_in_force_has_no_windows():
    found = windows(valid_from=T0 + timedelta(days=1))
    assert len(found.beginning("p", T0.timestamp() - 86_400, T0.timestamp() + 2 * 86_400)) == 2


def test_which_vehicle_is_in_a_window():
    found = windows()
    hours = np.arange(0, 72, 0.25)
    t = T0.timestamp() + hours * 3600  # from noon on
    local = (hours + 12) % 24
    expected = ((local >= 4) & (local < 6.5)) | (local >= 22) | (local < 2)
    for number in (0, 1):
        assert (found.within(np.full(len(t), number), t) == expected).all()
    assert not found.within(np.full(len(t), -1), t).any()


@pytest.mark.parametrize(
    ("begin", "end", "pieces"),
    [
        ((0, 10), (0, 90), [(0, 10, 90)]),
        ((0, 80), (1, 20), [(0, 80, 100), (1, 0, 20)]),
        ((1, 20), (0, 80), [(1, 20, 0), (0, 100, 80)]),
        # Over a whole one; a gap of 10 m between the second and the third is a junction.
        ((0, 80), (2, 20), [(0, 80, 100), (1, 0, 100), (2, 0, 20)]),
        # The fourth is drawn the other way round.
        ((2, 90), (3, 90), [(2, 90, 100), (3, 100, 90)]),
        # Too far, and not connected at all.
        ((0, 0), (3, 0), None),
        ((0, 50), (4, 50), None),
    ],
)
def test_ways_along_segments(begin, end, pieces):
    parts = [
        [(0, 0), (100, 0)], [(100, 0), (200, 0)], [(210, 0), (310, 0)], [(310, 100), (310, 0)],
        [(0, 500), (100, 500)],
    ]  # fmt: skip
    line = MultiLineString([[(LON + x * M_LON, LAT + y * M_LAT) for x, y in p] for p in parts])
    route = Route("r", "r", RouteKind.SWEEP, line, 25.0)
    ways = SegmentWays(SegmentIndex({"r": route}, Projection.about(LON, LAT)))
    found = ways.between(begin, end, 260.0)
    if pieces is None:
        assert found is None
    else:
        assert [tuple(p) for p in found] == [pytest.approx(p, abs=0.5) for p in pieces]


def test_a_line_is_cut_into_segments():
    line = LineString([(LON, LAT), (LON + 1000 * M_LON, LAT)])
    route = Route("r", "r", RouteKind.SWEEP, line, 25.0, segment_m=200.0)
    index = SegmentIndex({"r": route}, Projection.about(LON, LAT))
    ways = SegmentWays(index)
    assert len(index.lines) == 5
    assert [p.segment for p in ways.between((0, 100), (3, 100), 700.0)] == [0, 1, 2, 3]
