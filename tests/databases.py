"""One PostgreSQL for the whole run, and databases of their own on it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from pydantic import SecretStr

from app.servers.postgres import EmbeddedPostgres
from config.settings import DatabaseSettings
from store.database import connect
from store.migrate import migrate

_NUMBER = count()


@pytest.fixture(scope="session")
def embedded() -> Iterator[DatabaseSettings]:
    """An embedded PostgreSQL, for the whole run."""
    folder = Path(tempfile.mkdtemp(prefix="mw-"))
    folder.chmod(
        0o755
    )  # under root the server is another user, and pytest's own folders are closed
    try:
        # Nothing here outlives the run: no need to wait for the disk. A worker of autovacuum
        # belongs to no role, and only a superuser may drop the database that it is in by FORCE.
        quick = {"fsync": "off", "autovacuum": "off"}
        with EmbeddedPostgres(folder / "data", settings=quick) as server:
            yield DatabaseSettings(url=server.url, password=SecretStr(server.password))
    finally:
        shutil.rmtree(folder)


@contextmanager
def fresh_database(server: DatabaseSettings, template: str = "template0") -> Iterator[str]:
    """A database of its own on the server, gone afterwards; its libpq URL, password and all."""
    parameters = conninfo_to_dict(server.url)
    if server.password is not None:
        parameters["password"] = server.password.get_secret_value()
    name = f"test_{os.getpid()}_{next(_NUMBER)}"
    with psycopg.connect(make_conninfo(**parameters), autocommit=True) as conn:
        conn.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        try:
            yield make_conninfo(**{**parameters, "dbname": name})
        finally:
            conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def migrated(embedded: DatabaseSettings) -> Iterator[str]:
    """The name of a plain database with the schema, to be copied: migrating each takes long."""
    with fresh_database(embedded) as url:
        with connect(DatabaseSettings(url=url)) as conn:
            migrate(conn)
        yield str(conninfo_to_dict(url)["dbname"])
