"""The data folder of an embedded server: its lock, its log, and where it lies by default."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from pathlib import Path

from app.servers.errors import DataFolderTakenError

LOG_KEPT_BYTES = 10 * 1024 * 1024


def default_folder() -> Path:
    """Where embedded servers keep their data when nobody says.

    `$XDG_STATE_HOME/muckwatch` or `~/.local/state/muckwatch`; for root `/var/lib/muckwatch`, since
    the unprivileged user that PostgreSQL then runs as cannot reach root's home.
    """
    if os.geteuid() == 0:
        return Path("/var/lib/muckwatch")
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local/state") / "muckwatch"


class FolderLock:
    """An exclusive lock on a data folder, held by whoever holds its descriptor open.

    The server inherits the descriptor, so the lock outlives a killed parent for as long as any
    process of its server does. The file holds the parent's process id.
    """

    def __init__(self, folder: Path, what: str, wait_s: float = 30) -> None:
        """Take the lock.

        When its holder's parent is gone, its server is about to follow: that is waited for,
        `wait_s` at most.

        Raises:
            DataFolderTakenError: another instance runs on the folder.
        """
        self._fd = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + wait_s
        while True:
            try:
                fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                holder = os.pread(self._fd, 32, 0).decode("ascii", "replace").strip()
                if _alive(holder) or time.monotonic() > deadline:
                    os.close(self._fd)
                    raise DataFolderTakenError(
                        f"{what}: another instance (process {holder or 'unknown'}) runs on "
                        f"{folder}; stop it, or use another data folder"
                    ) from None
                time.sleep(0.1)
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, f"{os.getpid()}\n".encode(), 0)

    def fileno(self) -> int:
        return self._fd

    def close(self) -> None:
        """Let go of our hold. The lock is free once the server has let go of its own."""
        os.close(self._fd)


def rotate_log(log: Path) -> None:
    """Move a log that has grown past `LOG_KEPT_BYTES` aside, over the one moved before it."""
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > LOG_KEPT_BYTES:
            log.rename(log.with_name(log.name + ".1"))


def tail(log: Path, lines: int = 12) -> str:
    """The last lines of a log, for an error message."""
    try:
        text = log.read_text("utf-8", "replace")
    except OSError:
        return "(no log)"
    return "\n".join(text.splitlines()[-lines:])


def _alive(process_id: str) -> bool:
    if not process_id.isdigit():
        return False
    try:
        stat = Path(f"/proc/{process_id}/stat").read_text("ascii", "replace")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"  # a zombie holds nothing
