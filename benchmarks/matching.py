"""Alerts held against labels: what was found, what was missed, what nobody did."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from alerts.alert import Alert
from demo.fleet.labelled.label import Label
from geofence.finding import Violation

T = TypeVar("T")
TOLERANCE_S = 180.0
"""An alert and a label that are so near to each other in time are about the same."""
NEAR_M = 300.0
"""So near to each other are the label and the alert of a place that no register knows."""
PLACES = ("unknown_site", "unknown_ground")
AFTER_S = {"missed_segment": 3600.0, "round_late": 3600.0, "trip_unfinished": 1800.0,
           "terminal_offline": 7200.0, "unknown_site": math.inf, "unknown_ground": math.inf,
           "suspected_dumping": 1800.0, "no_permit": 1800.0}  # fmt: skip
"""What shows itself only afterwards may be dated so much later than the act."""


@dataclass(slots=True)
class Score:
    """The figures of one kind, summed over sets; `+=` adds another's.

    Attributes:
        labels, found: those that must be found, and those of them that were.
        alerts, true: those raised and not withdrawn, without those about an act that is neither
            offence nor none; and those of them that are about a label.
        stray: violations in alerts that are about no label at all.
        withdrawn: alerts that were raised and taken back.
        delays_s: from the moment at which the fixes show it to the alert, one a label found.
    """

    labels: int = 0
    found: int = 0
    alerts: int = 0
    true: int = 0
    stray: int = 0
    withdrawn: int = 0
    delays_s: list[float] = field(default_factory=list)

    def __iadd__(self, other: Score) -> Score:
        for name in ("labels", "found", "alerts", "true", "stray", "withdrawn"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.delays_s += other.delays_s
        return self

    @property
    def recall(self) -> float | None:
        return self.found / self.labels if self.labels else None

    @property
    def precision(self) -> float | None:
        return self.true / self.alerts if self.alerts else None

    @property
    def median_delay_s(self) -> float | None:
        return statistics.median(self.delays_s) if self.delays_s else None


@dataclass(frozen=True, slots=True)
class Matched:
    """`missed` labels, and `false` alerts."""

    scores: dict[str, Score]
    missed: list[Label]
    false: list[Alert]


def match(
    labels: Sequence[Label],
    alerts: Iterable[Alert],
    violations: Iterable[Violation],
    end: float,
) -> Matched:
    """Hold the final alerts, and the violations that they join, against the labels.

    A label is found by a violation, not by an alert that spans it because it joins one before and
    one after it. An alert is true if it is about any label of its kind; one that is only about
    labels which are not `required` counts neither way.

    Args:
        end: of the set, seconds since 1970: what goes on then ends there.
    """
    scores: dict[str, Score] = {}
    missed, false = [], []
    by_kind = _grouped(labels, lambda one: one.kind)
    broken = _grouped((v for v in violations if not v.withdrawn), lambda one: one.kind)
    raised = _grouped(alerts, lambda one: one.kind)
    for kind in sorted({*by_kind, *broken, *raised}):
        score = scores[kind] = Score()
        told = broken.get(kind, [])
        for label in by_kind.get(kind, []):
            if not label.required:
                continue
            score.labels += 1
            finds = [v for v in told if _about(v, label, end)]
            if finds:
                score.found += 1
                first = min((v.confirmed_at or v.started_at).timestamp() for v in finds)
                score.delays_s.append(max(first - label.evident, 0.0))
            else:
                missed.append(label)
        for violation in told:
            score.stray += not any(_about(violation, one, end) for one in by_kind.get(kind, []))
        for alert in raised.get(kind, []):
            if alert.withdrawn:
                score.withdrawn += 1
                continue
            about = [one for one in by_kind.get(kind, []) if _about(alert, one, end)]
            if about and not any(one.required for one in about):
                continue
            score.alerts += 1
            score.true += bool(about)
            if not about:
                false.append(alert)
    return Matched(scores, missed, false)


def _about(told: Alert | Violation, label: Label, end: float) -> bool:
    """Same kind is given: same vehicle, round or place, and at the same time."""
    if label.kind in PLACES:
        if distance_m(told.lon, told.lat, label.lon, label.lat) > NEAR_M:
            return False
    elif label.vehicle_id != told.vehicle_id and not (
        label.subject and label.subject in told.subject
    ):
        return False
    begins = told.started_at.timestamp()
    ends = told.ended_at.timestamp() if told.ended_at else end
    last = max(label.ended, label.evident) + TOLERANCE_S + AFTER_S.get(label.kind, 0.0)
    return begins <= last and ends >= label.started - TOLERANCE_S


def distance_m(lon_a: float, lat_a: float, lon_b: float, lat_b: float) -> float:
    """On a plane about the two, the Earth a sphere of 6,371 km."""
    east = math.radians(lon_b - lon_a) * math.cos(math.radians((lat_a + lat_b) / 2))
    return math.hypot(east, math.radians(lat_b - lat_a)) * 6_371_009


def _grouped(items: Iterable[T], key: Callable[[T], str]) -> dict[str, list[T]]:
    found: dict[str, list[T]] = {}
    for item in items:
        found.setdefault(key(item), []).append(item)
    return found
