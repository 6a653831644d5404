"""What came of a backtest, as a table: per kind of alert, and of two configurations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from alerts.alert import Alert
from alerts.kind import ALERT_KINDS
from app.backtest import Backtest
from app.backtest_compare import Comparison


@dataclass(frozen=True, slots=True)
class KindSummary:
    """The alerts of one kind.

    Attributes:
        vehicles: how many different ones.
        per_truck_day: None where no truck was seen.
        median_s: median duration of those that ended; None where none did.
    """

    kind: str
    alerts: int
    vehicles: int
    per_truck_day: float | None
    median_s: float | None


@dataclass(frozen=True, slots=True)
class KindComparison:
    """Of one kind: alerts of A alone, of B alone, of A that are in B, of B that are in A."""

    kind: str
    only_a: int
    both_a: int
    both_b: int
    only_b: int


def by_kind(result: Backtest) -> list[KindSummary]:
    """One row a kind that was raised, most frequent first."""
    rows = []
    for kind, alerts in _grouped(result.alerts).items():
        lasted = [
            (a.ended_at - a.started_at).total_seconds() for a in alerts if a.ended_at is not None
        ]
        rows.append(
            KindSummary(
                kind,
                len(alerts),
                len({a.vehicle_id for a in alerts if a.vehicle_id is not None}),
                len(alerts) / result.truck_days if result.truck_days else None,
                median(lasted) if lasted else None,
            )
        )
    return sorted(rows, key=lambda row: -row.alerts)


def compared(comparison: Comparison) -> list[KindComparison]:
    """One row a kind that either raised, in the order of the kinds."""
    a, b = _grouped(comparison.a), _grouped(comparison.b)
    rows = []
    for kind in sorted(a.keys() | b.keys(), key=_place):
        both_a = sum(x.alert_id in comparison.a_in_b for x in a.get(kind, ()))
        both_b = sum(x.alert_id in comparison.b_in_a for x in b.get(kind, ()))
        only_a, only_b = len(a.get(kind, ())) - both_a, len(b.get(kind, ())) - both_b
        rows.append(KindComparison(kind, only_a, both_a, both_b, only_b))
    return rows


def _grouped(alerts: Sequence[Alert]) -> Mapping[str, list[Alert]]:
    groups: dict[str, list[Alert]] = defaultdict(list)
    for alert in alerts:
        groups[alert.kind].append(alert)
    return groups


def _place(kind: str) -> int:
    return list(ALERT_KINDS).index(kind) if kind in ALERT_KINDS else len(ALERT_KINDS)
