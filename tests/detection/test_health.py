"""A camera's own condition: what is told, when it is over, and what must never ring."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from benchmarks.faulty_pictures import (
    Aim,
    black,
    blurred,
    covered,
    fog,
    gain,
    headlights,
    overexposed,
    rendered,
    seen,
    shaking,
    snow,
    truck_side,
)
from config.camera import Camera, CameraRole
from detection.health.camera_health import CameraHealth
from detection.parameters import CameraParameters, read_camera_parameters
from detection.scene_event import SceneEvent
from ingest.camera_announcement import CameraAnnouncement
from ingest.frame import Frame
from ingest.stream_health import StreamHealth, StreamState

BEGIN = datetime(2026, 6, 1, 2, tzinfo=UTC)
CAMERA = Camera("c", "c", "", 119.94, 31.7, 45.0, CameraRole.GATE)
Picture = Callable[[float], np.ndarray]
WELL_S = 62.0  # the first steady minute is over


@pytest.fixture(scope="module")
def scenes() -> list[np.ndarray]:
    """A minute of traffic, two pictures a second."""
    return list(rendered(0, "day", 20))


def at(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


def watch(
    health: CameraHealth, picture: Picture, begin_s: float, end_s: float, step_s: float = 0.5
) -> list[SceneEvent]:
    told = []
    for number in range(round((end_s - begin_s) / step_s)):
        s = begin_s + number * step_s
        told += health.advance(Frame.of("c", at(s), picture(s), number))
    return told


@pytest.fixture(scope="module")
def plain(scenes) -> Picture:
    pictures = [seen(scene) for scene in scenes]
    return lambda s: pictures[round(s * 2) % len(pictures)]


@pytest.fixture(scope="module")
def after_a_minute(plain) -> CameraHealth:
    """A minute of it was seen, nothing was told, the reference is learnt."""
    health = CameraHealth(CAMERA)
    assert watch(health, plain, 0, WELL_S) == []
    assert health.reference_jpeg is not None
    return health


@pytest.fixture
def learnt(after_a_minute) -> CameraHealth:
    return deepcopy(after_a_minute)


FAULTS = [
    ("camera_dark", black, 16, True),
    ("camera_blinded", overexposed, 24, True),
    ("camera_out_of_focus", blurred(4.0), 68, False),
    ("camera_blocked", covered(1.0, 90), 18, True),
]


@pytest.mark.parametrize(("kind", "distort", "within_s", "suspends"), FAULTS)
def test_a_fault_is_told_once_and_ends(plain, kind, distort, within_s, suspends, learnt):
    health = learnt
    bad_s = WELL_S + within_s + 10
    told = watch(health, lambda s: distort(plain(s), round(s * 2)), WELL_S, bad_s)
    (event,) = told
    assert event.kind == kind
    assert event.started_at - at(WELL_S) <= timedelta(seconds=3)
    assert event.raised_at <= at(WELL_S + within_s)
    assert event.box == (0, 0, 640, 360)
    assert (event.camera_zone_id, event.ended_at) == ("", None)
    assert [s.moment for s in event.snapshots] == ["before", "after"]
    assert event.snapshots[0].captured_at <= at(WELL_S)
    assert health.suspended is suspends
    assert health.faults == (kind,)
    (end,) = watch(health, plain, bad_s, bad_s + 30)
    assert (end.kind, end.started_at) == (kind, event.started_at)
    assert end.ended_at - at(bad_s) <= timedelta(seconds=3)
    assert not health.suspended
    assert health.faults == ()


def test_a_re_aimed_camera_suspends_at_once_and_asks_for_a_placement(plain, scenes, learnt):
    health = learnt
    turned = lambda s: seen(scenes[round(s * 2) % len(scenes)], Aim(x_px=60))  # noqa: E731
    assert watch(health, turned, WELL_S, WELL_S + 3) == []
    assert health.suspended
    assert not health.needs_placement
    (event,) = watch(health, turned, WELL_S + 3, WELL_S + 15)
    assert event.kind == "camera_moved"
    assert event.values["shift_x_share"] == pytest.approx(60 / 640, abs=0.005)
    assert event.values["moved_share"] == pytest.approx(60 / 640, abs=0.005)
    assert health.needs_placement
    assert health.shift_px == (0, 0)
    (end,) = watch(health, plain, WELL_S + 15, WELL_S + 25)
    assert end.ended_at is not None
    assert not health.suspended
    assert not health.needs_placement


def test_a_new_placement_ends_it(plain, learnt):
    health = learnt
    other = next(rendered(77, "day", 1))
    (event,) = watch(health, lambda s: seen(other), WELL_S, WELL_S + 15)
    assert (event.kind, event.values["aim"]) == ("camera_moved", "lost")
    assert event.values["moved_share"] is None
    (end,) = health.replaced(at(WELL_S + 20))
    assert end.ended_at == at(WELL_S + 20)
    assert health.replaced(at(WELL_S + 21)) == []


def test_a_stored_reference_is_held_to_from_the_first_picture(plain, scenes, learnt):
    jpeg = learnt.reference_jpeg
    again = CameraHealth(CAMERA, reference=jpeg)
    turned = lambda s: seen(scenes[round(s * 2) % len(scenes)], Aim(x_px=-50))  # noqa: E731
    assert [e.kind for e in watch(again, turned, 0, 8)] == ["camera_moved"]
    same = CameraHealth(CAMERA, reference=jpeg)
    assert watch(same, plain, 0, 8) == []


class Calm:
    """A background that sees no change, or all of the picture changed."""

    ready = True

    def __init__(self, fraction: float = 0.0) -> None:
        self.fraction = fraction


def test_while_nothing_changes_it_looks_seldom_and_at_once_when_much_does(plain, scenes, learnt):
    """The looks are counted by the pictures that it took for its newest."""
    looked = set()
    for number in range(80):
        s = WELL_S + number / 2
        learnt.advance(Frame.of("c", at(s), plain(s), number), Calm())
        looked.add(learnt.newest.captured_at)
    assert len(looked) <= 7
    turned = seen(scenes[0], Aim(x_px=60))
    for number in range(4):
        s = WELL_S + 40.5 + number / 2
        learnt.advance(Frame.of("c", at(s), turned, number), Calm(0.5))
    assert learnt.suspended


def test_a_drift_is_given_for_zones_to_follow(plain, scenes, learnt):
    health = learnt
    drifted = lambda s: seen(scenes[round(s * 2) % len(scenes)], Aim(x_px=5, y_px=-2))  # noqa: E731
    assert watch(health, drifted, WELL_S, WELL_S + 14) == []
    assert health.shift_px == pytest.approx((5, -2), abs=0.7)
    assert not health.suspended


HARMLESS = {
    "truck over 70 % for half a minute": truck_side(0.7),
    "headlights": lambda p, n: headlights(p, n) if n * 0.5 < WELL_S + 12 else p,
    "fog": fog,
    "snow": snow,
    "darker": gain(0.6),
    "brighter": gain(1.6),
    "a truck over all, passing": lambda p, n: truck_side(1.05)(p, n) if n / 2 < WELL_S + 5 else p,
}


@pytest.mark.parametrize("name", HARMLESS)
def test_what_passes_or_falls_rings_nothing(plain, name, learnt):
    distort = HARMLESS[name]
    health = learnt
    assert watch(health, lambda s: distort(plain(s), round(s * 2)), WELL_S, WELL_S + 30) == []


def test_a_shaking_pole_rings_nothing(scenes):
    aim = shaking(2.5)
    health = CameraHealth(CAMERA)
    shaken = lambda s: seen(scenes[round(s * 2) % len(scenes)], aim(round(s * 2)))  # noqa: E731
    assert watch(health, shaken, 0, 90) == []
    assert not health.suspended


def test_nightfall_is_learnt_and_no_fault(plain, scenes):
    """Light goes over two minutes to a third, then a re-aimed camera is still noticed."""
    health = CameraHealth(CAMERA)
    share = lambda s: max(0.33, 1 - max(0.0, s - 60) / 180)  # noqa: E731
    assert watch(health, lambda s: gain(share(s))(plain(s), 0), 0, 260, step_s=2) == []
    assert not health.suspended
    turned = lambda s: gain(0.33)(seen(scenes[round(s * 2) % len(scenes)], Aim(x_px=60)), 0)  # noqa: E731
    assert [e.kind for e in watch(health, turned, 260, 275)] == ["camera_moved"]


def test_faint_is_not_dark(plain, learnt):
    """A scene that is known again is seen, at a fifth of its light, too."""
    faint = gain(0.2)
    assert watch(learnt, lambda s: faint(plain(s), 0), WELL_S, WELL_S + 30) == []


def test_a_camera_without_lamps_is_dark_every_night_and_told_once(plain):
    """Two days, looked at every hour: the first night is told, the second is usual."""
    health = CameraHealth(CAMERA)
    told = []
    for number in range(2 * 24):
        now = BEGIN + timedelta(hours=number)
        night = now.hour >= 12  # UTC
        for step in range(3):
            picture = plain(number)
            picture = black(picture, number) if night else picture
            frame = Frame.of("c", now + timedelta(seconds=6 * step), picture, number)
            told += [(e.kind, e.ended_at is None, now.day) for e in health.advance(frame)]
    assert [t for t in told if t[0] == "camera_dark" and t[1]] == [("camera_dark", True, 1)]
    assert all(kind == "camera_dark" for kind, _, _ in told)


def test_a_partly_covered_lens_is_told_after_minutes(plain, learnt):
    health = learnt
    leaf = covered(0.62, 90)
    (event,) = watch(health, lambda s: leaf(plain(s), round(s)), WELL_S, WELL_S + 650, step_s=10)
    assert event.kind == "camera_blocked"
    assert 600 <= (event.raised_at - at(WELL_S)).total_seconds() <= 620


def stream(state: StreamState, seen_s: float | None = None) -> StreamHealth:
    return StreamHealth(state, last_seen_at=None if seen_s is None else at(seen_s), detail="why")


def test_a_stream_that_is_away_is_told_after_ten_seconds():
    health = CameraHealth(CAMERA)
    assert health.stream_state(stream(StreamState.ONLINE, 5), at(6)) == []
    assert health.stream_state(stream(StreamState.OFFLINE, 6), at(8)) == []
    (event,) = health.stream_state(stream(StreamState.OFFLINE, 6), at(16.5))
    assert (event.kind, event.started_at) == ("camera_offline", at(6))
    assert event.values["detail"] == "why"
    assert health.stream_state(stream(StreamState.OFFLINE, 6), at(60)) == []
    assert health.stream_state(stream(StreamState.ONLINE, 70), at(70)) == []
    (end,) = health.stream_state(stream(StreamState.ONLINE, 74), at(74))
    assert (end.started_at, end.ended_at) == (at(6), at(70))


def test_a_stream_that_never_came_is_given_a_minute():
    health = CameraHealth(CAMERA)
    assert health.stream_state(stream(StreamState.OFFLINE), at(0)) == []
    assert health.stream_state(stream(StreamState.OFFLINE), at(59)) == []
    (event,) = health.stream_state(stream(StreamState.OFFLINE), at(60))
    assert event.started_at == at(0)


def test_a_short_break_is_not_told():
    health = CameraHealth(CAMERA)
    assert health.stream_state(stream(StreamState.OFFLINE, 0), at(5)) == []
    assert health.stream_state(stream(StreamState.ONLINE, 6), at(6)) == []
    assert health.stream_state(stream(StreamState.OFFLINE, 9), at(14)) == []


def test_a_frozen_stream_is_told_at_once():
    health = CameraHealth(CAMERA)
    (event,) = health.stream_state(stream(StreamState.FROZEN, 31), at(31))
    assert event.kind == "camera_frozen"


@pytest.mark.parametrize(
    ("said", "asks"),
    [
        ({"lon": 119.9401, "lat": 31.7001}, False),
        ({"lon": 119.9404, "lat": 31.7}, True),
        ({"heading_deg": 52.0}, False),
        ({"heading_deg": 60.0}, True),
        ({"heading_deg": 34.0}, True),
        ({"place": "桥头"}, False),
    ],
)
def test_an_announcement_elsewhere_asks_for_a_placement(said, asks):
    health = CameraHealth(CAMERA)
    told = health.announced(CameraAnnouncement(camera_id="c", received_at=at(5), **said))
    assert [e.kind for e in told] == (["camera_moved"] if asks else [])
    assert health.suspended is health.needs_placement is asks


def test_a_camera_that_is_back_in_its_place_is_well():
    health = CameraHealth(CAMERA)
    away = CameraAnnouncement(camera_id="c", received_at=at(5), lon=119.95, lat=31.7)
    back = CameraAnnouncement(camera_id="c", received_at=at(500), lon=119.94, lat=31.7)
    (event,) = health.announced(away)
    assert event.values["distance_m"] == pytest.approx(948, abs=3)
    assert health.announced(away) == []
    (end,) = health.announced(back)
    assert (end.started_at, end.ended_at) == (at(5), at(500))
    assert not health.suspended


def test_a_site_sets_the_thresholds(plain, learnt):
    given = read_camera_parameters({"camera_dark": {"after_s": 2}, "camera_moved": {"place_m": 90}})
    assert (given.camera_dark.after_s, given.camera_moved.place_m) == (2, 90)
    off = read_camera_parameters({"camera_dark": {"enabled": False}})
    health = CameraHealth(CAMERA, off, learnt.reference_jpeg)
    assert watch(health, plain, WELL_S - 4, WELL_S) == []
    assert watch(health, lambda s: black(plain(s), round(s * 2)), WELL_S, WELL_S + 20) == []
    assert health.suspended  # switched off, it is not told; nothing can be seen all the same
    assert CameraParameters().camera_frozen.after_s == 0
