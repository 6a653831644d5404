"""From a backtest to its report: choose the alerts, fetch their tracks, write the file."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import msgspec

from app.backtest_compare import Comparison
from app.backtest_input import Source, Window
from app.report.choice import MOST_ALERTS, choose
from app.report.data import Side, Track, all_shown, report_data
from app.report.document import document
from app.report.pieces import drawn, window_of


class Report(msgspec.Struct, frozen=True):
    """What was written: how many alerts the file holds, and how many it leaves out."""

    alerts: int
    left_out: int
    bytes: int


def write_report(
    path: Path,
    source: Source,
    a: Side,
    b: Side | None = None,
    *,
    comparison: Comparison | None = None,
    most: int = MOST_ALERTS,
) -> Report:
    """Write the report; the tracks' pieces are read from `source` once more.

    Raises:
        OSError: the file cannot be written.
    """
    found = all_shown(a.result, comparison)
    shown = choose(found, most)
    wanted: dict[Window, list[UUID]] = {}
    alerts = {s.alert.alert_id: s.alert for s in shown}
    for alert in alerts.values():
        if (window := window_of(alert)) is not None:
            wanted.setdefault(window, []).append(alert.alert_id)
    tracks: dict[UUID, Track] = {}
    for window, piece in source.pieces(wanted):
        for alert_id in wanted[window]:
            tracks[alert_id] = drawn(alerts[alert_id], piece)
    data = report_data(source.name, a, b, comparison=comparison, shown=shown, tracks=tracks)
    text = document(data).encode()
    path.write_bytes(text)
    return Report(len(shown), len(found) - len(shown), len(text))
