"""One thing that stayed, and what a frame changed of them (遗留物)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from detection.background import Mask
from detection.leftover import Leftover
from detection.scene_event import Box


@dataclass(slots=True, eq=False)
class Remain:
    """One thing that stayed. `region` is of the working picture and grows with the thing.

    `first` is how it was measured when it was sure; `ended_at` and `end` (`removed`, `stayed`,
    `view_changed`) are set when it is over. `told` is set by the rule that told it: the first part
    of a thing may lie outside the zone that the whole lies in. `given_area`: working pixels of it
    when it was last given to the rules.
    """

    number: int
    first: Leftover
    region: Mask
    box: Box
    started_at: datetime
    sure_at: datetime
    given_area: int
    told: bool = False
    gone_since: datetime | None = None
    ended_at: datetime | None = None
    end: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class RemainsChange:
    """What a frame brought: things that are sure now, that reach further, and that are over."""

    appeared: Sequence[Remain] = ()
    grown: Sequence[Remain] = ()
    ended: Sequence[Remain] = ()


NOTHING_REMAINS = RemainsChange()
