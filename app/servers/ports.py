"""Loopback TCP ports."""

from __future__ import annotations

import socket

from app.servers.errors import PortTakenError

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """A TCP port of 127.0.0.1 free a moment ago; another may take it before you do."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def require_free(port: int, what: str) -> None:
    """Check that `port` can be bound on 127.0.0.1.

    Raises:
        PortTakenError: naming the port and what wanted it.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As the servers do it: a socket of a former run in TIME_WAIT is no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            raise PortTakenError(
                f"{what}: port {port} on {LOOPBACK} cannot be used ({error.strerror}); "
                "name another one, or 0 for any that is free"
            ) from error
