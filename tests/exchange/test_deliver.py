"""The outbox in a real database to receivers over HTTP: once, in order, whatever fails."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import uuid4

import msgspec
import pytest
import structlog.testing
from prometheus_client import REGISTRY

from alerts.alert import ChangeKind
from config.settings import DeliverySettings, ViidSettings, WebhookSettings
from demo.command_centre.received import Received
from demo.command_centre.server import create_app as command_centre
from demo.viid_platform.platform import Platform
from demo.viid_platform.server import create_app as viid_platform
from exchange import backoff
from exchange.deliver import run
from exchange.lane import Lane
from exchange.outcome import Deferred, Delivered, Refused
from exchange.routing import destinations_of
from exchange.webhook import WebhookSender
from store.batch import Batch
from store.database import connect
from store.operator import acknowledge
from store.outbox import outbox_counts, outbox_of_alert
from store.sql import query
from store.writer import Writer

pytestmark = pytest.mark.servers

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NOWHERE = "http://127.0.0.1:9/"


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


def webhook(url: str, id_: str = "centre") -> WebhookSettings:
    return WebhookSettings(id=id_, url=url, secret=SECRET)


def write(connection, settings: DeliverySettings, *changes) -> None:
    Writer(connection, destinations_of(settings)).write(Batch(changes=changes))


@contextmanager
def delivering(database, settings: DeliverySettings) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=run, args=(database, settings, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@pytest.fixture
def soon(monkeypatch):
    """Retries after hundredths of a second: the rule itself is tested apart."""
    monkeypatch.setattr(backoff, "FIRST_WAIT_S", 0.02)
    monkeypatch.setattr(backoff, "LONGEST_WAIT_S", 0.1)


@pytest.fixture
def received() -> Received:
    return Received()


def life_of(alert, make_change):
    """Three steps of one alert."""
    amended = msgspec.structs.replace(alert, occurrences=2)
    ended = msgspec.structs.replace(amended, ended_at=alert.started_at + timedelta(minutes=5))
    return [
        make_change(alert=alert),
        make_change(ChangeKind.AMENDED, amended, evidence=()),
        make_change(ChangeKind.ENDED, ended, evidence=()),
    ]


def types_by_alert(received: Received) -> dict[str, list[str]]:
    told: dict[str, list[str]] = {}
    for message in received.newest:
        told.setdefault(message.body["data"]["alert_id"], []).append(message.type)
    return told


def test_every_entry_is_delivered_once_and_in_order_and_the_platform_gets_the_truck(
    database, connection, serving, received, make_alert, make_change, jpeg
):
    platform = Platform(time.monotonic)
    with (
        serving(command_centre(SECRET, received)) as centre_url,
        serving(viid_platform("u", "p", platform)) as viid_url,
    ):
        settings = DeliverySettings(
            webhooks=(webhook(centre_url + "/"),),
            viid=ViidSettings(
                url=viid_url, device_id="32041200005030000001", username="u", password="p"
            ),
        )
        alerts = [make_alert() for _ in range(12)]
        lives = [life_of(alert, make_change) for alert in alerts]
        with delivering(database, settings):
            for step in zip(*lives, strict=True):
                write(connection, settings, *step)
            acknowledge(connection, alerts[0].alert_id, "王", None, destinations_of(settings))
            until(lambda: all(c.waiting == 0 for c in outbox_counts(connection)))
    counts = {c.destination: (c.delivered, c.failed) for c in outbox_counts(connection)}
    assert counts == {"centre": (37, 0), "viid": (12, 0)}
    summary = received.summary()
    assert (summary["received"], summary["distinct"], summary["invalid"]) == (37, 37, 0)
    steps = ["alert.raised", "alert.amended", "alert.ended"]
    told = types_by_alert(received)
    assert told.pop(str(alerts[0].alert_id)) == [*steps, "alert.acknowledged"]
    assert list(told.values()) == [steps] * 11
    pushed = platform.summary()
    assert pushed["objects_accepted"] == 12
    assert pushed["pictures"] == 24
    assert (pushed["registered"], pushed["unregistered"]) == (1, 1)
    assert len(platform.newest[0]["SubImageList"]["SubImageInfoObject"][0]["Data"]) > len(jpeg)


def test_a_receiver_that_fails_now_and_then_gets_all_in_order(
    database, connection, serving, received, make_alert, make_change, soon
):
    with serving(command_centre(SECRET, received, 0.4, Random(3))) as url:
        settings = DeliverySettings(webhooks=(webhook(url + "/"),), attempts=50)
        with delivering(database, settings):
            lives = [life_of(make_alert(), make_change) for _ in range(8)]
            for step in zip(*lives, strict=True):
                write(connection, settings, *step)
            until(lambda: all(c.waiting == 0 for c in outbox_counts(connection)))
    summary = received.summary()
    assert summary["failed_on_demand"] > 0
    assert summary["distinct"] == 24
    steps = ["alert.raised", "alert.amended", "alert.ended"]
    assert list(types_by_alert(received).values()) == [steps] * 8


def test_a_receiver_that_was_down_gets_it_later_and_holds_nobody_up(
    database, connection, serving, received, make_change, soon
):
    other = Received()
    with serving(command_centre(SECRET, other)) as other_url:
        with serving(command_centre(SECRET, received)) as url:
            port = int(url.rsplit(":", 1)[1])
        settings = DeliverySettings(
            webhooks=(webhook(url + "/", "down"), webhook(other_url + "/", "up")), attempts=1
        )
        with delivering(database, settings):
            change = make_change()
            write(connection, settings, change)
            until(lambda: other.received == 1)
            alert_id = change.alert.alert_id
            until(lambda: any(s.last_error for s in outbox_of_alert(connection, alert_id)))
            assert received.received == 0
            with serving(command_centre(SECRET, received), port):
                until(lambda: received.received == 1)
                until(lambda: all(c.waiting == 0 for c in outbox_counts(connection)))
    counts = {c.destination: (c.delivered, c.failed) for c in outbox_counts(connection)}
    assert counts == {"down": (1, 0), "up": (1, 0)}


def test_a_platform_that_restarts_is_registered_with_again(
    database, connection, serving, make_change, soon
):
    platform = Platform(time.monotonic)
    app = viid_platform("u", "p", platform)
    with serving(app) as url:
        viid = ViidSettings(
            url=url, device_id="32041200005030000001", username="u", password="p", keepalive_s=600
        )
        settings = DeliverySettings(viid=viid)
        with delivering(database, settings):
            write(connection, settings, make_change())
            until(lambda: len(platform.newest) == 1)
            platform.forget_all()
            write(connection, settings, make_change())
            until(lambda: len(platform.newest) == 2)
    assert platform.registered == 2


class Scripted:
    """A destination that answers as told; what it was sent is in `sent`."""

    destination, batch = "centre", 4

    def __init__(self, *outcomes) -> None:
        self.outcomes, self.sent = list(outcomes), []

    def open(self) -> None: ...

    def close(self) -> None: ...

    def send(self, entries, evidence_of):
        self.sent += entries
        return [self.outcomes.pop(0) for _ in entries]


SCRIPTED = DeliverySettings(webhooks=(webhook(NOWHERE),))


def lane_of(sender, database, attempts: int = 3) -> Lane:
    stop = threading.Event()
    return Lane(sender, database, attempts, stop, Random(1))


def drain(lane: Lane, connection, steps: int) -> list[bool]:
    """Step by step, with every retry due at once."""
    done = []
    for _ in range(steps):
        connection.execute("UPDATE outbox SET next_attempt_at = now()")
        done.append(lane.step(connection))
    return done


def test_gives_up_after_the_limit_keeps_the_reason_and_goes_on_with_the_next(
    database, connection, make_alert, make_change, soon
):
    alert = make_alert()
    first, second, _ = life_of(alert, make_change)
    write(connection, SCRIPTED, first, second)
    sender = Scripted(*[Deferred("HTTP 500 ouch")] * 3, Delivered("HTTP 204"))
    assert drain(lane_of(sender, database), connection, 5) == [True, True, True, True, False]
    raised, amended = outbox_of_alert(connection, alert.alert_id)
    assert raised.failed_at is not None
    assert (raised.attempts, raised.last_error) == (3, "HTTP 500 ouch")
    assert amended.delivered_at is not None
    assert [entry.revision for entry in sender.sent] == [1, 1, 1, 2]


def test_a_refusal_is_not_repeated(database, connection, make_alert, make_change):
    alert = make_alert()
    write(connection, SCRIPTED, make_change(alert=alert))
    sender = Scripted(Refused("HTTP 422 no"))
    assert drain(lane_of(sender, database), connection, 2) == [True, False]
    (state,) = outbox_of_alert(connection, alert.alert_id)
    assert state.failed_at is not None
    assert state.last_error == "HTTP 422 no"


def test_while_it_is_down_one_entry_probes_it(database, connection, make_change, soon):
    write(connection, SCRIPTED, *[make_change() for _ in range(6)])
    down = Deferred("could not connect", reached=False)
    sender = Scripted(*[down] * 6, *[Delivered()] * 6)
    lane = lane_of(sender, database, attempts=1)
    sizes = []
    for _ in range(5):
        before = len(sender.sent)
        drain(lane, connection, 1)
        sizes.append(len(sender.sent) - before)
    assert sizes == [4, 1, 1, 1, 4]
    assert outbox_counts(connection)[0].failed == 0


def test_a_crash_between_sending_and_recording_sends_again_under_the_same_id(
    database, connection, serving, received, make_alert, make_change
):
    alert = make_alert()
    with serving(command_centre(SECRET, received)) as url:
        settings = DeliverySettings(webhooks=(webhook(url + "/"),))
        write(connection, settings, make_change(alert=alert))

        class Crashing(WebhookSender):
            def send(self, entries, evidence_of):
                super().send(entries, evidence_of)
                raise KeyboardInterrupt

        with connect(database) as lost, pytest.raises(KeyboardInterrupt):
            lane_of(Crashing(settings.webhooks[0], 5), database).step(lost)
        assert received.summary()["distinct"] == 1
        (state,) = outbox_of_alert(connection, alert.alert_id)
        assert state.delivered_at is None
        lane = lane_of(WebhookSender(settings.webhooks[0], 5), database)
        assert drain(lane, connection, 1) == [True]
    summary = received.summary()
    assert (summary["received"], summary["distinct"]) == (2, 1)


def test_410_disables_the_destination(database, connection, make_change, soon):
    write(connection, SCRIPTED, make_change())
    sender = Scripted(Refused("HTTP 410", gone=True), *[Delivered()] * 9)
    stop = threading.Event()
    lane = Lane(sender, database, 3, stop, Random(1))
    thread = threading.Thread(target=lane.run)
    thread.start()
    until(lambda: outbox_counts(connection)[0].failed == 1)
    write(connection, SCRIPTED, make_change())
    lane.wake.set()
    time.sleep(0.3)
    stop.set()
    lane.wake.set()
    thread.join()
    (count,) = outbox_counts(connection)
    assert (count.failed, count.waiting, count.delivered) == (1, 1, 0)


def test_one_process_at_a_time_serves_a_destination(
    database, connection, serving, received, make_change, monkeypatch
):
    monkeypatch.setattr("exchange.lane.STANDBY_S", 0.05)
    monkeypatch.setattr("exchange.lane.LEASE", timedelta(seconds=2))
    with serving(command_centre(SECRET, received)) as url:
        settings = DeliverySettings(webhooks=(webhook(url + "/"),))
        with delivering(database, settings), delivering(database, settings):
            write(connection, settings, *[make_change() for _ in range(20)])
            until(lambda: received.received == 20)
            # The one that serves is killed; the other takes over.
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
                " AND granted AND pid <> pg_backend_pid()"
            )
            write(connection, settings, *[make_change() for _ in range(20)])
            until(lambda: received.summary()["distinct"] == 40)
            until(lambda: all(c.waiting == 0 for c in outbox_counts(connection)))


def test_the_delivery_survives_the_loss_of_its_connections(
    database, connection, serving, received, make_change, soon
):
    with serving(command_centre(SECRET, received)) as url:
        settings = DeliverySettings(webhooks=(webhook(url + "/"),))
        with delivering(database, settings):
            for number in range(1, 4):
                write(connection, settings, make_change())
                until(lambda n=number: received.summary()["distinct"] == n)
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE application_name = 'muckwatch-delivery'"
                )


def test_an_unknown_kind_in_the_outbox_is_delivered_all_the_same(
    database, connection, serving, received, make_alert, make_change
):
    # Written by a newer version before a roll-back, say.
    with serving(command_centre(SECRET, received)) as url:
        settings = DeliverySettings(webhooks=(webhook(url + "/"),))
        write(connection, settings, make_change(alert=make_alert(kind=f"new-{uuid4()}")))
        with delivering(database, settings):
            until(lambda: received.received == 1)
    assert received.newest[0].body["data"]["kind_name"] is None


def test_entries_of_a_destination_no_longer_configured_are_told_of(
    database, connection, make_change
):
    write(connection, SCRIPTED, make_change(), make_change())
    with structlog.testing.capture_logs() as logs, delivering(database, DeliverySettings()):
        until(lambda: any(log["event"] == "delivery.abandoned" for log in logs))
    (abandoned,) = [log for log in logs if log["event"] == "delivery.abandoned"]
    assert (abandoned["destination"], abandoned["waiting"]) == ("centre", 2)


def test_attempts_and_delays_are_counted(database, connection, make_change, soon):
    def value(name: str, **labels: str) -> float:
        return REGISTRY.get_sample_value(name, {"destination": "centre", **labels}) or 0.0

    def counts() -> list[float]:
        kinds = ("delivered", "deferred", "refused")
        attempts = [value("muckwatch_delivery_attempts_total", outcome=k) for k in kinds]
        return [*attempts, value("muckwatch_delivery_delay_seconds_count")]

    before = counts()
    write(connection, SCRIPTED, make_change(), make_change())
    lane = lane_of(Scripted(Deferred("no"), Refused("no"), Delivered()), database)
    drain(lane, connection, 3)
    assert [a - b for a, b in zip(counts(), before, strict=True)] == [1, 1, 1, 1]


def test_what_piled_up_is_claimed_by_index_though_the_planner_expects_nothing(database, connection):
    # A quiet time before: the index of what is due was empty when the statistics were taken.
    pile = (
        "INSERT INTO outbox (outbox_id, destination, event, alert_id, revision, payload,"
        " delivered_at) SELECT gen_random_uuid(), 'centre', 'alert.raised', gen_random_uuid(), 1,"
        " '{}', %s FROM generate_series(1, 3000)"
    )
    connection.execute(pile, (datetime.now(UTC),))
    connection.execute("VACUUM ANALYZE outbox")
    connection.execute(pile, (None,))
    now = datetime.now(UTC) + timedelta(seconds=5)
    parameters = {"destinations": ["centre"], "now": now, "lease_until": now, "limit": 16}
    with connection.transaction(force_rollback=True):
        plan = connection.execute("EXPLAIN " + query("claim_outbox"), parameters).fetchall()
    text = "\n".join(line for (line,) in plan)
    assert "outbox_due on outbox earlier" not in text
    assert "outbox earlier" in text
