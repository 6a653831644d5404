"""Tracks: one id for one mover, detections before blobs; the motion gate; colour words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from detection.color_name import color_name
from detection.detections import Detections
from detection.motion_gate import MotionGate
from detection.tracking import MOVING, Tracking
from ingest.frame import Frame

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
NO_BLOBS = np.empty((0, 4), np.float32)


def seen(*boxes: tuple[float, float, float, float], name: str = "car") -> Detections:
    count = len(boxes)
    return Detections(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.full(count, 0.8, np.float32),
        np.zeros(count, np.int64),
        {0: name},
    )


def test_a_car_keeps_its_id_through_a_gap_and_knows_how_far_it_came() -> None:
    tracking = Tracking(fps=5)
    for number in range(20):
        x = 10.0 * number
        detections = Detections.none() if number in {8, 9} else seen((x, 50, x + 60, 90))
        tracking.advance(detections, NO_BLOBS, BEGIN + timedelta(seconds=number / 5))
    assert len(tracking.tracks) == 1
    track = next(iter(tracking.tracks.values()))
    assert track.class_name == "car"
    assert track.travelled() == pytest.approx(3, abs=0.3)
    assert track.last_seen_at == BEGIN + timedelta(seconds=19 / 5)


def test_a_vehicle_that_parked_is_itself_when_it_drives_off() -> None:
    tracking = Tracking(fps=5)
    here = (300, 50, 360, 90)
    for number in range(70):  # drives in within 6 s, stands for 8 s
        x = min(10.0 * number, 300.0)
        tracking.advance(seen((x, 50, x + 60, 90)), NO_BLOBS, BEGIN + timedelta(seconds=number / 5))
    (parked,) = tracking.tracks.values()
    assert parked.parked
    for number in range(40):  # nothing moves: the model is not asked, others pass
        x = 12.0 * number
        at = BEGIN + timedelta(seconds=1000 + number / 5)
        tracking.advance(seen((x, 150, x + 60, 190)), NO_BLOBS, at)
    for number in range(20):
        x = here[0] + 10.0 * number
        at = BEGIN + timedelta(seconds=2000 + number / 5)
        now = tracking.advance(seen((x, 50, x + 60, 90)), NO_BLOBS, at)
    assert [track.track_id for track in now] == [parked.track_id]
    assert parked.first_seen_at <= BEGIN + timedelta(seconds=1)
    assert not parked.parked


def test_another_that_drives_in_later_is_not_the_one_that_left() -> None:
    tracking = Tracking(fps=5)
    for number in range(70):
        x = min(10.0 * number, 300.0)
        tracking.advance(seen((x, 50, x + 60, 90)), NO_BLOBS, BEGIN + timedelta(seconds=number / 5))
    (parked,) = tracking.tracks.values()
    for number in range(70):
        x = min(10.0 * number, 240.0)
        at = BEGIN + timedelta(seconds=1000 + number / 5)
        now = tracking.advance(seen((x, 50, x + 60, 90)), NO_BLOBS, at)
    assert parked.track_id not in [track.track_id for track in now]


def test_a_blob_is_followed_only_where_the_model_sees_nothing() -> None:
    tracking = Tracking(fps=5)
    for number in range(6):
        blobs = np.array([[12, 52, 58, 88], [200, 50, 240, 90]], np.float32)
        now = tracking.advance(seen((10, 50, 60, 90)), blobs, BEGIN + timedelta(seconds=number / 5))
    assert sorted(track.class_name for track in now) == ["car", MOVING]


def test_other_things_than_people_and_vehicles_are_not_followed() -> None:
    tracking = Tracking(fps=5)
    for number in range(5):
        at = BEGIN + timedelta(seconds=number / 5)
        assert tracking.advance(seen((10, 50, 60, 90), name="bag"), NO_BLOBS, at) == []


def test_tracks_are_forgotten_after_ninety_seconds() -> None:
    tracking = Tracking(fps=5)
    for number in range(5):
        at = BEGIN + timedelta(seconds=number / 5)
        tracking.advance(seen((10, 50, 60, 90)), NO_BLOBS, at)
    assert tracking.tracks
    tracking.advance(Detections.none(), NO_BLOBS, BEGIN + timedelta(seconds=95))
    assert not tracking.tracks


def test_the_gate_sees_what_moves_where_it_moves_and_not_the_light() -> None:
    dice = np.random.default_rng(0)
    ground = dice.integers(80, 120, (360, 640, 3)).astype(np.float32)
    gate = MotionGate()

    def look(image: np.ndarray) -> bool:
        noisy = np.clip(image + dice.normal(0, 2, image.shape), 0, 255).astype(np.uint8)
        nonlocal motion
        motion = gate.advance(Frame.of("c1", BEGIN, noisy))
        return motion.moving

    motion = None
    assert look(ground)
    assert not any(look(ground) for _ in range(10))
    assert not any(look(ground - 2 * n) for n in range(10))
    block = ground - 18
    block[100:140, 300:340] = 240
    assert look(block)
    x1, y1, x2, y2 = motion.boxes[0]
    assert abs(x1 - 300) < 12
    assert abs(y1 - 100) < 12
    assert abs(x2 - 340) < 12
    assert abs(y2 - 140) < 12


@pytest.mark.parametrize(
    ("bgr", "word"),
    [
        ((10, 10, 10), "black"),
        ((240, 240, 240), "white"),
        ((120, 120, 125), "grey"),
        ((30, 30, 200), "red"),
        ((200, 60, 30), "blue"),
        ((30, 220, 230), "yellow"),
        ((40, 160, 40), "green"),
        ((40, 60, 100), "brown"),
        ((20, 110, 230), "orange"),
        ((110, 140, 170), "brown"),
    ],
)
def test_colour_words(bgr: tuple[int, int, int], word: str) -> None:
    image = np.full((60, 60, 3), (128, 128, 128), np.uint8)
    image[15:45, 15:45] = bgr
    assert color_name(image, (15, 15, 45, 45)) == word
    assert color_name(image, (50, 50, 50, 50)) == "unknown"
    scene = np.full((60, 60, 3), (128, 128, 128), np.uint8)
    if word != "grey":
        assert color_name(image, (0, 0, 60, 60), scene) == word
