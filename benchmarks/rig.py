"""Both pipelines on the same embedded NATS and PostgreSQL, each a child process."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from app.roles import prepare
from app.servers.nats import EmbeddedNats
from app.servers.postgres import EmbeddedPostgres
from benchmarks.fleet_site import write_site
from config.settings import DatabaseSettings, MqttSettings, Settings
from config.site import Site
from ingest.position import Position

READY_S = 60.0


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: the broker with its topic root, and a connection to its database."""

    name: str
    mqtt: MqttSettings
    conn: psycopg.Connection[Any]
    pid: int

    def cpu_s(self) -> float:
        """Processor time that the pipeline's process has used."""
        return cpu_s(self.pid)

    def rows(self) -> int:
        row = self.conn.execute("SELECT count(*) FROM position").fetchone()
        return int(row[0]) if row else 0

    def digest(self) -> str:
        """Over which vehicle was where and when, for comparing the two."""
        row = self.conn.execute(
            "SELECT md5(string_agg(concat_ws(',', vehicle_id, extract(epoch FROM fix_time), lon,"
            " lat), ';' ORDER BY vehicle_id, fix_time)) FROM position"
        ).fetchone()
        return str(row[0]) if row else ""

    def wait_for_rows(self, count: int, last: Position, within_s: float = 300) -> None:
        """Until all rows are there; counts them once the fix that was sent last is there.

        Counting all of them every time would be work for the database that grows with the rounds.
        """
        deadline = time.monotonic() + within_s
        while not self._has(last) or self.rows() < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.name}: {self.rows()} of {count} rows after {within_s} s")
            time.sleep(0.005)

    def _has(self, fix: Position) -> bool:
        found = self.conn.execute(
            "SELECT FROM position WHERE vehicle_id = %s AND fix_time = %s",
            (fix.vehicle_id, fix.fix_time),
        )
        return found.fetchone() is not None


@dataclass(frozen=True, slots=True)
class Rig:
    """`postgres` and `broker` are process ids."""

    site: Site
    ours: Side
    peer: Side
    postgres: int
    broker: int

    def servers_cpu_s(self) -> dict[str, float]:
        """Processor time that broker and database, with its children, have used."""
        return {
            "broker": cpu_s(self.broker),
            "database": sum(map(cpu_s, (self.postgres, *children(self.postgres)))),
        }


@contextlib.contextmanager
def rig(
    trucks: int, *, ours_environment: Mapping[str, str] | None = None, webhook: str | None = None
) -> Iterator[Rig]:
    """Servers, site and both pipelines, ready; `webhook` is where the peer posts its alerts.

    With `ours_environment`, ours runs its delivery role, too.
    """
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="muckwatch-bench-")))
        folder.chmod(0o755)  # the database's own user must reach its data in it
        site = write_site(folder / "site", trucks)
        postgres = stack.enter_context(EmbeddedPostgres(folder / "postgres"))
        nats = stack.enter_context(EmbeddedNats(folder / "nats"))
        naive_url = postgres.url.rsplit("/", 1)[0] + "/naive"
        with psycopg.connect(postgres.url, password=postgres.password, autocommit=True) as conn:
            conn.execute("CREATE DATABASE naive")
        environment = {
            **os.environ,
            "MUCKWATCH_SITE": str(folder / "site"),
            "MUCKWATCH_DATABASE__URL": postgres.url,
            "MUCKWATCH_DATABASE__PASSWORD": postgres.password,
            "MUCKWATCH_MQTT__PORT": str(nats.mqtt_port),
            "MUCKWATCH_MQTT__ROOT": "ours",
            **(ours_environment or {}),
        }
        prepare(
            Settings(
                site=folder / "site",
                database=DatabaseSettings(url=postgres.url, password=postgres.password),
            )
        )
        logs = folder / "logs"
        logs.mkdir()
        pids = {
            role: stack.enter_context(
                _child(logs / f"{role}.log", environment, "app", "serve", role)
            )
            for role in (("pipeline", "delivery") if ours_environment else ("pipeline",))
        }
        naive = ["benchmarks.naive_pipeline", "--site", str(folder / "site")]
        naive += ["--database", naive_url, "--mqtt-port", str(nats.mqtt_port), "--root", "naive"]
        naive += ["--webhook", webhook] if webhook else []
        naive_environment = {**os.environ, "PGPASSWORD": postgres.password}
        pids["naive"] = stack.enter_context(_child(logs / "naive.log", naive_environment, *naive))
        _wait_for(logs / "pipeline.log", "mqtt.connected")
        _wait_for(logs / "naive.log", "ready")
        time.sleep(1)  # both subscriptions are on their way
        sides = [
            Side(
                name,
                MqttSettings(port=nats.mqtt_port, root=name),
                stack.enter_context(
                    psycopg.connect(url, password=postgres.password, autocommit=True)
                ),
                pids[process],
            )
            for name, process, url in (
                ("ours", "pipeline", postgres.url),
                ("naive", "naive", naive_url),
            )
        ]
        ours, peer = sides
        yield Rig(site, ours, peer, postgres.pid, nats.pid)


def cpu_s(pid: int) -> float:
    """Processor time of a process and of those children of it that have ended (proc(5), stat)."""
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, stat[11:15])) / os.sysconf("SC_CLK_TCK")


def children(pid: int) -> list[int]:
    """The processes that a process has started and that still run."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@contextlib.contextmanager
def _child(log: Path, environment: Mapping[str, str], *module: str) -> Iterator[int]:
    with log.open("wb") as output:
        child = subprocess.Popen(
            [sys.executable, "-m", *module], env=dict(environment), stdout=output, stderr=output
        )
    try:
        yield child.pid
    finally:
        ended = child.poll()
        child.terminate()
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            child.kill()
        if ended is not None:
            sys.stderr.write(f"{module} ended with {ended}:\n{log.read_text()[-3000:]}\n")


def _wait_for(log: Path, words: str) -> None:
    deadline = time.monotonic() + READY_S
    while words not in log.read_text():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{log.name} never said {words!r}:\n{log.read_text()[-3000:]}")
        time.sleep(0.05)
