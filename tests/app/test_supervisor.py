"""Children that end come back; all end with us."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from app import supervisor
from app.supervisor import Supervisor


@pytest.fixture
def module(tmp_path: Path) -> Path:
    """A module that writes its process id and lives until told, or dies at once if asked."""
    path = tmp_path / "pretend_role.py"
    path.write_text(
        "import os, sys, time, pathlib\n"
        "with open(sys.argv[1], 'a') as out: print(os.getpid(), file=out)\n"
        "time.sleep(0 if sys.argv[2] == 'die' else 60)\n"
    )
    return path


def starts(path: Path) -> list[int]:
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_for(what: object, condition, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"{what} did not come about"
        time.sleep(0.02)


def environment(module: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(module.parent)}


def test_what_ends_is_started_again(
    module: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "RESTART_AT_MOST_S", 0.1)
    pids = tmp_path / "pids"
    with Supervisor(tmp_path / "logs", environment(module)) as keeper:
        keeper.start("mortal", "pretend_role", str(pids), "die")
        enough = threading.Event()

        def count() -> None:
            if len(starts(pids)) >= 2:
                keeper.stop_asked.set()
                enough.set()

        keeper.watch(seconds=30, each=count)
        assert enough.is_set()


def test_children_end_with_the_supervisor(module: Path, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    with Supervisor(tmp_path / "logs", environment(module)) as keeper:
        keeper.start("steady", "pretend_role", str(pids), "live")
        wait_for("the child", lambda: len(starts(pids)) == 1)
        (pid,) = starts(pids)
        keeper.watch(seconds=1.2)
        assert alive(pid)
        assert starts(pids) == [pid]
    assert not alive(pid)


def test_one_child_can_be_ended_for_good(module: Path, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    with Supervisor(tmp_path / "logs", environment(module)) as keeper:
        keeper.start("steady", "pretend_role", str(pids), "live")
        wait_for("the child", lambda: len(starts(pids)) == 1)
        keeper.stop("steady")
        assert not alive(starts(pids)[0])
        keeper.watch(seconds=1.2)
        assert len(starts(pids)) == 1
