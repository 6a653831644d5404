"""Commands that need no server, and what they say to a mistake."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner, Result

from app.cli import app, main
from config.demo_district import folder


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_a_sound_site_passes_the_check() -> None:
    result = invoke("check", folder())
    assert (result.exit_code, "no errors" in result.output) == (0, True)


def test_a_wrong_site_is_told_by_file_line_and_field(tmp_path: Path) -> None:
    site = shutil.copytree(folder(), tmp_path / "site")
    vehicles = site / "vehicles.csv"
    vehicles.write_text(vehicles.read_text("utf-8").replace(",muck,c1,", ",ship,c1,", 1), "utf-8")
    result = invoke("check", site)
    assert result.exit_code == 2
    assert "vehicles.csv:2: error: kind:" in result.output


def site_with(tmp_path: Path, rules: str) -> Path:
    """The demo district with other thresholds."""
    site = shutil.copytree(folder(), tmp_path / "site")
    toml = site / "site.toml"
    head = toml.read_text("utf-8").partition("[rules.")[0]
    toml.write_text(head + rules, "utf-8")
    return site


@pytest.mark.parametrize(
    "kind", ["off_route", "spillage", "attribution", "gate_findings", "terminal_silent"]
)
def test_a_threshold_that_no_rule_knows_fails_the_check(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    site = site_with(tmp_path, f"[rules.{kind}]\nmore = 1\n")
    monkeypatch.setattr("sys.argv", ["muckwatch", "check", str(site)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code != 0
    said = capsys.readouterr()
    assert f"rules.{kind}.more" in said.out + said.err
    assert "no rule has this name" not in said.out
    assert "Traceback" not in said.out + said.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["backtest", "nowhere.csv", "--site", str(folder()), "--out", "x"],
        ["detect", "nowhere.mp4", "--out", "x"],
        ["check", "nowhere"],
        ["replay", "nowhere.csv"],
    ],
)
def test_a_file_that_is_not_there_is_named(arguments: list[str]) -> None:
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert "nowhere" in result.output


def test_an_unknown_camera_is_told_with_those_there_are(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"")
    result = invoke("detect", clip, "--camera", "nix", "--site", folder(), "--out", tmp_path / "x")
    assert result.exit_code == 2
    assert "hotspot" in result.output


def test_an_unknown_setting_is_told_in_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MUCKWATCH_MQTT__PORTT", "1")
    monkeypatch.setattr("sys.argv", ["muckwatch", "serve", "pipeline"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert "portt" in capsys.readouterr().err.lower()


def test_a_file_that_is_no_video_is_told_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_text("no video")
    command = ["muckwatch", "detect", str(clip), "--out", str(tmp_path / "x")]
    monkeypatch.setattr("sys.argv", command)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert "clip.mp4" in capsys.readouterr().err
