"""Which of several worker processes minds which cameras."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


def worker_count(processes: int | None, only: Sequence[str] = ()) -> int:
    """How many processes watch the cameras, or those in `only`; `processes` None: one a core."""
    count = processes or len(os.sched_getaffinity(0))
    return min(count, len(only)) if only else count


@dataclass(frozen=True, slots=True)
class Share:
    """The `index`-th of `count` workers, from 0."""

    index: int = 0
    count: int = 1

    @classmethod
    def parse(cls, text: str) -> Share:
        """`0/2` to `1/2`. Raises ValueError."""
        index, _, count = text.partition("/")
        share = cls(int(index), int(count))
        if not 0 <= share.index < share.count:
            raise ValueError(f"{text!r}: is no share, such as 0/2 or 1/2")
        return share

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"

    def of(self, camera_ids: Iterable[str]) -> list[str]:
        """Every `count`-th camera by id: all workers have as many, give or take one."""
        return sorted(camera_ids)[self.index :: self.count]
