"""Planned rounds of sanitation work (作业计划)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from config.hours import DailyHours
from config.validity import in_force


class WorkKind(StrEnum):
    """What a round does; the same words as a position's `work`."""

    SWEEP = "sweep"  # 清扫
    WASH = "wash"  # 冲洗
    SPRAY = "spray"  # 洒水
    COLLECT = "collect"  # 收集


@dataclass(frozen=True, slots=True)
class RoundPlan:
    """One round that is to be worked on every one of its days, in each span of its window.

    Attributes:
        route_id: whose segments are to be worked; any of `vehicle_ids` may.
        window: each span of hours is one round a day; one that crosses midnight belongs to the day
            on which it begins.
        weekdays: Monday is 0.
        passes: how many times each segment is to be worked within the window.
        min_kmh, max_kmh: work speed; None: no lower limit, and the upper one that the rules have
            for the kind of work.
        one_way: each segment is to be worked in its own direction.
        in_order: segments are to be begun in their order.
        coverage: share of the length, 0 to 1, that makes the round done.
        valid_from, valid_to: aware; the plan is in force in [valid_from, valid_to).
    """

    plan_id: str
    name: str
    route_id: str
    work: WorkKind
    vehicle_ids: tuple[str, ...]
    window: DailyHours
    weekdays: frozenset[int] = field(default_factory=lambda: frozenset(range(7)))
    passes: int = 1
    min_kmh: float | None = None
    max_kmh: float | None = None
    one_way: bool = False
    in_order: bool = False
    coverage: float = 0.95
    valid_from: datetime | None = None
    valid_to: datetime | None = None

    def in_force(self, at: datetime) -> bool:
        return in_force(self, at)
