"""A server as our child process: dies with us, logs to a file, stops gracefully."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import structlog

from app.servers.errors import ServerError
from app.servers.folder import rotate_log, tail

log = structlog.get_logger()
_LAUNCH = Path(__file__).with_name("launch.py")


@dataclass(frozen=True, slots=True)
class User:
    """Whom a child runs as."""

    uid: int
    gid: int


class Child:
    """One server process, in a process group of its own, so that Ctrl-C reaches only us.

    The kernel sends it `stop_signal` when the thread that started it ends, however that comes
    about (PR_SET_PDEATHSIG, prctl(2)); hence start it from the main thread.
    """

    def __init__(self, process: subprocess.Popen[bytes], name: str, log_file: Path | None) -> None:
        self._process = process
        self.name = name
        self.log_file = log_file

    @classmethod
    def start(
        cls,
        command: Sequence[str | Path],
        *,
        name: str,
        log_file: Path | None,
        folder: Path,
        stop_signal: signal.Signals = signal.SIGTERM,
        user: User | None = None,
        environment: Mapping[str, str] | None = None,
        keep_open: Sequence[int] = (),
    ) -> Self:
        """Start `command`, its first word an absolute path.

        Args:
            command: the program and its arguments.
            name: what logs and errors call it.
            log_file: its output is appended here; None: it goes where ours does.
            folder: its working directory.
            stop_signal: what the kernel sends it when we are gone.
            user: whom it runs as; None keeps ours. Only root may name another.
            environment: all of it; None is an almost empty one, so that secrets of ours stay ours.
            keep_open: file descriptors it inherits, such as a lock.

        Raises:
            ServerError: not called from the main thread.
        """
        if threading.current_thread() is not threading.main_thread():
            raise ServerError(
                f"{name} must be started from the main thread: it dies with its starter"
            )
        if log_file is not None:
            rotate_log(log_file)
        who = user or User(-1, -1)
        words = [sys.executable, "-I", "-S", _LAUNCH, os.getpid(), int(stop_signal)]
        words += [who.uid, who.gid, folder, *command]
        with contextlib.nullcontext() if log_file is None else log_file.open("ab") as out:
            process = subprocess.Popen(
                [str(word) for word in words],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=plain_environment() if environment is None else dict(environment),
                pass_fds=tuple(keep_open),
                process_group=0,
            )
        log.info("server started", server=name, pid=process.pid)
        return cls(process, name, log_file)

    @property
    def pid(self) -> int:
        return self._process.pid

    def exit_code(self) -> int | None:
        """None while it runs; negative for the signal that ended it."""
        return self._process.poll()

    def require_running(self) -> None:
        """Check that it still runs.

        Raises:
            ServerError: with the end of its log.
        """
        code = self.exit_code()
        if code is not None:
            raise ServerError(
                f"{self.name} ended with {code}; its log says:\n"
                + ("(it has none of its own)" if self.log_file is None else tail(self.log_file))
            )

    def stop(self, *steps: tuple[signal.Signals, float]) -> int:
        """Send each signal in turn and wait its seconds; SIGKILL to the group at last."""
        for stop_signal, wait_s in steps or ((signal.SIGTERM, 20),):
            if self.exit_code() is None:
                self._process.send_signal(stop_signal)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(wait_s)
        if self.exit_code() is None:
            log.warning("server did not stop, killing it", server=self.name, pid=self.pid)
            os.killpg(self.pid, signal.SIGKILL)
        code = self._process.wait()
        log.info("server stopped", server=self.name, code=code)
        return code


def plain_environment() -> dict[str, str]:
    """The little that a server needs of an environment."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
