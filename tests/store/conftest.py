"""A database for tests: plain PostgreSQL from the wheel always, and a real TimescaleDB wherever
`MUCKWATCH_TEST_DATABASE_URL` names one (a libpq URL of a user that may create databases).
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from config.settings import DatabaseSettings
from store.database import Connection, connect
from store.migrate import migrate
from tests.databases import fresh_database

_OTHER = "MUCKWATCH_TEST_DATABASE_URL"


@pytest.fixture(
    scope="session", params=["plain", *(["timescaledb"] if _OTHER in os.environ else [])]
)
def server(request: pytest.FixtureRequest) -> DatabaseSettings:
    """Each kind of server in turn."""
    if request.param == "plain":
        settings: DatabaseSettings = request.getfixturevalue("embedded")
        return settings
    return DatabaseSettings(url=os.environ[_OTHER])


@pytest.fixture
def empty_database(server: DatabaseSettings) -> Iterator[DatabaseSettings]:
    """A database with nothing in it."""
    with fresh_database(server) as url:
        yield DatabaseSettings(url=url)


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
