"""`muckwatch backtest`: recorded tracks through the very rules, with no server at all.

The tracks are streamed and judged once, by one judge a configuration. What is kept is the alerts,
and of trips and rounds those that may still change; so memory grows with the alerts, not with the
days.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import numpy as np

from alerts.alert import Alert
from app.backtest_days import TruckDays
from app.judge import Judge, JudgeState
from config.settings import PipelineSettings
from config.site import Site
from geofence.finding import Round, Trip, identity
from ingest.position import Position, Quality
from ingest.position_columns import PositionColumns
from store.batch import Batch

FIXES_AT_ONCE = 5000
TIME_AT_ONCE = timedelta(minutes=9)
"""Below the lateness window (600 s), so that an alert is known to have been in time to ring."""
SETTLED_AFTER = timedelta(days=1)
"""A trip or round that ended so long ago is told no more: rules look back less far."""
_SETTLE_EVERY = 100  # batches

Settle = Callable[[Trip | Round], None]


class Backtest(msgspec.Struct, frozen=True):
    """What came of one configuration.

    Attributes:
        alerts: as they finally stand, in order of their beginning.
        qualities: how many fixes of each quality.
        trips, rounds: how many of each outcome or state.
        vehicles, truck_days: how many sent a good fix, and on how many days in all.
        first_at, last_at: times of the first and the last good fix; None without any.
    """

    fixes: int
    qualities: dict[str, int]
    alerts: list[Alert]
    trips: dict[str, int] = {}
    rounds: dict[str, int] = {}
    vehicles: int = 0
    truck_days: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None


def in_batches(positions: Iterable[Position]) -> Iterator[Sequence[Position]]:
    """The positions as given, in batches of `FIXES_AT_ONCE` and `TIME_AT_ONCE` at most."""
    batch: list[Position] = []
    until = datetime.min.replace(tzinfo=UTC)
    for position in positions:
        if len(batch) == FIXES_AT_ONCE or position.received_at > until:
            if batch:
                yield batch
            batch, until = [], position.received_at + TIME_AT_ONCE
        batch.append(position)
    if batch:
        yield batch


def backtest(
    sites: Sequence[Site],
    batches: Iterable[Sequence[Position]],
    progress: Callable[[int], None] = lambda _fixes: None,
    settle: Settle = lambda _finding: None,
) -> list[Backtest]:
    """Judge batches in the order given; each fix arrived at its `received_at`.

    Args:
        sites: one configuration each; all judge the same fixes, read once.
        batches: any number of fixes each; they need not be kept.
        progress: told how many fixes are done.
        settle: given each trip and round of the first site once it can change no more.
    """
    settings = PipelineSettings()
    runs = [_Run.of(site, settings, settle if not n else None) for n, site in enumerate(sites)]
    done = 0
    for number, batch in enumerate(batches, 1):
        for run in runs:
            run.judge(batch, forget=number % _SETTLE_EVERY == 0)
        done += len(batch)
        progress(done)
    return [run.result(done) for run in runs]


def write_alerts(path: Path, alerts: Iterable[Alert]) -> None:
    """One JSON object a line, the fields of `alerts.alert.Alert`."""
    encoder = msgspec.json.Encoder()
    with path.open("wb") as out:
        out.writelines(encoder.encode(alert) + b"\n" for alert in alerts)


@dataclass(slots=True)
class _Run:
    """One configuration on its way through the fixes."""

    judge_of: Judge
    state: JudgeState
    days: TruckDays
    settle: Settle | None
    alerts: dict[UUID, Alert] = field(default_factory=dict)
    open: dict[tuple[object, ...], Trip | Round] = field(default_factory=dict)
    qualities: Counter[str] = field(default_factory=Counter)
    trips: Counter[str] = field(default_factory=Counter)
    rounds: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, site: Site, settings: PipelineSettings, settle: Settle | None) -> _Run:
        judge = Judge.of(site, settings)
        return cls(judge, judge.initial(), TruckDays(site.timezone), settle)

    def judge(self, positions: Sequence[Position], *, forget: bool) -> None:
        self.state, batch = self.judge_of.judge_positions(self.state, positions)
        fixes = PositionColumns.of(batch.positions).fixes
        for number, count in enumerate(np.bincount(fixes.quality).tolist()):
            if count:
                self.qualities[Quality(number).name.lower()] += count
        self.days.add(fixes)
        self._take(batch)
        if forget and self.days.last_at is not None:
            self._settle(self.days.last_at - SETTLED_AFTER)

    def _take(self, batch: Batch) -> None:
        for change in batch.changes:
            if change.alert.withdrawn:
                self.alerts.pop(change.alert.alert_id, None)
            else:
                self.alerts[change.alert.alert_id] = change.alert
        findings: tuple[Trip | Round, ...] = (*batch.trips, *batch.rounds)
        for finding in findings:
            if finding.withdrawn:
                self.open.pop(identity(finding), None)
            else:
                self.open[identity(finding)] = finding

    def _settle(self, before: datetime | None) -> None:
        """Tell what ended `before`, and forget it; None: tell all."""
        settled = [
            (key, finding)
            for key, finding in self.open.items()
            if before is None or ((ended := _ended(finding)) is not None and ended < before)
        ]
        for key, finding in sorted(settled, key=lambda item: _began(item[1])):
            del self.open[key]
            if isinstance(finding, Trip):
                self.trips[finding.outcome.value] += 1
            else:
                self.rounds[finding.state.value] += 1
            if self.settle is not None:
                self.settle(finding)

    def result(self, fixes: int) -> Backtest:
        self._settle(None)
        days = self.days
        return Backtest(
            fixes,
            dict(self.qualities.most_common()),
            sorted(self.alerts.values(), key=lambda a: (a.started_at, a.kind, a.vehicle_id or "")),
            dict(self.trips.most_common()),
            dict(self.rounds.most_common()),
            len(days.vehicles),
            days.total(),
            days.first_at,
            days.last_at,
        )


def _began(finding: Trip | Round) -> datetime:
    return finding.began_at if isinstance(finding, Trip) else finding.window_from


def _ended(finding: Trip | Round) -> datetime | None:
    if isinstance(finding, Trip):
        return finding.ended_at
    return max(finding.window_to, finding.finished_at or finding.window_to)
