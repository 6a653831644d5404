"""Cameras of one worker process: each to its end, whatever the others do."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain, repeat
from pathlib import Path

import cv2
import numpy as np
import pytest
from prometheus_client import CollectorRegistry, generate_latest

from app.vision.analysis import Analysis
from app.vision.camera_worker import CameraWorker
from app.vision.metrics import CameraMetrics
from app.vision.process import Workers, topics_of
from app.vision.share import Share
from benchmarks.faulty_pictures import black, rendered, seen
from config.camera import Camera, CameraRole
from config.settings import VisionSettings
from demo.cameras.programme import Programme
from demo.cameras.rtp_packets import read_piece
from demo.cameras.rtsp import Server, ThreadedServer
from detection.health.camera_health import CameraHealth
from detection.scene_event import SceneEvent
from detection.scene_view import Observation
from ingest.camera_announcement import CameraAnnouncement
from ingest.frame import Frame, Image
from ingest.message import Message, Token
from ingest.rejected_message import RejectedMessage
from ingest.stream_health import StreamState
from tests.ingest.coded_clips import encode, noisy
from tests.ingest.waiting import wait_until

SETTINGS = VisionSettings(open_timeout_s=3, read_timeout_s=2)


class Watch:
    """Notes what it is shown; slow or failing where it is told to be."""

    def __init__(self, camera: Camera) -> None:
        self.camera = camera
        self.frames: list[Frame] = []
        self.frames_detected = 0
        self.awake = False
        self.burns_s = 0.0
        self.fails = False

    def advance(self, frame: Frame) -> Sequence[Observation]:
        self.frames.append(frame)
        if self.fails:
            raise RuntimeError("a fault of this camera alone")
        until_s = time.thread_time() + self.burns_s
        while time.thread_time() < until_s:
            pass
        return []


class Site:
    """Workers with watches that can be looked into."""

    def __init__(self, urls: dict[str, str]) -> None:
        self.watches: dict[str, list[Watch]] = {name: [] for name in urls}
        self.analysis = Analysis()
        self.recorded: list[tuple[str, Sequence[Observation]]] = []
        self.full: set[str] = set()
        self.each = {name: self._worker(name, url) for name, url in urls.items()}
        self.workers = Workers(self.each)
        self.analysis.start()

    def _worker(self, name: str, url: str) -> CameraWorker:
        camera = Camera(name, name, url, 119.9, 31.7, None, CameraRole.GATE)

        def make(placed: Camera) -> Watch:
            self.watches[name].append(Watch(placed))
            return self.watches[name][-1]

        def record(camera_id: str, observations: Sequence[Observation]) -> None:
            self.recorded.append((camera_id, observations))

        room = lambda camera_id: camera_id not in self.full  # noqa: E731
        return CameraWorker(camera, SETTINGS, self.analysis, make, record, room)

    def watch(self, name: str) -> Watch:
        return self.watches[name][-1]

    def start(self) -> None:
        for worker in self.workers:
            worker.start()

    def close(self) -> None:
        for worker in self.workers:
            worker.stop()
        self.analysis.stop()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("worker")
    live = read_piece(encode(folder / "live.mp4", noisy(6), gop=25))
    with ThreadedServer({f"c{n}": Programme([live]) for n in range(4)}) as running:
        yield running


@pytest.fixture
def site() -> Iterator[Callable[[dict[str, str]], Site]]:
    made: list[Site] = []

    def make(urls: dict[str, str]) -> Site:
        made.append(Site(urls))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.mark.servers
def test_a_busy_and_a_failing_camera_take_nothing_from_the_others(
    server: Server, site: Callable[[dict[str, str]], Site]
) -> None:
    here = site({f"c{n}": server.url(f"c{n}") for n in range(4)})
    here.watch("c0").awake, here.watch("c0").burns_s = True, 0.5
    here.watch("c1").fails = True
    here.start()
    wait_until(lambda: all(len(here.watch(f"c{n}").frames) >= 3 for n in range(4)), "all go on", 60)
    healths = dict(here.workers.healths())
    assert {health.state for health in healths.values()} == {StreamState.ONLINE}
    assert healths["c0"].cpu_share > 3 * healths["c2"].cpu_share
    assert healths["c2"].frames_dropped == healths["c3"].frames_dropped == 0
    wait_until(lambda: here.each["c0"].health.frames_dropped > 0, "what is too much is dropped", 60)
    assert here.each["c0"].health.lag_s < 16


@pytest.mark.servers
def test_a_new_placement_begins_a_new_watch_on_the_same_stream(
    server: Server, site: Callable[[dict[str, str]], Site]
) -> None:
    here = site({"c0": server.url("c0")})
    here.start()
    wait_until(lambda: bool(here.watch("c0").frames), "frames come")
    here.watch("c0").frames_detected = 7
    moved = Camera("c0", "c0", "", 120.1, 31.8, 90.0, CameraRole.GATE, placement_id="second")
    here.workers.placed(moved)
    wait_until(lambda: len(here.watches["c0"]) == 2, "the watch is a new one")
    wait_until(lambda: bool(here.watch("c0").frames), "frames go on")
    assert here.watch("c0").camera.placement_id == "second"
    assert here.each["c0"].health.connections == 1
    assert here.each["c0"].frames_detected == 7


@pytest.mark.servers
def test_clips_are_had_of_cameras_by_name(
    server: Server, site: Callable[[dict[str, str]], Site]
) -> None:
    here = site({"c0": server.url("c0"), "c1": ""})
    here.start()
    wait_until(lambda: here.each["c0"].health.frames_seen > 10, "packets come")
    now = datetime.now(UTC)
    since, until = now + timedelta(seconds=1), now + timedelta(seconds=2.5)
    wait_until(lambda: here.workers.has_until("c0", until), "those of that time come")
    clip = here.workers.clip_of("c0", since, until)
    assert clip is not None
    assert clip.starts_at <= since
    assert not here.workers.has_until("c0", now + timedelta(seconds=60))
    assert here.workers.clip_of("nobody", now, now) is None


class Pictures:
    """A stream of pictures that are there, one a second; notes what it is told of them."""

    ring = None

    def __init__(self, pictures: Iterator[Image]) -> None:
        self._pictures = pictures
        self.told_moving: list[bool] = []

    def next_frame(self) -> Frame | None:
        number = len(self.told_moving)
        at = datetime(2026, 6, 1, 2, tzinfo=UTC) + timedelta(seconds=number)
        picture = next(self._pictures, None)
        return None if picture is None else Frame.of("c0", at, picture, number)

    def told(self, *, moving: bool) -> None:
        self.told_moving.append(moving)

    def stop(self) -> None:
        """Nothing runs."""


class Judge(Watch):
    """A watch that sees nothing move, and minds the camera's health."""

    def __init__(self, camera: Camera) -> None:
        super().__init__(camera)
        self.health = CameraHealth(camera)

    def advance(self, frame: Frame) -> Sequence[Observation]:
        super().advance(frame)
        return self.health.advance(frame)


