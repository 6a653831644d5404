"""The role: this process watches the cameras itself, or keeps several that do."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence

import structlog

from app.supervisor import Supervisor
from app.vision.process import run_share
from app.vision.share import Share, worker_count
from config.settings import Settings

log = structlog.get_logger()

WORKER_ENVIRONMENT: Mapping[str, str] = {
    # A core each: no threads within.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OPENCV_FOR_THREADS_NUM": "1",
    # glibc: a thread a camera would have an arena each, 10 MB more.
    "MALLOC_ARENA_MAX": "2",
}


def run(
    settings: Settings, stop: threading.Event, only: Sequence[str] = (), share: Share | None = None
) -> None:
    """Watch the cameras until `stop`, each `settings.vision.processes`-th of them in a process.

    Call it from the main thread. `share` is of a process that another already keeps. Worker n
    serves its metrics on `metrics_port` + n.

    Raises:
        Stopped: asked to stop while the database was away.
    """
    count = worker_count(settings.vision.processes, only)
    if share is not None or count == 1:
        run_share(settings, stop, only, share)
        return
    cameras = [word for camera in only for word in ("--camera", camera)]
    with Supervisor(None, dict(os.environ), stop) as supervisor:
        for index in range(count):
            supervisor.start(
                f"vision-{index}",
                *("app", "serve", "vision", "--share", str(Share(index, count)), *cameras),
                environment=_environment(settings, index),
            )
        supervisor.watch()


def _environment(settings: Settings, index: int) -> dict[str, str]:
    own = dict(WORKER_ENVIRONMENT)
    if settings.metrics_port:
        own["MUCKWATCH_METRICS_PORT"] = str(settings.metrics_port + index)
    return own
