"""Runs as a program: becomes the server it is told to, tied to the life of its starter.

    python -I -S launch.py PARENT_PID SIGNAL UID GID FOLDER PROGRAM [ARGUMENT...]

A program of its own, and not a `preexec_fn`, because that is not safe in a process with threads.
It imports nothing of the package: under root the user it turns into may be unable to read that.
UID and GID -1 keep the user. FOLDER becomes the working directory.
"""

from __future__ import annotations

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
CANNOT_RUN = 126  # as a shell says it


def main() -> None:
    parent, on_death, uid, gid = map(int, sys.argv[1:5])
    folder, program = sys.argv[5:7]
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    # After setuid, which clears it (prctl(2)).
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, on_death, 0, 0, 0) != 0:
        sys.exit(f"prctl: {os.strerror(ctypes.get_errno())}")
    if os.getppid() != parent:  # it died before we were tied to it
        sys.exit(0)
    os.umask(0o077)
    try:
        os.chdir(folder)
        os.execv(program, sys.argv[6:])  # noqa: S606  becoming the server is the purpose, no shell is wanted
    except OSError as error:
        sys.stderr.write(f"cannot run {program} in {folder}: {error.strerror}\n")
        sys.exit(CANNOT_RUN)


if __name__ == "__main__":
    main()
