"""A database for tests: plain PostgreSQL from the wheel always, and a real TimescaleDB wherever
`MUCKWATCH_TEST_DATABASE_URL` names one (a libpq URL of a user that may create databases).
"""

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
from store.database import Connection, connect
from store.migrate import migrate

_NUMBER = count()
_OTHER = "MUCKWATCH_TEST_DATABASE_URL"


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


@pytest.fixture(
    scope="session", params=["plain", *(["timescaledb"] if _OTHER in os.environ else [])]
)
def server(request: pytest.FixtureRequest) -> DatabaseSettings:
    """Each kind of server in turn."""
    if request.param == "plain":
        settings: DatabaseSettings = request.getfixturevalue("embedded")
        return settings
    return DatabaseSettings(url=os.environ[_OTHER])


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


@pytest.fixture
def empty_database(server: DatabaseSettings) -> Iterator[DatabaseSettings]:
    """A database with nothing in it."""
    with fresh_database(server) as url:
        yield DatabaseSettings(url=url)


@pytest.fixture(scope="session")
def migrated(embedded: DatabaseSettings) -> Iterator[str]:
    """The name of a plain database with the schema, to be copied: migrating each takes long."""
    with fresh_database(embedded) as url:
        with connect(DatabaseSettings(url=url)) as conn:
            migrate(conn)
        yield str(conninfo_to_dict(url)["dbname"])


@pytest.fixture
def database_url(server: DatabaseSettings, request: pytest.FixtureRequest) -> Iterator[str]:
    """A fresh database with the schema, for one test."""
    if request.node.callspec.params["server"] == "plain":
        with fresh_database(server, request.getfixturevalue("migrated")) as url:
            yield url
        return
    # TimescaleDB's workers sit in every database of its own, so that none of them can be copied.
    with fresh_database(server) as url:
        with connect(DatabaseSettings(url=url)) as conn:
            migrate(conn)
            # TimescaleDB's jobs run when a test says so, and never between two of its lines.
            conn.execute(
                "SELECT alter_job(job_id, scheduled => false) FROM timescaledb_information.jobs"
                " WHERE job_id >= 1000"
            )
        yield url


@pytest.fixture
def settings(database_url: str) -> DatabaseSettings:
    return DatabaseSettings(url=database_url)


@pytest.fixture
def conn(settings: DatabaseSettings) -> Iterator[Connection]:
    with connect(settings) as connection:
        yield connection
