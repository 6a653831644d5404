"""Chooses pictures at a rate, on a grid (抽帧)."""

from __future__ import annotations


class Rate:
    """5 of 25 pictures a second give 5, not 4.2."""

    def __init__(self, fps: float) -> None:
        self._period_s = 1 / fps
        self._due_s: float | None = None

    def takes(self, presented_s: float) -> bool:
        early_s = 0.0 if self._due_s is None else self._due_s - presented_s
        leapt = abs(early_s) > 2 * self._period_s  # the stream's clock was set, or it paused
        if early_s > 1e-3 and not leapt:
            return False
        start_s = presented_s if self._due_s is None or leapt else self._due_s
        self._due_s = start_s + self._period_s
        return True
