"""Starts `server_parent.py` and watches process ids, for the tests of the embedded servers."""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from app.servers.child import User
from app.servers.unprivileged import can_execute

ROOT = Path(__file__).parents[2]
PARENT = Path(__file__).with_name("server_parent.py")


STRANGER = User(pwd.getpwnam("daemon").pw_uid, pwd.getpwnam("daemon").pw_gid)


def as_stranger() -> list[str]:
    """The words before a command that run it as a user without rights."""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("needs root and setpriv (util-linux) to become a normal user")
    return ["setpriv", f"--reuid={STRANGER.uid}", f"--regid={STRANGER.gid}", "--clear-groups"]


def python_for_stranger() -> str:
    """A Python 3.11 that the stranger may execute: ours may lie in a closed home."""
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    for python in (Path(sys.executable), Path("/usr/bin") / version):
        real = python.resolve()
        if real.exists() and can_execute(STRANGER, *real.parents, real):
            return str(python)
    pytest.skip(f"no {version} that another user may execute")


@contextlib.contextmanager
def parent_of(
    which: str,
    folder: Path,
    port: int = 0,
    prefix: Sequence[str] = (),
    python: str = sys.executable,
) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """The parent process and what it said once its server was up."""
    process = subprocess.Popen(
        [*prefix, python, str(PARENT), which, str(folder), str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{sysconfig.get_path('platlib')}"},
    )
    try:
        assert process.stdout
        for line in process.stdout:
            if line.startswith("{"):
                yield process, json.loads(line)
                break
        else:
            assert process.stderr
            raise AssertionError(process.stderr.read())
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


def gone(pid: int, within_s: float = 30) -> bool:
    """Whether the process ends within a time that is long for a server."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False
