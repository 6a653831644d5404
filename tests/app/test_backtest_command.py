"""`muckwatch backtest` on a small recording: its input, its files, its tables, its memory."""

from __future__ import annotations

import json
import random
import re
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from app.backtest import backtest
from app.backtest_days import TruckDays
from app.cli import app
from config.site_files import load_site, read_site_folder
from ingest.fixes import Fixes
from ingest.position import Position
from tests.app.backtest_world import DRIVE, T0, csv_of, drives, recorded, site_of


def run(*arguments: object, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["backtest", *map(str, arguments)], env={"COLUMNS": "200"})
    assert result.exit_code == code, result.output
    return result.output


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_summary_and_alerts(tmp_path: Path) -> None:
    site, out = site_of(tmp_path / "site"), tmp_path / "a.jsonl"
    said = run(csv_of(tmp_path / "t.csv", drives(4)), "--site", site, "--out", out)
    found = lines(out)
    assert [a["kind"] for a in found] == ["restricted_zone"] * 12
    assert "1,080 定位点 fixes, 3 车 vehicles, 6 车日 truck-days" in said
    row = next(line for line in said.splitlines() if "restricted_zone" in line)
    cells = [cell.strip() for cell in re.split("[│┃|]", row) if cell.strip()]
    assert cells[:5] == ["闯限行区", "restricted_zone", "12", "3", "2.000"]
    assert re.fullmatch(r"0:0[12]:\d\d", cells[5])
    assert "可信 good" in said


def test_an_unsorted_recording_is_sorted_once_and_gives_the_same(tmp_path: Path) -> None:
    site, fixes = site_of(tmp_path / "site"), drives(3)
    shuffled = random.Random(4).sample(fixes, len(fixes))
    outs = [tmp_path / "a.jsonl", tmp_path / "b.jsonl"]
    said = [
        run(csv_of(tmp_path / f"{n}.csv", f), "--site", site, "--out", out)
        for n, (f, out) in enumerate(zip((fixes, shuffled), outs, strict=True))
    ]
    assert ["sorting it once" in text for text in said] == [False, True]
    assert outs[0].read_bytes() == outs[1].read_bytes() != b""


@pytest.mark.parametrize(
    ("span", "alerts"),
    [
        (("--from", "2026-11-02"), 3),  # the sites' midnight lies before the third drive's day
        (("--to", "2026-11-01"), 6),
        (("--from", "2026-11-01T22:30:00", "--to", "2026-11-01T15:50:00Z"), 3),
    ],
)
def test_from_and_to_are_days_or_times_of_the_site(
    tmp_path: Path, span: tuple[str, ...], alerts: int
) -> None:
    site, out = site_of(tmp_path / "site"), tmp_path / "a.jsonl"
    run(csv_of(tmp_path / "t.csv", drives(3)), "--site", site, "--out", out, *span)
    assert len(lines(out)) == alerts


def test_what_is_asked_for_wrongly_is_said(tmp_path: Path) -> None:
    site, track = site_of(tmp_path / "site"), csv_of(tmp_path / "t.csv", drives(1))
    out = ("--out", tmp_path / "a")
    assert "either" in run(*out, code=2)
    assert "either" in run(track, "--site", site, "--database", *out, code=2)
    assert "--site" in run(track, *out, code=2)
    assert "soon" in run(track, "--site", site, "--from", "soon", *out, code=2)
    late = ("--from", "2026-11-03", "--to", "2026-11-01")
    assert "nothing lies between" in run(track, "--site", site, *late, *out, code=2)


def test_two_configurations_in_one_pass(tmp_path: Path) -> None:
    a = site_of(tmp_path / "now")
    b = site_of(tmp_path / "trial", "[rules.restricted_zone]\nhold_s = 3600\n")
    out, report = tmp_path / "a.jsonl", tmp_path / "r.html"
    track = csv_of(tmp_path / "t.csv", drives(2))
    said = run(track, "--site", a, "--compare", b, "--out", out, "--report", report)
    row = next(line for line in said.splitlines()[::-1] if "restricted_zone" in line)
    assert re.findall(r"\d+", row) == ["6", "0", "0"]
    assert len(lines(out)) == 6
    assert "6 条告警 alerts" in said


def test_memory_does_not_grow_with_the_days(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is kept for late fixes is looked through now and then: here so often that days show.
    monkeypatch.setattr("geofence.kept._LOOKED_THROUGH_FROM", 1000)
    # Nothing is raised, so that nothing but the judging takes memory.
    site = load_site(read_site_folder(site_of(tmp_path / "site")))
    site = replace(site, rules={**site.rules, "restricted_zone": {"enabled": False}})
    batch = list(recorded(2))

    def stream(days: int) -> Iterator[list[Position]]:
        for moved in map(timedelta, range(days)):
            yield [
                msgspec.structs.replace(
                    p, fix_time=p.fix_time + moved, received_at=p.received_at + moved
                )
                for p in batch
            ]

    def peak(days: int) -> int:
        tracemalloc.start()
        (result,) = backtest([site], stream(days))
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert (result.fixes, result.truck_days) == (days * 6 * DRIVE, days * 3)
        assert result.alerts == []
        return highest

    assert peak(30) < peak(8) * 1.15


def test_truck_days_are_days_of_the_site(tmp_path: Path) -> None:
    site = load_site(read_site_folder(site_of(tmp_path / "site")))
    days = TruckDays(site.timezone)
    first = next(recorded(1))
    for hours in (0, 3.9, 4.1, 5, 28.1, 120):  # T0 is 20:00 in the site's time
        at = T0 + timedelta(hours=hours)
        for vehicle_id in ("t0", "t1") if hours < 5 else ("t0",):
            fix = msgspec.structs.replace(first, vehicle_id=vehicle_id, fix_time=at)
            days.add(Fixes.of([fix]))
    assert days.total() == 6
    assert days.vehicles == {"t0", "t1"}
    assert (days.first_at, days.last_at) == (T0, T0 + timedelta(hours=120))
