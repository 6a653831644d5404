"""Runs a number of cameras on our side and says whether all of them were held."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from app.vision.role import WORKER_ENVIRONMENT

LONGEST_LAG_S = 8.0  # as `vision.longest_lag_s`


@dataclass(frozen=True, slots=True)
class Held:
    """What a trial gave; shares of CPU are of one core, `server_cpu` of the RTSP server's process.

    `lost`: why it does not count as held, empty where it does. `machine_cpu`: of all processes on
    the machine, so that what others took can be told. `longest_lag_s`: the longest that any
    camera's analysis was behind its stream.
    """

    cameras: int
    seconds: float
    lost: str
    analysed: int
    cpu: float
    server_cpu: float
    memory_mb: float = 0.0
    awake_share: float = 0.0
    wakes: int = 0
    wakes_false: int = 0
    dropped: int = 0
    restrained: int = 0
    longest_lag_s: float = 0.0
    machine_cpu: float = 0.0

    @property
    def cpu_ms_per_camera_s(self) -> float:
        return 1000 * self.cpu / self.cameras

    def say(self) -> str:
        words = f"{self.cameras} cameras, {self.seconds:.0f} s: "
        words += "held" if not self.lost else f"lost: {self.lost}"
        words += f"; {self.cpu:.2f} cores ({self.cpu_ms_per_camera_s:.1f} ms a camera and second)"
        words += f", the server {self.server_cpu:.2f}, the machine {self.machine_cpu:.2f}"
        if self.wakes or self.awake_share:
            words += f"; awake {self.awake_share:.1%} of the time, {self.wakes} wakes,"
            words += f" {self.wakes_false} for nothing, {self.dropped} dropped,"
            words += f" {self.restrained} restrained, at most {self.longest_lag_s:.1f} s behind"
        return words

    def figures(self) -> dict[str, Any]:
        return asdict(self)


def _machine_busy_s() -> float:
    """CPU time of all processes since the machine started; 0 where `/proc` does not tell."""
    try:
        first = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0]
    except OSError:
        return 0.0
    user, nice, system, _idle, _wait, irq, softirq = map(int, first.split()[1:8])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


class CameraServer:
    """The RTSP server as a process of its own; a context manager."""

    def __init__(self, folder: Path, spec: dict[str, Any]) -> None:
        file = folder / "server.json"
        file.write_text(json.dumps(spec), encoding="utf-8")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.rtsp_server", str(file)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.port = int(self._answer()["port"])

    def url(self, camera: str) -> str:
        return f"rtsp://127.0.0.1:{self.port}/{camera}"

    def used(self) -> dict[str, Any]:
        """`cpu_s`, and `lagging`: how many clients took too little and were cut off.

        And `machine_busy_s`: CPU time of all processes.
        """
        assert self._process.stdin is not None
        print(file=self._process.stdin, flush=True)
        return {**self._answer(), "machine_busy_s": _machine_busy_s()}

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(10)


def hold_ours(
    server: CameraServer,
    cameras: Iterable[str],
    seconds: float,
    folder: Path,
    *,
    analysed_fps: float,
    gop_s: float,
    processes: int,
    model: Path | None = None,
    runtime: str = "onnxruntime",
) -> Held:
    """All of the cameras on `processes` workers, watched for `seconds` after they have settled."""
    names = sorted(cameras)
    spec = {
        "urls": {name: server.url(name) for name in names},
        "analysed_fps": analysed_fps,
        "model": str(model) if model else None,
        "runtime": runtime,
    }
    workers = []
    for index in range(processes):
        file = folder / f"worker-{index}.json"
        file.write_text(json.dumps({**spec, "share": f"{index}/{processes}"}), encoding="utf-8")
        workers.append(
            subprocess.Popen(
                [sys.executable, "-m", "benchmarks.video_worker", str(file)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, **WORKER_ENVIRONMENT},
            )
        )
    try:
        for worker in workers:
            assert worker.stdout is not None
            worker.stdout.readline()
        # Connections one by one, and the memories' warm-up: all are awake at the start.
        time.sleep(20 + 1.5 * len(names))
        before, used = [_ask(worker) for worker in workers], server.used()
        time.sleep(seconds)
        after, used_then = [_ask(worker) for worker in workers], server.used()
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    return _judge(names, seconds, gop_s, (before, after), (used, used_then))


def _ask(worker: subprocess.Popen[str]) -> dict[str, Any]:
    assert worker.stdin is not None
    assert worker.stdout is not None
    print(file=worker.stdin, flush=True)
    line = worker.stdout.readline()
    if not line:
        raise RuntimeError("a worker ended")
    answer: dict[str, Any] = json.loads(line)
    return answer


def _judge(
    names: list[str],
    seconds: float,
    gop_s: float,
    workers: tuple[list[dict[str, Any]], list[dict[str, Any]]],
    servers: tuple[dict[str, Any], dict[str, Any]],
) -> Held:
    (before, after), (used, used_then) = workers, servers
    first = {name: each for answer in before for name, each in answer["cameras"].items()}
    last = {name: each for answer in after for name, each in answer["cameras"].items()}

    def gained(name: str, what: str) -> int:
        return int(last[name][what] - first[name][what])

    least = 0.97 * seconds / gop_s - 1
    faults = {
        "not online": [n for n in names if last[n]["state"] != "online"],
        "reconnected": [n for n in names if last[n]["connections"] != 1],
        "pictures dropped": [n for n in names if gained(n, "dropped")],
        "packets missing": [n for n in names if gained(n, "seen") < 0.97 * 25 * seconds],
        "key frames not looked at": [n for n in names if gained(n, "decoded") < least],
        "behind": [n for n in names if last[n]["lag_s"] > LONGEST_LAG_S + gop_s],
    }
    lost = ", ".join(f"{what} at {len(who)}" for what, who in faults.items() if who)
    if used_then["lagging"] > used["lagging"]:
        lost += ", cut off by the server"
    took_s = after[0]["at_s"] - before[0]["at_s"]
    cpu_s = sum(a["cpu_s"] - b["cpu_s"] for a, b in zip(after, before, strict=True))
    return Held(
        len(names),
        seconds,
        lost,
        sum(gained(n, "analysed") for n in names),
        cpu_s / took_s,
        (used_then["cpu_s"] - used["cpu_s"]) / took_s,
        sum(answer["memory_mb"] for answer in after),
        sum(last[n]["awake_share"] for n in names) / len(names),
        sum(gained(n, "wakes") for n in names),
        sum(gained(n, "wakes_false") for n in names),
        sum(gained(n, "dropped") for n in names),
        sum(gained(n, "restrained") for n in names),
        max(last[n]["longest_lag_s"] for n in names),
        (used_then["machine_busy_s"] - used["machine_busy_s"]) / took_s,
    )
