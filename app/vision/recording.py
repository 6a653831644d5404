"""Hands what cameras say to the recorder, so that a slow database stops no analysis."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence

import structlog

from app.patient_store import Stopped
from detection.scene_view import Observation

log = structlog.get_logger()

_MOST_WAITING = 1000

Job = Callable[[], None]


class Recording:
    """Runs jobs one after the other, in order, on a thread of its own.

    When `_MOST_WAITING` wait (the database is away for long), who brings one more waits too, until
    `stop` is set: nothing that was seen is thrown away, new pictures are dropped instead.
    """

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._jobs: queue.Queue[Job | None] = queue.Queue(_MOST_WAITING)
        self._thread = threading.Thread(target=self._run, name="recording", daemon=True)
        self._thread.start()

    def do(self, job: Job) -> None:
        while True:
            try:
                self._jobs.put(job, timeout=0.5)
            except queue.Full:
                if not self._stop.is_set():
                    continue
                log.warning("vision.unrecorded")
            return

    def close(self, wait_s: float = 10) -> None:
        """Do what waits, for so long."""
        try:
            self._jobs.put(None, timeout=wait_s)
        except queue.Full:
            log.warning("vision.unrecorded", jobs=self._jobs.qsize())
        self._thread.join(wait_s)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                job()
            except Stopped:
                log.info("vision.unrecorded", jobs=self._jobs.qsize() + 1)
                return
            except Exception:  # one row that the database will never take must not end the others
                log.exception("recording.failed")


def recording_of(
    recording: Recording, record: Callable[[str, Sequence[Observation]], None]
) -> Callable[[str, Sequence[Observation]], None]:
    """`record`, done later and in order."""

    def later(camera_id: str, observations: Sequence[Observation]) -> None:
        recording.do(lambda: record(camera_id, observations))

    return later
