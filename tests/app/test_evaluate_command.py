"""`muckwatch evaluate` on a folder drawn here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import app
from config.problem import SiteError
from tests.app.evaluate_folder import write_folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("evaluation") / "set")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def evaluate(*arguments: object):
    return CliRunner().invoke(app, ["evaluate", *map(str, arguments)], catch_exceptions=False)


def row(summary: dict, kind: str, source: str, condition: str) -> dict:
    of = {"kind": kind, "source": source, "condition": condition}
    (found,) = [r for r in summary["events"] if of.items() <= r.items()]
    return found


def test_what_is_told_is_scored_by_source_and_condition(folder, cache, tmp_path):
    to = tmp_path / "scores.json"
    result = evaluate(folder, "--cache", cache, "--json", to, "--list", "--processes", 2)
    assert result.exit_code == 0, result.output
    summary = json.loads(to.read_text("utf-8"))
    day = row(summary, "illegal_dumping", "synthetic", "day")
    assert (day["events"], day["found"], day["false"]) == (1, 1, 0)
    assert 3 < day["alert_p50_s"] < 12
    night = row(summary, "illegal_dumping", "synthetic", "night")
    assert (night["events"], night["false"], night["recall"]) == (0, 1, None)
    assert night["false_per_day"] == pytest.approx(24 * 3600 / 22)
    quiet = row(summary, "all", "composite", "all")
    assert (quiet["events"], quiet["false"], quiet["precision"]) == (0, 0, None)
    standing, rain = summary["distractors"][-1], summary["distractors"][0]
    assert (standing["what"], standing["times"], standing["with_alarm"]) == (
        "person_standing",
        1,
        1,
    )
    assert (rain["source"], rain["what"], rain["alarms"]) == ("composite", "rain", 0)
    assert "FALSE bin.avi night illegal_dumping" in result.output
    assert len(list(cache.glob("*.outcome"))) == 3


def test_a_second_run_reuses_what_was_kept(folder, cache):
    result = evaluate(folder, "--cache", cache)
    assert "3 of 3 clips were kept" in result.output


def test_only_what_was_asked_for_is_run(folder, cache, tmp_path):
    to = tmp_path / "scores.json"
    evaluate(folder, "--cache", cache, "--only", "/night", "--json", to)
    assert {r["condition"] for r in json.loads(to.read_text("utf-8"))["events"]} == {"night", "all"}
    for wrong in ("nonsense", "spillage/fog"):
        result = evaluate(folder, "--cache", cache, "--only", wrong)
        assert result.exit_code == 2
        assert "none of" in result.output or "no kind" in result.output
    assert evaluate(folder, "--cache", cache, "--split", "half").exit_code == 2


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("clips.csv", "bag.avi,c1", "bog.avi,c1", "clips.csv:2: error: clip: there is no file"),
        ("clips.csv", ",night,", ",fog,", "clips.csv:3: error: condition: 'fog' is none of day"),
        ("clips.csv", "bin.avi,c2", "bin.avi,c9", "clips.csv:3: error: camera_id: 'c9' is not in"),
        ("clips.csv", "+08:00", "", "clips.csv:2: error: starts_at:"),
        ("events.csv", "illegal_dumping", "littering", "events.csv:2: error: kind: 'littering'"),
        ("events.csv", "8,9.5,,146", "8,7.5,,146", "events.csv:2: error: visible_s: 7.5 is before"),
        ("events.csv", "146,130,174", "146,130,14", "events.csv:2: error: x2: 14 is not right of"),
        ("events.csv", "bag.avi,", "bug.avi,", "events.csv:2: error: clip: 'bug.avi' is not in"),
        ("distractors.csv", "7,12", "7,soon", "distractors.csv:2: error: ended_s: 'soon' is not"),
        ("site/cameras.toml", '"hotspot"', '"hot"', "site/cameras.toml:9: error: role: 'hot'"),
    ],
)
def test_what_is_wrong_is_named_by_file_line_and_field(folder, tmp_path, file, old, new, told):
    for path in folder.rglob("*"):
        copy = tmp_path / path.relative_to(folder)
        if path.is_dir():
            copy.mkdir(parents=True, exist_ok=True)
        else:
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    text = (tmp_path / file).read_text("utf-8")
    assert old in text
    (tmp_path / file).write_text(text.replace(old, new), "utf-8")
    with pytest.raises(SiteError) as error:
        evaluate(tmp_path)
    assert any(str(problem).startswith(told) for problem in error.value.problems), error.value
