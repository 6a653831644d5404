"""Killed, cut off, doubled: a batch is there once and whole, or not at all."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from pydantic import SecretStr

from alerts.alert import ChangeKind
from config.settings import DatabaseSettings
from store.batch import Batch, Written
from store.database import Connection, connect, pool
from store.errors import StoreUnavailable
from store.writer import Writer
from tests.store.made import alert, ended, picture, position, raised, step

pytestmark = pytest.mark.servers

BATCH = Batch(
    positions=tuple(position(f"v{i}", i) for i in range(200)),
    changes=(raised(alert(), picture(alert())),),
    worker="pipeline",
    snapshot=b"state",
)

# Stops where the batch is half written: positions are copied, the alert is in, its outbox is not.
CHILD = """
import sys, time
from config.settings import DatabaseSettings
from store.database import connect
from store.writer import Writer
from tests.store.test_faults import BATCH

def stop_here(change):
    print("inside", flush=True)
    time.sleep(600)

Writer(connect(DatabaseSettings(url=sys.argv[1])), stop_here).write(BATCH)
"""


def to_nobody(_change: object) -> tuple[str, ...]:
    return ()


def counts(conn: Connection) -> dict[str, int]:
    tables = ("batch", "position", "alert", "alert_log", "evidence", "outbox", "worker_snapshot")
    return {
        table: conn.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # type: ignore[index]  # noqa: S608  our own names; count has a row
        for table in tables
    }


def test_killed_in_mid_transaction(settings: DatabaseSettings, conn: Connection) -> None:
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, settings.url], stdout=subprocess.PIPE, text=True, cwd=root
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "inside\n"
        child.send_signal(signal.SIGKILL)
    assert set(counts(conn).values()) == {0}
    written = Writer(conn, lambda _: ["webhook"]).write(BATCH)
    assert (written.positions, written.raised, written.outbox) == (200, 1, 1)
    assert counts(conn) == {
        "batch": 1,
        "position": 200,
        "alert": 1,
        "alert_log": 1,
        "evidence": 1,
        "outbox": 1,
        "worker_snapshot": 1,
    }


def test_a_cut_connection_is_replaced(settings: DatabaseSettings, conn: Connection) -> None:
    writer = Writer(connect(settings), to_nobody)
    writer.write(Batch(positions=(position(at_s=-1),)))
    conn.execute("SELECT pg_terminate_backend(%s)", [writer.conn.info.backend_pid])
    with pytest.raises(StoreUnavailable, match="writing a batch"):
        writer.write(BATCH)
    assert writer.conn.closed
    writer.conn = connect(settings)
    assert writer.write(BATCH).positions == 200
    assert writer.write(BATCH).duplicates == 200
    writer.conn.close()


def test_two_writers_at_once(settings: DatabaseSettings, conn: Connection) -> None:
    """The same fixes and alerts in opposite orders: no deadlock, nothing twice, nothing missing."""
    fixes = [position(f"v{i % 40}", i) for i in range(2000)]
    told = [alert(f"a{i}") for i in range(30)]
    written: list[Written] = []
    errors: list[BaseException] = []
    start = threading.Barrier(2)

    def work(order: int) -> None:
        try:
            with connect(settings) as own:
                writer = Writer(own, lambda _: ["webhook"])
                start.wait(10)
                for part in range(0, 2000, 200):
                    writer.write(
                        Batch(
                            positions=tuple(fixes[part : part + 200][::order]),
                            changes=tuple(raised(a) for a in told[::order]),
                        )
                    )
                last = tuple(step(ChangeKind.ENDED, ended(a)) for a in told[::order])
                written.append(writer.write(Batch(changes=last)))
        except BaseException as error:  # noqa: BLE001  shown below, not lost in a thread
            errors.append(error)

    threads = [threading.Thread(target=work, args=(order,)) for order in (1, -1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    found = counts(conn)
    assert (found["position"], found["alert"], found["evidence"]) == (2000, 30, 0)
    assert (found["alert_log"], found["outbox"]) == (60, 60)
    assert sum(w.ended for w in written) == 30


def test_connecting_says_what_is_wrong(
    settings: DatabaseSettings, embedded: DatabaseSettings
) -> None:
    with pytest.raises(StoreUnavailable, match=r"127\.0\.0\.1:1 as"):
        connect(DatabaseSettings(url="postgresql://muckwatch@127.0.0.1:1/muckwatch"))
    wrong = embedded.model_copy(update={"password": SecretStr("not it")})
    with pytest.raises(StoreUnavailable, match="password authentication failed") as caught:
        connect(wrong)
    assert "not it" not in str(caught.value)
    with pytest.raises(StoreUnavailable, match='database "nowhere" does not exist'):
        connect(embedded.model_copy(update={"url": embedded.url.rsplit("/", 1)[0] + "/nowhere"}))
    with pytest.raises(StoreUnavailable, match="not a libpq URL"):
        connect(DatabaseSettings(url="postgresql//nonsense"))


def test_connections_are_in_utc(settings: DatabaseSettings) -> None:
    with pool(settings, "muckwatch-console") as connections, connections.connection() as conn:
        row = conn.execute("SHOW timezone").fetchone()
        assert row == ("UTC",)
        assert conn.info.get_parameters()["application_name"] == "muckwatch-console"
