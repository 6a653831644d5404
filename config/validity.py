"""Validity in time: what was in force when (有效期)."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Dated(Protocol):
    """In force in [valid_from, valid_to); None: without begin, without end. Times are aware."""

    @property
    def valid_from(self) -> datetime | None: ...
    @property
    def valid_to(self) -> datetime | None: ...


def in_force(what: Dated, at: datetime) -> bool:
    """Whether `at` (aware) lies within the validity."""
    return (what.valid_from is None or what.valid_from <= at) and (
        what.valid_to is None or at < what.valid_to
    )


def overlap(a: Dated, b: Dated) -> bool:
    """Whether there is a time at which both are in force."""
    return _begins_before_end(a, b) and _begins_before_end(b, a)


def _begins_before_end(a: Dated, b: Dated) -> bool:
    return a.valid_from is None or b.valid_to is None or a.valid_from < b.valid_to
