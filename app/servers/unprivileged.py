"""Under root, the unprivileged user that PostgreSQL (which refuses root) is run as."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from pathlib import Path

from app.servers.child import User, plain_environment
from app.servers.errors import DataFolderClosedError, ServerError

_NOBODY = "nobody"
_PROBE = """import os, sys
os.setgroups([]); os.setgid(int(sys.argv[2])); os.setuid(int(sys.argv[1]))
sys.exit(0 if all(os.access(path, os.X_OK) for path in sys.argv[3:]) else 1)"""


def user_for(data: Path) -> User | None:
    """Whom to run a server as: ourselves (None); for root, the owner of `data` or `nobody`."""
    if os.geteuid() != 0:
        return None
    owner = data.stat()
    if owner.st_uid != 0:
        return User(owner.st_uid, owner.st_gid)
    entry = pwd.getpwnam(_NOBODY)
    return User(entry.pw_uid, entry.pw_gid)


def prepare_folder(data: Path) -> User | None:
    """Make `data` a private folder of the user that its server runs as, and say who that is.

    A folder is given away only while it is empty; parents are never touched.

    Raises:
        DataFolderClosedError: the user cannot reach the folder, or it holds somebody else's files.
        ServerError: the user has no account on this machine.
    """
    data.mkdir(parents=True, exist_ok=True)
    user = user_for(data)
    _require_account(user.uid if user else os.geteuid())
    if user is None:
        if data.stat().st_uid != os.geteuid():
            raise DataFolderClosedError(
                f"{data} belongs to another user; use a data folder of your own"
            )
        data.chmod(0o700)
        return None
    parents = list(reversed(data.absolute().parents))
    if not can_execute(user, *parents):
        closed = next(folder for folder in parents if not can_execute(user, folder))
        raise DataFolderClosedError(
            f"PostgreSQL does not run as root, and uid {user.uid} that it runs as instead "
            f"cannot enter {closed}; use a data folder elsewhere than {data}, "
            "such as /var/lib/muckwatch"
        )
    if data.stat().st_uid != user.uid:
        if any(data.iterdir()):
            raise DataFolderClosedError(
                f"{data} is not empty and belongs to root, and PostgreSQL does not run as root; "
                "use an empty data folder, or one of an unprivileged user"
            )
        os.chown(data, user.uid, user.gid)
    data.chmod(0o700)
    return user


def _require_account(uid: int) -> None:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        raise ServerError(
            f"PostgreSQL's initdb needs the user it runs as in /etc/passwd, and uid {uid} "
            "is not there"
        ) from None


def can_execute(user: User, *paths: Path) -> bool:
    """Whether `user` can enter these folders and execute these files, asked as that user."""
    probe = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _PROBE, str(user.uid), str(user.gid), *map(str, paths)],
        check=False,
        env=plain_environment(),
        cwd="/",
    )
    return probe.returncode == 0
