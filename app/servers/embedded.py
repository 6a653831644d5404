"""What our own server children have in common: a folder, one process on it, an end."""

from __future__ import annotations

import contextlib
from pathlib import Path
from types import TracebackType

from app.servers.child import Child
from app.servers.errors import ServerError


class EmbeddedServer:
    """A context manager: entering starts the server on `data`, leaving undoes all that was begun.

    Who derives from it sets `_child` while it runs, and `_cleanup` once it does.
    """

    name: str

    def __init__(self, data: Path) -> None:
        self.data = data.absolute()
        self._cleanup = contextlib.ExitStack()
        self._child: Child | None = None

    @property
    def pid(self) -> int:
        """The process id of the server.

        Raises:
            ServerError: it does not run.
        """
        if self._child is None:
            raise ServerError(f"{self.name} on {self.data} is not started")
        return self._child.pid

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._cleanup.close()
