"""Cameras held on this machine: ours against `yolo track`, on the same RTSP streams.

`python -m benchmarks.video [--seconds N] [--most N] [--model ONNX] [--peer-model PT]`

A rendered quiet gate (720p, 25 fps, H.264, sensor noise, a car every 20 s) is served over RTSP.
Cameras are added one at a time until a side loses more than 5 % of the pictures it should analyse
(5 a second a camera); what it held before is its figure. Ours runs the whole way: stream, gate,
detector, tracks, what stayed behind. The peer is ultralytics' `model.track` with `vid_stride` 5,
one process-wide model a stream, as its multi-stream guide shows. Both are given the same weights
where `--model` and `--peer-model` are the same network; the figure is of cameras, not of recall.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np

from benchmarks.result import result_line
from config.camera import Camera, CameraRole
from config.settings import VisionSettings
from detection.detector import PACKAGE_MODEL, load_detector
from detection.picture_zones import WHOLE_PICTURE
from detection.watch import CameraWatch
from ingest.stream import CameraStream

ANALYSED_FPS = 5.0
LOST = 0.05
SOURCE_FPS = 25


@dataclass(frozen=True, slots=True)
class Held:
    cameras: int
    analysed_share: float
    cpu_share: float
    cpu_ms_per_picture: float


def render_quiet_gate(path: Path, seconds: int = 20) -> None:
    """A gate where nothing moves but a car for 5 s in every 20."""
    dice = np.random.default_rng(0)
    width, height = 1280, 720
    coarse = cv2.resize(dice.normal(0, 10, (72, 128)).astype(np.float32), (width, height))
    ground = np.clip(120 + coarse[:, :, None] + np.zeros(3), 0, 255).astype(np.float32)
    ground[:220] = (150, 130, 110)
    grain = [dice.normal(0, 3, (height, width, 1)).astype(np.float32) for _ in range(8)]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=SOURCE_FPS)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"g": "50", "bf": "0", "preset": "veryfast", "crf": "25"}
        for number in range(seconds * SOURCE_FPS):
            image = ground.copy()
            into_s = number / SOURCE_FPS % 20
            if 5 <= into_s < 10:
                x = round(-300 + (into_s - 5) * 330)
                cv2.rectangle(image, (x, 400), (x + 280, 500), (60, 50, 170), -1)
                cv2.rectangle(image, (x + 60, 350), (x + 220, 400), (70, 70, 70), -1)
            noisy = np.clip(image + grain[number % 8], 0, 255).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(noisy, format="bgr24")))
        container.mux(stream.encode())


def _free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


class RtspServer:
    def __init__(self, folder: Path) -> None:
        self.port = _free_port()
        program = Path(sys.executable).parent / "rtsp-server"
        ports = ("-p", str(self.port), "-cp", str(_free_port()))
        self._process = subprocess.Popen(
            [program, "-d", folder, "-H", "127.0.0.1", *ports],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        end = time.monotonic() + 20
        while time.monotonic() < end:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        self.close()
        sys.exit("the RTSP server did not start")

    def close(self) -> None:
        os.killpg(self._process.pid, signal.SIGTERM)
        self._process.wait(10)


def ours(url: str, cameras: int, seconds: float, model: Path | None) -> Held:
    """All cameras in this process, one thread each."""
    settings = VisionSettings(analysed_fps=ANALYSED_FPS)
    detector = load_detector(model)
    analysed = [0] * cameras
    streams: list[CameraStream] = []
    counting = threading.Event()

    def watch(number: int) -> None:
        name = f"gate-{number}"
        camera = Camera(name, name, url, 119.9, 31.7, None, CameraRole.GATE, (WHOLE_PICTURE,))
        stream = CameraStream(camera, settings)
        streams.append(stream)
        watched = CameraWatch(camera, detector, settings)
        for frame in stream.frames():
            watched.advance(frame)
            analysed[number] += counting.is_set()

    def stop_all() -> None:
        for stream in streams:
            stream.stop()

    return _hold(watch, stop_all, analysed, counting, seconds)


def peer(url: str, cameras: int, seconds: float, model: Path) -> Held:
    """One `YOLO(...)` and one thread a camera, every fifth picture tracked."""
    from ultralytics.models import YOLO  # noqa: PLC0415  heavy, and only the peer's

    analysed = [0] * cameras
    counting, stop = threading.Event(), threading.Event()

    def watch(number: int) -> None:
        yolo = YOLO(str(model), task="detect")
        stride = round(SOURCE_FPS / ANALYSED_FPS)
        for _ in yolo.track(url, stream=True, vid_stride=stride, verbose=False, persist=True):
            if stop.is_set():
                return
            analysed[number] += counting.is_set()

    return _hold(watch, stop.set, analysed, counting, seconds)


def _hold(
    watch: Callable[[int], None],
    stop: Callable[[], object],
    analysed: list[int],
    counting: threading.Event,
    seconds: float,
) -> Held:
    threads = [threading.Thread(target=watch, args=(n,), daemon=True) for n in range(len(analysed))]
    for thread in threads:
        thread.start()
    time.sleep(6)  # connections, warm-up of the models
    counting.set()
    began, cpu = time.monotonic(), time.process_time()
    time.sleep(seconds)
    counting.clear()
    took, cpu = time.monotonic() - began, time.process_time() - cpu
    stop()
    for thread in threads:
        thread.join(15)
    due = took * ANALYSED_FPS
    worst = min(analysed) / due
    busy = cpu / took / (os.cpu_count() or 1)
    each_ms = 1000 * cpu / max(sum(analysed), 1)
    return Held(len(analysed), round(worst, 3), round(busy, 3), round(each_ms, 1))


def most_held(run: Callable[[int], Held], most: int) -> tuple[int, list[Held]]:
    """Doubles until it fails, then halves the gap."""
    tried: list[Held] = []
    good, bad = 0, None
    cameras = 1
    while cameras <= most and (bad is None or bad - good > 1):
        held = run(cameras)
        tried.append(held)
        shares = f"{held.analysed_share:.0%} analysed, CPU {held.cpu_share:.0%}"
        each = f"{held.cpu_ms_per_picture:.0f} ms of CPU a picture, decoding included"
        print(f"  {held.cameras} cameras: {shares}, {each}", flush=True)
        if held.analysed_share >= 1 - LOST:
            good = cameras
            if good == most:
                break
            cameras = min(cameras * 2, most) if bad is None else (good + bad) // 2
        else:
            bad = cameras
            cameras = max((good + bad) // 2, 1)
    return good, tried


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20, help="of each trial")
    parser.add_argument("--most", type=int, default=32, help="cameras to try at most")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--model", type=Path, help="ours; default: the package's own, else none")
    parser.add_argument(
        "--peer-model",
        type=Path,
        default=PACKAGE_MODEL,
        help=".pt or .onnx for yolo track; default: the package's own",
    )
    given = parser.parse_args()
    if importlib.util.find_spec("lap") is None:
        sys.exit(
            "yolo track needs the extra `yolo`, with the package lap that ultralytics leaves out"
        )
    each: dict[str, list[float]] = {"ours": [], "peer": []}
    mine: list[int] = []
    theirs: list[int] = []
    with tempfile.TemporaryDirectory() as folder:
        render_quiet_gate(Path(folder) / "gate.mp4")
        server = RtspServer(Path(folder))
        url = f"rtsp://127.0.0.1:{server.port}/gate.mp4?play_count=0"
        try:
            for number in range(given.rounds):
                print(f"round {number + 1} of {given.rounds}", flush=True)
                print(" ours")
                held, tried = most_held(
                    lambda n: ours(url, n, given.seconds, given.model), given.most
                )
                mine.append(held)
                each["ours"].append(tried[0].cpu_ms_per_picture)
                print(" yolo track")
                held, tried = most_held(
                    lambda n: peer(url, n, given.seconds, given.peer_model), given.most
                )
                theirs.append(held)
                each["peer"].append(tried[0].cpu_ms_per_picture)
        finally:
            server.close()
    print(
        result_line(
            "video",
            mine,
            theirs,
            unit="720p25 RTSP cameras analysed at 5 fps with at most 5 % of pictures lost",
            checked="same streams, same analysed rate; our detector rests while nothing moves",
            cpu_ms_per_picture={who: statistics.median(ms) for who, ms in each.items()},
            seconds=given.seconds,
            model=(given.model or PACKAGE_MODEL).name,
            peer_model=given.peer_model.name,
        )
    )


if __name__ == "__main__":
    main()
