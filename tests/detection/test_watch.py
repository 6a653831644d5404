"""One camera's whole way: key frames and bursts, zones by the foot, one spill a passer."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import pytest

from config.camera import Camera, CameraRole, CameraZone, CameraZoneKind, GroundPoint
from config.settings import VisionSettings
from detection.detector import NoDetector
from detection.picture_zones import WHOLE_PICTURE, picture_zones, zone_of
from detection.scene_event import SceneEvent
from detection.watch import CameraWatch
from ingest.frame import Frame, Image

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
WIDTH, HEIGHT = 320, 180
ROAD = CameraZone("lane", CameraZoneKind.ROAD, ((0, 0), (1, 0), (1, 1), (0, 1)))
CAMERA = Camera("c1", "C1", "", 119.9, 31.7, None, CameraRole.HOTSPOT, (WHOLE_PICTURE,))
STREET = replace(
    CAMERA,
    zones=(ROAD,),
    ground_points=(
        GroundPoint(0.1, 0.4, 119.9000, 31.7002), GroundPoint(0.9, 0.4, 119.9004, 31.7002),
        GroundPoint(0.9, 0.9, 119.9003, 31.7000), GroundPoint(0.1, 0.9, 119.9001, 31.7000),
    ),
)  # fmt: skip

Draw = Callable[[Image, float], None]


def picture(draw: Draw, at_s: float) -> Frame:
    still = np.random.default_rng(0).normal(115, 5, (HEIGHT, WIDTH, 1))
    image = np.repeat(cv2.GaussianBlur(still, (3, 3), 0)[:, :, None], 3, axis=2)
    image = np.clip(image, 0, 255).astype(np.uint8)
    draw(image, at_s)
    grain = np.random.default_rng(round(at_s * 100)).normal(0, 2, image.shape)
    pixels = np.clip(image + grain, 0, 255).astype(np.uint8)
    return Frame.of("c1", BEGIN + timedelta(seconds=at_s), pixels, round(at_s * 5))


def truck(image: Image, x: float) -> None:
    cv2.rectangle(image, (round(x), 60), (round(x) + 80, 120), (40, 90, 60), -1)


def loses_soil(image: Image, at_s: float) -> None:
    """A truck drives through from 8 s on; three heaps lie where it was."""
    x = -90 + (at_s - 8) * 70
    for along in (60, 150, 240):
        if x > along and at_s < 28:
            cv2.ellipse(image, (along, 112), (13, 8), 0, 0, 360, (50, 75, 105), -1)
    if at_s >= 8:
        truck(image, x)


def told(watch: CameraWatch, frames: Iterator[Frame]) -> list[SceneEvent]:
    every = [o for frame in frames for o in watch.advance(frame)]
    return [o for o in every if isinstance(o, SceneEvent)]


def full(draw: Draw, seconds: float) -> Iterator[Frame]:
    return (picture(draw, number / 5) for number in range(round(seconds * 5)))


def as_wanted(watch: CameraWatch, draw: Draw, seconds: float) -> Iterator[Frame]:
    """A key frame every 2 s while the watch rests, 5 pictures a second while it is awake."""
    at_s = 0.0
    while at_s < seconds:
        yield picture(draw, at_s)
        at_s = round(at_s + (0.2 if watch.awake else 2.0), 1)


def test_what_one_truck_loses_along_its_way_is_one_spill_until_all_is_gone() -> None:
    watch = CameraWatch(STREET, NoDetector(), VisionSettings())
    events = told(watch, full(loses_soil, 40))
    assert [(e.kind, e.ended_at is None) for e in events] == [
        ("spillage", True),
        ("spillage", False),
    ]
    begun, ended = events
    assert begun.camera_zone_id == "lane"
    assert begun.passer is not None
    assert begun.passer.track_uid is not None
    assert begun.snapshots[1].seen[0].track_uid == begun.passer.track_uid
    assert 2 <= len(begun.track) <= 60
    assert any(point.lon is not None for point in begun.track)
    assert begun.track[-1].lon is None  # the edge cuts off its foot there
    assert begun.lon == pytest.approx(119.9002, abs=2e-4)
    assert begun.uncertainty_m is not None
    assert ended.ended_at is not None
    assert (ended.ended_at - BEGIN).total_seconds() == pytest.approx(28, abs=1.5)


def at_once(image: Image, at_s: float) -> None:
    if at_s >= 8:
        for along in (60, 150, 240):
            cv2.ellipse(image, (along, 112), (13, 8), 0, 0, 360, (50, 75, 105), -1)


def test_parts_that_are_sure_in_one_picture_are_told_as_one_around_all_of_them() -> None:
    watch = CameraWatch(STREET, NoDetector(), VisionSettings())
    (event,) = told(watch, full(at_once, 20))
    left, _, right, _ = event.box
    assert left == pytest.approx(47, abs=4)
    assert right == pytest.approx(253, abs=4)
    assert event.values["area_px"] == pytest.approx(3 * np.pi * 13 * 8, rel=0.4)


def mirrors(image: Image, at_s: float) -> None:
    """Rain from the first; at 25 s two patches of road, one brighter, one brown."""
    if at_s >= 25:
        cv2.ellipse(image, (80, 112), (22, 9), 0, 0, 360, (165, 160, 158), -1)
        cv2.ellipse(image, (240, 112), (22, 9), 0, 0, 360, (50, 75, 105), -1)
    dice = np.random.default_rng(round(at_s * 100) + 5)
    for x, y in dice.integers((0, 0), (WIDTH, HEIGHT - 14), (60, 2)):
        cv2.line(image, (int(x), int(y)), (int(x) + 1, int(y) + 12), (235, 235, 235), 1)


def test_on_a_wet_road_what_mirrors_is_no_spill_and_soil_is() -> None:
    watch = CameraWatch(STREET, NoDetector(), VisionSettings())
    events = told(watch, full(mirrors, 45))
    assert {e.values["light"] for e in events} == {"rain"}
    assert [round((e.box[0] + e.box[2]) / 2, -1) for e in events] == [240]


def test_where_the_picture_shows_too_much_ground_nothing_is_told() -> None:
    ground = tuple(
        replace(point, lon=119.9 + 2 * (point.lon - 119.9), lat=31.7 + 2 * (point.lat - 31.7))
        for point in STREET.ground_points
    )
    watch = CameraWatch(replace(STREET, ground_points=ground), NoDetector(), VisionSettings())
    assert told(watch, full(loses_soil, 26)) == []


def another_beside(image: Image, at_s: float) -> None:
    """One truck loses a heap; eight seconds later one that follows uncovers more beside it."""
    x = -90 + (at_s - 8) * 70
    if x > 60:
        cv2.ellipse(image, (60, 112), (13, 8), 0, 0, 360, (50, 75, 105), -1)
    if x - 560 > 90:
        cv2.ellipse(image, (95, 112), (11, 8), 0, 0, 360, (50, 75, 105), -1)
    for behind in (0, 560):
        truck(image, x - behind)


def test_a_part_that_shows_later_beside_a_spill_is_no_other_spill() -> None:
    watch = CameraWatch(STREET, NoDetector(), VisionSettings())
    assert [e.kind for e in told(watch, full(another_beside, 36))] == ["spillage"]


def test_key_frames_while_it_rests_and_a_burst_when_it_wakes_tell_the_same() -> None:
    watch = CameraWatch(STREET, NoDetector(), VisionSettings())
    frames = list(as_wanted(watch, loses_soil, 2))  # the first is looked at before it rests
    assert frames
    watch = CameraWatch(STREET, NoDetector(), VisionSettings())
    seen: list[Frame] = []

    def kept() -> Iterator[Frame]:
        for frame in as_wanted(watch, loses_soil, 26):
            seen.append(frame)
            yield frame

    events = told(watch, kept())
    assert [e.kind for e in events] == ["spillage"]
    gaps = {round((b.captured_at - a.captured_at).total_seconds(), 1)
            for a, b in itertools.pairwise(seen)}  # fmt: skip
    assert gaps == {0.2, 2.0}


def test_what_waits_at_the_edge_to_be_judged_keeps_nobody_awake_for_ever() -> None:
    """A thing that is half out of the picture is sure only after half a minute."""

    def appears(image: Image, at_s: float) -> None:
        if at_s >= 8:
            cv2.rectangle(image, (280, 150), (WIDTH, HEIGHT), (30, 40, 60), -1)

    watch = CameraWatch(CAMERA, NoDetector(), VisionSettings())
    awake = {}
    for frame in full(appears, 34):
        watch.advance(frame)
        awake[(frame.captured_at - BEGIN).total_seconds()] = watch.awake
    assert not any(awake[at_s] for at_s in (7.0, 33.0))
    assert all(awake[at_s] for at_s in (9.0, 14.0, 20.0))


class Elsewhere:
    """The health of a camera that looks away."""

    suspended = True
    needs_placement = False

    def advance(self, frame: Frame, look: object) -> list[SceneEvent]:
        del frame, look
        return []


def test_while_the_view_is_another_one_nothing_is_told() -> None:
    watch = CameraWatch(STREET, NoDetector(), VisionSettings())
    watch.health = Elsewhere()  # type: ignore[assignment]
    assert told(watch, full(loses_soil, 26)) == []


def test_what_was_learnt_of_another_view_means_nothing_when_it_looks_back() -> None:
    """It turns away, a little back, and home: only a line differs from what it learnt last."""

    def turns(image: Image, at_s: float) -> None:
        if 10 <= at_s < 20:
            image[:130] = np.where(np.arange(WIDTH) % 40 < 20, 40, 200)[None, :, None]
        elif not 20 <= at_s < 42:
            cv2.rectangle(image, (150, 90), (190, 120), (30, 40, 60), -1)

    watch = CameraWatch(CAMERA, NoDetector(), VisionSettings())
    watch.health = health = Elsewhere()  # type: ignore[assignment]
    events = []
    for frame in full(turns, 60):
        health.suspended = 10 <= (frame.captured_at - BEGIN).total_seconds() < 42.5
        events += watch.advance(frame)
    assert events == []


def test_a_thing_lies_in_the_zone_of_its_foot() -> None:
    """A wardrobe on the verge leans, in the picture, over the road behind it."""
    road = CameraZone("road", CameraZoneKind.ROAD, ((0, 0), (1, 0), (1, 0.5), (0, 0.5)))
    verge = CameraZone("verge", CameraZoneKind.NO_DUMP, ((0, 0.5), (1, 0.5), (1, 1), (0, 1)))
    zones = picture_zones((road, verge), WIDTH, HEIGHT)
    region = np.zeros((HEIGHT, WIDTH), bool)
    region[25:101, 100:120] = True  # the verge begins at 90
    found = zone_of(region, zones)
    assert found is not None
    assert found.zone.id == "verge"
    assert zone_of(np.zeros_like(region), zones) is None


def test_a_heap_that_is_wider_than_tall_lies_where_most_of_it_does() -> None:
    """The zone ends before the heap does, on the side of the camera."""
    verge = CameraZone("verge", CameraZoneKind.NO_DUMP, ((0, 0), (1, 0), (1, 0.5), (0, 0.5)))
    zones = picture_zones((verge,), WIDTH, HEIGHT)
    heap, cupboard = (np.zeros((HEIGHT, WIDTH), bool) for _ in range(2))
    heap[50:105, 100:200] = True
    cupboard[50:105, 100:130] = True
    assert zone_of(heap, zones) is zones[0]
    assert zone_of(cupboard, zones) is None


def test_a_long_stain_lies_where_most_of_it_does_though_somebody_stands_before_it() -> None:
    road = CameraZone("road", CameraZoneKind.ROAD, ((0, 0), (1, 0), (1, 0.5), (0, 0.5)))
    verge = CameraZone("verge", CameraZoneKind.NO_DUMP, ((0, 0.5), (1, 0.5), (1, 1), (0, 1)))
    zones = picture_zones((road, verge), WIDTH, HEIGHT)
    stain, sofa = (np.zeros((HEIGHT, WIDTH), bool) for _ in range(2))
    stain[50:80, 20:260] = True
    stain[60:120, 120:140] = True  # somebody, and their foot is on the verge
    sofa[60:110, 100:180] = True
    assert zone_of(stain, zones) is zones[0]
    assert zone_of(sofa, zones) is zones[1]
