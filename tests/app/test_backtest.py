"""`muckwatch backtest` as the bureau runs it: a site folder and a CSV in, `alerts.jsonl` out."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import shapely
from shapely import MultiLineString
from typer.testing import CliRunner

from app.cli import app
from config.demo_district import folder
from tests.app.recorded_site import write_site
from tests.geofence.test_route_truth import DRIVES, FOLDER, Drive

T0 = datetime(2026, 11, 2, 0, 0, tzinfo=UTC)
PERMIT = "permit_id,site_zone,ground_zone,route_ids,vehicle_ids,valid_from,valid_to,hours,"


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def alerts_of(tmp_path: Path, drive: Drive, geometry: MultiLineString) -> list[dict[str, object]]:
    """The drive through the command; `geometry`, 50 m to each side, is its permit's only route."""
    site = write_site(tmp_path / "site", ["t"], {})
    feature = {
        "type": "Feature",
        "properties": {"id": "r1", "name": "r1", "kind": "corridor", "half_width_m": 50},
        "geometry": shapely.geometry.mapping(geometry),
    }
    routes = {"type": "FeatureCollection", "features": [feature]}
    (site / "routes.geojson").write_text(json.dumps(routes), "utf-8")
    (site / "permits.csv").write_text(PERMIT + "speed_limit_kmh,daily_trips\np1,,,r1,t0,,,,,\n")
    track = tmp_path / "track.csv"
    rows = [f"t0,{(T0 + timedelta(seconds=t)).isoformat()},{x},{y}" for x, y, t in drive.track]
    track.write_text("\n".join(["vehicle_id,time,lon,lat", *rows]))
    out = tmp_path / "alerts.jsonl"
    run("backtest", "--site", site, track, "--out", out)
    lines = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    return [alert for alert in lines if alert["kind"] == "off_route"]


@pytest.mark.skipif(not FOLDER.is_dir(), reason="no shared/data/route_truth here")
@pytest.mark.parametrize("name", DRIVES)
def test_a_real_drive_on_its_own_route_raises_nothing(tmp_path: Path, name: str) -> None:
    drive = Drive(name)
    assert alerts_of(tmp_path, drive, drive.line(drive.route)) == []


@pytest.mark.skipif(not FOLDER.is_dir(), reason="no shared/data/route_truth here")
@pytest.mark.parametrize("name", DRIVES)
def test_another_road_for_its_second_half_raises_one(tmp_path: Path, name: str) -> None:
    drive = Drive(name)
    half = len(drive.route) // 2
    first, rest = drive.line(drive.route[:half]), drive.line(drive.route[half:])
    (road,) = drive.other_roads(rest, 1)
    (alert,) = alerts_of(tmp_path, drive, MultiLineString([*first.geoms, road]))
    fields = {"kind", "vehicle_id", "started_at", "ended_at", "lon", "lat", "severity"}
    assert fields | {"confidence", "values"} <= alert.keys()
    assert alert["vehicle_id"] == "t0"
    assert alert["permit_id"] == "p1"


def test_a_track_that_cannot_be_read_is_named_by_line_and_column(tmp_path: Path) -> None:
    track = tmp_path / "track.csv"
    track.write_text("vehicle_id,time,lon,lat\nv,2026-01-01T00:00:00Z,119.9,north\n")
    command = ["backtest", "--site", str(folder()), str(track), "--out", str(tmp_path / "a")]
    result = CliRunner().invoke(app, command)
    assert result.exit_code != 0
    assert "track.csv:2: lat" in str(result.exception)
