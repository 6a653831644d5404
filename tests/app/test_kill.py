"""kill -9 of the pipeline in mid-stream: nothing acknowledged is lost, no alert comes twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest

from app.roles import prepare
from app.servers.nats import EmbeddedNats
from app.servers.postgres import EmbeddedPostgres
from config.demo_district import folder
from config.settings import Settings
from config.site_files import load_site, read_site_folder
from store.database import connect

pytestmark = pytest.mark.servers

FIXES_PER_VEHICLE = 100
KILLS = 3
WAVE = FIXES_PER_VEHICLE // (KILLS + 1)
"""So many fixes of each vehicle are sent, then a kill has to come before the next are."""


@pytest.fixture
def environment(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    with (
        EmbeddedPostgres(open_folder / "postgres") as postgres,
        EmbeddedNats(open_folder / "nats") as nats,
    ):
        webhook = {"id": "cc", "url": "http://127.0.0.1:9/", "secret": "whsec_" + "QUFB" * 8}
        own = {
            "MUCKWATCH_SITE": str(folder()),
            "MUCKWATCH_DATABASE__URL": postgres.url,
            "MUCKWATCH_DATABASE__PASSWORD": postgres.password,
            "MUCKWATCH_MQTT__PORT": str(nats.mqtt_port),
            "MUCKWATCH_PIPELINE__BATCH_MESSAGES": "100",
            "MUCKWATCH_PIPELINE__SNAPSHOT_EVERY_S": "0.5",
            "MUCKWATCH_DELIVERY__WEBHOOKS": json.dumps([webhook]),
        }
        for name, value in own.items():
            monkeypatch.setenv(name, value)
        prepare(Settings())
        yield os.environ | own


def start_pipeline(environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as out:
        command = [sys.executable, "-m", "app", "serve", "pipeline"]
        return subprocess.Popen(command, env=environment, stderr=out, stdout=out)


def publish(port: int, waves: threading.Semaphore) -> None:
    """Forty trucks; every fourth drives ten times faster than any limit allows for a while."""
    site = load_site(read_site_folder(folder()))
    vehicles = list(site.vehicles.values())
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="trucks")
    client.max_inflight_messages_set(200)
    client.connect("127.0.0.1", port)
    client.loop_start()
    start = datetime.now(UTC) - timedelta(seconds=5 * FIXES_PER_VEHICLE + 30)
    sent = 0
    for step in range(FIXES_PER_VEHICLE):
        if step % WAVE == 0:
            waves.acquire()
        at = (start + timedelta(seconds=5 * step)).isoformat()
        for number, vehicle in enumerate(vehicles):
            speeding = number % 4 == 0 and 20 <= step % 100 <= 60
            payload = {
                "time": at,
                "lon": 119.90 + number * 1e-3 + step * 2e-5,
                "lat": 31.69 + number * 1e-3,
                "speed_kmh": 120 if speeding else 10,
            }
            info = client.publish(
                f"muckwatch/v1/vehicles/{vehicle.terminal_id}/position", json.dumps(payload), qos=1
            )
            sent += 1
            if sent % 400 == 0:
                info.wait_for_publish(30)
    info.wait_for_publish(30)
    client.disconnect()
    client.loop_stop()


def test_kill_9_loses_nothing_and_raises_nothing_twice(
    environment: dict[str, str], tmp_path: Path
) -> None:
    log = tmp_path / "pipeline.log"
    running = start_pipeline(environment, log)
    with connect(Settings().database) as conn:

        def stored() -> int:
            row = conn.execute("SELECT count(*) FROM position").fetchone()
            assert row is not None
            return int(row[0])

        # The session has to exist before the first fix: a broker keeps nothing for a stranger.
        while "mqtt.connected" not in log.read_text():
            assert running.poll() is None, log.read_text()
            time.sleep(0.1)
        sent = FIXES_PER_VEHICLE * 40
        waves = threading.Semaphore(1)
        port = int(environment["MUCKWATCH_MQTT__PORT"])
        trucks = threading.Thread(target=publish, args=(port, waves))
        trucks.start()
        kills = 0
        deadline = time.monotonic() + 150
        while (count := stored()) < sent and time.monotonic() < deadline:
            if kills < KILLS and count >= (kills + 0.2) * WAVE * 40:
                os.kill(running.pid, signal.SIGKILL)
                running.wait()
                kills += 1
                running = start_pipeline(environment, log)
                waves.release()
            assert running.poll() is None, log.read_text()
            time.sleep(0.05)
        waves.release(KILLS + 1)  # also where it gives up
        trucks.join()
        running.terminate()
        assert running.wait(30) == 0, log.read_text()
        assert stored() == sent, log.read_text()
        assert kills == KILLS
        alerts = conn.execute(
            "SELECT vehicle_id, kind, subject, count(*) FROM alert GROUP BY 1, 2, 3"
        ).fetchall()
        assert sum(kind == "overspeed" for _, kind, _, _ in alerts) == 10
        assert {n for *_, n in alerts} == {1}
        raised = conn.execute(
            "SELECT alert_id, count(*) FROM alert_log WHERE change = 'raised' GROUP BY 1"
        ).fetchall()
        assert {n for _, n in raised} == {1}
        twice = conn.execute(
            "SELECT alert_id, revision FROM outbox GROUP BY 1, 2 HAVING count(*) > 1"
        ).fetchall()
        assert twice == []
