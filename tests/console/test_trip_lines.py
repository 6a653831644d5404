"""Segments' lines and stops: what the map of a trip or round is drawn from."""

from __future__ import annotations

from datetime import timedelta

import pytest
from shapely import LineString, MultiLineString

from config.route import Route, RouteKind
from console.segment_lines import segment_lines
from console.stops import stops
from geofence.finding import SegmentResult, SegmentState
from geofence.place_parameters import StopParameters
from store.track import TrackPoint
from tests.store.made import NOON

EAST_M = 0.001 * 94_600  # 0.001 degrees of longitude at 31.7 N
NORTH_M = 0.001 * 111_195
AWAY = 119.901  # 95 m from where the fixes are
CORNER = LineString([(119.9, 31.7), (119.901, 31.7), (119.901, 31.701)])


def segments(*lengths_m: float) -> list[SegmentResult]:
    return [
        SegmentResult(
            segment=i, name="", state=SegmentState.PENDING, passes=0, length_m=m, covered_m=0
        )
        for i, m in enumerate(lengths_m)
    ]


def route(geometry: LineString | MultiLineString) -> Route:
    return Route("r", "r", RouteKind.SWEEP, geometry, 15.0)


def test_a_line_is_cut_where_lengths_add_up_in_metres() -> None:
    first, second = segment_lines(route(CORNER), segments(EAST_M, NORTH_M))
    assert first is not None
    assert second is not None
    assert list(first.coords)[-1] == pytest.approx((119.901, 31.7), abs=2e-6)
    assert list(second.coords)[-1] == pytest.approx((119.901, 31.701))


@pytest.mark.parametrize("lengths_m", [(80.0,), (80.0, 80.0, 80.0), ()])
def test_the_parts_of_a_route_are_its_segments(lengths_m: tuple[float, ...]) -> None:
    parts = MultiLineString([CORNER, [(119.95, 31.7), (119.96, 31.7)]])
    assert segment_lines(route(parts), segments(80, 80)) == list(parts.geoms)
    told = segments(*lengths_m)  # as it was before the route was changed
    assert segment_lines(route(parts), told) == [None] * len(told)
    assert segment_lines(None, told) == [None] * len(told)


def fix(at_s: float, speed_kmh: float | None, lon: float = 119.9) -> TrackPoint:
    return TrackPoint(
        time=NOON + timedelta(seconds=at_s), lon=lon, lat=31.7, speed_kmh=speed_kmh,
        load=None, lid=None, body_raised=None, work=(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("points", "lasted_s"),
    [
        ([fix(0, 40), *(fix(s, 0) for s in range(1, 62, 15)), fix(70, 40, AWAY)], [60]),
        ([fix(1, 2.9), fix(46, 2.9), fix(50, 40, AWAY)], []),  # a traffic light
        ([fix(1, 2), fix(30, 45), fix(90, 0), fix(105, 40, AWAY)], [89]),  # a spike of the speed
        ([fix(1, 2), fix(70, 2), fix(80, 4, AWAY), fix(150, 2, AWAY)], [69, 70]),  # it hopped
        ([fix(1, 0), fix(90, 4), fix(99, None, AWAY), fix(120, 0), fix(300, 0)], [89, 180]),
        ([fix(s, 5.1) for s in range(0, 300, 15)], []),  # a queue that creeps
        ([fix(1, 0), fix(1000, 0), fix(1010, 40, AWAY)], [999]),  # silent meanwhile
        ([fix(-600, 0), fix(-15, 0), fix(300, 0)], []),  # still in the site
        ([], []),
    ],
    ids=["just", "short", "spike", "hop", "two", "creeps", "silent", "before", "none"],
)
def test_stops(points: list[TrackPoint], lasted_s: list[float]) -> None:
    found = stops(points, NOON, 60, StopParameters())
    assert [(stop.ended_at - stop.began_at).total_seconds() for stop in found] == lasted_s
