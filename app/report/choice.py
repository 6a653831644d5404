"""Which alerts a report holds where there are too many: a fair share of each kind, of all days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from alerts.alert import Alert

MOST_ALERTS = 5000
"""The page stays quick with so many; at about 1.5 kB each the file stays below 10 MB."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An alert of the report: `raised_by` `a`, `b` or `both`; of both, `other` is what B raised."""

    alert: Alert
    raised_by: str = "a"
    other: Alert | None = None


def choose(found: Sequence[Shown], most: int = MOST_ALERTS) -> list[Shown]:
    """At most `most`, in order of beginning.

    Kinds, and within them what only one configuration raised, share alike; what one does not need
    goes to the others. Of one group those kept lie evenly over time.
    """
    groups: dict[tuple[str, str], list[Shown]] = defaultdict(list)
    for shown in sorted(found, key=lambda s: s.alert.started_at):
        groups[shown.alert.kind, shown.raised_by].append(shown)
    kept: list[Shown] = []
    left = most
    for number, group in enumerate(sorted(groups.values(), key=len)):
        share = min(len(group), left // (len(groups) - number))
        left -= share
        kept += [group[i * len(group) // share] for i in range(share)]
    return sorted(kept, key=lambda s: s.alert.started_at)
