"""The threads that decode and analyse, and what they are given to do (分析线程)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import structlog

from app.vision.fair_queue import FairQueue

log = structlog.get_logger()

THREADS = 2
"""Of each process, though there is one a core: cameras wake in clusters, and a worker whose cameras
do may then use a core that another's leave idle. Ours."""

Step = Callable[[], bool]
"""A small piece of a camera's work, some tens of milliseconds; True where there is more."""


class Analysis:
    """Runs cameras' steps on `threads` threads, fair by the CPU time that each camera took."""

    def __init__(self, threads: int = THREADS) -> None:
        self._queue = FairQueue()
        self._steps: dict[str, tuple[Step, Callable[[], float]]] = {}
        self._changed = threading.Condition()
        self._stopping = False
        self._threads = [
            threading.Thread(target=self._run, name=f"analysis-{n}", daemon=True)
            for n in range(threads)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def add(self, name: str, step: Step, behind_s: Callable[[], float] = lambda: 0.0) -> None:
        """`behind_s`: how old the work is that it does next; asked after each step."""
        with self._changed:
            self._queue.add(name)
            self._steps[name] = step, behind_s

    def remove(self, name: str) -> None:
        """Its step may still run once."""
        with self._changed:
            self._queue.remove(name)
            self._steps.pop(name, None)

    def ready(self, name: str) -> None:
        """There is work for it. From any thread; cheap."""
        with self._changed:
            self._queue.ready(name, time.monotonic())
            self._changed.notify()

    def cpu_share(self, name: str) -> float:
        with self._changed:
            return self._queue.cpu_share(name, time.monotonic())

    def stop(self, wait_s: float = 10) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(wait_s)

    def _run(self) -> None:
        while True:
            with self._changed:
                name = self._queue.pick(time.monotonic())
                while name is None and not self._stopping:
                    self._changed.wait()
                    name = self._queue.pick(time.monotonic())
                if self._stopping or name is None:
                    return
                step, behind_s = self._steps[name]
            began_s = time.thread_time()
            more, behind = False, 0.0
            try:
                more, behind = step(), behind_s()
            except Exception:  # one camera's fault must not end the others
                log.exception("camera.failed", camera=name)
            spent_s = time.thread_time() - began_s
            with self._changed:
                self._queue.done(name, spent_s, time.monotonic(), more=more, behind_s=behind)
