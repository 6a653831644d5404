"""The work of `muckwatch backtest`: input, judging, files, tables, in this order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from pathlib import Path

import msgspec

from app.backtest import Backtest, Settle, backtest, in_batches, write_alerts
from app.backtest_compare import compare
from app.backtest_input import ALWAYS, Source, StoredSource, csv_source
from app.backtest_table import comparison_table, tables
from app.report.data import Side
from app.report.write import write_report
from config.datum import Datum
from config.settings import Settings
from config.site import Site
from config.site_files import load_site, read_site_folder
from geofence.finding import Round, Trip

LAST_MONTH = timedelta(days=30)

Say = Callable[[object], None]
Progress = Callable[[str], AbstractContextManager[Callable[[int, int], None]]]


class SpanError(ValueError):
    """`--from` or `--to` is no time, or leaves nothing between them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestJob:
    """What was asked for. `tracks` None: the positions of the database of `Settings`."""

    tracks: Path | None
    site: Path | None
    compare_with: Path | None
    since: str
    until: str
    zone: tzinfo | None
    datum: Datum
    alerts: Path
    trips: Path | None
    report: Path | None

    def run(self, say: Say, progress: Progress) -> None:
        """Do it. `say` prints a line or a table; `progress` shows a bar of that name."""
        with ExitStack() as stack:
            site, source = self._input(stack, say)
            sites = [site]
            if self.compare_with is not None:
                sites.append(_load(self.compare_with))
            settle = stack.enter_context(_trip_file(self.trips)) if self.trips else _nothing
            with progress("回测 backtest") as shown:
                results = backtest(
                    sites,
                    in_batches(source.positions()),
                    lambda done: shown(done, source.fixes or 0),
                    settle,
                )
            self._finish(source, sites, results, say, progress)

    def _input(self, stack: ExitStack, say: Say) -> tuple[Site, Source]:
        if self.tracks is not None and self.site is not None:
            site = _load(self.site)
            zone = self.zone or site.timezone
            span = span_of(self.since, self.until, zone)
            source = csv_source(self.tracks, zone, self.datum, span, say)
            return site, stack.enter_context(source)
        from store.database import connect, describe
        from store.site import read_site

        settings = Settings().database
        conn = stack.enter_context(connect(settings, "muckwatch-backtest"))
        site = _load(self.site) if self.site is not None else read_site(conn)
        since, until = span_of(self.since, self.until, self.zone or site.timezone)
        until = datetime.now(UTC) if until == ALWAYS[1] else until
        since = until - LAST_MONTH if since == ALWAYS[0] else since
        return site, StoredSource(describe(settings), None, conn, since, until)

    def _finish(
        self, source: Source, sites: list[Site], results: list[Backtest], say: Say,
        progress: Progress,
    ) -> None:  # fmt: skip
        first, *rest = results
        write_alerts(self.alerts, first.alerts)
        comparison = compare(first.alerts, rest[0].alerts) if rest else None
        a = Side(self.site.name if self.site else "database", sites[0], first)
        b = Side(self.compare_with.name, sites[1], rest[0]) if self.compare_with else None
        title = f"{sites[0].name}: {first.fixes:,} 定位点 fixes, {first.vehicles:,} 车 vehicles, "
        for table in tables(f"{title}{first.truck_days:,} 车日 truck-days", first):
            say(table)
        if b is not None and comparison is not None:
            say(comparison_table(a.name, b.name, comparison))
        if self.report is not None:
            with progress("报告 report"):
                told = write_report(self.report, source, a, b, comparison=comparison)
            left_out = f", {told.left_out:,} 未列入 left out" if told.left_out else ""
            size = f"{told.bytes / 1e6:.1f} MB"
            say(f"{self.report}: {told.alerts:,} 条告警 alerts{left_out}, {size}")


def _load(folder: Path) -> Site:
    return load_site(read_site_folder(folder))


def _nothing(_finding: Trip | Round) -> None:
    """No file of trips was asked for."""


@contextmanager
def _trip_file(path: Path) -> Iterator[Settle]:
    """Trips and rounds as they are settled; `type` says which it is."""
    encoder = msgspec.json.Encoder()
    with path.open("wb") as out:

        def write(finding: Trip | Round) -> None:
            out.write(encoder.encode(finding) + b"\n")

        yield write


def span_of(since: str, until: str, zone: tzinfo) -> tuple[datetime, datetime]:
    """[since, until); a date alone is a whole day of `zone`, the last one included.

    Raises:
        SpanError: not a date or time, or empty.
    """
    begin = _moment("--from", since, zone, timedelta(0)) if since else ALWAYS[0]
    end = _moment("--to", until, zone, timedelta(days=1)) if until else ALWAYS[1]
    if begin >= end:
        raise SpanError(f"--from {since} --to {until}: nothing lies between")
    return begin, end


def _moment(option: str, text: str, zone: tzinfo, day: timedelta) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(text) + day, time(), zone)
    except ValueError:
        pass
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise SpanError(f"{option} {text}: no date as 2026-11-02 and no time") from error
    return at if at.tzinfo else at.replace(tzinfo=zone)
