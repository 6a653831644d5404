"""Streams: RTSP with a server that dies, freezes and returns; files; JPEG frames."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from config.camera import Camera, CameraRole
from config.settings import VisionSettings
from demo.cameras.programme import Programme
from demo.cameras.rtp_packets import read_piece
from demo.cameras.rtsp import ThreadedServer
from ingest.frame import Frame
from ingest.rejected_message import RejectedMessage
from ingest.stream import CameraStream
from ingest.stream_clock import StreamClock
from ingest.stream_connection import StreamError
from ingest.stream_file import FileStream
from ingest.stream_health import StreamState
from ingest.stream_mqtt import MqttFrameStream, decode_jpeg_frame
from ingest.stream_video import read_clip, read_video
from ingest.stream_watchdog import FrozenWatchdog

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """10 s of a bright block that walks over noise, 25 fps, H.264."""
    path = tmp_path_factory.mktemp("clip") / "walk.mp4"
    dice = np.random.default_rng(1)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        stream.options = {"g": "25", "bf": "0", "preset": "ultrafast"}
        for number in range(250):
            image = dice.integers(90, 110, (180, 320, 3), np.uint8)
            image[60:120, number : number + 40] = (20, 60, 200)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode())
    return path


def camera(url: str) -> Camera:
    return Camera("gate-1", "Gate", url, 119.9, 31.7, None, CameraRole.GATE)


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def wait_for(what: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "did not happen"
        time.sleep(0.05)


class RtspServer:
    """A camera that plays a clip for ever, on the same port whenever it is started."""

    def __init__(self, clip: Path) -> None:
        self._piece, self.port = read_piece(clip), free_port()
        self._running: ThreadedServer | None = None

    def start(self) -> None:
        self._running = ThreadedServer({"walk": Programme([self._piece])}, port=self.port)
        self._running.__enter__()

    def kill(self) -> None:
        if self._running is not None:
            self._running.__exit__()
            self._running = None


@pytest.fixture
def server(clip: Path) -> Iterator[RtspServer]:
    server = RtspServer(clip)
    server.start()
    yield server
    server.kill()


class Proxy:
    """Forwards TCP until `freeze`: then it takes bytes and passes none on."""

    def __init__(self, target: int) -> None:
        self.target, self.port, self.frozen = target, 0, threading.Event()
        self._ready = threading.Event()
        self._loop, self._closed = asyncio.new_event_loop(), asyncio.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._ready.wait(10)

    def _run(self) -> None:
        async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while data := await reader.read(65536):
                if not self.frozen.is_set():
                    writer.write(data)
                    await writer.drain()
            writer.close()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            up, down = await asyncio.open_connection("127.0.0.1", self.target)
            await asyncio.gather(pump(reader, down), pump(up, writer), return_exceptions=True)

        async def main() -> None:
            listening = await asyncio.start_server(serve, "127.0.0.1", 0)
            self.port = listening.sockets[0].getsockname()[1]
            self._ready.set()
            await self._closed.wait()

        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:  # cancels what still pumps
            runner.run(main())

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._closed.set)
        self._thread.join(5)


class Reader:
    """Takes a stream's frames on a thread."""

    def __init__(self, stream: CameraStream) -> None:
        self.stream, self.frames = stream, list[Frame]()
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        for frame in self.stream.frames():
            self.frames.append(frame)

    def close(self) -> None:
        self.stream.stop()
        self.thread.join(5)
        assert not self.thread.is_alive()


@pytest.mark.servers
def test_rtsp_server_dies_and_returns(server: RtspServer) -> None:
    url = f"rtsp://127.0.0.1:{server.port}/walk"
    settings = VisionSettings(open_timeout_s=3, read_timeout_s=3)
    reader = Reader(CameraStream(camera(url), settings))
    try:
        wait_for(lambda: len(reader.frames) >= 5)
        assert reader.stream.health.state is StreamState.ONLINE
        assert reader.frames[0].image.shape == (180, 320, 3)
        server.kill()
        wait_for(lambda: reader.stream.health.state is StreamState.OFFLINE)
        seen = len(reader.frames)
        server.start()
        wait_for(lambda: len(reader.frames) >= seen + 5)
        assert reader.stream.health.state is StreamState.ONLINE
        assert reader.stream.health.connections == 2
    finally:
        reader.close()
    times = [frame.captured_at for frame in reader.frames]
    assert times == sorted(set(times))


@pytest.mark.servers
def test_rtsp_that_goes_silent_is_noticed(server: RtspServer) -> None:
    proxy = Proxy(server.port)
    url = f"rtsp://127.0.0.1:{proxy.port}/walk"
    settings = VisionSettings(open_timeout_s=2, read_timeout_s=2)
    reader = Reader(CameraStream(camera(url), settings))
    try:
        wait_for(lambda: len(reader.frames) >= 3)
        proxy.frozen.set()
        wait_for(lambda: reader.stream.health.state is StreamState.OFFLINE)
        proxy.frozen.clear()
        seen = len(reader.frames)
        wait_for(lambda: len(reader.frames) >= seen + 3)
    finally:
        reader.close()
        proxy.close()


@pytest.mark.servers
def test_a_slow_reader_misses_pictures_and_does_not_lag(server: RtspServer) -> None:
    url = f"rtsp://127.0.0.1:{server.port}/walk"
    stream = CameraStream(camera(url), VisionSettings(analysed_fps=10, longest_lag_s=2))
    lags = []
    for frame in stream.frames():
        lags.append((datetime.now(UTC) - frame.captured_at).total_seconds())
        time.sleep(0.5)
        if len(lags) == 16:
            stream.stop()
    assert stream.health.frames_dropped >= 8
    assert max(lags) < 4.0


