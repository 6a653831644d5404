"""What stays behind is told, what stands, leaves, shines or waves is not: on drawn scenes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import pytest

from config.camera import Camera, CameraRole, CameraZone, CameraZoneKind
from config.settings import VisionSettings
from detection.detections import Detections
from detection.detector import NoDetector
from detection.picture_zones import WHOLE_PICTURE
from detection.scene_event import SceneEvent
from detection.watch import CameraWatch
from ingest.frame import Frame, Image

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
FPS, WIDTH, HEIGHT = 5, 480, 270
CAMERA = Camera("c1", "C1", "", 119.9, 31.7, None, CameraRole.HOTSPOT, (WHOLE_PICTURE,))

Draw = Callable[[Image, float], Image | None]


def ground() -> Image:
    dice = np.random.default_rng(0)
    coarse = cv2.resize(dice.normal(0, 6, (27, 48)).astype(np.float32), (WIDTH, HEIGHT))
    fine = dice.normal(0, 4, (HEIGHT, WIDTH)).astype(np.float32)
    grey = 120 + coarse + cv2.GaussianBlur(fine, (3, 3), 0)
    image = np.clip(np.dstack([grey, grey, grey + 4]), 0, 255).astype(np.uint8)
    cv2.line(image, (0, 220), (WIDTH, 200), (210, 215, 215), 4)
    return image


def film(draw: Draw, seconds: float) -> list[Frame]:
    dice = np.random.default_rng(1)
    grain = dice.normal(0, 2, (12, HEIGHT, WIDTH, 3)).astype(np.float32)
    still = ground()
    frames = []
    for number in range(round(seconds * FPS)):
        at_s = number / FPS
        image = still.copy()
        drawn = draw(image, at_s)
        image = image if drawn is None else drawn
        noisy = image + grain[dice.integers(12)]
        at = BEGIN + timedelta(seconds=at_s)
        frames.append(Frame.of("c1", at, np.clip(noisy, 0, 255).astype(np.uint8), number))
    return frames


def person(image: Image, x: float, y: float = 110) -> None:
    x1, y1 = round(x), round(y)
    cv2.ellipse(image, (x1 + 12, y1 + 8), (7, 8), 0, 0, 360, (120, 150, 190), -1)
    cv2.rectangle(image, (x1 + 2, y1 + 16), (x1 + 22, y1 + 48), (40, 40, 160), -1)
    cv2.rectangle(image, (x1 + 5, y1 + 48), (x1 + 19, y1 + 80), (60, 40, 30), -1)


def car(image: Image, x: float, y: float = 120) -> None:
    x1, y1 = round(x), round(y)
    cv2.rectangle(image, (x1, y1 + 18), (x1 + 120, y1 + 52), (170, 60, 40), -1)
    cv2.rectangle(image, (x1 + 25, y1), (x1 + 95, y1 + 20), (60, 60, 60), -1)
    for wheel in (28, 92):
        cv2.circle(image, (x1 + wheel, y1 + 52), 11, (20, 20, 20), -1)


def bag(image: Image, x: int = 240, y: int = 180) -> None:
    cv2.ellipse(image, (x, y), (14, 11), 0, 0, 360, (30, 28, 26), -1)


def told(frames: list[Frame], camera: Camera = CAMERA, detector=None) -> list[SceneEvent]:
    watch = CameraWatch(camera, detector or NoDetector(), VisionSettings())
    return [event for frame in frames for event in watch.advance(frame)]


def drops_a_bag(image: Image, at_s: float) -> None:
    if at_s >= 12:
        bag(image)
    if 8 <= at_s <= 16:
        person(image, -30 + (at_s - 8) * 65)


def test_a_bag_that_a_walker_leaves_is_told_once_with_who_passed() -> None:
    events = told(film(drops_a_bag, 30))
    assert [event.kind for event in events] == ["illegal_dumping"]
    event = events[0]
    assert event.suspected
    assert event.ended_at is None
    assert abs((event.box[0] + event.box[2]) / 2 - 240) < 6
    assert abs((event.box[1] + event.box[3]) / 2 - 180) < 6
    assert BEGIN + timedelta(seconds=11.5) <= event.started_at <= BEGIN + timedelta(seconds=15)
    assert timedelta(seconds=5) <= event.raised_at - event.started_at <= timedelta(seconds=7)
    assert event.passer is not None
    assert event.passer.color in {"red", "black"}
    assert [shot.moment for shot in event.snapshots] == ["before", "passage", "after"]
    before, passage, after = event.snapshots
    assert before.captured_at < passage.captured_at < after.captured_at == event.raised_at
    assert passage.captured_at == event.passer.seen_at
    picture = cv2.imdecode(np.frombuffer(before.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert np.abs(picture.astype(int) - ground()).mean() < 8


def test_the_event_ends_when_the_bag_is_taken_away() -> None:
    def taken(image: Image, at_s: float) -> None:
        if at_s < 28:
            drops_a_bag(image, at_s)

    events = told(film(taken, 45))
    assert [event.ended_at is None for event in events] == [True, False]
    begun, ended = events
    assert begun.started_at == ended.started_at
    assert ended.ended_at is not None
    assert abs((ended.ended_at - BEGIN).total_seconds() - 28) < 1.5
    assert ended.values["end"] == "removed"


def test_the_same_frames_give_the_same_events() -> None:
    frames = film(drops_a_bag, 25)
    assert told(frames) == told(frames)


def test_late_and_repeated_frames_change_nothing() -> None:
    frames = film(drops_a_bag, 25)
    shuffled = []
    for number, frame in enumerate(frames):
        shuffled.append(frame)
        if number % 5 == 4:
            shuffled += [frame, frames[number - 3]]
    assert told(shuffled) == told(frames)


def test_one_picture_in_ten_seconds_is_enough() -> None:
    frames = [f for f in film(drops_a_bag, 90) if (f.captured_at - BEGIN).seconds % 10 == 1]
    sparse = [frame for n, frame in enumerate(frames) if n % FPS == 0]
    assert len(sparse) == 9
    assert [event.kind for event in told(sparse)] == ["illegal_dumping"]


def test_a_zone_decides_the_kind_and_outside_of_zones_nothing_is_told() -> None:
    corners = ((0.4, 0.5), (0.6, 0.5), (0.6, 0.9), (0.4, 0.9))
    frames = film(drops_a_bag, 25)
    road = CameraZone("lane", CameraZoneKind.ROAD, corners)
    events = told(frames, replace(CAMERA, zones=(road,)))
    assert [(e.kind, e.camera_zone_id) for e in events] == [("spillage", "lane")]
    away = CameraZone("lane", CameraZoneKind.ROAD, tuple((x - 0.4, y) for x, y in corners))
    assert told(frames, replace(CAMERA, zones=(away,))) == []
    line = CameraZone("line", CameraZoneKind.GATE_LINE, corners[:2])
    assert told(frames, replace(CAMERA, zones=(line,))) == []


class SeesBag(NoDetector):
    """A model that knows the bag where it lies."""

    @property
    def names(self) -> dict[int, str]:
        return {8: "bag"}

    def detect(self, images):
        return [self._seen(image) for image in images]

    def _seen(self, image: Image) -> Detections:
        """What is dark and of its size, wherever the picture was cut out."""
        dark = (image.max(axis=2) < 60).astype(np.uint8)
        _, _, stats, _ = cv2.connectedComponentsWithStats(dark)
        for x, y, w, h, area in stats[1:]:
            if area > 300 and w < 40 and h < 40:
                box = np.array([[x, y, x + w, y + h]], np.float32)
                return Detections(box, np.array([0.8], np.float32), np.array([8]), self.names)
        return Detections.none()


def test_a_class_of_the_model_confirms() -> None:
    event = told(film(drops_a_bag, 25), detector=SeesBag())[0]
    assert (event.suspected, event.class_name) == (False, "bag")
    assert event.confidence == pytest.approx(0.92)


class SeesCar(SeesBag):
    """A model that takes the bag for a car: always, or in one picture of four."""

    def __init__(self, every: int) -> None:
        self.every, self.asked = every, 0

    @property
    def names(self) -> dict[int, str]:
        return {8: "car"}

    def detect(self, images):
        self.asked += 1
        seen = super().detect(images)
        return seen if self.asked % self.every == 0 else [Detections.none() for _ in images]


@pytest.mark.parametrize(("every", "events"), [(1, 0), (4, 1)])
def test_a_vehicle_of_the_model_is_no_object_unless_seen_only_now_and_then(every, events) -> None:
    assert len(told(film(drops_a_bag, 25), detector=SeesCar(every))) == events


def walks_and_stands(image: Image, at_s: float) -> None:
    if at_s >= 8:
        person(image, min(-30 + (at_s - 8) * 60, 200))


def parks(image: Image, at_s: float) -> None:
    if at_s >= 7:
        car(image, min(-120 + (at_s - 7) * 80, 180))


def parks_and_leaves(image: Image, at_s: float) -> None:
    if at_s >= 7:
        car(image, min(-120 + (at_s - 7) * 80, 180) + max(at_s - 25, 0) * 80)


def parked_from_the_first_leaves(image: Image, at_s: float) -> None:
    car(image, 180 + max(at_s - 12, 0) * 80)


def bag_from_the_first_is_taken(image: Image, at_s: float) -> None:
    if at_s < 12:
        bag(image)


def gets_darker(image: Image, at_s: float) -> Image:
    return (image * (1 - 0.5 * np.clip((at_s - 10) / 1.5, 0, 1))).astype(np.uint8)


def light_is_switched(image: Image, at_s: float) -> Image:
    return image if at_s < 10 else (image * 0.45).astype(np.uint8)


def cloud_shadow_passes(image: Image, at_s: float) -> Image:
    columns = np.arange(WIDTH)
    edge = (at_s - 8) * 60
    shade = (
        1
        - 0.35 / (1 + np.exp((columns - edge) / 25))
        + 0.35 / (1 + np.exp((columns - edge + 500) / 25))
    )
    return np.clip(image * shade[None, :, None], 0, 255).astype(np.uint8)


def tree_waves(image: Image, at_s: float) -> None:
    dice = np.random.default_rng(3)
    for number in range(60):
        x, y = dice.integers(20, 160), dice.integers(10, 110)
        sway = 5 * np.sin(at_s * 2.1 + number)
        centre = (round(x + sway), round(y + 2 * np.cos(at_s * 1.7 + number)))
        cv2.circle(image, centre, 9, (30, 60 + 2 * number % 60, 35), -1)


def tape_sways_and_hangs(image: Image, at_s: float) -> None:
    y = 60 + (0 if at_s < 9 else 3 if at_s < 10 else 4)
    for x in range(100, 380, 12):
        cv2.line(image, (x, y), (x + 6, y), (60, 60, 220), 2)


@pytest.mark.parametrize(
    "scene",
    [
        walks_and_stands,
        parks,
        parks_and_leaves,
        parked_from_the_first_leaves,
        bag_from_the_first_is_taken,
        gets_darker,
        light_is_switched,
        cloud_shadow_passes,
        tree_waves,
        tape_sways_and_hangs,
    ],
)
def test_what_is_no_object_raises_nothing(scene: Draw) -> None:
    assert told(film(scene, 40)) == []


def test_a_bag_under_changed_light_is_still_told() -> None:
    def dusk(image: Image, at_s: float) -> Image:
        drops_a_bag(image, at_s)
        return gets_darker(image, at_s)

    assert [event.kind for event in told(film(dusk, 40))] == ["illegal_dumping"]


def test_a_truck_that_tips_and_drives_on_leaves_a_pile() -> None:
    def tips(image: Image, at_s: float) -> None:
        if at_s >= 10:
            cv2.ellipse(image, (150, 190), (30, 18), 0, 180, 360, (60, 90, 125), -1)
        if at_s >= 6:
            car(image, min(-120 + (at_s - 6) * 90, 180) + max(at_s - 16, 0) * 90)

    events = told(film(tips, 35))
    assert len(events) == 1
    assert events[0].passer is not None
    assert abs((events[0].box[0] + events[0].box[2]) / 2 - 150) < 12


@pytest.mark.parametrize(("rain_from_s", "kinds"), [(0, ["spillage"]), (20, [])])
def test_where_it_begins_to_rain_a_patch_of_the_road_may_be_a_puddle(rain_from_s, kinds) -> None:
    corners = ((0.05, 0.3), (0.95, 0.3), (0.95, 0.95), (0.05, 0.95))
    road = replace(CAMERA, zones=(CameraZone("lane", CameraZoneKind.ROAD, corners),))

    def rains(image: Image, at_s: float) -> None:
        if at_s >= 27:
            cv2.ellipse(image, (240, 180), (30, 12), 0, 0, 360, (60, 60, 60), -1)
        dice = np.random.default_rng(round(at_s * FPS))
        for _ in range(200 if at_s >= rain_from_s else 0):
            x, y = int(dice.integers(0, WIDTH)), int(dice.integers(0, HEIGHT - 24))
            cv2.line(image, (x, y), (x, y + 20), (215, 215, 215), 1)

    assert [event.kind for event in told(film(rains, 50), road)] == kinds


def test_what_is_lost_at_once_along_a_road_is_one_spill() -> None:
    corners = ((0.05, 0.3), (0.95, 0.3), (0.95, 0.95), (0.05, 0.95))

    def spills(image: Image, at_s: float) -> None:
        if at_s >= 12:
            bag(image, 120)
        if at_s >= 13:
            bag(image, 380)

    for kind, events in ((CameraZoneKind.ROAD, 1), (CameraZoneKind.NO_DUMP, 2)):
        camera = replace(CAMERA, zones=(CameraZone("z", kind, corners),))
        assert len(told(film(spills, 25), camera)) == events


def test_who_stands_before_a_thing_is_no_part_of_it_nor_is_what_they_set_down() -> None:
    def scene(image: Image, at_s: float) -> None:
        if at_s >= 8:
            cv2.ellipse(image, (200, 200), (60, 12), 0, 0, 360, (40, 38, 36), -1)
        if 4 <= at_s <= 13:
            person(image, -30 + (at_s - 4) * 65)
        if at_s >= 34:
            bag(image, 215, 168)
        if at_s >= 24:
            person(image, min(-30 + (at_s - 24) * 110, 203) + max(at_s - 35, 0) * 110)

    events = told(film(scene, 52))
    assert len(events) == 2
    assert events[0].box[3] - events[0].box[1] < 40  # without who stood there
    assert abs((events[1].box[0] + events[1].box[2]) / 2 - 215) < 8


def test_what_a_truck_tips_that_stands_close_for_long_is_told_and_what_lay_there_only_once() -> (
    None
):
    """It fills so much of the picture for so long that it is learnt as another scene."""
    panels = np.random.default_rng(5).integers(20, 230, (7, 9, 3)).astype(np.uint8)
    truck = cv2.resize(panels, (340, HEIGHT - 10), interpolation=cv2.INTER_NEAREST)

    def scene(image: Image, at_s: float) -> None:
        if at_s >= 8:
            bag(image, 60, 180)
        if at_s >= 24:
            cv2.ellipse(image, (260, 190), (30, 18), 0, 180, 360, (60, 90, 125), -1)
        if 18 <= at_s <= 34:
            left = max(480 - (at_s - 18) * 250, 130) + max(at_s - 33, 0) * 350
            part = image[10:, round(left) : round(left) + 340]
            part[:] = truck[:, : part.shape[1]]

    first, second = (event for event in told(film(scene, 46)) if event.ended_at is None)
    assert abs((first.box[0] + first.box[2]) / 2 - 60) < 8
    assert abs((second.box[0] + second.box[2]) / 2 - 260) < 12


def test_what_lies_in_the_light_of_lamps_is_told_when_they_are_gone() -> None:
    """By night a third of the picture may be lit; it is no scene of its own."""

    def scene(image: Image, at_s: float) -> Image:
        if at_s >= 13:
            bag(image, 240, 180)
        dark = image * 0.3
        if 12 <= at_s <= 22:
            dark[100:, 100:400] += 50
        return np.clip(dark, 0, 255).astype(np.uint8)

    (event,) = told(film(scene, 36))
    assert abs((event.box[0] + event.box[2]) / 2 - 240) < 8
