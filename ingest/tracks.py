"""Recorded tracks from a CSV file, as positions (历史轨迹)."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any, TextIO

import msgspec

from config.datum import Datum, point_to_wgs84
from ingest.decode_error import explain
from ingest.position import Position
from ingest.position_payload import PositionPayload

REQUIRED = ("vehicle_id", "time", "lon", "lat")
OTHER_NAMES = {
    "longitude": "lon",
    "latitude": "lat",
    "timestamp": "time",
    "name_id": "vehicle_id",
}
"""Column names of published trajectory data sets."""
_PAYLOAD_COLUMNS = frozenset(PositionPayload.__struct_fields__)


class TrackError(ValueError):
    """A track file that cannot be read. The message names file, line and column."""

    def __init__(self, path: Path, line: int, column: str, problem: str) -> None:
        self.path, self.line, self.column, self.problem = path, line, column, problem
        where = f"{column}: " if column else ""
        super().__init__(f"{path}:{line}: {where}{problem}")


def read_tracks(
    path: Path, timezone: tzinfo | None = None, datum: Datum = Datum.WGS84
) -> Iterator[Position]:
    """The fixes of a CSV, in the order of its rows.

    The header has `vehicle_id,time,lon,lat`, and may have `terminal_id`, `received_at` and any
    field of the MQTT payload; other columns are not read. Where no `received_at` is told, a fix was
    received at its own time. `longitude,latitude,timestamp,name_id` are understood, too.
    Empty cells say nothing. Lists in a cell are separated by `|`.

    Args:
        path: UTF-8, with or without byte order mark.
        timezone: whose wall clock the times without offset are; None: such a time is an error.
        datum: what the coordinates are in.

    Raises:
        TrackError: at the first row that cannot be read, while iterating.
        OSError: the file cannot be opened.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        line = 1
        try:
            for line, cells in _rows(path, file):
                yield _position(path, line, cells, timezone, datum)
        except UnicodeDecodeError as error:
            problem = "not UTF-8 (in Excel: save as 'CSV UTF-8', not plain CSV)"
            raise TrackError(path, line, "", f"{problem}, at or after this line") from error


def _rows(path: Path, file: TextIO) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.reader(file, strict=True)
    header: list[str] | None = None
    begins = 1
    try:
        for row in reader:
            line, begins = begins, reader.line_num + 1
            if not any(map(str.strip, row)):
                continue
            if header is None:
                header = _header(path, line, row)
            elif len(row) != len(header):
                problem = f"{len(row)} cells where the header has {len(header)}"
                raise TrackError(path, line, "", problem)
            else:
                yield line, dict(zip(header, map(str.strip, row), strict=True))
    except csv.Error as error:
        raise TrackError(path, reader.line_num, "", f"not CSV: {error}") from error
    if header is None:
        raise TrackError(path, 1, "", f"no header; it must have {','.join(REQUIRED)}")


def _header(path: Path, line: int, row: Sequence[str]) -> list[str]:
    header = [OTHER_NAMES.get(name := cell.strip(), name) for cell in row]
    for column in REQUIRED:
        if header.count(column) != 1:
            has = "lacks this column" if column not in header else "has this column twice"
            raise TrackError(path, line, column, f"the header {has}")
    return header


def _position(
    path: Path, line: int, cells: Mapping[str, str], timezone: tzinfo | None, datum: Datum
) -> Position:
    vehicle_id = cells["vehicle_id"]
    if not vehicle_id:
        raise TrackError(path, line, "vehicle_id", "empty")
    said: dict[str, Any] = {
        column: cell.split("|") if column == "work" else cell
        for column, cell in cells.items()
        if cell and column in _PAYLOAD_COLUMNS
    }
    said["time"] = _time(path, line, "time", cells["time"], timezone)
    try:
        fix = msgspec.convert(said, PositionPayload, strict=False)
    except msgspec.ValidationError as error:
        column, _, problem = explain(b"", error).partition(": ")
        raise TrackError(path, line, column, problem) from error
    lon, lat = point_to_wgs84(datum, fix.lon, fix.lat)
    fix_time = fix.time.astimezone(UTC)
    received = cells.get("received_at")
    received_at = _time(path, line, "received_at", received, timezone) if received else fix_time
    return Position(
        vehicle_id=vehicle_id,
        terminal_id=cells.get("terminal_id") or vehicle_id,
        fix_time=fix_time,
        received_at=received_at.astimezone(UTC),
        lon=lon,
        lat=lat,
        speed_kmh=fix.speed_kmh,
        course_deg=fix.course_deg,
        altitude_m=fix.altitude_m,
        satellites=fix.satellites,
        lid=fix.lid,
        load=fix.load,
        body_raised=fix.body_raised,
        ignition=fix.ignition,
        work=fix.work,
        weight_kg=fix.weight_kg,
        temperature_c=fix.temperature_c,
        antenna_cut=fix.antenna_cut,
        power_cut=fix.power_cut,
        backfill=fix.backfill,
    )


def _time(path: Path, line: int, column: str, cell: str, timezone: tzinfo | None) -> datetime:
    try:
        time = datetime.fromisoformat(cell)
    except ValueError as error:
        problem = f"not a time: {cell!r}, expected as 2026-07-18T09:07:17+08:00"
        raise TrackError(path, line, column, problem) from error
    if time.tzinfo is None:
        if timezone is None:
            problem = "no offset from UTC, and no timezone was named"
            raise TrackError(path, line, column, problem)
        time = time.replace(tzinfo=timezone)
    return time
