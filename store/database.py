"""Connections to the database."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import ConnectionPool

from config.settings import DatabaseSettings
from store.errors import SchemaError, StoreUnavailable

Connection = psycopg.Connection[Any]

OLDEST_SERVER = 16
"""TimescaleDB 2.29 needs it, and our own SQL was never tried on an older one."""


def connect(settings: DatabaseSettings, application_name: str = "muckwatch") -> Connection:
    """Open a connection: autocommit (transactions are explicit), time zone UTC.

    Raises:
        StoreUnavailable: unreachable, or user, password or database refused.
        SchemaError: a server older than PostgreSQL 16.
    """
    where = describe(settings)
    try:
        connection: Connection = psycopg.connect(
            settings.url, **_arguments(settings, application_name)
        )
    except psycopg.OperationalError as error:
        raise StoreUnavailable(f"database {where}: {str(error).strip()}") from error
    except psycopg.ProgrammingError as error:
        raise StoreUnavailable(f"database url is not a libpq URL: {error}") from error
    try:
        _check(connection, where)
    except BaseException:
        connection.close()
        raise
    return connection


def pool(
    settings: DatabaseSettings, application_name: str = "muckwatch", max_size: int = 8
) -> ConnectionPool[Connection]:
    """A pool that does not wait for a server to open, and reconnects on its own.

    Its `connection()` raises psycopg_pool.PoolTimeout after 10 s without a server.
    """
    return ConnectionPool(
        settings.url,
        kwargs=_arguments(settings, application_name),
        min_size=1,
        max_size=max_size,
        timeout=10,
        check=ConnectionPool.check_connection,
        open=True,
    )


def describe(settings: DatabaseSettings) -> str:
    """Host, port and database, for messages; never a password."""
    try:
        parts = conninfo_to_dict(settings.url)
    except psycopg.ProgrammingError:
        return "with an unreadable url"
    return (
        f"{parts.get('dbname', '')!s} at {parts.get('host', 'the local socket')!s}"
        f":{parts.get('port', 5432)!s} as {parts.get('user', 'the default user')!s}"
    )


def _arguments(settings: DatabaseSettings, application_name: str) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "autocommit": True,
        "application_name": application_name,
        "options": "-c timezone=UTC",
        "connect_timeout": 10,
        # A peer that vanished without a word is noticed within half a minute, not in two hours.
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
    }
    if settings.password is not None:
        arguments["password"] = settings.password.get_secret_value()
    return arguments


def _check(connection: Connection, where: str) -> None:
    if connection.info.server_version < OLDEST_SERVER * 10000:
        raise SchemaError(
            f"database {where}: PostgreSQL {connection.info.server_version // 10000}"
            f" is too old, {OLDEST_SERVER} or newer is needed"
        )
