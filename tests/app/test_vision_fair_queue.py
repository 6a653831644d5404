"""Whose turn it is: a busy camera starves nobody, a quiet one saves up no more than a passage."""

from __future__ import annotations

import pytest

from app.vision.fair_queue import CREDIT_S, FairQueue
from app.vision.share import Share, worker_count


def simulate(queue: FairQueue, cost_s: dict[str, float], seconds: float) -> dict[str, float]:
    """One core; all that are named always have work. CPU that each got."""
    got = dict.fromkeys(cost_s, 0.0)
    now_s = 0.0
    for name in cost_s:
        queue.ready(name, now_s)
    while now_s < seconds:
        turn = queue.pick(now_s)
        assert turn is not None
        now_s += cost_s[turn]
        got[turn] += cost_s[turn]
        queue.done(turn, cost_s[turn], now_s, more=True)
    return got


def test_cpu_is_shared_evenly_whatever_a_step_costs() -> None:
    queue = FairQueue()
    costs = {"dear": 0.3, "middling": 0.05, "cheap": 0.01}
    for name in costs:
        queue.add(name)
    got = simulate(queue, costs, 600)
    assert max(got.values()) - 200 == pytest.approx(CREDIT_S, abs=0.5)  # what it had saved up
    assert min(got.values()) > 200 - 2 * CREDIT_S - 0.5
    assert queue.cpu_share("dear", 600) == pytest.approx(0.33, abs=0.05)


def test_who_wakes_after_a_rest_goes_first_for_its_credit_and_no_longer() -> None:
    queue = FairQueue()
    for name in ("busy", "other", "rests"):
        queue.add(name)
    simulate(queue, {"busy": 0.1, "other": 0.1}, 100)
    queue.ready("rests", 100.0)
    turns = []
    for _ in range(120):
        turn = queue.pick(100.0)
        assert turn is not None
        turns.append(turn)
        queue.done(turn, 0.1, 100.0, more=True)
    alone = next(n for n, name in enumerate(turns) if name != "rests")
    assert 0.1 * alone == pytest.approx(CREDIT_S, abs=0.3)
    later = turns[alone:]
    assert 0.2 < later.count("rests") / len(later) < 0.5


def test_who_has_credit_goes_by_the_age_of_the_work() -> None:
    queue = FairQueue()
    for name in ("older", "newer"):
        queue.add(name)
    queue.ready("newer", 2.0)
    queue.ready("older", 1.0)
    assert queue.pick(3.0) == "older"
    queue.done("older", 0.5, 3.0, more=True, behind_s=2.5)  # its next came at 0.5
    assert queue.pick(3.0) == "older"
    queue.done("older", 0.5, 4.0, more=True, behind_s=1.0)  # at 3.0
    assert queue.pick(4.0) == "newer"


def test_cameras_that_wake_together_fall_behind_alike_and_least() -> None:
    """Passages of 14 s, begun 0.5 s apart; dear and cheap ones want more than the core there is."""
    queue = FairQueue()
    begins_s = {f"c{n}": n / 2 for n in range(6)}
    costs_s = {name: (0.08, 0.02)[n % 2] for n, name in enumerate(begins_s)}
    for name in [*begins_s, *(f"rests-{n}" for n in range(20))]:
        queue.add(name)
    given = dict.fromkeys(begins_s, 0)
    now_s = apart_s = 0.0

    def behind_s(name: str) -> float:
        return max(0.0, min(now_s, begins_s[name] + 14) - begins_s[name] - given[name] / 5)

    while now_s < 60:
        for name in begins_s:
            if behind_s(name) > 0.19:
                queue.ready(name, now_s)
        turn = queue.pick(now_s)
        now_s += costs_s[turn] if turn else 0.05
        if turn:
            given[turn] += 1
            queue.done(
                turn, costs_s[turn], now_s, more=behind_s(turn) > 0.19, behind_s=behind_s(turn)
            )
        if 10 < now_s < 14:  # all are awake, the newest for longer than any is behind
            behind = [behind_s(name) for name in begins_s]
            apart_s = max(apart_s, max(behind) - min(behind))
    assert apart_s < 0.5
    assert sum(given.values()) == 420


def test_who_is_always_busy_takes_nothing_from_the_quiet() -> None:
    """Rain before two cameras: the keyframe of a quiet one waits for no more than a step."""
    queue = FairQueue()
    quiet = [f"quiet-{n}" for n in range(10)]
    for name in ("rain", "leaves", *quiet):
        queue.add(name)
    now_s = longest_s = 0.0
    came_s: dict[str, float] = {}
    due_s = {name: 0.2 * n for n, name in enumerate(quiet)}
    queue.ready("rain", now_s)
    queue.ready("leaves", now_s)
    while now_s < 200:
        for name in quiet:
            if now_s >= due_s[name]:
                came_s[name] = due_s[name]
                due_s[name] += 2.0
                queue.ready(name, now_s)
        turn = queue.pick(now_s)
        assert turn is not None
        now_s += 0.02 if turn in came_s else 0.05
        if turn in came_s:
            if now_s > 60:
                longest_s = max(longest_s, now_s - came_s.pop(turn))
            queue.done(turn, 0.02, now_s, more=False)
        else:
            queue.done(turn, 0.05, now_s, more=True, behind_s=8.0)
    assert longest_s < 0.2


def test_work_that_comes_while_it_runs_is_not_lost() -> None:
    queue = FairQueue()
    queue.add("a")
    queue.ready("a", 0.0)
    assert queue.pick(0.0) == "a"
    queue.ready("a", 0.0)
    assert queue.pick(0.0) is None  # one step at a time
    queue.done("a", 0.1, 1.0, more=False)
    assert queue.pick(0.0) == "a"
    queue.done("a", 0.1, 2.0, more=False)
    assert queue.pick(0.0) is None


def test_who_is_gone_is_forgotten() -> None:
    queue = FairQueue()
    queue.add("a")
    queue.ready("a", 0.0)
    assert queue.pick(0.0) == "a"
    queue.remove("a")
    queue.done("a", 1, 1.0, more=True)
    queue.ready("a", 0.0)
    assert queue.pick(0.0) is None
    assert queue.cpu_share("a", 2.0) == 0


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_every_camera_is_minded_by_one_worker(count: int) -> None:
    cameras = {f"c{n}" for n in range(20)}
    shares = [Share.parse(f"{index}/{count}").of(cameras) for index in range(count)]
    assert sorted(camera for share in shares for camera in share) == sorted(cameras)
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
    assert [Share(i, count).of(sorted(cameras, reverse=True)) for i in range(count)] == shares


@pytest.mark.parametrize("text", ["", "1", "2/2", "-1/2", "a/b"])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"share|invalid|literal"):
        Share.parse(text)


def test_no_more_workers_than_cameras_that_were_named() -> None:
    assert worker_count(4) == 4
    assert worker_count(4, ["a", "b"]) == 2
    assert worker_count(None) >= 1
