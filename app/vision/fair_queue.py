"""Whose turn it is: CPU time shared evenly among the cameras that want it (公平调度)."""

from __future__ import annotations

import math
from dataclasses import dataclass

CREDIT_S = 2.0
"""A camera that was quiet may take so much CPU before the others' turn: a passage. Ours."""
_REMEMBERED_S = 30.0


@dataclass(slots=True)
class _Account:
    spent_s: float = 0.0  # in the queue's virtual time
    ready: bool = False
    running: bool = False
    recent_s: float = 0.0
    recent_at_s: float = 0.0


class FairQueue:
    """Start-time fair queueing (Goyal et al., SIGCOMM 1996) with CPU seconds as cost.

    Who spent least goes first. Who comes back after a rest is set to what the least of those that
    are busy spent, less `credit_s`: being quiet saves up no more than that. No locks, no clock.
    """

    def __init__(self, credit_s: float = CREDIT_S) -> None:
        self._credit_s = credit_s
        self._accounts: dict[str, _Account] = {}
        self._floor_s = 0.0

    def add(self, name: str) -> None:
        self._accounts[name] = _Account(self._floor_s)

    def remove(self, name: str) -> None:
        self._accounts.pop(name, None)

    def ready(self, name: str) -> None:
        """It has work. One that runs at the moment is ready again when it is done."""
        account = self._accounts.get(name)
        if account is None or account.ready:
            return
        account.ready = True
        if not account.running:
            account.spent_s = max(account.spent_s, self._floor_s - self._credit_s)

    def pick(self) -> str | None:
        """Who may go next, from now on running; None where nobody has work."""
        waiting = [(a.spent_s, n) for n, a in self._accounts.items() if a.ready and not a.running]
        if not waiting:
            return None
        spent_s, name = min(waiting)
        self._floor_s = max(self._floor_s, spent_s)
        account = self._accounts[name]
        account.ready, account.running = False, True
        return name

    def done(self, name: str, cpu_s: float, now_s: float, *, more: bool) -> None:
        """It used `cpu_s`; `more`: it has work still. `now_s` is any steady clock."""
        account = self._accounts.get(name)
        if account is None:
            return
        account.running = False
        account.ready = account.ready or more
        account.spent_s += cpu_s
        account.recent_s = account.recent_s * _faded(now_s - account.recent_at_s) + cpu_s
        account.recent_at_s = now_s

    def cpu_share(self, name: str, now_s: float) -> float:
        """Of one core, over some half a minute."""
        account = self._accounts.get(name)
        if account is None:
            return 0.0
        return account.recent_s * _faded(now_s - account.recent_at_s) / _REMEMBERED_S


def _faded(after_s: float) -> float:
    return math.exp(-max(0.0, after_s) / _REMEMBERED_S)
