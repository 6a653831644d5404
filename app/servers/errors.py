"""What can keep an embedded server from starting; messages for the person who runs it."""

from __future__ import annotations


class ServerError(RuntimeError):
    """An embedded server did not start or did not stay up."""


class DataFolderTakenError(ServerError):
    """Another instance runs on the same data folder."""


class DataFolderClosedError(ServerError):
    """The data folder cannot be used by the user that the server runs as."""


class PortTakenError(ServerError):
    """The port asked for is in use."""
