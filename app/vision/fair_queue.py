"""Whose turn it is: the oldest work, of those who take no more than their share (公平调度)."""

from __future__ import annotations

import math
from dataclasses import dataclass

CREDIT_S = 6.0
"""CPU that a camera may save up: a passage, from the first sight of it to the last. Ours."""
_REMEMBERED_S = 30.0


@dataclass(slots=True)
class _Account:
    spent_s: float = 0.0  # in the queue's virtual time
    credit_s: float = 0.0
    credited_at_s: float = -math.inf
    since_s: float = 0.0  # when the work came that it does next
    ready: bool = False
    running: bool = False
    recent_s: float = 0.0
    recent_at_s: float = 0.0


class FairQueue:
    """Two queues: who has credit, by the age of the work; behind it the others, by CPU taken.

    Each camera earns an even share of one core, and saves up `credit_s` of it at most. Of those
    that have credit left the one goes first whose work is oldest (earliest deadline first: cameras
    that see something at the same time all fall behind alike, and least). Who used its credit up
    takes what is left, and there start-time fair queueing holds (Goyal et al., SIGCOMM 1996, CPU
    seconds as cost): least spent goes first, and being quiet saves up no more than that credit. No
    locks, no clock: `now_s` is any steady one.
    """

    def __init__(self, credit_s: float = CREDIT_S) -> None:
        self._credit_s = credit_s
        self._accounts: dict[str, _Account] = {}
        self._floor_s = 0.0

    def add(self, name: str) -> None:
        self._accounts[name] = _Account(self._floor_s, self._credit_s)

    def remove(self, name: str) -> None:
        self._accounts.pop(name, None)

    def ready(self, name: str, now_s: float) -> None:
        """It has work. One that runs at the moment is ready again when it is done."""
        account = self._accounts.get(name)
        if account is None or account.ready:
            return
        account.ready = True
        if not account.running:
            account.since_s = now_s
            saved_s = max(0.0, self._credit(account, now_s))
            account.spent_s = max(account.spent_s, self._floor_s - saved_s)

    def pick(self, now_s: float) -> str | None:
        """Who may go next, from now on running; None where nobody has work."""
        waiting = [(n, a) for n, a in self._accounts.items() if a.ready and not a.running]
        if not waiting:
            return None
        name, account = min(waiting, key=lambda each: self._rank(each[0], each[1], now_s))
        if self._credit(account, now_s) <= 0:
            self._floor_s = max(self._floor_s, account.spent_s)
        account.ready, account.running = False, True
        return name

    def _rank(self, name: str, account: _Account, now_s: float) -> tuple[bool, float, str]:
        has_credit = self._credit(account, now_s) > 0
        return not has_credit, account.since_s if has_credit else account.spent_s, name

    def _credit(self, account: _Account, now_s: float) -> float:
        earned_s = max(0.0, now_s - account.credited_at_s) / len(self._accounts)
        return min(self._credit_s, account.credit_s + earned_s)

    def done(
        self, name: str, cpu_s: float, now_s: float, *, more: bool, behind_s: float = 0.0
    ) -> None:
        """It used `cpu_s`; `more`: it has work still, the oldest of which came `behind_s` ago."""
        account = self._accounts.get(name)
        if account is None:
            return
        account.running = False
        account.ready = account.ready or more
        account.since_s = now_s - behind_s
        account.spent_s += cpu_s
        account.credit_s = self._credit(account, now_s) - cpu_s
        account.credited_at_s = now_s
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
