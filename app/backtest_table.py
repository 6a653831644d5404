"""A backtest's summary, printed. Its words are those of the report, Chinese first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.table import Table

from alerts.kind import ALERT_KINDS
from app.backtest import Backtest
from app.backtest_compare import Comparison
from app.backtest_summary import by_kind, compared
from app.report.document import words

_ZH, _EN = "zh-CN", "en"


def tables(title: str, result: Backtest) -> Iterator[Table]:
    """Alerts by kind, then whatever there is of trips, rounds and fixes."""
    headings = ("table.kind", "", "table.alerts", "table.vehicles", "table.per_truck_day")
    table = _table(title, (*headings, "table.median"))
    for row in by_kind(result):
        table.add_row(
            _kind(row.kind),
            row.kind,
            f"{row.alerts:,}",
            f"{row.vehicles:,}",
            "–" if row.per_truck_day is None else f"{row.per_truck_day:.3f}",
            "–" if row.median_s is None else _duration(row.median_s),
        )
    per_day = f"{len(result.alerts) / result.truck_days:.3f}" if result.truck_days else "–"
    table.add_section()
    table.add_row(_both("total"), "", f"{len(result.alerts):,}", "", per_day, "")
    yield table
    counts: tuple[tuple[str, str, Mapping[str, int]], ...] = (
        ("summary.trips", "trip", result.trips),
        ("summary.rounds", "round", result.rounds),
        ("summary.fixes", "quality", result.qualities),
    )
    for heading, prefix, found in counts:
        if found:
            table = _table("", (heading, "count"))
            for key, count in found.items():
                table.add_row(_both(f"{prefix}.{key}"), f"{count:,}")
            table.add_section()
            table.add_row(_both("total"), f"{sum(found.values()):,}")
            yield table


def comparison_table(a: str, b: str, comparison: Comparison) -> Table:
    """Alerts by kind: only A's, both's, only B's."""
    headings = ("table.kind", "", "by.a", "by.both", "by.b")
    table = _table(f"A {a}, B {b}", headings)
    for row in compared(comparison):
        same = f"{row.both_a:,}" if row.both_a == row.both_b else f"{row.both_a:,} = {row.both_b:,}"
        table.add_row(_kind(row.kind), row.kind, f"{row.only_a:,}", same, f"{row.only_b:,}")
    return table


def _table(title: str, headings: tuple[str, ...]) -> Table:
    table = Table(title=title or None, title_justify="left")
    for number, heading in enumerate(headings):
        text = "\n".join(w.get(heading, heading) for w in (words(_ZH), words(_EN)))
        right = heading not in ("table.kind", "") and number > 0
        table.add_column(
            text if heading in words(_ZH) else "", justify="right" if right else "left"
        )
    return table


def _both(key: str) -> str:
    return f"{words(_ZH).get(key, key)} {words(_EN).get(key, '')}".strip()


def _kind(kind: str) -> str:
    return ALERT_KINDS[kind].zh if kind in ALERT_KINDS else kind


def _duration(seconds: float) -> str:
    minutes, left = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{left:02d}"
