"""At whom an alert of several occurrences is laid (归因汇总). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from alerts.alert import PassedBy
from alerts.attribution import Candidate
from alerts.grouping import Occurrence


class Laying(NamedTuple):
    """As the fields of `Alert`."""

    vehicle_id: str | None = None
    candidates: tuple[Candidate, ...] = ()
    nobody: float | None = None
    passers: tuple[PassedBy, ...] = ()


def laying_of(members: Sequence[Occurrence]) -> Laying:
    """What the judged occurrences say together; `members` in order of time.

    A vehicle is named only where all of them name it: the same heap twice may be two trucks' doing.
    The candidates are those of the newest.
    """
    passers = {m.passer.track_uid: m.passer for m in members if m.passer is not None}
    judged = [m.attribution for m in members if m.attribution is not None]
    if not judged:
        return Laying(passers=tuple(passers.values()))
    named = {attribution.vehicle_id for attribution in judged}
    return Laying(
        vehicle_id=named.pop() if len(named) == 1 else None,
        candidates=judged[-1].candidates,
        nobody=judged[-1].nobody,
        passers=tuple(passers.values()),
    )
