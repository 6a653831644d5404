"""TimescaleDB: whether the server has it, and the policies that our tables get from it.

Policies follow the settings, so they are set at each start and not in a migration. The community
licence gives columnstore, retention policies and continuous aggregates; with
`timescaledb.license=apache` there are only hypertables: then our own job drops old chunks, and
`alert_hourly` is a view.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from config.settings import RetentionSettings
from store.database import Connection
from store.errors import SchemaError
from store.series import SERIES
from store.sql import query

log = structlog.get_logger()

OLDEST = (2, 29, 1)
"""Older ones have the vulnerability GHSA-hcfx-29v5-2rcw."""

LAG = timedelta(days=2)
"""The aggregate holds hours older than this; younger ones are counted when asked, so that what late
fixes amend in the last hours is seen at once."""


def installed(conn: Connection) -> bool:
    """Whether this database is on TimescaleDB."""
    return conn.execute(query("timescale_version")).fetchone() is not None


def offered(conn: Connection) -> bool:
    """Whether the server has TimescaleDB to install.

    Raises:
        SchemaError: it has, but could not run it as it is.
    """
    row = conn.execute(query("timescale_offered")).fetchone()
    if row is None:
        return False
    if row[1] is None and not _one(conn, "timescale_preloaded"):
        raise SchemaError(
            "TimescaleDB is on this server but not loaded: put timescaledb into"
            " shared_preload_libraries and restart it, or remove the extension's files"
        )
    return True


def check_version(conn: Connection) -> None:
    """Raises SchemaError when the installed extension is older than we may use."""
    version = str(_one(conn, "timescale_version"))
    numbers = tuple(int(part) for part in version.split("-", 1)[0].split("."))
    if numbers < OLDEST:
        raise SchemaError(
            f"TimescaleDB {version} is too old, {'.'.join(map(str, OLDEST))} or newer is needed"
            " (after the server's update: ALTER EXTENSION timescaledb UPDATE)"
        )


def community(conn: Connection) -> bool:
    """Whether the licence gives more than hypertables."""
    return bool(_one(conn, "timescale_license") == "timescale")


def apply(conn: Connection, retention: RetentionSettings) -> None:
    """Bring columnstore, policies and the aggregate of alerts in line with the settings."""
    aggregate = conn.execute(query("hourly_is")).fetchone()
    if not community(conn):
        log.warning(
            "timescaledb.apache_license",
            missing="columnstore, retention policies, continuous aggregates",
            instead="no compression, our own job drops old chunks, alert_hourly is a view",
        )
        if aggregate is None:
            conn.execute(query("create_hourly_view"))
        return
    if aggregate is not None and aggregate[0] == "view":
        conn.execute(query("drop_hourly_view"))
        aggregate = None
    if aggregate is None:
        conn.execute(query("create_hourly_aggregate"))
    if not _one(conn, "columnstore_is_set"):
        conn.execute(query("set_columnstore"))
    _set_policies(conn, retention)


def drop_chunks(conn: Connection, now: datetime, retention: RetentionSettings) -> None:
    """What the retention policies do, where the licence has none."""
    for series in SERIES:
        before = now - timedelta(days=series.keep_days(retention))
        conn.execute(query("drop_chunks"), {"table": series.table, "before": before})


def _set_policies(conn: Connection, retention: RetentionSettings) -> None:
    """Each policy is made anew when it differs: none of them is amended in place by TimescaleDB."""
    present = {(row[0], row[1]): row[2] for row in conn.execute(query("policies")).fetchall()}
    for series in SERIES:
        days = series.keep_days(retention)
        if _days(present.get(("policy_retention", series.table)), "drop_after") != days:
            conn.execute("SELECT remove_retention_policy(%s, if_exists => true)", [series.table])
            conn.execute(
                "SELECT add_retention_policy(%s, drop_after => make_interval(days => %s))",
                [series.table, days],
            )
    after = retention.columnstore_after_days
    if _days(present.get(("policy_compression", "position")), "compress_after") != after:
        # Enabling the columnstore may bring a policy of TimescaleDB's own, which would shadow ours.
        conn.execute("CALL remove_columnstore_policy('position', if_exists => true)")
        conn.execute(
            "CALL add_columnstore_policy('position', after => make_interval(days => %s))", [after]
        )
    if not any(proc == "policy_refresh_continuous_aggregate" for proc, _ in present):
        conn.execute(
            "SELECT add_continuous_aggregate_policy('alert_hourly', start_offset => NULL,"
            " end_offset => %s::interval, schedule_interval => INTERVAL '1 hour')",
            [LAG],
        )


def _days(config: dict[str, object] | None, field: str) -> int | None:
    """The days in a policy's configuration, where they are written as we write them."""
    text = str((config or {}).get(field, ""))
    number, _, unit = text.partition(" ")
    return int(number) if unit in {"day", "days"} and number.isdecimal() else None


def _one(conn: Connection, name: str) -> object:
    row = conn.execute(query(name)).fetchone()
    return None if row is None else row[0]
