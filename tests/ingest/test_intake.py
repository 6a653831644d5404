"""The queue between the network thread and the pipeline."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

from ingest.intake import Intake
from ingest.message import Message, Token


def message(number: int, qos: int = 1, size: int = 1) -> Message:
    return Message(str(number), b"x" * size, datetime.now(UTC), Token(1, number, qos))


def topics(batch: list[Message]) -> list[int]:
    return [int(each.topic) for each in batch]


def test_batches_keep_the_order_and_the_size() -> None:
    intake = Intake(100, 1000)
    for number in range(7):
        intake.put([message(number)])
    assert topics(intake.take(5, 0, 0)) == [0, 1, 2, 3, 4]
    assert topics(intake.take(5, 0, 0)) == [5, 6]
    assert intake.take(5, 0, 0) == []


def test_a_full_batch_does_not_wait_for_more() -> None:
    intake = Intake(100, 1000)
    threading.Timer(0.05, lambda: [intake.put([message(n)]) for n in range(3)]).start()
    assert topics(intake.take(3, wait_s=60, idle_s=60)) == [0, 1, 2]


def test_a_backlog_is_taken_in_larger_pieces() -> None:
    intake = Intake(100, 1000)
    intake.put([message(n) for n in range(12)])
    assert topics(intake.take(3, 60, 60, at_most=9)) == list(range(9))
    assert topics(intake.take(3, 60, 60, at_most=9)) == [9, 10, 11]


def test_what_came_is_given_after_the_wait() -> None:
    intake = Intake(100, 1000)
    intake.put([message(1)])
    assert topics(intake.take(3, wait_s=0.05, idle_s=60)) == [1]


def test_full_it_holds_up_who_puts_and_loses_nothing() -> None:
    intake = Intake(3, 1000)
    putter = threading.Thread(target=lambda: [intake.put([message(n)]) for n in range(50)])
    putter.start()
    time.sleep(0.05)
    assert len(intake) == 3
    taken: list[int] = []
    while len(taken) < 50:
        batch = topics(intake.take(10, wait_s=1, idle_s=60))  # no more than 3 can ever be there
        assert 0 < len(batch) <= 3
        taken += batch
    putter.join()
    assert taken == list(range(50))
    assert intake.dropped == 0


def test_a_taker_that_waits_for_more_than_fits_is_woken() -> None:
    intake = Intake(100, 10)
    putter = threading.Thread(target=lambda: [intake.put([message(n, size=4)]) for n in range(3)])
    threading.Timer(0.05, putter.start).start()
    assert topics(intake.take(9, wait_s=60, idle_s=60)) == [0, 1]


def test_bytes_count_and_a_giant_still_passes() -> None:
    intake = Intake(100, 10)
    intake.put([message(0, size=50)])
    putter = threading.Thread(target=intake.put, args=[[message(1, size=5)]])
    putter.start()
    assert topics(intake.take(9, 0, 0)) == [0]
    putter.join(10)
    assert topics(intake.take(9, 0, 0)) == [1]


def test_full_it_drops_the_oldest_perishable_one() -> None:
    intake = Intake(3, 1000)
    for number, qos in enumerate([1, 0, 0, 0, 0]):
        intake.put([message(number, qos)])
    assert topics(intake.take(9, 0, 0)) == [0, 3, 4]
    assert intake.dropped == 2


def test_full_of_what_must_be_kept_it_drops_the_new_perishable_one() -> None:
    intake = Intake(2, 1000)
    for number, qos in enumerate([1, 1, 0]):
        intake.put([message(number, qos)])
    assert topics(intake.take(9, 0, 0)) == [0, 1]
    assert intake.dropped == 1


def test_close_frees_both_sides() -> None:
    intake = Intake(1, 1000)
    intake.put([message(0)])
    putter = threading.Thread(target=intake.put, args=[[message(1)]])
    putter.start()
    intake.close()
    putter.join(10)
    assert not putter.is_alive()
    assert topics(intake.take(9, 60, 60)) == [0]
    assert intake.take(9, 60, 60) == []
