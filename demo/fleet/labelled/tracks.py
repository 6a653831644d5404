"""Writes the fixes of a labelled set as the CSV that `muckwatch backtest` reads."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from config.site import Site
from demo.fleet.labelled.terminal import Columns

LOAD, LID, FLAG = ("", "empty", "half", "full"), ("", "closed", "open"), ("", "false", "true")
WORK = {0: "", 1: "sweep", 2: "wash", 4: "spray", 8: "collect"}
HEADER = (
    "vehicle_id", "terminal_id", "time", "lon", "lat", "speed_kmh", "course_deg", "load", "lid",
    "body_raised", "ignition", "antenna_cut", "power_cut", "work", "weight_kg", "temperature_c",
    "backfill", "received_at",
)  # fmt: skip


def write_tracks(path: Path, columns: Columns, vehicle_ids: tuple[str, ...], site: Site) -> None:
    """`tracks.csv`, one row a fix in the order of arrival; `received_at` says when that was."""
    terminals = [site.vehicles[v].terminal_id for v in vehicle_ids]
    cells = {name: column.tolist() for name, column in columns.items()}
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(HEADER)
        for i, vehicle in enumerate(cells["vehicle"]):
            out.writerow(
                (
                    vehicle_ids[vehicle], terminals[vehicle], _time(cells["t"][i]),
                    cells["lon"][i], cells["lat"][i], _number(cells["speed_kmh"][i]),
                    _number(cells["course_deg"][i]), LOAD[cells["load"][i] + 1],
                    LID[cells["lid"][i] + 1], FLAG[cells["body_raised"][i] + 1],
                    FLAG[cells["ignition"][i] + 1], FLAG[cells["antenna_cut"][i] + 1],
                    FLAG[cells["power_cut"][i] + 1], WORK[cells["work"][i]],
                    _number(cells["weight_kg"][i]), _number(cells["temperature_c"][i]),
                    "true" if cells["backfill"][i] else "", _time(cells["received_t"][i]),
                )
            )  # fmt: skip


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def _number(value: float) -> str:
    return "" if np.isnan(value) else f"{value:g}"
