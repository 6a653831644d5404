"""A database of an earlier version, with rows in it, is brought up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from psycopg.types.json import Jsonb

from alerts.alert import Alert, ChangeKind
from config.settings import DatabaseSettings
from geofence.finding import ZoneVisit
from store import migrate as module
from store import partitions, timescale
from store.alert_reader import recent_alerts
from store.batch import Batch
from store.cameras import camera_states
from store.database import Connection, connect
from store.migrate import migrate
from store.position_reader import latest_positions, trail, visits
from store.series import SERIES
from store.sighting_reader import recent_sightings
from store.trip_reader import recent_trips
from store.writer import Writer
from tests.store.made import alert, ended, position, raised, step, trip
from tests.store.seen import sighting

pytestmark = pytest.mark.servers

LAST = 4
"""The last migration that knew neither trips nor weights."""

LAST_BEFORE_CAMERAS = 7
"""The last migration that knew neither sightings nor at whom a camera's alert is laid."""

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


OLD_ALERT = """
    INSERT INTO alert (alert_id, kind, severity, vehicle_id, subject, permit_id, started_at,
        raised_at, lon, lat, confidence, suspected, occurrences, rings, withdrawn, "values",
        parameters, status, acknowledged_by, acknowledged_at, note, digest)
    VALUES (%(alert_id)s, %(kind)s, %(severity)s, %(vehicle_id)s, %(subject)s, %(permit_id)s,
        %(started_at)s, %(raised_at)s, %(lon)s, %(lat)s, 1, false, 1, true, false, %(values)s,
        %(parameters)s, %(status)s, '王工', now(), '反光', %(digest)s)"""


def put_old(conn: Connection, told: Alert, status: str, digest: str) -> None:
    """As the version before wrote it; the digest is of its own code."""
    row = {
        **msgspec.structs.asdict(told),
        "severity": told.severity.value,
        "values": Jsonb(told.values),
        "parameters": Jsonb(told.parameters),
        "status": status,
        "digest": bytes.fromhex(digest),
    }
    conn.execute(OLD_ALERT, row)
    conn.execute(
        "INSERT INTO alert_log (alert_id, revision, change, actor, digest)"
        " VALUES (%(alert_id)s, 1, 'raised', 'rules', %(digest)s)",
        row,
    )


def test_alerts_from_before_the_cameras_are_shown_and_go_on(
    empty_database: DatabaseSettings, conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh, real = conn, module.migrations
    first = alert()
    dismissed = alert("two", camera_id="gate-east", vehicle_id=None, kind="spillage")
    with connect(empty_database) as old:
        with monkeypatch.context() as earlier:
            earlier.setattr(
                module,
                "migrations",
                lambda kind: [m for m in real(kind) if m.number <= LAST_BEFORE_CAMERAS],
            )
            for divides in (timescale, partitions):
                later = {"sighting", "sighting_picture"}
                earlier.setattr(divides, "SERIES", [s for s in SERIES if s.table not in later])
            migrate(old)
        # What the code of that version made of the first; the other is told no second time here.
        known = "47d8a203dc5515ac9382b275ab79df19969ca9dced1669090b42b1c36dd16b8e"
        put_old(old, first, "acknowledged", known)
        put_old(old, dismissed, "dismissed", "00")
        old.execute("INSERT INTO camera_state (camera_id, state) VALUES ('c', 'online')")
        migrate(old)
        tables = "alert", "alert_log", "sighting", "sighting_picture", "camera_placement"
        for table in (*tables, "camera_state"):
            columns = (
                "SELECT string_agg(column_name || ' ' || data_type, ',' ORDER BY column_name)"
                " FROM information_schema.columns WHERE table_name = %s"
            )
            assert (
                old.execute(columns, [table]).fetchall()
                == fresh.execute(columns, [table]).fetchall()
            )
        shown = {s.alert.alert_id: s for s in recent_alerts(old)}
        assert shown[first.alert_id].alert == first
        assert (shown[first.alert_id].verdict, shown[first.alert_id].choice) == (None, None)
        verdict = shown[dismissed.alert_id].verdict
        assert verdict is not None
        assert (verdict.true, verdict.by) == (False, "王工")
        assert [s.figures for s in camera_states(old)] == [{}]
        # Judged again it is no news; its end is.
        writer = Writer(old, lambda _change: ())
        assert writer.write(Batch(changes=(raised(first),))).raised == 0
        over = step(ChangeKind.ENDED, ended(first))
        written = writer.write(Batch(changes=(over,), sightings=(sighting(),)))
        assert (written.ended, written.sightings) == (1, 1)
        assert [s.sighting.at for s in recent_sightings(old)] == [sighting().at]
