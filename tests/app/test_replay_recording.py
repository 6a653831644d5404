"""A day of real vehicles through the broker: every fix is accounted for, and twice the same."""

from __future__ import annotations

import csv
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from app.pipeline import run as run_pipeline
from app.roles import prepare
from app.servers.nats import EmbeddedNats
from app.servers.postgres import EmbeddedPostgres
from config.settings import DatabaseSettings, Settings
from ingest.position import Quality
from ingest.replay import replay
from ingest.tracks import read_tracks
from store.database import connect
from tests.app.recorded_site import write_site, zones_over
from tests.databases import fresh_database

RECORDING = Path(__file__).parents[2].parent / "shared/data/gps/wuxi_vehicles.csv"
FIXES = 20_188

pytestmark = [
    pytest.mark.servers,
    pytest.mark.skipif(not RECORDING.is_file(), reason="no shared/data/gps here"),
]


@pytest.fixture
def site(open_folder: Path) -> Path:
    with RECORDING.open() as rows:
        fixes = [
            (r["name_id"], float(r["longitude"]), float(r["latitude"]))
            for r in csv.DictReader(rows)
        ]
    places = [(lon, lat) for _, lon, lat in fixes if 118 < lon < 122 and 30 < lat < 33]
    terminals = sorted({terminal for terminal, _, _ in fixes})
    return write_site(open_folder / "site", terminals, zones_over(places, 60, seed=7))


@pytest.fixture
def postgres(open_folder: Path) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(open_folder / "postgres", settings={"fsync": "off"}) as server:
        yield server


def one_replay(folder: Path, server: DatabaseSettings, name: str, site: Path) -> dict[str, object]:
    """Replay into a database of its own through a broker of its own; what is then in it."""
    with fresh_database(server) as url, EmbeddedNats(folder / f"nats-{name}") as nats:
        settings = Settings(site=site, database={"url": url}, mqtt={"port": nats.mqtt_port})
        prepare(settings)
        stop = threading.Event()
        pipeline = threading.Thread(target=run_pipeline, args=(settings, stop))
        pipeline.start()
        time.sleep(2)  # until its session stands: a broker keeps nothing for a stranger
        try:
            recorded = read_tracks(RECORDING, ZoneInfo("Asia/Shanghai"))
            sent = replay(recorded, settings.mqtt, speed=None)
            with connect(settings.database) as conn:
                deadline = time.monotonic() + 120
                while time.monotonic() < deadline:
                    (arrived,) = conn.execute(ARRIVED).fetchone() or (0,)
                    if arrived >= sent.fixes:
                        break
                    time.sleep(0.1)
                return {
                    "sent": sent.fixes,
                    "arrived": arrived,
                    "qualities": dict(
                        conn.execute("SELECT quality, count(*) FROM position GROUP BY 1").fetchall()
                    ),
                    "alerts": conn.execute(ALERTS).fetchall(),
                    "visits": conn.execute("SELECT * FROM zone_visit ORDER BY 1, 2, 3").fetchall(),
                }
        finally:
            stop.set()
            pipeline.join()


ARRIVED = "SELECT (SELECT count(*) FROM position) + (SELECT count(*) FROM rejected_message)"
ALERTS = """SELECT alert_id, kind, vehicle_id, subject, started_at, ended_at, lon, lat, occurrences
            FROM alert WHERE NOT withdrawn ORDER BY 1"""


def test_every_fix_is_stored_or_rejected_and_a_second_replay_raises_the_same(
    open_folder: Path, postgres: EmbeddedPostgres, site: Path
) -> None:
    plain = DatabaseSettings(url=postgres.url, password=SecretStr(postgres.password))
    other = os.environ.get("MUCKWATCH_TEST_DATABASE_URL")
    first = one_replay(open_folder, plain, "first", site)
    second = one_replay(
        open_folder, DatabaseSettings(url=other) if other else plain, "second", site
    )
    assert first["sent"] == first["arrived"] == FIXES
    qualities = first["qualities"]
    assert isinstance(qualities, dict)
    # Its strays are known for what they are: some 1,200 fixes lie in other provinces.
    assert qualities[Quality.TELEPORT] > 0
    assert qualities[Quality.FAR] > 1000
    assert qualities[Quality.GOOD] > 0.9 * FIXES
    assert len(first["alerts"]) > 10  # type: ignore[arg-type]  # a list
    assert first == second
