from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from config.datum import Datum
from ingest.position import Lid, Load, Position, Work
from ingest.tracks import TrackError, read_tracks

SHANGHAI = ZoneInfo("Asia/Shanghai")
HEADER = "vehicle_id,time,lon,lat"


def read(tmp_path: Path, text: str | bytes, **how: object) -> list[Position]:
    path = tmp_path / "tracks.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(read_tracks(path, **how))


def test_the_columns_of_the_payload(tmp_path: Path) -> None:
    (position,) = read(
        tmp_path,
        "\ufeffvehicle_id,terminal_id,time,lon,lat,speed_kmh,lid,load,body_raised,work,backfill,x\n"
        "苏D12345,T9,2026-05-01T08:00:00+08:00,119.95,31.7,33.5,open,full,true,sweep|wash,,?\n\n",
    )
    assert position == Position(
        vehicle_id="苏D12345",
        terminal_id="T9",
        fix_time=datetime(2026, 5, 1, tzinfo=UTC),
        received_at=datetime(2026, 5, 1, tzinfo=UTC),
        lon=119.95,
        lat=31.7,
        speed_kmh=33.5,
        lid=Lid.OPEN,
        load=Load.FULL,
        body_raised=True,
        work=(Work.SWEEP, Work.WASH),
    )


def test_the_header_of_published_data_sets_and_local_times(tmp_path: Path) -> None:
    (position,) = read(
        tmp_path,
        "longitude,latitude,timestamp,name_id\n119.67,31.27,2020-07-18 09:07:17,0086627\n",
        timezone=SHANGHAI,
    )
    assert (position.vehicle_id, position.lon, position.lat) == ("0086627", 119.67, 31.27)
    assert position.fix_time == datetime(2020, 7, 18, 1, 7, 17, tzinfo=UTC)


def test_an_offset_is_stronger_than_the_timezone(tmp_path: Path) -> None:
    (position,) = read(tmp_path, f"{HEADER}\na,2026-05-01T08:00:00Z,119,31\n", timezone=SHANGHAI)
    assert position.fix_time == datetime(2026, 5, 1, 8, tzinfo=UTC)


def test_gcj02_is_converted(tmp_path: Path) -> None:
    """Wujin's government in GCJ-02; the shift there is about +0.0045, -0.0021 degrees."""
    (position,) = read(
        tmp_path, f"{HEADER}\na,2026-05-01T08:00:00Z,119.9450,31.7010\n", datum=Datum.GCJ02
    )
    assert 0.003 < 119.9450 - position.lon < 0.006
    assert -0.004 < 31.7010 - position.lat < 0.004
    assert position.lat != 31.7010


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "tracks.csv:1: no header"),
        ("vehicle_id,time,lon\n", "tracks.csv:1: lat: the header lacks this column"),
        ("a,lon,longitude,lat,time,vehicle_id\n", "tracks.csv:1: lon: the header has this column"),
        (f"{HEADER}\n\na,1\n", "tracks.csv:3: 2 cells where the header has 4"),
        (f"{HEADER}\na,yesterday,1,2\n", "tracks.csv:2: time: not a time: 'yesterday'"),
        (f"{HEADER}\na,2026-05-01T08:00:00,1,2\n", "tracks.csv:2: time: no offset from UTC"),
        (f"{HEADER}\na,2026-05-01T08:00:00Z,181,2\n", "tracks.csv:2: lon: Expected float <= 180"),
        (f"{HEADER}\na,2026-05-01T08:00:00Z,nan,2\n", "tracks.csv:2: lon: "),
        (f"{HEADER}\na,2026-05-01T08:00:00Z,1,east\n", "tracks.csv:2: lat: Expected float"),
        (f"{HEADER}\na,2026-05-01T08:00:00Z,1,\n", "tracks.csv:2: lat: missing"),
        (f"{HEADER}\n,2026-05-01T08:00:00Z,1,2\n", "tracks.csv:2: vehicle_id: empty"),
        (f"{HEADER},lid\na,2026-05-01T08:00:00Z,1,2,ajar\n", "tracks.csv:2: lid: Invalid enum"),
        (f'{HEADER}\n"a\nb",2026-05-01T08:00:00Z,1,200\n', "tracks.csv:2: lat: "),
        (f'{HEADER}\n"a,b\n', "tracks.csv:2: not CSV"),
        (f"{HEADER}\n苏,2026-05-01T08:00:00Z,1,2\n".encode("gbk"), "not UTF-8"),
    ],
)
def test_what_is_wrong_and_where(tmp_path: Path, text: str | bytes, message: str) -> None:
    with pytest.raises(TrackError) as raised:
        read(tmp_path, text)
    assert message in str(raised.value)


def test_rows_before_the_fault_are_given(tmp_path: Path) -> None:
    path = tmp_path / "tracks.csv"
    path.write_text(f"{HEADER}\na,2026-05-01T08:00:00Z,1,2\na,2026-05-01T08:00:00Z,1,99\n")
    rows = read_tracks(path)
    assert next(rows).vehicle_id == "a"
    with pytest.raises(TrackError, match=r"tracks\.csv:3: lat"):
        next(rows)


def test_when_a_fix_was_received_may_be_told(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    rows = ["v,2026-11-01T08:00:00+08:00,1,1,2026-11-01T00:00:07Z", "v,2026-11-01T08:00:10,1,1,"]
    path.write_text("\n".join(["vehicle_id,time,lon,lat,received_at", *rows]))
    first, second = read_tracks(path, ZoneInfo("Asia/Shanghai"))
    assert (first.received_at - first.fix_time).total_seconds() == 7
    assert second.received_at == second.fix_time
    path.write_text("vehicle_id,time,lon,lat,received_at\nv,2026-11-01T08:00:00Z,1,1,soon\n")
    with pytest.raises(TrackError, match=r"t\.csv:2: received_at: not a time"):
        list(read_tracks(path))
