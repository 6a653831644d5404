"""Durable positions a second: the staged batch writer against the obvious executemany insert.

`python -m benchmarks.db [--rounds N] [--positions N] [--batch N] [--url URL]` runs both in turn on
one server: an embedded PostgreSQL with durable commits, or the one that `--url` names (a libpq URL
of a user that may create databases; TimescaleDB is used where the server has it). Each writes the
same positions, a twentieth of them delivered twice, with a commit for each batch, and must end with
the same rows; ours also keeps the table of latest positions, which is then read.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from app.servers.postgres import EmbeddedPostgres
from config.settings import DatabaseSettings
from ingest.position import Lid, Load, Position
from store import timescale
from store.batch import Batch
from store.database import Connection, connect
from store.migrate import migrate
from store.position_reader import latest_positions
from store.writer import Writer

VEHICLES = 1000
GAP = timedelta(seconds=10)

Round = Callable[[Connection, Sequence[Sequence[Position]]], None]


def traffic(count: int, batch: int, now: datetime) -> list[list[Position]]:
    """A fleet that reports every ten seconds up to `now`; 5 % come again, a batch later."""
    dice = random.Random(1)
    rows = []
    for i in range(count):
        turn, vehicle = divmod(i, VEHICLES)
        at = now - GAP * (count // VEHICLES - turn) + timedelta(milliseconds=dice.randrange(5000))
        rows.append(
            Position(
                vehicle_id=f"苏D{vehicle:05d}",
                terminal_id=f"{13900000000 + vehicle}",
                fix_time=at,
                received_at=at + timedelta(milliseconds=dice.randrange(200, 2000)),
                lon=119.9 + dice.random() / 5,
                lat=31.6 + dice.random() / 5,
                speed_kmh=round(dice.uniform(0, 80), 1),
                course_deg=float(dice.randrange(360)),
                satellites=dice.randrange(5, 20),
                lid=dice.choice(list(Lid)),
                load=dice.choice(list(Load)),
                ignition=True,
            )
        )
    batches = [rows[i : i + batch] for i in range(0, count, batch)]
    again: list[Position] = []
    for delivered in batches:
        repeated = dice.sample(delivered, len(delivered) // 20)
        delivered.extend(again)
        again = repeated
    return batches


def ours(conn: Connection, batches: Sequence[Sequence[Position]]) -> None:
    writer = Writer(conn, lambda _change: ())
    for batch in batches:
        writer.write(Batch(positions=tuple(batch), worker="benchmark"))


def peer(conn: Connection, batches: Sequence[Sequence[Position]]) -> None:
    """What one writes first: a statement a position by executemany, a commit a batch."""
    columns = (*Position.__struct_fields__, "batch", "batch_place")
    insert = (
        f"INSERT INTO position ({', '.join(columns)})"  # noqa: S608  our own names
        f" VALUES ({', '.join(['%s'] * len(columns))})"
        " ON CONFLICT (vehicle_id, fix_time) DO NOTHING"
    )
    for number, batch in enumerate(batches, 1):
        with conn.transaction(), conn.cursor() as cursor:
            cursor.executemany(
                insert,
                [(*_values(position), number, place) for place, position in enumerate(batch)],
            )


def _values(position: Position) -> Iterator[object]:
    for name, value in msgspec.structs.asdict(position).items():
        if name == "work":
            yield list(value)
        elif name == "quality":
            yield int(value)
        else:
            yield value


def contents(conn: Connection) -> tuple[int, str]:
    """How many rows, and a hash over all of them but for the numbers of the batches."""
    row = conn.execute(
        "SELECT count(*), md5(string_agg(r, ',' ORDER BY r)) FROM (SELECT md5(ROW("
        "vehicle_id, terminal_id, fix_time, received_at, lon, lat, speed_kmh, course_deg,"
        " altitude_m, satellites, lid, load, body_raised, ignition, work, weight_kg, temperature_c,"
        " antenna_cut, power_cut, backfill, quality)::text) AS r"
        " FROM position) AS rows"
    ).fetchone()
    if row is None:
        raise RuntimeError("a count without a row")
    return row[0], row[1]


@contextmanager
def fresh_database(server: DatabaseSettings) -> Iterator[Connection]:
    parameters: dict[str, Any] = conninfo_to_dict(server.url)
    if server.password is not None:
        parameters["password"] = server.password.get_secret_value()
    name = f"benchmark_{uuid4().hex}"
    with psycopg.connect(make_conninfo(**parameters), autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            url = make_conninfo(**{**parameters, "dbname": name})
            with connect(DatabaseSettings(url=url)) as conn:
                migrate(conn)
                yield conn
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def measure(write: Round, server: DatabaseSettings, batches: list[list[Position]]) -> Measured:
    with fresh_database(server) as conn:
        write(conn, [[batches[0][0]]])  # connection, plans and the first chunk are warm
        if _may_checkpoint(conn):
            conn.execute("CHECKPOINT")
        gc.collect()
        began = time.perf_counter()
        write(conn, batches)
        seconds = time.perf_counter() - began
        read = _read_ms(conn) if write is ours else 0.0
        kind = "timescaledb" if timescale.installed(conn) else "plain"
        return Measured(sum(map(len, batches)) / seconds, contents(conn), kind, read)


def _read_ms(conn: Connection) -> float:
    """How long the page waits for where all vehicles are: the median of nine."""
    times = []
    for _ in range(9):
        began = time.perf_counter()
        latest = latest_positions(conn, datetime(2000, 1, 1, tzinfo=UTC))
        times.append((time.perf_counter() - began) * 1000)
        if len(latest) != VEHICLES:
            raise RuntimeError(f"{len(latest)} vehicles of {VEHICLES}")
    return round(statistics.median(times), 1)


class Measured(msgspec.Struct, frozen=True):
    rate: float
    contents: tuple[int, str]
    kind: str
    read_ms: float


def _may_checkpoint(conn: Connection) -> bool:
    row = conn.execute("SELECT pg_has_role('pg_checkpoint', 'MEMBER')").fetchone()
    return bool(row and row[0])


def run(server: DatabaseSettings, rounds: int, count: int, batch: int) -> dict[str, object]:
    batches = traffic(count, batch, datetime.now(UTC))
    rates: dict[str, list[float]] = {"ours": [], "peer": []}
    seen = set()
    last = None
    for number in range(rounds):
        turn = [("ours", ours), ("peer", peer)]
        for name, write in turn if number % 2 == 0 else turn[::-1]:
            measured = measure(write, server, batches)
            rates[name].append(measured.rate)
            seen.add(measured.contents)
            if name == "ours":
                last = measured
            print(f"round {number + 1} {name}: {measured.rate:,.0f}/s", file=sys.stderr)
    if len(seen) != 1 or last is None:
        raise RuntimeError(f"the two did not end with the same rows: {sorted(seen)}")
    ratios = [a / b for a, b in zip(rates["ours"], rates["peer"], strict=True)]
    return {
        "name": "db",
        "ours": round(statistics.median(rates["ours"])),
        "ours_worst": round(min(rates["ours"])),
        "peer": round(statistics.median(rates["peer"])),
        "peer_worst": round(min(rates["peer"])),
        "ratio": round(statistics.median(ratios), 2),
        "ratio_worst": round(min(ratios), 2),
        "unit": "durable positions/s",
        "rounds": rounds,
        "batch": batch,
        "database": last.kind,
        "latest_positions_ms": last.read_ms,
        "checked": f"the same {last.contents[0]} rows, by hash, after every round of both"
        f" ({sum(map(len, batches))} sent)",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--positions", type=int, default=60_000)
    parser.add_argument("--batch", type=int, default=1000)
    parser.add_argument("--url", help="a server instead of an embedded one")
    asked = parser.parse_args()
    if asked.url:
        outcome = run(DatabaseSettings(url=asked.url), asked.rounds, asked.positions, asked.batch)
    else:
        with tempfile.TemporaryDirectory(prefix="mw-") as folder:
            Path(folder).chmod(0o755)  # under root the server is another user
            with EmbeddedPostgres(Path(folder) / "data") as server:
                settings = DatabaseSettings.model_validate(
                    {"url": server.url, "password": server.password}
                )
                outcome = run(settings, asked.rounds, asked.positions, asked.batch)
    print(json.dumps(outcome))


if __name__ == "__main__":
    main()
