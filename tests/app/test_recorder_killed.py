"""kill -9 of a vision process: what cameras told is stored once, laid once, told once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.settings import DatabaseSettings
from store.database import connect
from tests.app.camera_world import NOW
from tests.databases import fresh_database

pytestmark = pytest.mark.servers

ROOT = Path(__file__).parents[2]
COUNT = 60


@pytest.fixture
def url(embedded: DatabaseSettings, migrated: str) -> Iterator[str]:
    with fresh_database(embedded, migrated) as fresh:
        yield fresh


def start(url: str, log: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.app.recorder_process", url, str(COUNT)]
    with log.open("ab") as out:
        return subprocess.Popen(
            [*command, str(NOW.timestamp())], cwd=ROOT, stdout=out, stderr=out, env=os.environ
        )


def test_kill_9_of_a_vision_process(url: str, tmp_path: Path) -> None:
    log = tmp_path / "recorder.log"
    with connect(DatabaseSettings(url=url)) as conn:

        def count(of: str) -> int:
            row = conn.execute(of).fetchone()  # type: ignore[arg-type]  # our own words
            assert row is not None
            return int(row[0])

        killed = 0
        for share in (4, 2):
            running = start(url, log)
            deadline = time.monotonic() + 120
            while count("SELECT count(*) FROM alert") < COUNT // share:
                assert running.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.01)
            running.send_signal(signal.SIGKILL)
            running.wait()
            killed += count("SELECT count(*) FROM alert") < COUNT
        assert killed == 2
        assert start(url, log).wait(180) == 0, log.read_text()
        assert (
            count("SELECT count(*) FROM sighting WHERE final AND vehicle_id IS NOT NULL") == COUNT
        )
        assert count("SELECT count(*) FROM alert WHERE vehicle_id IS NOT NULL") == COUNT
        assert count("SELECT count(*) FROM alert") == COUNT
        assert count("SELECT count(*) FROM alert_log WHERE change = 'raised'") == COUNT
        assert count("SELECT count(*) FROM alert_log WHERE detail IS NOT NULL") == COUNT
        assert count("SELECT count(*) - count(DISTINCT (alert_id, revision)) FROM outbox") == 0
