"""What can go wrong with the database, told apart by what the caller can do about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg


class StoreError(Exception):
    """Base of what this package raises."""


class StoreUnavailable(StoreError):  # noqa: N818  says what is, not that it is an error
    """The database can't be asked now; nothing is known to be written: try the same again later."""


class StoreRefused(StoreError):  # noqa: N818  as above
    """The database will never take this data; nothing was written: set the bad row apart."""


class SchemaError(StoreError):
    """The schema of the database and the one of this version do not fit together."""


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turn what psycopg raises into StoreUnavailable or StoreRefused: `doing: reason`."""
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        # Lost connections, restarts, deadlocks, a full disk: none is the data's fault.
        raise StoreUnavailable(f"{doing}: {_first_line(error)}") from error
    except psycopg.errors.ReadOnlySqlTransaction as error:
        raise StoreUnavailable(
            f"{doing}: the server is a standby ({_first_line(error)})"
        ) from error
    except (psycopg.DataError, psycopg.IntegrityError, UnicodeEncodeError) as error:
        raise StoreRefused(f"{doing}: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]
