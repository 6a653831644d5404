"""A backtest on what the running database stored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from app.backtest_input import StoredSource, Window
from app.cli import app
from config.settings import DatabaseSettings
from config.site_files import read_site_folder
from ingest.position import Position, Quality
from store.batch import Batch
from store.database import Connection, connect
from store.position_reader import positions_received_between
from store.site import seed_site_files
from store.writer import Writer
from tests.app.backtest_world import T0, csv_of, drives, recorded, site_of
from tests.databases import fresh_database

pytestmark = pytest.mark.servers

HOUR = timedelta(hours=1)


@pytest.fixture
def url(embedded: DatabaseSettings, migrated: str) -> Iterator[str]:
    with fresh_database(embedded, migrated) as fresh:
        yield fresh


@pytest.fixture
def conn(url: str) -> Iterator[Connection]:
    with connect(DatabaseSettings(url=url)) as connection:
        yield connection


@pytest.fixture
def fixes(conn: Connection) -> list[Position]:
    """Three drives a truck, the last one received five hours late, in no order; one wrong clock."""
    known = list(recorded(3))
    late = [
        msgspec.structs.replace(p, received_at=p.fix_time + 5 * HOUR)
        for p in known
        if p.fix_time > T0 + 5 * HOUR
    ]
    early = [p for p in known if p.fix_time <= T0 + 5 * HOUR]
    ahead = msgspec.structs.replace(
        known[0], vehicle_id="t2", fix_time=T0 + 4 * HOUR, received_at=T0, quality=Quality.FUTURE
    )
    stored = [*late[::-1], ahead, *early]
    Writer(conn, lambda _change: []).write(Batch(positions=tuple(stored)))
    return sorted(stored, key=lambda p: (p.received_at, stored.index(p)))


def test_the_reader_streams_in_the_order_of_receipt(
    conn: Connection, fixes: list[Position]
) -> None:
    assert list(positions_received_between(conn, T0 - HOUR, T0 + 100 * HOUR)) == fixes
    some = [p for p in fixes if T0 + HOUR <= p.received_at < T0 + 11.05 * HOUR]
    assert 0 < len(some) < len(fixes)
    assert list(positions_received_between(conn, T0 + HOUR, T0 + 11.05 * HOUR)) == some
    assert list(positions_received_between(conn, T0, T0)) == []


def test_pieces_of_tracks(conn: Connection, fixes: list[Position]) -> None:
    source = StoredSource("db", None, conn, T0 - HOUR, T0 + 100 * HOUR)
    assert list(source.positions()) == fixes
    window = Window("t1", T0, T0 + timedelta(minutes=4))
    ((same, piece),) = source.pieces([window])
    assert same is window
    assert piece == [p for p in fixes if p.vehicle_id == "t1" and T0 <= p.fix_time <= window.end]


def test_the_command_on_the_database_raises_what_it_does_on_the_recording(
    tmp_path: Path, conn: Connection, url: str, fixes: list[Position],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("MUCKWATCH_DATABASE__URL", url)
    folder = site_of(tmp_path / "site")
    seed_site_files(conn, read_site_folder(folder))
    conn.execute(
        "UPDATE position SET lon = round(lon::numeric, 6), lat = round(lat::numeric, 6)"
    )  # as the recording has them
    outs = [tmp_path / "csv.jsonl", tmp_path / "database.jsonl"]
    report = tmp_path / "r.html"
    for arguments in (
        [str(csv_of(tmp_path / "t.csv", drives(3))), "--site", str(folder), "--out", str(outs[0])],
        ["--database", "--from", "2026-10-31", "--to", "2026-11-05", "--out", str(outs[1]),
         "--report", str(report)],
    ):  # fmt: skip
        result = CliRunner().invoke(app, ["backtest", *arguments])
        assert result.exit_code == 0, result.output
    found, stored = ([json.loads(x) for x in out.read_text().splitlines()] for out in outs)
    assert len(found) == 9
    assert [a.pop("rings") for a in found] == [True] * 9
    assert [a.pop("rings") for a in stored] == [True] * 6 + [False] * 3  # as it was then
    assert stored == found
    assert '"track":[[' in report.read_text("utf-8")
