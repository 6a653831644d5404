"""A database of an earlier version, with rows in it, is brought up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from config.settings import DatabaseSettings
from geofence.finding import ZoneVisit
from store import migrate as module
from store import partitions, timescale
from store.batch import Batch
from store.database import Connection, connect
from store.migrate import migrate
from store.position_reader import latest_positions, trail, visits
from store.series import SERIES
from store.trip_reader import recent_trips
from store.writer import Writer
from tests.store.made import position, trip

pytestmark = pytest.mark.servers

LAST = 4
"""The last migration that knew neither trips nor weights."""

AGO = datetime.now(UTC).replace(microsecond=0) - timedelta(days=20)

COLUMNS = """
    SELECT table_name, string_agg(column_name || ' ' || data_type, ',' ORDER BY ordinal_position)
    FROM information_schema.columns
    WHERE table_schema = 'public'
      AND table_name IN ('position', 'latest_position', 'zone_visit', 'trip', 'round')
    GROUP BY 1 ORDER BY 1"""

OLD_POSITIONS = """
    INSERT INTO position
        (vehicle_id, fix_time, received_at, terminal_id, lon, lat, batch, batch_place)
    SELECT 'v' || v, %(ago)s::timestamptz + n * interval '1 minute', %(ago)s, 't', 119.95, 31.7,
           1, n
    FROM generate_series(0, 4) AS v, generate_series(0, 99) AS n"""


def fill(conn: Connection) -> None:
    conn.execute(OLD_POSITIONS, {"ago": AGO})
    conn.execute("INSERT INTO zone_visit VALUES ('v0', 'site-1', %s)", [AGO])
    conn.execute(
        "INSERT INTO latest_position (vehicle_id, terminal_id, fix_time, received_at, lon, lat,"
        " work, backfill) VALUES ('v0', 't', %(ago)s, %(ago)s, 119.95, 31.7, '{}', false)",
        {"ago": AGO},
    )
    if timescale.installed(conn) and timescale.community(conn):
        (job,) = conn.execute(
            "SELECT job_id FROM timescaledb_information.jobs WHERE proc_name = 'policy_compression'"
        ).fetchall()
        conn.execute("CALL run_job(%s)", job)


def test_an_older_database_keeps_its_rows_and_takes_what_is_new(
    empty_database: DatabaseSettings, conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh, real = conn, module.migrations
    with connect(empty_database) as old:
        with monkeypatch.context() as earlier:
            earlier.setattr(
                module, "migrations", lambda kind: [m for m in real(kind) if m.number <= LAST]
            )
            for divides in (timescale, partitions):
                later = {"trip", "sighting", "sighting_picture"}
                earlier.setattr(divides, "SERIES", [s for s in SERIES if s.table not in later])
            migrate(old)
        with pytest.raises(Exception, match="weight_kg"):
            old.execute("SELECT weight_kg FROM position")
        fill(old)
        migrate(old)
        assert old.execute(COLUMNS).fetchall() == fresh.execute(COLUMNS).fetchall()

        (was,) = latest_positions(old, AGO)
        assert (was.vehicle_id, was.weight_kg, was.power_cut) == ("v0", None, None)
        minutes = [AGO + timedelta(minutes=n) for n in range(100)]
        known = trail(old, "v3", AGO, minutes[-1] + timedelta(minutes=1))
        assert [p.fix_time for p in known] == minutes

        visit = ZoneVisit(vehicle_id="v0", zone_id="site-1", entered_at=AGO)
        weighed = msgspec.structs.replace(visit, arrived_kg=30_000.0, left_kg=12_000.5)
        new = position("v3", fix_time=AGO + timedelta(seconds=30))
        batch = Batch(positions=(*known, new), visits=(weighed,), trips=(trip("v3"),))
        assert visits(old, "v0", AGO) == [visit]
        written = Writer(old, lambda _change: ()).write(batch)
        assert (written.positions, written.duplicates, written.visits) == (1, 100, 1)
        assert trail(old, "v3", AGO, minutes[2]) == [known[0], new, known[1]]
        assert visits(old, "v0", AGO) == [weighed]
        assert [found.trip for found in recent_trips(old)] == [trip("v3")]
