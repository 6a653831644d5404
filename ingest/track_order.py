"""Recorded tracks in the order of their receipt, however long they are (按时间排序)."""

from __future__ import annotations

import csv
import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import islice
from operator import attrgetter
from pathlib import Path

import msgspec

from ingest.position import Position
from ingest.tracks import OTHER_NAMES

FIXES_A_RUN = 200_000
"""So many are sorted in memory at a time: some 150 MB."""
_FIXES_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Survey:
    """What a look at a file's column of times found: how many rows, and whether they are sorted.

    The column is `received_at`; `time` where there is none.
    """

    fixes: int
    in_order: bool


def survey(path: Path, timezone: tzinfo | None = None) -> Survey | None:
    """Look at the times of a CSV of tracks; several times as fast as reading the fixes.

    None where a row cannot be read: `ingest.tracks.read_tracks` says which and why.
    """
    fixes, in_order = 0, True
    before: datetime | None = None
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = (row for row in csv.reader(file, strict=True) if any(map(str.strip, row)))
            header = [OTHER_NAMES.get(cell.strip(), cell.strip()) for cell in next(rows, [])]
            column = header.index("received_at" if "received_at" in header else "time")
            for row in rows:
                at = datetime.fromisoformat(row[column].strip())
                if at.tzinfo is None:
                    at = at.replace(tzinfo=timezone)
                fixes += 1
                in_order = in_order and (before is None or before <= at)
                before = at
    except (csv.Error, ValueError, IndexError, TypeError):
        return None
    return Survey(fixes, in_order)


@dataclass(frozen=True, slots=True)
class SortedTracks:
    """Fixes sorted by receipt, time and vehicle in files, to be read as often as wanted."""

    runs: tuple[Path, ...]
    fixes: int

    @classmethod
    def sort(
        cls, positions: Iterable[Position], folder: Path, fixes_a_run: int = FIXES_A_RUN
    ) -> SortedTracks:
        """Sort into files in `folder`; no more than `fixes_a_run` fixes are in memory at once."""
        left, fixes = iter(positions), 0
        runs: list[Path] = []
        encoder = msgspec.msgpack.Encoder()
        while run := list(islice(left, fixes_a_run)):
            run.sort(key=_ORDER)
            path = folder / f"run-{len(runs):05d}"
            with path.open("wb") as out:
                for begin in range(0, len(run), _FIXES_AT_ONCE):
                    block = encoder.encode(run[begin : begin + _FIXES_AT_ONCE])
                    out.write(len(block).to_bytes(4, "big") + block)
            runs.append(path)
            fixes += len(run)
        return cls(tuple(runs), fixes)

    def __iter__(self) -> Iterator[Position]:
        return heapq.merge(*map(_read, self.runs), key=_ORDER)


_ORDER = attrgetter("received_at", "fix_time", "vehicle_id")


def _read(path: Path) -> Iterator[Position]:
    decoder = msgspec.msgpack.Decoder(list[Position])
    with path.open("rb") as file:
        while head := file.read(4):
            yield from decoder.decode(file.read(int.from_bytes(head, "big")))
