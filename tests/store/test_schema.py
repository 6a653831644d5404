"""Migrations, partitions and retention."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from config.settings import DatabaseSettings, RetentionSettings
from ingest.position import Position, Quality
from store import migrate as module
from store import timescale
from store.alert_reader import alerts_per_hour
from store.batch import Batch
from store.database import Connection, connect
from store.errors import SchemaError, StoreUnavailable
from store.migrate import migrate
from store.partitions import drop_expired, ensure_partitions
from store.retention import maintain
from store.round_reader import recent_rounds
from store.snapshot import positions_since
from store.trip_reader import recent_trips
from store.writer import Writer
from tests.store.made import alert, picture, position, raised, trip, work_round

pytestmark = pytest.mark.servers

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
KEEP = RetentionSettings(
    position_days=10, alert_days=60, visit_days=60, trip_days=60, rejected_days=2
)


def to_nobody(_change: object) -> tuple[str, ...]:
    return ()


def fixes(*ago_days: float) -> tuple[Position, ...]:
    return tuple(position(f"v{d}", fix_time=NOW - timedelta(days=d)) for d in ago_days)


def parts(conn: Connection, table: str = "position") -> list[str]:
    return [
        name
        for (name,) in conn.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass"
            " ORDER BY 1",
            [table],
        )
    ]


def is_plain(conn: Connection) -> bool:
    return not timescale.installed(conn)


def has_policies(conn: Connection) -> bool:
    return timescale.installed(conn) and timescale.community(conn)


def test_migrating_again_does_nothing(conn: Connection) -> None:
    assert migrate(conn) == []
    names = [row[0] for row in conn.execute("SELECT name FROM schema_migration ORDER BY number")]
    kind = "plain" if is_plain(conn) else "timescaledb"
    assert names == [step.name for step in module.migrations(kind)]
    assert names[1] == f"0002_series.{kind}.sql"


def test_many_migrate_at_once(empty_database: DatabaseSettings) -> None:
    done: list[list[str]] = []

    def work() -> None:
        with connect(empty_database) as conn:
            done.append(migrate(conn))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with connect(empty_database) as conn:
        kind = "plain" if is_plain(conn) else "timescaledb"
    names = [step.name for step in module.migrations(kind)]
    assert sorted(done, key=len) == [[], [], [], names]


def test_a_changed_file_is_refused(conn: Connection) -> None:
    conn.execute("UPDATE schema_migration SET checksum = 'other' WHERE number = 1")
    with pytest.raises(SchemaError, match=r"0001_tables\.sql was changed after it was applied"):
        migrate(conn)


def test_a_newer_database_is_refused(conn: Connection) -> None:
    conn.execute("INSERT INTO schema_migration VALUES (9999, '9999_future.sql', 'x')")
    with pytest.raises(SchemaError, match=r"9999_future\.sql, which this version does not know"):
        migrate(conn)


def test_a_step_that_fails_leaves_no_trace(
    empty_database: DatabaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = module.migrations

    def broken(flavour: str) -> list[module.Migration]:
        bad = module.Migration(3, "0003_bad.sql", None, "CREATE TABLE half (); SELECT 1 / 0;")
        return [*real(flavour), bad]

    with connect(empty_database) as conn:
        monkeypatch.setattr(module, "migrations", broken)
        with pytest.raises(Exception, match="division by zero"):
            migrate(conn)
        assert conn.execute("SELECT to_regclass('half')").fetchone() == (None,)
        monkeypatch.undo()
        assert migrate(conn) == []  # the first two stand, and the lock is free again


def test_both_kinds_have_the_same_columns(conn: Connection) -> None:
    found = conn.execute(
        "SELECT table_name, string_agg(column_name || ' ' || data_type, ',' ORDER BY column_name)"
        " FROM information_schema.columns WHERE table_schema = 'public'"
        " AND table_name IN ('position', 'zone_visit', 'alert', 'rejected_message', 'alert_hourly')"
        " GROUP BY 1 ORDER BY 1"
    ).fetchall()
    assert dict(found)["alert_hourly"] == (
        "alerts bigint,hour timestamp with time zone,kind text,severity text"
    )
    assert dict(found)["position"].count(",") == 22
    keys = conn.execute(
        "SELECT relname, pg_get_constraintdef(k.oid)"
        " FROM pg_constraint k JOIN pg_class c ON c.oid = conrelid"
        " WHERE contype = 'p' AND relnamespace = 'public'::regnamespace"
        " AND relname IN ('position', 'zone_visit', 'trip', 'round', 'alert', 'rejected_message')"
        " ORDER BY 1"
    ).fetchall()
    assert keys == [
        ("alert", "PRIMARY KEY (alert_id, started_at)"),
        ("position", "PRIMARY KEY (vehicle_id, fix_time)"),
        ("rejected_message", "PRIMARY KEY (rejected_id, received_at)"),
        ("round", "PRIMARY KEY (plan_id, window_from)"),
        ("trip", "PRIMARY KEY (vehicle_id, began_at)"),
        ("zone_visit", "PRIMARY KEY (vehicle_id, zone_id, entered_at)"),
    ]


def test_parts_are_made_ahead(conn: Connection) -> None:
    if not is_plain(conn):
        pytest.skip("TimescaleDB makes its chunks itself")
    later = NOW + timedelta(days=400)
    made = ensure_partitions(conn, later)
    assert f"position_{later:%Y%m%d}" in made
    assert f"position_{later + timedelta(days=7):%Y%m%d}" in made
    assert any(name.startswith("alert_") for name in made)
    assert ensure_partitions(conn, later) == []
    Writer(conn, to_nobody).write(Batch(positions=(position(fix_time=later),)))
    assert conn.execute("SELECT tableoid::regclass::text FROM position").fetchall() == [
        (f"position_{later:%Y%m%d}",)
    ]


def test_rows_move_when_a_part_is_made_over_them(conn: Connection) -> None:
    if not is_plain(conn):
        pytest.skip("TimescaleDB has no default part")
    far = NOW + timedelta(days=100)
    rows = (*fixes(0.1, 3, 3.1, 5000), position("future", fix_time=far + timedelta(days=1000)))
    far_rows = (position("far", fix_time=far), position("far", fix_time=far + timedelta(days=3)))
    writer = Writer(conn, to_nobody)
    writer.write(Batch(positions=rows + far_rows))
    before = list(positions_since(conn, 0))
    made = ensure_partitions(conn, far, RetentionSettings(position_days=150))
    assert f"position_{far:%Y%m%d}" in made
    assert f"position_{NOW - timedelta(days=3):%Y%m%d}" in made
    assert list(positions_since(conn, 0)) == before
    left = conn.execute("SELECT vehicle_id FROM position_default ORDER BY 1").fetchall()
    assert left == [("future",), ("v5000",)]
    assert writer.write(Batch(positions=rows + far_rows)).positions == 0


def test_what_is_past_its_time_goes(conn: Connection) -> None:
    writer = Writer(conn, to_nobody)
    old = alert("old", started_at=NOW - timedelta(days=200), ended_at=NOW - timedelta(days=200))
    new = alert("new", started_at=NOW - timedelta(days=5))
    ago = (200 * -86400, 5 * -86400)
    writer.write(
        Batch(
            positions=fixes(0.1, 5, 9.5, 12, 30, 5000),
            trips=tuple(trip(began_s=s) for s in ago),
            rounds=tuple(work_round(at_s=s) for s in ago),
            changes=(raised(old, picture(old)), raised(new, picture(new))),
        )
    )
    if is_plain(conn):
        ensure_partitions(conn, NOW, RetentionSettings())  # parts over all but the ancient one
        maintain(conn, KEEP, NOW)
    else:
        timescale.drop_chunks(conn, NOW, KEEP)
        maintain(conn, KEEP, NOW)
    kept = [row[0] for row in conn.execute("SELECT vehicle_id FROM position ORDER BY 1")]
    assert kept == ["v0.1", "v5", "v9.5"]
    assert conn.execute("SELECT alert_id FROM alert").fetchall() == [(new.alert_id,)]
    assert conn.execute("SELECT alert_id FROM evidence").fetchall() == [(new.alert_id,)]
    assert [t.trip.began_at for t in recent_trips(conn)] == [trip(began_s=ago[1]).began_at]
    assert [r.round.window_from for r in recent_rounds(conn)] == [
        work_round(at_s=ago[1]).window_from
    ]
    if is_plain(conn):
        assert f"position_{NOW - timedelta(days=12):%Y%m%d}" not in parts(conn)
        assert f"position_{NOW - timedelta(days=5):%Y%m%d}" in parts(conn)
        assert drop_expired(conn, NOW, KEEP) == []


def test_batches_are_remembered_while_they_are_needed(conn: Connection) -> None:
    writer = Writer(conn, to_nobody)
    now = datetime.now(UTC)  # the database's own clock dates batches: positions must be of today
    for at_s in range(3):
        fresh = position(fix_time=now - timedelta(seconds=at_s))
        writer.write(Batch(positions=(fresh,), worker="pipeline"))
    writer.write(Batch(worker="vision:c1", snapshot=b"x"))
    maintain(conn, KEEP, now)
    assert conn.execute("SELECT count(*) FROM batch").fetchone() == (4,)
    later = now + timedelta(days=3)
    maintain(conn, KEEP, later)  # the pipeline stood still for three days: its positions are found
    assert conn.execute("SELECT count(*) FROM batch").fetchone() == (3,)
    assert len(list(positions_since(conn, 0))) == 3
    writer.write(Batch(worker="pipeline", snapshot=b"x"))
    maintain(conn, KEEP, later)
    assert conn.execute("SELECT count(*) FROM batch").fetchone() == (0,)


def test_housekeeping_waits_for_no_reader(settings: DatabaseSettings, conn: Connection) -> None:
    if not is_plain(conn):
        pytest.skip("plain PostgreSQL only")
    with connect(settings) as reader, reader.transaction():
        reader.execute("SELECT count(*) FROM position")
        with pytest.raises(StoreUnavailable, match="lock timeout"):
            ensure_partitions(conn, NOW + timedelta(days=400))
        # Nor does a start: the default takes every row until the part is there.
        missing = parts(conn)[-2]
    conn.execute(f"DROP TABLE {missing}")  # a name of ours
    with connect(settings) as reader, reader.transaction():
        reader.execute("SELECT count(*) FROM position_default")
        assert migrate(conn) == []
        assert missing not in parts(conn)
        writer = Writer(conn, to_nobody)
        assert writer.write(Batch(positions=(position(fix_time=datetime.now(UTC)),))).positions == 1
    assert migrate(conn) == []
    assert missing in parts(conn)
    assert ensure_partitions(conn, NOW + timedelta(days=400))


def test_policies_follow_the_settings(conn: Connection) -> None:
    if not has_policies(conn):
        pytest.skip("only TimescaleDB's community licence has policies")

    def policies() -> dict[tuple[str, str], object]:
        return {
            (proc, table): config.get("drop_after") or config.get("compress_after")
            for proc, table, config in conn.execute(
                "SELECT proc_name, hypertable_name, config FROM timescaledb_information.jobs"
                " WHERE proc_name IN ('policy_retention', 'policy_compression')"
            )
        }

    assert policies() == {
        ("policy_retention", "position"): "180 days",
        ("policy_retention", "zone_visit"): "1095 days",
        ("policy_retention", "trip"): "1095 days",
        ("policy_retention", "alert"): "1095 days",
        ("policy_retention", "rejected_message"): "30 days",
        ("policy_retention", "sighting"): "365 days",
        ("policy_retention", "sighting_picture"): "30 days",
        ("policy_compression", "position"): "7 days",
    }
    changed = RetentionSettings(
        position_days=90, columnstore_after_days=3, sighting_days=100, sighting_picture_days=7
    )
    before = policies()
    migrate(conn, changed)
    assert policies() == {
        **before,
        ("policy_retention", "position"): "90 days",
        ("policy_retention", "sighting"): "100 days",
        ("policy_retention", "sighting_picture"): "7 days",
        ("policy_compression", "position"): "3 days",
    }


def test_the_columnstore_takes_fixes_all_the_same(conn: Connection) -> None:
    if not has_policies(conn):
        pytest.skip("only TimescaleDB's community licence has a columnstore")
    rows = tuple(
        position(f"v{i % 5}", fix_time=NOW - timedelta(days=9, seconds=i)) for i in range(2000)
    )
    misdated = position("v6", fix_time=NOW - timedelta(days=9), quality=Quality.CLOCK_ZONE)
    writer = Writer(conn, to_nobody)
    writer.write(Batch(positions=(*rows, misdated)))
    before = list(positions_since(conn, 0))
    job = conn.execute(
        "SELECT job_id FROM timescaledb_information.jobs WHERE proc_name = 'policy_compression'"
    ).fetchone()
    conn.execute("CALL run_job(%s)", job)
    assert conn.execute(
        "SELECT bool_and(is_compressed) FROM timescaledb_information.chunks"
        " WHERE hypertable_name = 'position'"
    ).fetchone() == (True,)
    # What is known takes nothing out of it, or 100 vehicles sent again would be past the limit.
    conn.execute("SET timescaledb.max_tuples_decompressed_per_dml_transaction = 1")
    late = position("v1", fix_time=NOW - timedelta(days=9, seconds=0.5))
    again = writer.write(Batch(positions=(*rows[:100], late)))
    assert (again.positions, again.duplicates) == (1, 100)
    assert list(positions_since(conn, 0)) == [*before, late]
    true = [position("v6", fix_time=misdated.fix_time), position("v0", fix_time=rows[0].fix_time)]
    assert writer.write(Batch(positions=tuple(true))).positions == 1
    assert list(positions_since(conn, 0)) == [*before, late, true[0]]


def test_the_aggregate_shows_what_a_count_shows(conn: Connection) -> None:
    writer = Writer(conn, to_nobody)
    begins = [datetime.now(UTC) - timedelta(hours=h) for h in (0, 1, 1, 30, 60, 60, 300)]
    told = [raised(alert(f"h{i}", started_at=at)) for i, at in enumerate(begins)]
    writer.write(Batch(changes=tuple(told[:5])))
    refresh = "CALL refresh_continuous_aggregate('alert_hourly', NULL, now() - interval '2 days')"
    if has_policies(conn):
        conn.execute(refresh)
    writer.write(Batch(changes=tuple(told[5:])))
    if has_policies(conn):
        # Older than the aggregate's lag, these two wait for its next refresh.
        conn.execute(refresh)
        job = conn.execute(
            "SELECT count(*) FROM timescaledb_information.jobs"
            " WHERE proc_name = 'policy_refresh_continuous_aggregate'"
        ).fetchone()
        assert job == (1,)
    counted = conn.execute(
        "SELECT date_bin('1 hour', started_at, '2000-01-01Z'), kind, severity, count(*)"
        " FROM alert GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
    ).fetchall()
    shown = alerts_per_hour(conn, datetime(2020, 1, 1, tzinfo=UTC))
    assert [(c.hour, c.kind, c.severity.value, c.alerts) for c in shown] == counted
    assert sum(c.alerts for c in shown) == len(begins)
