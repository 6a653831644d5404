"""The schema's migrations: numbered SQL files, each applied once, in its own transaction.

`0002_series.plain.sql` and `0002_series.timescaledb.sql` are the same step on either kind of
database: which kind one is, is decided when its first migration runs, and stays.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.resources import files
from typing import NamedTuple

import psycopg
import structlog

from config.settings import RetentionSettings
from store import timescale
from store.database import Connection
from store.errors import SchemaError, StoreUnavailable, translated
from store.partitions import ensure_partitions

log = structlog.get_logger()

_FILE = re.compile(r"(\d{4})_\w+(?:\.(plain|timescaledb))?\.sql")
_LOCK = 0x6D75636B  # "muck": the advisory lock under which one process migrates

_LEDGER = """
CREATE TABLE IF NOT EXISTS schema_migration (
    number      integer PRIMARY KEY,
    name        text NOT NULL,
    checksum    text NOT NULL,
    applied_at  timestamptz NOT NULL DEFAULT now()
)"""


class Migration(NamedTuple):
    """`flavour` is None for a step that is the same on both kinds of database."""

    number: int
    name: str
    flavour: str | None
    text: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def migrations(flavour: str) -> list[Migration]:
    """The steps of one kind of database (`plain` or `timescaledb`), in order.

    Raises:
        SchemaError: a file whose name is not of the form, or a number used twice.
    """
    found: dict[int, Migration] = {}
    for file in sorted(files("store").joinpath("schema").iterdir(), key=lambda f: f.name):
        match = _FILE.fullmatch(file.name)
        if match is None:
            raise SchemaError(f"store/schema/{file.name}: not NNNN_what[.plain|.timescaledb].sql")
        number = int(match[1])
        if match[2] not in {None, flavour}:
            continue
        if number in found:
            raise SchemaError(f"store/schema: {found[number].name} and {file.name} have one number")
        found[number] = Migration(number, file.name, match[2], file.read_text("utf-8"))
    return [found[number] for number in sorted(found)]


def migrate(conn: Connection, retention: RetentionSettings | None = None) -> list[str]:
    """Apply what is missing, then set policies or make partitions. Returns the names applied.

    Any number of processes may call it at once: one works, the others wait and find nothing to do.

    Raises:
        SchemaError: an applied file has changed since, the database is of a newer version, or
            TimescaleDB is there but can't be used.
        StoreUnavailable: the connection was lost.
    """
    kept = retention or RetentionSettings()
    with translated("migrating the schema"), _alone(conn):
        conn.execute(_LEDGER)
        applied = {
            row[0]: (row[1], row[2])
            for row in conn.execute("SELECT number, name, checksum FROM schema_migration")
        }
        flavour = _flavour(conn, fresh=not applied)
        steps = migrations(flavour)
        _compare(applied, steps)
        done = [_apply(conn, step) for step in steps if step.number not in applied]
        if flavour == "timescaledb":
            timescale.apply(conn, kept)
        else:
            _ensure_partitions(conn, kept)
        return done


def _ensure_partitions(conn: Connection, retention: RetentionSettings) -> None:
    try:
        ensure_partitions(conn, datetime.now(UTC), retention)
    except StoreUnavailable as error:
        if conn.closed:
            raise
        # A long reader is in the way. No start has to wait for it: the default takes every row, and
        # the housekeeping job tries again.
        log.warning("partitions.delayed", error=str(error))


def _flavour(conn: Connection, *, fresh: bool) -> str:
    if fresh and timescale.offered(conn):
        try:
            conn.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
        except psycopg.errors.InsufficientPrivilege as error:
            raise SchemaError(
                "TimescaleDB is on this server, but this user may not install it: let a"
                " superuser run CREATE EXTENSION timescaledb in the database"
            ) from error
    elif not timescale.installed(conn):
        return "plain"
    elif not fresh and conn.execute(
        "SELECT EXISTS (SELECT FROM schema_migration WHERE name LIKE '%.plain.sql')"
    ).fetchone() == (True,):
        return "plain"  # the extension came later, and not for our tables
    timescale.check_version(conn)
    return "timescaledb"


def _compare(applied: dict[int, tuple[str, str]], steps: list[Migration]) -> None:
    known = {step.number: step for step in steps}
    for number, (name, checksum) in sorted(applied.items()):
        step = known.get(number)
        if step is None:
            raise SchemaError(
                f"the database has migration {name}, which this version does not know"
            )
        if step.checksum != checksum:
            raise SchemaError(
                f"migration {name} was changed after it was applied: restore it and add a new one"
            )


def _apply(conn: Connection, step: Migration) -> str:
    with conn.transaction():
        conn.execute(step.text)  # a file of this package, never input
        conn.execute(
            "INSERT INTO schema_migration (number, name, checksum) VALUES (%s, %s, %s)",
            [step.number, step.name, step.checksum],
        )
    return step.name


@contextmanager
def _alone(conn: Connection) -> Iterator[None]:
    conn.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
    try:
        yield
    finally:
        if not conn.closed:
            conn.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
