"""Two configurations on the same tracks: which alerts one raises and the other does not."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from alerts.alert import Alert

_NEVER = datetime.max.replace(tzinfo=UTC)
_Key = tuple[str, str | None, str]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Alerts of A and of B are the same trouble where kind, vehicle and subject are the same and
    their times overlap.

    Attributes:
        a_in_b: alert of A -> the first alert of B that it is the same as; `b_in_a` the reverse.
            One alert may be the same as several: thresholds can split it.
    """

    a: Sequence[Alert]
    b: Sequence[Alert]
    a_in_b: Mapping[UUID, Alert]
    b_in_a: Mapping[UUID, Alert]

    @property
    def only_a(self) -> list[Alert]:
        return [x for x in self.a if x.alert_id not in self.a_in_b]

    @property
    def only_b(self) -> list[Alert]:
        return [x for x in self.b if x.alert_id not in self.b_in_a]


def compare(a: Sequence[Alert], b: Sequence[Alert]) -> Comparison:
    """Match the alerts of two configurations."""
    return Comparison(a, b, _found_in(a, b), _found_in(b, a))


def _found_in(these: Sequence[Alert], those: Sequence[Alert]) -> dict[UUID, Alert]:
    by_key: dict[_Key, list[Alert]] = defaultdict(list)
    for alert in sorted(those, key=lambda x: x.started_at):
        by_key[_key(alert)].append(alert)
    # The latest end of all up to each: where that is too early, none of them overlaps.
    latest = {key: _running_ends(alerts) for key, alerts in by_key.items()}
    begins = {key: [x.started_at for x in alerts] for key, alerts in by_key.items()}
    found: dict[UUID, Alert] = {}
    for alert in these:
        key = _key(alert)
        if key not in by_key:
            continue
        first = bisect_left(
            latest[key], alert.started_at
        )  # where the latest end grew, it is its own
        upto = bisect_right(begins[key], _end(alert))
        if first < upto:
            found[alert.alert_id] = by_key[key][first]
    return found


def _running_ends(alerts: Sequence[Alert]) -> list[datetime]:
    ends: list[datetime] = []
    for alert in alerts:
        ends.append(max(_end(alert), ends[-1]) if ends else _end(alert))
    return ends


def _key(alert: Alert) -> _Key:
    return alert.kind, alert.vehicle_id, alert.subject


def _end(alert: Alert) -> datetime:
    return alert.ended_at or _NEVER
