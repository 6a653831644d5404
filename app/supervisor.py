"""Keeps processes of this installation running, and ends with them."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

import structlog

from app.servers.child import Child

log = structlog.get_logger()

RESTART_AT_FIRST_S = 1.0
RESTART_AT_MOST_S = 30.0
STEADY_AFTER_S = 60.0
"""A child that ran so long has recovered: its next restart is quick again."""


@dataclass(slots=True)
class _Kept:
    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    child: Child
    started_s: float
    wait_s: float = RESTART_AT_FIRST_S
    due_s: float | None = None


@dataclass(slots=True)
class Supervisor:
    """Starts modules of this installation as children (`python -m …`) and restarts those that end.

    A context manager for the main thread; `watch` returns when a signal or the deadline comes.
    Without `logs`, children write where this process does.
    """

    logs: Path | None
    environment: Mapping[str, str]
    stop_asked: threading.Event = field(default_factory=threading.Event)
    _kept: list[_Kept] = field(default_factory=list)

    def __enter__(self) -> Self:
        if self.logs is not None:
            self.logs.mkdir(parents=True, exist_ok=True)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._asked)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for kept in reversed(self._kept):
            kept.child.stop((signal.SIGTERM, 15))

    def _asked(self, number: int, _frame: FrameType | None) -> None:
        log.info("stop.asked", signal=signal.Signals(number).name)
        self.stop_asked.set()

    def start(
        self, name: str, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> None:
        """Start `python -m ARGUMENTS` and keep it running, its output in `logs/NAME.log`.

        `environment` is added to that of all children.
        """
        own = {**self.environment, **(environment or {})}
        child = self._launch(name, arguments, own)
        self._kept.append(_Kept(name, arguments, own, child, time.monotonic()))

    def stop(self, name: str) -> None:
        """End one child for good."""
        (kept,) = (k for k in self._kept if k.name == name)
        self._kept.remove(kept)
        kept.child.stop((signal.SIGTERM, 15))

    def watch(self, seconds: float | None = None, each: Callable[[], None] | None = None) -> None:
        """Restart what ends, until asked to stop or for `seconds`; `each` runs twice a second."""
        deadline = None if seconds is None else time.monotonic() + seconds
        while not self.stop_asked.wait(0.5 if deadline is None else _left(deadline, 0.5)):
            now = time.monotonic()
            for kept in self._kept:
                self._mind(kept, now)
            if each is not None:
                each()
            if deadline is not None and now >= deadline:
                return

    def _mind(self, kept: _Kept, now: float) -> None:
        if kept.due_s is not None:
            if now >= kept.due_s:
                kept.child = self._launch(kept.name, kept.arguments, kept.environment)
                kept.started_s, kept.due_s = now, None
            return
        code = kept.child.exit_code()
        if code is None:
            return
        if now - kept.started_s > STEADY_AFTER_S:
            kept.wait_s = RESTART_AT_FIRST_S
        log.error("child.ended", child=kept.name, code=code, restart_in_s=kept.wait_s)
        kept.due_s = now + kept.wait_s
        kept.wait_s = min(kept.wait_s * 2, RESTART_AT_MOST_S)

    def _launch(self, name: str, arguments: Sequence[str], environment: Mapping[str, str]) -> Child:
        return Child.start(
            [sys.executable, "-m", *arguments],
            name=name,
            log_file=None if self.logs is None else self.logs / f"{name}.log",
            folder=Path.cwd(),
            environment=environment,
        )


def _left(deadline: float, at_most: float) -> float:
    return max(0.0, min(at_most, deadline - time.monotonic()))
