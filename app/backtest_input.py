"""Where a backtest's fixes come from: a CSV of tracks, or the positions of the running database."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Protocol

from config.datum import Datum
from ingest.position import Position
from ingest.track_order import SortedTracks, survey
from ingest.tracks import read_tracks
from store.database import Connection
from store.position_reader import positions_received_between, trail

LATE = timedelta(hours=2)
ALWAYS = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Window:
    """A piece of one vehicle's track that is wanted, [begin, end]."""

    vehicle_id: str
    begin: datetime
    end: datetime


class Source(Protocol):
    """Fixes in the order of their receipt, as often as wanted."""

    @property
    def name(self) -> str:
        """For people."""

    @property
    def fixes(self) -> int | None:
        """How many there are; None where that is not known beforehand."""

    def positions(self) -> Iterator[Position]: ...

    def pieces(self, windows: Iterable[Window]) -> Iterator[tuple[Window, list[Position]]]:
        """The fixes of each window, windows in any order; in no order where fixes came late."""
        ...


@dataclass(frozen=True, slots=True)
class RecordedSource:
    """Fixes that can be read in order again and again: those of a sorted CSV."""

    name: str
    fixes: int | None
    read: Callable[[], Iterable[Position]]
    since: datetime
    until: datetime

    def positions(self) -> Iterator[Position]:
        for position in self.read():
            if position.received_at >= self.until:
                return
            if position.received_at >= self.since:
                yield position

    def pieces(self, windows: Iterable[Window]) -> Iterator[tuple[Window, list[Position]]]:
        """One pass; only the windows that are open at a time are in memory.

        A fix that comes later than `LATE` after its window's end is not in the piece.
        """
        waiting: dict[str, list[Window]] = {}
        for window in sorted(windows, key=lambda w: w.begin, reverse=True):
            waiting.setdefault(window.vehicle_id, []).append(window)
        open_: dict[str, list[tuple[Window, list[Position]]]] = {v: [] for v in waiting}
        for position in self.positions():
            at, vehicle_id = position.fix_time, position.vehicle_id
            over = position.received_at - LATE
            if (pieces := open_.get(vehicle_id)) is None:
                continue
            coming = waiting[vehicle_id]
            while coming and coming[-1].begin <= position.received_at:
                pieces.append((coming.pop(), []))
            if not pieces:
                continue
            for window, found in pieces:
                if window.begin <= at <= window.end:
                    found.append(position)
                elif window.end < over:
                    yield window, found
            open_[vehicle_id] = [p for p in pieces if p[0].end >= over]
        for pieces in open_.values():
            yield from pieces


@dataclass(frozen=True, slots=True)
class StoredSource:
    """The positions that the database has of [since, until).

    They come in the order in which they were received, so that what is late is judged as it was.
    """

    name: str
    fixes: int | None
    conn: Connection
    since: datetime
    until: datetime

    def positions(self) -> Iterator[Position]:
        return positions_received_between(self.conn, self.since, self.until)

    def pieces(self, windows: Iterable[Window]) -> Iterator[tuple[Window, list[Position]]]:
        for window in windows:
            end = window.end + timedelta(microseconds=1)
            yield window, trail(self.conn, window.vehicle_id, window.begin, end, limit=20_000)


@contextmanager
def csv_source(
    path: Path,
    timezone: tzinfo,
    datum: Datum,
    span: tuple[datetime, datetime] = ALWAYS,
    say: Callable[[str], None] = lambda _text: None,
) -> Iterator[RecordedSource]:
    """A CSV of tracks. One that is not sorted by time is sorted first, in a folder of its own.

    Raises:
        TrackError: at the first row that cannot be read, here or while iterating.
    """
    looked = survey(path, timezone)

    def read() -> Iterable[Position]:
        return read_tracks(path, timezone, datum)

    if looked is None:
        for _ in read():
            pass  # ends at the row that could not be read, which it names
    if looked is not None and looked.in_order:
        yield RecordedSource(path.name, looked.fixes, read, *span)
        return
    say(f"{path.name} 未按时间排序,先排序一次 is not sorted by time: sorting it once")
    with tempfile.TemporaryDirectory(prefix="muckwatch-backtest-") as folder:
        tracks = SortedTracks.sort(read(), Path(folder))
        yield RecordedSource(path.name, tracks.fixes, lambda: tracks, *span)