def test_the_same_picture_for_long_is_frozen() -> None:
    watchdog = FrozenWatchdog(10)
    image = np.zeros((40, 40, 3), np.uint8)
    assert not watchdog.see(image, 0)
    assert not watchdog.see(image.copy(), 9.9)
    assert watchdog.see(image.copy(), 10)
    image[20, 20] = 1
    assert not watchdog.see(image, 11)


def test_stream_clock_keeps_the_streams_spacing_and_never_runs_back() -> None:
    clock = StreamClock()
    jitter = [0.3, 0.0, 0.5, 0.1, 0.2]
    arrived = [NOW + timedelta(seconds=0.2 * n + late) for n, late in enumerate(jitter)]
    times = [clock.captured_at(100 + 0.2 * n, at) for n, at in enumerate(arrived)]
    assert times == sorted(set(times))
    assert times[3] - times[2] == timedelta(seconds=0.2)
    leap = clock.captured_at(5.0, NOW + timedelta(seconds=60))
    assert leap == NOW + timedelta(seconds=60)


def test_clip_times_count_from_its_start_at_the_analysed_rate(clip: Path) -> None:
    frames = list(read_clip(clip, "c", NOW, analysed_fps=5))
    assert len(frames) == 50
    assert frames[0].captured_at == NOW
    assert (frames[-1].captured_at - NOW).total_seconds() == pytest.approx(9.8, abs=0.05)
    assert [f.number for f in frames] == list(range(50))


def test_keyframes_only_decodes_keyframes_and_returns_to_whole_pictures(clip: Path) -> None:
    only = list(read_video(str(clip), keyframes_only=lambda: True))
    assert 10 <= len(only) <= 12
    seen = 0

    def until_three() -> bool:
        return seen < 3

    back = []
    for picture in read_video(str(clip), keyframes_only=until_three):
        seen += 1
        back.append(picture)
    whole = {round(p.presented_s, 3): p.image for p in read_video(str(clip))}
    assert len(back) > 150
    for picture in back:
        np.testing.assert_array_equal(picture.image, whole[round(picture.presented_s, 3)])


def test_a_file_camera_ends_with_its_file(clip: Path) -> None:
    stream = FileStream(camera(clip.as_uri()), VisionSettings(analysed_fps=5))
    frames = list(stream.frames())
    assert len(frames) == 50
    assert (frames[-1].captured_at - frames[0].captured_at).total_seconds() == pytest.approx(9.8)
    assert stream.health.state is StreamState.OFFLINE


def test_what_cannot_be_opened_says_so(tmp_path: Path) -> None:
    with pytest.raises(StreamError, match="cannot open"):
        list(read_video(str(tmp_path / "none.mp4")))
    text = tmp_path / "text.mp4"
    text.write_text("no video")
    with pytest.raises(StreamError, match="cannot open"):
        list(read_clip(text, "c", NOW))
    with pytest.raises(ValueError, match="MQTT"):
        CameraStream(camera(""), VisionSettings())


def jpeg() -> bytes:
    image = np.random.default_rng(2).integers(0, 255, (48, 64, 3), np.uint8)
    return bytes(cv2.imencode(".jpg", image)[1].tobytes())


def test_a_jpeg_frame_has_its_capture_time_from_the_topic() -> None:
    frame = decode_jpeg_frame("muckwatch/v1/cameras/c7/frame/1767323045123", jpeg(), NOW)
    assert isinstance(frame, Frame)
    assert frame.camera_id == "c7"
    assert frame.captured_at == datetime(2026, 1, 2, 3, 4, 5, 123000, tzinfo=UTC)
    assert frame.image.shape == (48, 64, 3)


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        ("r/cameras/c7/frame/soon", jpeg(), "'soon' is not a time"),
        ("r/cameras/c7/frame/" + "9" * 30, jpeg(), "is not a time"),
        ("r/cameras/c7/picture/1", jpeg(), "is not cameras/"),
        ("r/cameras/c7/frame/1", b"", "FFD8"),
        ("r/cameras/c7/frame/1", b"GIF89a", "FFD8"),
        ("r/cameras/c7/frame/1", jpeg()[:-40], "cut off"),
        ("r/cameras/c7/frame/1", b"\xff\xd8\xff\xd9", "no frame header"),
        ("r/cameras/c7/frame/1", b"\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff\xff\xd9", "65535"),
        ("r/cameras/c7/frame/1", b"\xff\xd8" + bytes(9_000_000) + b"\xff\xd9", "at most"),
    ],
)
def test_a_bad_jpeg_is_rejected_with_its_reason(topic: str, payload: bytes, reason: str) -> None:
    rejected = decode_jpeg_frame(topic, payload, NOW)
    assert isinstance(rejected, RejectedMessage)
    assert reason in rejected.reason
    assert rejected.payload == payload


def test_mqtt_frames_queue_drops_the_oldest_and_tells() -> None:
    stream = MqttFrameStream("c7", waiting_frames=2, offline_after_s=0.2)
    assert stream.health.state is StreamState.OFFLINE
    for ms in (1000, 2000, 3000):
        assert stream.offer(f"r/cameras/c7/frame/{ms}", jpeg(), NOW) is None
    rejected = stream.offer("r/cameras/c8/frame/1", jpeg(), NOW)
    assert rejected is not None
    assert "'c8'" in rejected.reason
    assert stream.health.state is StreamState.ONLINE
    assert (stream.health.frames_seen, stream.health.frames_dropped) == (3, 1)
    got = []
    for frame in stream.frames():
        got.append(frame.captured_at.timestamp())
        if len(got) == 2:
            stream.stop()
    assert got == [2.0, 3.0]
    wait_for(lambda: stream.health.state is StreamState.OFFLINE)
