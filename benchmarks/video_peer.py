"""The peer of `benchmarks.video`: ultralytics' `model.track`, a model and a thread a stream."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from benchmarks.video_held import CameraServer, Held

LOST = 0.05


def hold_peer(
    server: CameraServer,
    cameras: list[str],
    seconds: float,
    *,
    analysed_fps: float,
    source_fps: float,
    model: Path,
) -> Held:
    """In a process of its own, so that one trial's threads do not live on in the next."""
    spec = {
        "urls": [server.url(camera) for camera in cameras],
        "seconds": seconds,
        "stride": round(source_fps / analysed_fps),
        "model": str(model),
    }
    before = server.used()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.video_peer", json.dumps(spec)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    after = server.used()
    # ultralytics prints there too, when a stream is slow say.
    told = json.loads(next(line for line in done.stdout.splitlines() if line.startswith("{")))
    due = told["took_s"] * analysed_fps
    worst = min(told["analysed"]) / due
    lost = "" if worst >= 1 - LOST else f"{1 - worst:.0%} of a stream's pictures"
    return Held(
        len(cameras),
        seconds,
        lost,
        sum(told["analysed"]),
        told["cpu_s"] / told["took_s"],
        (after["cpu_s"] - before["cpu_s"]) / told["lived_s"],
        told["memory_mb"],
    )


def _main() -> None:
    import resource  # noqa: PLC0415

    from ultralytics.models import YOLO  # noqa: PLC0415  heavy, and only the peer's

    spec = json.loads(sys.argv[1])
    born_s = time.monotonic()
    analysed = [0] * len(spec["urls"])
    counting = threading.Event()

    def watch(number: int) -> None:
        yolo = YOLO(spec["model"], task="detect")
        results = yolo.track(
            spec["urls"][number],
            stream=True,
            vid_stride=spec["stride"],
            verbose=False,
            persist=True,
        )
        for _ in results:
            analysed[number] += counting.is_set()

    for number in range(len(analysed)):
        threading.Thread(target=watch, args=(number,), daemon=True).start()
    time.sleep(12 + len(analysed))  # connections, warm-up of the models
    counting.set()
    began_s, cpu_s = time.monotonic(), time.process_time()
    time.sleep(spec["seconds"])
    counting.clear()
    told = {
        "took_s": time.monotonic() - began_s,
        "cpu_s": time.process_time() - cpu_s,
        "analysed": analysed,
        "lived_s": time.monotonic() - born_s,
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(told), flush=True)
    os._exit(0)  # its reading threads do not end


if __name__ == "__main__":
    _main()
