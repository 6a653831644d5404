"""The value that decides about an alert, against its threshold: what a bureau tunes (判定值)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from alerts.alert import Alert
from app.report.choice import Shown

BINS = 24
_STEPS = (1, 2, 2.5, 5, 10)
_UPPER = 95.0  # percent of the values that the scale shows; the rest is in the last bin

Measured = Callable[[Alert], float | None]


@dataclass(frozen=True, slots=True)
class Measure:
    """A value of one kind's alerts, and the threshold that it was held against, in one unit.

    `unit` is `s`, `m`, `kmh`, `percent` or "".
    """

    name: str
    unit: str
    value: Measured
    threshold: Measured


def _number(alert: Alert, name: str) -> float | None:
    value = alert.values.get(name, alert.parameters.get(name))
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _of(name: str) -> Measured:
    return lambda alert: _number(alert, name)


def _threshold(name: str) -> Measured:
    """The parameter, where a value has the same name."""
    return lambda alert: _number(msgspec.structs.replace(alert, values={}), name)


def _beyond_edge(alert: Alert) -> float | None:
    far, half_width = _number(alert, "max_distance_m"), _number(alert, "half_width_m")
    return None if far is None or half_width is None else far - half_width


def _excess(alert: Alert) -> float | None:
    fastest, limit = _number(alert, "max_speed_kmh"), _number(alert, "limit_kmh")
    return None if fastest is None or not limit else (fastest / limit - 1) * 100


def _work_excess(alert: Alert) -> float | None:
    speed, limit = _number(alert, "speed_kmh"), _number(alert, "limit_kmh")
    return None if speed is None or not limit else (speed / limit - 1) * 100


def _tolerance(alert: Alert) -> float | None:
    share = _number(alert, "tolerance")
    return None if share is None else share * 100


def _since_loading(alert: Alert) -> float | None:
    hours = _number(alert, "hours_since_loading")
    return None if hours is None else hours * 3600


def _duration(alert: Alert) -> float | None:
    measured = _number(alert, "duration_s")
    if measured is None and alert.ended_at is not None:
        return (alert.ended_at - alert.started_at).total_seconds()
    return measured


DURATION = Measure("duration_s", "s", _duration, _of("hold_s"))
MEASURES: dict[str, tuple[Measure, ...]] = {
    "off_route": (Measure("beyond_edge_m", "m", _beyond_edge, _of("far_m")), DURATION),
    "overspeed": (Measure("excess_percent", "percent", _excess, _tolerance), DURATION),
    "work_too_fast": (Measure("work_excess_percent", "percent", _work_excess, _tolerance),),
    "suspected_dumping": (Measure("stop_s", "s", _of("stop_s"), _threshold("stop_s")),),
    "trip_unfinished": (Measure("since_loading_s", "s", _since_loading, _of("max_s")),),
    "track_gap": (Measure("gap_s", "s", _of("gap_s"), _of("after_s")),),
    "terminal_offline": (Measure("silent_s", "s", _of("silent_s"), _of("after_s")),),
    "unknown_site": (Measure("weight", "", _of("weight"), _threshold("weight")),),
    "unknown_ground": (Measure("weight", "", _of("weight"), _threshold("weight")),),
    "round_late": (Measure("late_s", "s", _of("late_s"), _of("grace_s")),),
}
"""Kinds that something else than the duration decides about."""


def histograms(found: Sequence[Shown]) -> list[dict[str, Any]]:
    """One a kind and measure that has values and one threshold, over all alerts, not only those
    embedded.

    `edges` has one more than `counts`; each count is [only A, both, only B]; the last bin holds
    all that is larger, too.
    """
    by_kind: dict[str, list[Shown]] = {}
    for shown in found:
        by_kind.setdefault(shown.alert.kind, []).append(shown)
    drawn = []
    for kind, group in by_kind.items():
        for measure in MEASURES.get(kind, (DURATION,)):
            histogram = _histogram(measure, group)
            if histogram is not None:
                drawn.append({"kind": kind, **histogram})
    return drawn


def _histogram(measure: Measure, group: Sequence[Shown]) -> dict[str, Any] | None:
    values, columns = [], []
    for shown in group:
        value = measure.value(shown.alert)
        if value is not None:
            values.append(max(value, 0.0))
            columns.append(("a", "both", "b").index(shown.raised_by))
    if not values:
        return None
    thresholds = {
        side: _common(measure, [s.alert for s in group if s.raised_by in sides])
        for side, sides in (("a", ("a", "both")), ("b", ("b",)))
    }
    if thresholds["b"] is None:
        thresholds["b"] = _common(measure, [s.other for s in group if s.other is not None])
    marks = [t for t in thresholds.values() if t is not None]
    if not marks:
        return None
    width = _bin_width(
        max(float(np.percentile(values, _UPPER)), *(2 * mark for mark in marks)) / BINS
    )
    place = np.minimum((np.array(values) // width).astype(int), BINS - 1)
    counts = np.zeros((BINS, 3), dtype=int)
    np.add.at(counts, (place, np.array(columns)), 1)
    return {
        "name": measure.name,
        "unit": measure.unit,
        "thresholds": thresholds,
        "edges": [round(width * i, 6) for i in range(BINS + 1)],
        "counts": counts.tolist(),
        "largest": round(max(values), 3),
    }


def _common(measure: Measure, alerts: Sequence[Alert]) -> float | None:
    """The threshold, where it is the same for all."""
    found = {measure.threshold(alert) for alert in alerts}
    return found.pop() if len(found) == 1 else None


def _bin_width(at_least: float) -> float:
    """The next round number."""
    if at_least <= 0:
        return 1.0
    ten = 10.0 ** np.floor(np.log10(at_least))
    return float(next(step * ten for step in _STEPS if step * ten >= at_least * (1 - 1e-9)))
