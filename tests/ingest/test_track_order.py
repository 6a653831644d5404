"""Recorded tracks in the order of time, sorted in files where the recording is not."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest.track_order import SortedTracks, Survey, survey
from ingest.tracks import read_tracks

T0 = datetime(2026, 11, 1, tzinfo=UTC)
HEADER = "name_id,timestamp,longitude,latitude,load"


def csv_of(path: Path, seconds: list[float]) -> Path:
    rows = [
        f"v{n % 3},{(T0 + timedelta(seconds=s)).isoformat()},119.9,31.7,{'full' if n % 2 else ''}"
        for n, s in enumerate(seconds)
    ]
    path.write_text("\n".join([HEADER, *rows, "", ""]), "utf-8-sig")
    return path


@pytest.mark.parametrize(
    ("seconds", "in_order"), [([], True), ([1, 2, 2, 3], True), ([1, 3, 2], False)]
)
def test_a_survey_tells_whether_rows_are_sorted(
    tmp_path: Path, seconds: list[float], in_order: bool
) -> None:
    assert survey(csv_of(tmp_path / "t.csv", seconds)) == Survey(len(seconds), in_order)


def test_offsets_are_compared_as_moments(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    times = ["2026-11-01T08:00:00+08:00", "2026-11-01T00:00:01Z", "2026-11-01T00:00:02"]
    path.write_text("\n".join(["vehicle_id,time,lon,lat", *(f"v,{t},1,1" for t in times)]))
    assert survey(path, UTC) == Survey(3, True)
    assert survey(path) is None  # the last one's moment is not known


@pytest.mark.parametrize(
    "text", ["", "vehicle_id,lon\nv,1\n", "vehicle_id,time\nv,noon\n", 'a,time\n"v,1\n']
)
def test_what_cannot_be_read_is_left_to_the_reader_to_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text)
    assert survey(path) is None


def test_sorted_in_runs_is_sorted(tmp_path: Path) -> None:
    seconds = [float(s // 3) for s in range(500)]
    random.Random(1).shuffle(seconds)
    fixes = list(read_tracks(csv_of(tmp_path / "t.csv", seconds)))
    tracks = SortedTracks.sort(iter(fixes), tmp_path, fixes_a_run=64)
    assert (len(tracks.runs), tracks.fixes) == (8, 500)
    expected = sorted(fixes, key=lambda p: (p.fix_time, p.vehicle_id))
    for _ in range(2):
        got = list(tracks)
        assert [(p.fix_time, p.vehicle_id) for p in got] == [
            (p.fix_time, p.vehicle_id) for p in expected
        ]
        assert sorted(got, key=repr) == sorted(fixes, key=repr)
