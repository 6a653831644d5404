"""A camera that is cut off, goes silent, freezes, sends rubbish: what the stream makes of it."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from config.camera import Camera, CameraRole
from config.settings import VisionSettings
from demo.cameras.programme import Programme
from demo.cameras.rtp_packets import read_piece
from demo.cameras.rtsp import Server, ThreadedServer
from ingest.frame import Frame
from ingest.stream import CameraStream
from ingest.stream_clock import StreamClock
from ingest.stream_health import StreamState
from ingest.stream_http import HttpStream
from ingest.stream_open import FrameStream
from ingest.stream_watchdog import FrozenStream
from tests.ingest.coded_clips import encode, noisy
from tests.ingest.waiting import wait_until

pytestmark = pytest.mark.servers


def camera(url: str) -> Camera:
    return Camera("gate-1", "Gate", url, 119.9, 31.7, None, CameraRole.GATE)


class Taker:
    """Takes a stream's frames on a thread, as an analysis that sees nothing move."""

    def __init__(self, stream: FrameStream) -> None:
        self.stream, self.frames = stream, list[Frame]()
        self._come, self._stop = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._take, daemon=True)
        stream.start(self._come.set)
        self._thread.start()

    def _take(self) -> None:
        while not self._stop.is_set():
            self._come.wait(0.2)
            self._come.clear()
            while (frame := self.stream.next_frame()) is not None:
                self.frames.append(frame)
                self.stream.told(moving=False)

    def close(self) -> None:
        self._stop.set()
        self.stream.stop()
        self._thread.join(5)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Cameras `live`, `still` (the sensor hangs, the encoder does not) and `other`."""
    folder = tmp_path_factory.mktemp("faults")
    live = read_piece(encode(folder / "live.mp4", noisy(6), gop=25))
    standing = next(noisy(1))
    still = read_piece(
        encode(folder / "still.mp4", (standing for _ in range(300)), gop=25, preset="veryfast")
    )
    programmes = {
        "live": Programme([live]),
        "still": Programme([live, *[still] * 4]),
        "other": Programme([live]),
    }
    with ThreadedServer(programmes) as running:
        yield running


@pytest.fixture
def take() -> Iterator[Callable[[FrameStream], Taker]]:
    takers: list[Taker] = []

    def start(stream: FrameStream) -> Taker:
        takers.append(Taker(stream))
        return takers[-1]

    yield start
    for taker in takers:
        taker.close()


def settings(**more: float) -> VisionSettings:
    return VisionSettings(open_timeout_s=3, read_timeout_s=2, frozen_after_s=2.5, **more)


def test_a_camera_that_is_cut_off_comes_back(
    server: Server, take: Callable[[FrameStream], Taker]
) -> None:
    stream = CameraStream(camera(server.url("live")), settings())
    taker = take(stream)
    wait_until(lambda: len(taker.frames) >= 2, "frames come")
    assert stream.health.state is StreamState.ONLINE
    server.cut("live")
    wait_until(lambda: stream.health.state is StreamState.OFFLINE, "the cut shows", 10)
    wait_until(lambda: stream.health.state is StreamState.ONLINE, "it is back", 10)
    seen = len(taker.frames)
    wait_until(lambda: len(taker.frames) > seen, "frames come again", 10)
    assert stream.health.connections == 2
    times = [frame.captured_at for frame in taker.frames]
    assert times == sorted(set(times))


def test_a_camera_that_goes_silent_is_offline_and_others_go_on(
    server: Server, take: Callable[[FrameStream], Taker]
) -> None:
    stream = CameraStream(camera(server.url("live")), settings())
    other = CameraStream(camera(server.url("other")), settings())
    take(stream), take(other)
    wait_until(lambda: stream.health.state is StreamState.ONLINE, "it is there")
    wait_until(lambda: other.health.frames_seen > 10, "the other is there")
    server.programmes["live"].fault.stall = True
    try:
        wait_until(lambda: stream.health.state is StreamState.OFFLINE, "the silence shows", 15)
        seen = other.health.frames_seen
        wait_until(lambda: other.health.frames_seen > seen + 20, "the other goes on", 10)
    finally:
        server.programmes["live"].fault.stall = False
    wait_until(lambda: stream.health.state is StreamState.ONLINE, "it is back", 15)


def test_a_sensor_that_hangs_is_frozen(
    server: Server, take: Callable[[FrameStream], Taker]
) -> None:
    stream = CameraStream(camera(server.url("still")), settings())
    taker = take(stream)
    wait_until(lambda: stream.health.state is StreamState.FROZEN, "the standstill shows", 40)
    assert taker.frames
    live = CameraStream(camera(server.url("other")), settings())
    take(live)
    wait_until(lambda: live.health.frames_seen > 100, "four seconds of a live one")
    assert live.health.state is StreamState.ONLINE


def test_damaged_pictures_are_counted_and_end_nothing(
    server: Server, take: Callable[[FrameStream], Taker]
) -> None:
    server.programmes["live"].fault.damage = 7
    try:
        stream = CameraStream(camera(server.url("live")), settings())
        taker = take(stream)
        wait_until(lambda: stream.health.frames_seen > 150, "six seconds of rubbish")
        assert stream.health.connections == 1
    finally:
        server.programmes["live"].fault.damage = 0
    seen = len(taker.frames)
    wait_until(lambda: len(taker.frames) > seen, "it goes on", 15)
    assert stream.health.errors >= 1


def test_a_stream_leaves_clips_of_its_packets_and_the_senders_time(
    server: Server, take: Callable[[FrameStream], Taker]
) -> None:
    stream = CameraStream(camera(server.url("live")), settings())
    take(stream)
    wait_until(lambda: stream.health.sender_clock, "the sender told its time", 15)
    since = datetime.now(UTC) + timedelta(seconds=1.2)
    until = since + timedelta(seconds=1)
    wait_until(lambda: stream.ring.has_until(until), "the packets are there")
    clip = stream.ring.clip(since, until)
    assert clip is not None
    assert since - timedelta(seconds=1.1) < clip.starts_at <= since
    assert abs(clip.ends_at - until) < timedelta(seconds=0.1)
    with av.open(io.BytesIO(clip.content)) as container:
        assert len(list(container.decode(video=0))) >= 24
    assert stream.health.sender_off_s == pytest.approx(0, abs=1)


def test_a_senders_clock_is_followed_only_where_it_is_near_ours() -> None:
    clock = StreamClock(trusted_s=30)
    assert clock.zero_s(10, 1000) == 990
    assert clock.zero_s(10.2, 1000.3, taken_at_s=1000.1) == pytest.approx(989.9)
    assert clock.follows_sender
    assert clock.zero_s(12, 1002.5) == pytest.approx(989.9)
    assert clock.zero_s(14, 1004, taken_at_s=1004 - 8 * 3600) == 990  # set to another time zone
    assert not clock.follows_sender
    assert clock.sender_off_s == -8 * 3600


def test_standing_pictures_are_told_from_live_ones() -> None:
    dice = np.random.default_rng(5)
    grey = dice.integers(0, 255, (90, 160), np.uint8)
    rounded = np.clip(grey.astype(int) + dice.integers(-1, 2, grey.shape), 0, 255).astype(np.uint8)
    repeated, hung, quiet, alive = (FrozenStream(8) for _ in range(4))
    for at_s in range(0, 22, 2):
        same = repeated.key_picture(b"same", grey, at_s)
        coded_anew = hung.key_picture(b"%d" % at_s, rounded if at_s % 4 else grey, at_s)
        hung.packet(40, at_s + 1)
        bits_flow = quiet.key_picture(b"%d" % at_s, rounded if at_s % 4 else grey, at_s)
        quiet.packet(3000, at_s + 1)
        noise = dice.normal(0, 3, grey.shape) + grey
        noisy_key = np.clip(noise, 0, 255).astype(np.uint8)
        assert not alive.key_picture(b"%d" % at_s, noisy_key, at_s)
        assert not bits_flow
        assert same == coded_anew == (at_s >= 8)


class Snapshots(BaseHTTPRequestHandler):
    """`/live` a new picture each time, `/same` one with an ETag, `/slow` nothing, `/gone` 404."""

    protocol_version = "HTTP/1.1"
    count = 0

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        if self.path == "/slow":
            time.sleep(3)
        if self.path == "/gone":
            self.send_error(404)
            return
        if self.path == "/same" and self.headers.get("If-None-Match") == '"1"':
            self.send_response(304)
            self.end_headers()
            return
        Snapshots.count += self.path == "/live"
        image = np.full((48, 64, 3), 40 + Snapshots.count % 50, np.uint8)
        content = cv2.imencode(".jpg", image)[1].tobytes()
        if self.path == "/cut":
            content = content[:-30]
        self.send_response(200)
        self.send_header("Content-Type", "image/jpeg")
        self.send_header("Content-Length", str(len(content)))
        if self.path == "/same":
            self.send_header("ETag", '"1"')
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def snapshots() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Snapshots)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def http(url: str, **more: float) -> HttpStream:
    quick = {"snapshot_every_s": 0.1, "open_timeout_s": 1.0, "frozen_frames_after_s": 0.5}
    return HttpStream(camera(url), VisionSettings(**{**quick, **more}))


def test_pictures_over_http(snapshots: str, take: Callable[[FrameStream], Taker]) -> None:
    stream = http(f"{snapshots}/live")
    taker = take(stream)
    wait_until(lambda: len(taker.frames) >= 5, "pictures come")
    assert stream.health.state is StreamState.ONLINE
    assert taker.frames[0].image.shape == (48, 64, 3)
    times = [frame.captured_at for frame in taker.frames]
    assert times == sorted(set(times))


def test_a_picture_that_does_not_change_is_frozen(
    snapshots: str, take: Callable[[FrameStream], Taker]
) -> None:
    stream = http(f"{snapshots}/same")
    taker = take(stream)
    wait_until(lambda: stream.health.state is StreamState.FROZEN, "it shows")
    assert len(taker.frames) == 1


@pytest.mark.parametrize(
    ("path", "reason"), [("/gone", "404"), ("/slow", "timed out"), ("/cut", "FFD9")]
)
def test_a_server_without_a_picture_says_why(
    snapshots: str, take: Callable[[FrameStream], Taker], path: str, reason: str
) -> None:
    stream = http(f"{snapshots}{path}")
    taker = take(stream)
    wait_until(lambda: reason in stream.health.detail, f"{reason} is told")
    assert stream.health.state is StreamState.OFFLINE
    assert not taker.frames


def test_http_that_is_no_picture_is_played_as_video(
    tmp_path: Path, take: Callable[[FrameStream], Taker]
) -> None:
    clip = encode(tmp_path / "clip.mp4", noisy(4), gop=25).read_bytes()

    class Video(Snapshots):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "video/mp4")
            self.send_header("Content-Length", str(len(clip)))
            self.end_headers()
            self.wfile.write(clip)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Video)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        stream = http(f"http://127.0.0.1:{server.server_address[1]}/x", read_timeout_s=2.0)
        taker = take(stream)
        wait_until(lambda: bool(taker.frames), "pictures come")
        assert stream.ring is not None
    finally:
        server.shutdown()
        server.server_close()
