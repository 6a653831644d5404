"""Passages before a camera: who crossed, when, which way, and whose plate it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from config.camera import Camera, CameraRole, CameraZone, CameraZoneKind, GroundPoint, Side
from detection.album import Album
from detection.background import Background
from detection.detections import Detections
from detection.ground_map import GroundMap
from detection.plate_reader import NoPlateReader, PlateRead, PlateReader
from detection.rules.gate_line import GateLine
from detection.scene_event import Box
from detection.scene_view import SceneView
from detection.sighting import Direction, Load, Sighting
from detection.tracking import MOVING, BodySeen, Track
from ingest.frame import Frame, Image

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
SIZE = (1280, 720)
FPS = 5
LINE = CameraZone("line", CameraZoneKind.GATE_LINE, ((0.1, 0.5), (0.9, 0.5)), Side.RIGHT)
"""From left to right across the middle: its right-hand side, the site, is below."""

# 40 m wide, 22.5 m deep, seen from straight above: a pixel is 1/32 m.
GROUND = tuple(
    GroundPoint(x, y, 120.0 + (x - 0.5) * 40 / 94_600, 31.7 - (y - 0.5) * 22.5 / 110_860)
    for x, y in ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9), (0.5, 0.3))
)


def camera(*zones: CameraZone, role: CameraRole = CameraRole.GATE, ground: bool = False) -> Camera:
    points = GROUND if ground else ()
    return Camera("c1", "", "", 120.0, 31.7, None, role, zones, ground_points=points)


@dataclass
class Vehicle:
    """`foot(t)` in pixels, None while unseen."""

    foot: Callable[[float], tuple[float, float] | None]
    name: str = "muck_truck"
    size: tuple[float, float] = (240.0, 200.0)
    bodies: tuple[str, ...] = ()
    track_ids: Callable[[float], int] = field(default=lambda _t: 1)

    def box(self, t: float) -> Box | None:
        foot = self.foot(t)
        if foot is None:
            return None
        (x, y), (wide, tall) = foot, self.size
        return x - wide / 2, y - tall, x + wide / 2, y


def watch(
    cam: Camera,
    vehicles: Sequence[Vehicle],
    seconds: float,
    reader: PlateReader | None = None,
    suspended: Callable[[float], bool] = lambda _t: False,
) -> list[Sighting]:
    rule, background, album = GateLine(reader or NoPlateReader()), Background(), Album()
    names = {0: "muck_truck", 1: "load_open", 2: "load_covered", 3: "body_raised", 4: "car"}
    picture: Image = np.full((SIZE[1], SIZE[0], 3), 90, np.uint8)
    tracks: dict[int, Track] = {}
    told: list[Sighting] = []
    look = background.advance(Frame.of(cam.id, NOON, picture))  # the rule asks only of its tracks
    for number in range(int(seconds * FPS)):
        t = number / FPS
        at = NOON + timedelta(seconds=t)
        frame = Frame.of(cam.id, at, picture, number)
        current = []
        for base, vehicle in enumerate(vehicles):
            box = vehicle.box(t)
            if box is None:
                continue
            track_id = 100 * base + vehicle.track_ids(t)
            track = tracks.setdefault(track_id, Track(track_id, at))
            track.path.append((at, box))
            track.votes[vehicle.name] += 1
            track.score = 0.0 if vehicle.name == MOVING else 0.9
            track.bodies.extend(BodySeen(at, body, 0.8, box) for body in vehicle.bodies)
            current.append(track)
        album.add(frame, current)
        view = SceneView(
            camera=cam,
            frame=frame,
            look=look,
            background=background,
            detections=Detections.none(names),
            current=current,
            tracks=tracks,
            album=album,
            suspended=suspended(t),
            ground=GroundMap.of(cam),
        )
        told.extend(o for o in rule.advance(view) if isinstance(o, Sighting))
    return told


def along(*stops: tuple[float, float, float]) -> Callable[[float], tuple[float, float] | None]:
    """Straight between (second, x, y), unseen before and after."""
    times, xs, ys = (np.array(column) for column in zip(*stops, strict=True))

    def foot(t: float) -> tuple[float, float] | None:
        if not times[0] <= t <= times[-1]:
            return None
        return float(np.interp(t, times, xs)), float(np.interp(t, times, ys))

    return foot


DOWN = along((0, 640, 150), (4.1, 640, 700))
UP = along((0, 640, 700), (4.1, 640, 150))


def trembling(t: float) -> tuple[float, float]:
    """Comes down, waits 20 s with its foot on the line and its box trembling, goes on."""
    y = np.interp(t, [0, 2, 22, 24], [150, 360, 360, 700])
    return 640.0, float(y + 8 * np.sin(7 * t))


def reversing(t: float) -> tuple[float, float]:
    return 640.0, float(np.interp(t, [0, 4, 6, 10], [150, 620, 620, 150]))


@pytest.mark.parametrize(
    ("foot", "seconds", "directions"),
    [
        pytest.param(DOWN, 8, [Direction.IN], id="in"),
        pytest.param(UP, 8, [Direction.OUT], id="out"),
        pytest.param(trembling, 30, [Direction.IN], id="waits on the line"),
        pytest.param(reversing, 20, [Direction.IN, Direction.OUT], id="reverses back"),
        pytest.param(along((0, 640, 200), (12, 640, 200)), 16, [], id="parked above"),
        pytest.param(lambda t: (640.0, 360 + 9 * np.sin(5 * t)), 16, [], id="parked on the line"),
        pytest.param(along((0, 640, 150), (3, 640, 335)), 8, [], id="stops short of it"),
        pytest.param(along((0, 20, 150), (3, 20, 700)), 8, [], id="past the end of the line"),
        pytest.param(along((0, 640, 150), (2.2, 640, 380)), 8, [Direction.IN], id="lost on it"),
    ],
)
def test_passages(
    foot: Callable[[float], tuple[float, float] | None],
    seconds: float,
    directions: list[Direction],
) -> None:
    told = watch(camera(LINE), [Vehicle(foot)], seconds)
    assert [s.direction for s in told] == directions
    assert len({s.sighting_id for s in told}) == len(told)
    assert len({s.track_uid for s in told}) <= 1


def test_the_crossing_is_timed_between_pictures() -> None:
    for speed in (90.0, 133.0, 211.0):
        vehicle = Vehicle(along((0, 640, 100), (2.5, 640, 100 + 2.5 * speed)))
        (told,) = watch(camera(LINE), [vehicle], 12) if 100 + 2.5 * speed > 400 else (None,)
        if told is not None:
            seconds = (told.at - NOON).total_seconds()
            assert seconds == pytest.approx((360 - 100) / speed, abs=0.02)


def test_inside_on_the_left_turns_the_direction() -> None:
    line = CameraZone("line", CameraZoneKind.GATE_LINE, LINE.points, Side.LEFT)
    assert [s.direction for s in watch(camera(line), [Vehicle(DOWN)], 8)] == [Direction.OUT]


def test_a_track_that_broke_on_the_line_is_one_passage() -> None:
    broken = Vehicle(
        lambda t: None if 1.5 < t < 2.2 else DOWN(t), track_ids=lambda t: 1 if t < 2 else 2
    )
    slow = Vehicle(
        lambda t: None if 2.9 < t < 3.5 else along((0, 640, 200), (8, 640, 560))(t),
        track_ids=lambda t: 1 if t < 3.2 else 2,
    )
    assert [s.direction for s in watch(camera(LINE), [slow], 14)] == [Direction.IN]
    assert len(watch(camera(LINE), [broken], 10)) <= 1


def test_a_part_followed_beside_the_whole_is_one_passage() -> None:
    bumper = Vehicle(along((0, 640, 155), (4.1, 640, 690)), size=(220.0, 60.0))
    assert len(watch(camera(LINE), [Vehicle(DOWN), bumper], 10)) == 1
    assert len(watch(camera(LINE), [bumper, Vehicle(DOWN)], 10)) == 1


def test_two_that_follow_each_other_are_two() -> None:
    """The second is 1.6 s behind; and a car right before a truck lies in its box."""
    behind = Vehicle(along((1.6, 640, 150), (5.7, 640, 700)), size=(240.0, 120.0))
    assert len(watch(camera(LINE), [Vehicle(DOWN, size=(240.0, 120.0)), behind], 12)) == 2
    car = Vehicle(along((0, 640, 170), (3.9, 640, 700)), "car", (120.0, 90.0))
    assert len(watch(camera(LINE), [Vehicle(DOWN), car], 12)) == 2


@pytest.mark.parametrize(
    ("name", "size", "count"),
    [
        ("car", (160.0, 120.0), 1),
        ("person", (40.0, 110.0), 0),
        ("bicycle", (60.0, 90.0), 0),
        (MOVING, (240.0, 200.0), 1),
        (MOVING, (40.0, 110.0), 0),
    ],
)
def test_only_motor_vehicles(name: str, size: tuple[float, float], count: int) -> None:
    assert len(watch(camera(LINE), [Vehicle(DOWN, name, size)], 8)) == count


@pytest.mark.parametrize(
    ("bodies", "load", "raised"),
    [
        (("load_open",), Load.OPEN, False),
        (("load_covered",), Load.COVERED, False),
        (("load_covered", "body_raised"), Load.COVERED, True),
        (("load_open", "load_covered", "load_open"), Load.OPEN, False),
        ((), None, None),
    ],
)
def test_load_by_votes(bodies: tuple[str, ...], load: Load | None, raised: bool | None) -> None:
    (told,) = watch(camera(LINE), [Vehicle(DOWN, bodies=bodies)], 8)
    assert (told.load, told.body_raised) == (load, raised)
    assert (told.load_confidence > 0) == (load is not None)


def test_speed_heading_and_place_on_the_map() -> None:
    """550 px in 4.1 s at 1/32 m a pixel: 4.19 m/s due south."""
    (told,) = watch(camera(LINE, ground=True), [Vehicle(DOWN)], 8)
    assert told.speed_kmh == pytest.approx(550 / 4.1 / 32 * 3.6, rel=0.05)
    assert told.heading_deg == pytest.approx(180, abs=3)
    assert told.lon == pytest.approx(120.0, abs=2e-5)
    assert told.lat == pytest.approx(31.7, abs=2e-5)
    assert told.uncertainty_m < 2


def test_without_ground_points_it_is_somewhere_about_the_camera() -> None:
    (told,) = watch(camera(LINE), [Vehicle(DOWN)], 8)
    assert (told.speed_kmh, told.heading_deg, told.uncertainty_m) == (None, None, 30.0)
    assert told.snapshot is not None
    assert 2 <= len(told.track) <= 60


def test_without_a_line_who_travels_through_is_seen_once() -> None:
    road = camera(role=CameraRole.INTERSECTION)
    through = Vehicle(along((0, 100, 400), (5, 1200, 420)))
    parked = Vehicle(lambda _t: (300.0, 300.0))
    told = watch(road, [through, parked], 12)
    assert [(s.line_id, s.direction) for s in told] == [("", None)]
    assert (told[0].at - NOON).total_seconds() == pytest.approx(2.5, abs=0.5)
    assert watch(camera(role=CameraRole.HOTSPOT), [through], 12) == []


def test_nothing_while_the_picture_is_not_the_one_that_was_drawn_in() -> None:
    assert watch(camera(LINE), [Vehicle(DOWN)], 8, suspended=lambda t: t < 3) == []


def test_the_same_pictures_give_the_same_sightings() -> None:
    runs = [watch(camera(LINE), [Vehicle(reversing)], 20) for _ in range(2)]
    assert runs[0] == runs[1]


def test_a_reader_is_asked_at_most_six_times_and_once_a_frame() -> None:
    class Counting:
        asked = 0

        def read(self, crop: Image) -> Sequence[PlateRead]:
            self.asked += 1
            return [PlateRead("苏D12345", 0.5, "yellow", (crop.shape[1] / 2 - 40, 150, 140, 175))]

    reader = Counting()
    (told,) = watch(camera(LINE), [Vehicle(DOWN)], 10, reader)
    assert 1 <= reader.asked <= 6
    assert told.plate is not None
    assert told.plate.text == "苏D12345"
