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
        queue.ready(name)
    while now_s < seconds:
        turn = queue.pick()
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
    got = simulate(queue, costs, 60)
    assert min(got.values()) > 19
    assert max(got.values()) < 21
    assert queue.cpu_share("dear", 60) == pytest.approx(0.29, abs=0.05)  # a third, of late


def test_who_wakes_after_a_rest_goes_first_for_its_credit_and_no_longer() -> None:
    queue = FairQueue()
    for name in ("busy", "other", "rests"):
        queue.add(name)
    simulate(queue, {"busy": 0.1, "other": 0.1}, 100)
    queue.ready("rests")
    turns = []
    for _ in range(60):
        turn = queue.pick()
        assert turn is not None
        turns.append(turn)
        queue.done(turn, 0.1, 100.0, more=True)
    alone = next(n for n, name in enumerate(turns) if name != "rests")
    assert 0.1 * alone == pytest.approx(CREDIT_S, abs=0.3)
    later = turns[alone:]
    assert 0.2 < later.count("rests") / len(later) < 0.5


def test_work_that_comes_while_it_runs_is_not_lost() -> None:
    queue = FairQueue()
    queue.add("a")
    queue.ready("a")
    assert queue.pick() == "a"
    queue.ready("a")
    assert queue.pick() is None  # one step at a time
    queue.done("a", 0.1, 1.0, more=False)
    assert queue.pick() == "a"
    queue.done("a", 0.1, 2.0, more=False)
    assert queue.pick() is None


def test_who_is_gone_is_forgotten() -> None:
    queue = FairQueue()
    queue.add("a")
    queue.ready("a")
    assert queue.pick() == "a"
    queue.remove("a")
    queue.done("a", 1, 1.0, more=True)
    queue.ready("a")
    assert queue.pick() is None
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
