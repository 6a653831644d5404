"""`muckwatch backtest`: recorded tracks through the very rules, with no server at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import msgspec

from alerts.alert import Alert
from app.judge import Judge
from config.settings import PipelineSettings
from config.site import Site
from ingest.position import Position

FIXES_AT_ONCE = 5000


class Backtest(msgspec.Struct, frozen=True):
    """What came of it: alerts as they finally stand, in order of their beginning."""

    fixes: int
    qualities: dict[str, int]
    alerts: list[Alert]


def backtest(
    site: Site,
    positions: Sequence[Position],
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Backtest:
    """Judge positions in the order given, as if each had arrived at its `received_at`."""
    # A recording is neither late nor ancient: it is judged as if its fixes arrived in time.
    settings = PipelineSettings(ancient_after_s=timedelta(days=36500).total_seconds())
    judge = Judge.of(site, settings)
    state = judge.initial()
    alerts: dict[UUID, Alert] = {}
    qualities: dict[str, int] = {}
    for begin in range(0, len(positions), FIXES_AT_ONCE):
        chunk = positions[begin : begin + FIXES_AT_ONCE]
        state, batch = judge.judge_positions(state, chunk)
        progress(begin + len(chunk), len(positions))
        for position in batch.positions:
            name = position.quality.name.lower()
            qualities[name] = qualities.get(name, 0) + 1
        for change in batch.changes:
            if change.alert.withdrawn:
                alerts.pop(change.alert.alert_id, None)
            else:
                alerts[change.alert.alert_id] = change.alert
    ordered = sorted(alerts.values(), key=lambda a: (a.started_at, a.kind, a.vehicle_id or ""))
    return Backtest(len(positions), qualities, ordered)


def write_alerts(path: Path, alerts: Iterable[Alert]) -> None:
    """One JSON object a line, the fields of `alerts.alert.Alert`."""
    encoder = msgspec.json.Encoder()
    with path.open("wb") as out:
        out.writelines(encoder.encode(alert) + b"\n" for alert in alerts)
