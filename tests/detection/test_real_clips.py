"""Real footage: untouched it raises nothing inside its zone; what is added and stays is found."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from benchmarks.dropped_objects import Drop, composite, median_scene
from benchmarks.left_behind import BEGIN, CLIPS, camera_for, outcomes, watch
from detection.detector import NoDetector
from ingest.frame import Frame
from ingest.stream_video import read_clip

SECONDS = 45  # of the longest clip: the whole of it is benchmarks.left_behind's
DROPS = {
    "vtest.avi": [
        Drop("bag", 199, 250, 34, 34, 20.0, seed=3),
        Drop("pile", 640, 395, 40, 24, 16.0, seed=4),
        Drop("stain", 230, 420, 50, 24, 25.0, opacity=0.8, seed=5),
    ],
    "car-detection.mp4": [
        Drop("bag", 300, 160, 22, 22, 14.0, seed=6),
        Drop("stain", 620, 390, 40, 16, 13.0, opacity=0.6, seed=7),
        Drop("box", 140, 300, 48, 38, 16.0, seed=8),
    ],
    "roadside_truck.avi": [
        Drop("bag", 200, 200, 22, 22, 9.0, seed=9),
        Drop("pile", 60, 215, 34, 20, 12.0, seed=10),
    ],
}


@pytest.fixture(scope="module", params=list(DROPS))
def clip(request: pytest.FixtureRequest) -> tuple[str, list[Frame]]:
    path = Path(CLIPS) / request.param
    if not path.is_file():
        pytest.skip(f"{path.name}: the shared recordings are not on this machine")
    frames = list(read_clip(path, request.param, BEGIN, 5))
    return request.param, [f for f in frames if f.captured_at - BEGIN < timedelta(seconds=SECONDS)]


def test_untouched_footage_raises_nothing_in_its_zone(clip: tuple[str, list[Frame]]) -> None:
    name, frames = clip
    assert watch(frames, camera_for(name, zoned=True), NoDetector()) == []


def test_what_is_added_and_stays_is_found(clip: tuple[str, list[Frame]]) -> None:
    name, frames = clip
    drops = DROPS[name]
    events = watch(
        composite(frames, drops, median_scene(frames)), camera_for(name, zoned=False), NoDetector()
    )
    found, _ = outcomes(events, drops)
    assert [o.drop for o in found if o.event is None] == []
    for outcome in found:
        assert outcome.event is not None
        assert outcome.event.suspected
        assert outcome.event.snapshots[-1].moment == "after"
