"""The delivery process killed with SIGKILL in the middle of its work, and started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from alerts.alert import ChangeKind
from config.settings import DatabaseSettings, DeliverySettings, WebhookSettings
from demo.command_centre.received import Received
from demo.command_centre.server import create_app
from exchange.routing import destinations_of
from store.batch import Batch
from store.outbox import outbox_counts
from store.writer import Writer

pytestmark = pytest.mark.servers

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
CHILD = """
import threading
from config.settings import Settings
from exchange.deliver import run
settings = Settings()
run(settings.database, settings.delivery, threading.Event())
"""


def start(database: DatabaseSettings, url: str) -> subprocess.Popen[bytes]:
    webhook = {"id": "centre", "url": url, "secret": SECRET}
    environment = {
        **os.environ,
        "MUCKWATCH_DATABASE__URL": database.url,
        "MUCKWATCH_DELIVERY__WEBHOOKS": msgspec.json.encode([webhook]).decode(),
    }
    root = Path(__file__).parents[2]
    return subprocess.Popen([sys.executable, "-c", CHILD], env=environment, cwd=root)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.002)


def test_nothing_is_lost_nor_out_of_order_when_it_is_killed(
    database, connection, serving, make_alert, make_change
):
    received = Received()
    with serving(create_app(SECRET, received)) as url:
        hook = WebhookSettings(id="centre", url=f"{url}/", secret=SECRET)
        settings = DeliverySettings(webhooks=(hook,))
        writer = Writer(connection, destinations_of(settings))
        alerts = [make_alert() for _ in range(60)]
        writer.write(Batch(changes=[make_change(alert=a, evidence=()) for a in alerts]))
        told = [msgspec.structs.replace(a, occurrences=2) for a in alerts]
        amended = [make_change(ChangeKind.AMENDED, a, evidence=()) for a in told]
        writer.write(Batch(changes=amended))
        for goal in (20, 60, 100):
            child = start(database, f"{url}/")
            until(lambda goal=goal: received.summary()["distinct"] >= goal)
            child.send_signal(signal.SIGKILL)
            child.wait()
            # What was under way is leased for half a minute; the test does not wait for that.
            connection.execute("UPDATE outbox SET next_attempt_at = now()")
        child = start(database, f"{url}/")
        try:
            until(lambda: outbox_counts(connection)[0].waiting == 0)
        finally:
            child.kill()
            child.wait()
    summary = received.summary()
    assert summary["distinct"] == 120
    assert summary["by_type"] == {"alert.raised": 60, "alert.amended": 60}
    revisions: dict[str, list[int]] = {}
    for message in received.newest:
        data = message.body["data"]
        revisions.setdefault(data["alert_id"], []).append(data["revision"])
    assert list(revisions.values()) == [[1, 2]] * 60
    (count,) = outbox_counts(connection)
    assert (count.delivered, count.failed) == (120, 0)
