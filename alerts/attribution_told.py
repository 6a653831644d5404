"""What of an attribution is worth telling, when it is judged again and again. Pure."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from alerts.attribution import Attribution

SUSPECTS_AFTER = timedelta(seconds=30)
"""Candidates without a name are told no earlier (ours): by then most trucks' next fix is in."""
OTHERWISE = 0.05
"""A confidence that moved by less is the same to who decides (ours)."""


def worth_telling(
    before: Attribution | None, now: Attribution, age: timedelta
) -> Attribution | None:
    """What to tell, None where there is nothing new.

    `before` is what was told last, `age` how long ago the passage was. What is settled without
    having changed is told in the words of before, so that no alert is amended for it.
    """
    if before is None:
        if now.final or now.vehicle_id is not None:
            return now
        return now if now.candidates and age >= SUSPECTS_AFTER else None
    if before.final:
        return None
    if _changed(before, now):
        return now
    return msgspec.structs.replace(before, final=True) if now.final else None


def _changed(before: Attribution, now: Attribution) -> bool:
    if before.vehicle_id != now.vehicle_id or abs(before.nobody - now.nobody) >= OTHERWISE:
        return True
    if [c.vehicle_id for c in before.candidates] != [c.vehicle_id for c in now.candidates]:
        return True
    pairs = zip(before.candidates, now.candidates, strict=True)
    return any(abs(a.confidence - b.confidence) >= OTHERWISE for a, b in pairs)
