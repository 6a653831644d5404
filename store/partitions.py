"""Native range partitions on plain PostgreSQL: made ahead, dropped when their time is over.

A part is called `<table>_<first day>`, such as `position_20261122`, and holds whole days in UTC.
Rows that fit no part (wild fix times, or days before the first start) are in `<table>_default`;
when days there are within what is kept, parts are made over them and the rows move.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import LiteralString

from psycopg import Cursor, sql

from config.settings import RetentionSettings
from store.database import Connection
from store.errors import translated
from store.series import SERIES, Series
from store.sql import query

AHEAD_DAYS = 7
"""How many days ahead parts are ready: so long may the job fail before rows go to the default."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def ensure_partitions(
    conn: Connection, now: datetime, retention: RetentionSettings | None = None
) -> list[str]:
    """Make the parts from the day before `now` to a week after, and those that rows wait for.

    Returns the names of the parts made.
    """
    kept = retention or RetentionSettings()
    made = []
    with translated("making partitions"):
        for series in SERIES:
            known = _parts(conn, series)
            wanted = {
                _begin(series, now + timedelta(days=days))
                for days in range(-1, AHEAD_DAYS + series.part_days)
            }
            oldest = now - timedelta(days=series.keep_days(kept))
            wanted |= _waiting(conn, series, oldest, now + timedelta(days=AHEAD_DAYS))
            for begin in sorted(wanted):
                name = _name(series, begin)
                if name not in known and _make(conn, series, name, begin):
                    made.append(name)
    return made


def drop_expired(
    conn: Connection, now: datetime, retention: RetentionSettings | None = None
) -> list[str]:
    """Drop the parts that lie wholly before what is kept, and such rows in the defaults.

    Returns the names of the parts dropped.
    """
    kept = retention or RetentionSettings()
    dropped = []
    with translated("dropping partitions"):
        for series in SERIES:
            cutoff = now - timedelta(days=series.keep_days(kept))
            for name, begin in sorted(_parts(conn, series).items()):
                if begin + timedelta(days=series.part_days) <= cutoff:
                    with conn.transaction():
                        _be_brief(conn)
                        _run(conn, "DROP TABLE {}", sql.Identifier(name))
                    dropped.append(name)
            _run(
                conn,
                "DELETE FROM {} WHERE {} < {}",
                sql.Identifier(_default(series)),
                sql.Identifier(series.column),
                sql.Literal(cutoff),
            )
    return dropped


def _make(conn: Connection, series: Series, name: str, begin: datetime) -> bool:
    """Make one part, moving into it what the default holds of its days; False if it was there."""
    end = begin + timedelta(days=series.part_days)
    table, part = sql.Identifier(series.table), sql.Identifier(name)
    default, column = sql.Identifier(_default(series)), sql.Identifier(series.column)
    bounds = (sql.Literal(begin), sql.Literal(end))
    with conn.transaction():
        _be_brief(conn)
        # Nothing may slip into the default between the move and the attachment. Writers into other
        # parts go on: the table itself is not locked against them.
        _run(conn, "LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", default)
        if conn.execute("SELECT to_regclass(%s)", [name]).fetchone() != (None,):
            return False
        _run(conn, "CREATE TABLE {} (LIKE {} INCLUDING ALL)", part, table)
        _run(
            conn,
            "WITH moved AS (DELETE FROM {} WHERE {} >= {} AND {} < {} RETURNING *)"
            " INSERT INTO {} SELECT * FROM moved",
            default,
            column,
            bounds[0],
            column,
            bounds[1],
            part,
        )
        _run(
            conn,
            "ALTER TABLE {} ATTACH PARTITION {} FOR VALUES FROM ({}) TO ({})",
            table,
            part,
            *bounds,
        )
    return True


def _waiting(conn: Connection, series: Series, oldest: datetime, newest: datetime) -> set[datetime]:
    """The begins of the parts that rows in the default, within what is kept, belong to."""
    rows = _run(
        conn,
        "SELECT DISTINCT date_bin({}, {}, {}) FROM {} WHERE {} >= {} AND {} < {}",
        sql.Literal(timedelta(days=series.part_days)),
        sql.Identifier(series.column),
        sql.Literal(_EPOCH),
        sql.Identifier(_default(series)),
        sql.Identifier(series.column),
        sql.Literal(oldest),
        sql.Identifier(series.column),
        sql.Literal(newest),
    )
    return {begin.astimezone(UTC) for (begin,) in rows}


def _parts(conn: Connection, series: Series) -> dict[str, datetime]:
    """Name -> begin, of all parts but the default."""
    rows = conn.execute(query("partitions"), {"table": series.table}).fetchall()
    prefix = f"{series.table}_"
    return {
        name: datetime.strptime(name.removeprefix(prefix), "%Y%m%d").replace(tzinfo=UTC)
        for name, _ in rows
        if name != _default(series)
    }


def _begin(series: Series, at: datetime) -> datetime:
    days = (at - _EPOCH) // timedelta(days=series.part_days)
    return _EPOCH + timedelta(days=days * series.part_days)


def _name(series: Series, begin: datetime) -> str:
    return f"{series.table}_{begin:%Y%m%d}"


def _default(series: Series) -> str:
    return f"{series.table}_default"


def _be_brief(conn: Connection) -> None:
    """Behind a long reader we would queue, and all writers behind us: rather come again."""
    conn.execute("SET LOCAL lock_timeout = '5s'")


def _run(conn: Connection, text: LiteralString, *parts: sql.Composable) -> Cursor:
    return conn.execute(sql.SQL(text).format(*parts))
