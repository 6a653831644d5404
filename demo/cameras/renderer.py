"""`python -m demo.cameras.renderer`: draws each shot before its time comes.

A process of its own, so that what plays meanwhile is sent in time.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType

import structlog

from config.site_files import load_site, read_site_folder
from demo.cameras.playing import AHEAD_S, draw_due, playing_of

log = structlog.get_logger()

_LOOK_EVERY_S = 5.0
_NICE = 5
_STOP_WITHIN_S = 10.0


class Renderer:
    """The child; a context manager."""

    def __init__(self, site: Path, clips: Path, seed: int, began_at: float) -> None:
        self._command = [
            sys.executable, "-m", "demo.cameras.renderer", "--site", str(site),
            "--clips", str(clips), "--seed", str(seed), "--began", f"{began_at}",
        ]  # fmt: skip
        self._child: subprocess.Popen[bytes] | None = None

    def keep_running(self) -> None:
        """Starts it, also where it has died."""
        if self._child is None or self._child.poll() not in {None, 0}:
            self._child = subprocess.Popen(self._command)

    def __enter__(self) -> Renderer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._child is None:
            return
        self._child.terminate()
        try:
            self._child.wait(_STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._child.kill()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m demo.cameras.renderer", description=__doc__)
    parser.add_argument("--site", type=Path, required=True)
    parser.add_argument("--clips", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--began", type=float, required=True, help="unix time")
    given = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    os.nice(_NICE)
    site = load_site(read_site_folder(given.site))
    parent = os.getppid()
    try:
        playing = playing_of(site, given.clips, given.seed, lambda: not stop.is_set())
        while not stop.wait(_LOOK_EVERY_S) and os.getppid() == parent:
            now_s = time.time() - given.began
            draw_due(playing.values(), now_s, AHEAD_S)
            if all(one.next_due(now_s) is None for one in playing.values()):
                break
    except InterruptedError as error:
        log.info("stopped", detail=str(error))
    return 0


if __name__ == "__main__":
    sys.exit(main())
