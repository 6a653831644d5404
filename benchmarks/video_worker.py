"""One worker process of `benchmarks.video`: the product's own stream, scheduler and watch.

`python -m benchmarks.video_worker SPEC.json`: connects its share of the cameras, says `ready`, and
at each line on its standard input prints what it did since the last, as one line of JSON. All but
the database is the product's: `app.vision`'s `Analysis` and `CameraWorker`.
"""

from __future__ import annotations

import json
import logging
import resource
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import structlog

from app.vision.analysis import Analysis
from app.vision.camera_worker import CameraWorker
from app.vision.share import Share
from app.vision.thread_detector import ThreadDetector
from config.camera import Camera, CameraRole
from config.settings import VisionSettings
from detection.detector import load_detector
from detection.picture_zones import WHOLE_PICTURE
from detection.scene_view import Observation
from detection.watch import CameraWatch

_ASKED_EVERY_S = 0.5  # as app.vision.process


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


class _Asker(threading.Thread):
    """Asks each camera how it is twice a second, as production does."""

    def __init__(self, workers: Sequence[CameraWorker]) -> None:
        super().__init__(name="asker", daemon=True)
        self._workers = workers
        self._longest_lag_s: dict[str, float] = {}
        self._asked: Counter[str] = Counter()
        self._awake: Counter[str] = Counter()

    def run(self) -> None:
        while True:
            for worker in self._workers:
                name, health = worker.camera.id, worker.health
                self._longest_lag_s[name] = max(self._longest_lag_s.get(name, 0.0), health.lag_s)
                self._asked[name] += 1
                self._awake[name] += health.awake
            time.sleep(_ASKED_EVERY_S)

    def take(self, name: str) -> dict[str, float]:
        """What came since it was last taken."""
        asked, awake = self._asked.pop(name, 0), self._awake.pop(name, 0)
        return {
            "longest_lag_s": self._longest_lag_s.pop(name, 0.0),
            "awake_share": awake / max(asked, 1),
        }


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    spec = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    model = spec.get("model")
    settings = VisionSettings(
        model=Path(model) if model else None,
        runtime=spec["runtime"],
        analysed_fps=spec["analysed_fps"],
    )
    detector = ThreadDetector(
        lambda: load_detector(settings.model, settings.runtime, settings.confidence)
    )
    analysis = Analysis()
    told: list[str] = []

    def make_watch(camera: Camera) -> CameraWatch:
        return CameraWatch(camera, detector, settings)

    def record(_camera_id: str, observations: Sequence[Observation]) -> None:
        told.extend(type(each).__name__ for each in observations)

    workers = []
    for name in Share.parse(spec["share"]).of(spec["urls"]):
        url = spec["urls"][name]
        camera = Camera(name, name, url, 119.9, 31.7, None, CameraRole.GATE, (WHOLE_PICTURE,))
        workers.append(CameraWorker(camera, settings, analysis, make_watch, record))
    analysis.start()
    for worker in workers:
        worker.start()
        time.sleep(0.05)  # cameras do not all come in the same instant
    asker = _Asker(workers)
    asker.start()
    print("ready", flush=True)
    for _ in sys.stdin:
        healths = {worker.camera.id: worker.health for worker in workers}
        print(
            json.dumps(
                {
                    "at_s": time.monotonic(),
                    "cpu_s": _cpu_s(),
                    "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                    "observations": len(told),
                    "cameras": {
                        name: {
                            "state": health.state.value,
                            "seen": health.frames_seen,
                            "decoded": health.frames_decoded,
                            "dropped": health.frames_dropped,
                            "errors": health.errors,
                            "connections": health.connections,
                            "wakes": health.wakes,
                            "wakes_false": health.wakes_false,
                            "restrained": health.restrained,
                            "lag_s": health.lag_s,
                            **asker.take(name),
                            "analysed": worker.analysed,
                            "detected": worker.frames_detected,
                        }
                        for worker, (name, health) in zip(workers, healths.items(), strict=True)
                    },
                }
            ),
            flush=True,
        )
    for worker in workers:
        worker.stop()
    analysis.stop()


if __name__ == "__main__":
    main()