def test_a_camera_in_doubt_is_kept_awake_until_it_is_told() -> None:
    scene, other = (seen(next(rendered(seed, "day", 1))) for seed in (0, 3))
    camera = Camera("c0", "c0", "", 119.9, 31.7, None, CameraRole.GATE)
    told: list[Observation] = []
    worker = CameraWorker(
        camera, SETTINGS, Analysis(), Judge, lambda _id, observations: told.extend(observations)
    )
    known, gone = 12, 20
    stream = worker.stream = Pictures(chain(repeat(scene, known), repeat(other, gone)))
    while worker.step():
        pass
    (event,) = (t for t in told if isinstance(t, SceneEvent))
    assert event.kind == "camera_moved"
    told_at = round((event.raised_at - datetime(2026, 6, 1, 2, tzinfo=UTC)).total_seconds())
    awake = [number for number, moving in enumerate(stream.told_moving) if moving]
    assert known < awake[0] <= known + 3
    assert awake == list(range(awake[0], told_at))


def test_a_place_that_is_dark_every_night_is_not_kept_awake() -> None:
    """Its darkness is usual and never told, and nothing is seen in it all the same."""
    scene = seen(next(rendered(0, "day", 1)))
    dark = (black(scene, number) for number in range(45))
    camera = Camera("c0", "c0", "", 119.9, 31.7, None, CameraRole.GATE)
    told: list[Observation] = []
    worker = CameraWorker(
        camera, SETTINGS, Analysis(), Judge, lambda _id, observations: told.extend(observations)
    )
    condition = worker.condition
    assert condition is not None
    condition._dark.holds = lambda _seen: False  # type: ignore[method-assign]
    stream = worker.stream = Pictures(chain(repeat(scene, 5), dark))
    while worker.step():
        pass
    assert told == []
    assert condition.suspended
    assert 25 <= sum(stream.told_moving) <= 31


def _message(topic: str, payload: bytes) -> Message:
    return Message(topic, payload, datetime.now(UTC), Token(0, 0, 0))


@pytest.mark.servers
def test_messages_reach_their_camera_and_bad_ones_are_told(
    server: Server, site: Callable[[dict[str, str]], Site]
) -> None:
    here = site({"c0": ""})
    here.start()
    jpeg = cv2.imencode(".jpg", np.zeros((40, 60, 3), np.uint8))[1].tobytes()
    root = "muckwatch/v1/cameras"
    assert here.workers.dispatch(_message(f"{root}/c0/frame/1767323045123", jpeg)) is None
    wait_until(lambda: bool(here.watch("c0").frames), "the frame is shown")
    bad = here.workers.dispatch(_message(f"{root}/c0/frame/1767323045124", b"no picture"))
    assert isinstance(bad, RejectedMessage)
    assert here.workers.dispatch(_message(f"{root}/other/frame/1", b"")) is None
    assert isinstance(here.workers.dispatch(_message(f"{root}/c0/status", b"{")), RejectedMessage)
    url = server.url("c1")
    said = CameraAnnouncement(camera_id="c0", received_at=datetime.now(UTC), stream_url=url)
    seen = len(here.watch("c0").frames)
    here.each["c0"].announced(said)
    wait_until(lambda: len(here.watch("c0").frames) > seen, "it went over to the stream")
    assert here.watch("c0").frames[-1].size_px == (320, 180)


def test_the_first_worker_hears_what_no_camera_can_use() -> None:
    assert topics_of("r", Share(0, 2), ["a"]) == ["r/cameras/+/status", ("r/cameras/+/frame/+", 0)]
    assert topics_of("r", Share(1, 2), ["b"]) == ["r/cameras/b/status", ("r/cameras/b/frame/+", 0)]


def test_metrics_tell_each_camera(site: Callable[[dict[str, str]], Site], tmp_path: Path) -> None:
    clip = encode(tmp_path / "clip.mp4", noisy(2), gop=25)
    here = site({"c0": clip.as_uri()})
    here.start()
    wait_until(lambda: "ended" in here.each["c0"].health.detail, "the file ends")
    registry = CollectorRegistry()
    CameraMetrics(here.workers.healths).register(registry)
    told = generate_latest(registry).decode()
    assert 'muckwatch_camera_frames_seen_total{camera="c0"} 10.0' in told
    assert 'muckwatch_camera_state{camera="c0",state="offline"} 1.0' in told
