"""The queue before the database: each camera's order is kept, each has so much room."""

from __future__ import annotations

import threading

import pytest

from app.observation_queue import PLAIN_BYTES, ObservationQueue
from app.patient_store import Stopped
from tests.store.seen import attribution, picture, sighting

MOST = 64


def test_order_is_kept_and_all_cameras_come_in_one_batch() -> None:
    queue = ObservationQueue(10**6)
    queue.put("a", [sighting(1), sighting(2)])
    queue.put("b", [attribution(1)])
    queue.put("a", [attribution(2)])
    assert queue.take(MOST, 10**6, 0) == {
        "a": [sighting(1), sighting(2), attribution(2)],
        "b": [attribution(1)],
    }
    assert queue.take(MOST, 10**6, 0) == {}


def test_who_was_left_out_is_first_next_time() -> None:
    queue = ObservationQueue(10**6)
    for camera in "abc":
        queue.put(camera, [sighting(n) for n in range(3)])
    taken = [queue.take(4, 10**6, 0) for _ in range(4)]
    assert [{c: len(t) for c, t in batch.items()} for batch in taken] == [
        {"a": 3, "b": 1},
        {"c": 3, "b": 1},
        {"b": 1},
        {},
    ]


def test_a_batch_is_bounded_by_bytes_but_never_empty() -> None:
    queue = ObservationQueue(10**9)
    large = sighting(1, snapshot=picture(b"x" * 10**6))
    queue.put("a", [large] * 3)
    assert [len(queue.take(MOST, 10, 0)["a"]) for _ in range(3)] == [1, 1, 1]


def test_a_full_camera_waits_and_no_other() -> None:
    queue = ObservationQueue(2 * PLAIN_BYTES)
    plain = sighting(1, snapshot=None)
    queue.put("a", [plain, plain])
    assert not queue.has_room("a")
    waits = threading.Thread(target=queue.put, args=("a", [plain]), daemon=True)
    waits.start()
    queue.put("b", [plain])
    assert queue.has_room("b")
    assert not queue.wait_empty(0)
    first = queue.take(MOST, 10**6, 5)
    assert {c: len(t) for c, t in first.items()} == {"a": 2, "b": 1}
    waits.join(5)
    assert not waits.is_alive()
    assert queue.blocked == 1
    queue.done()
    assert {c: len(t) for c, t in queue.take(MOST, 10**6, 5).items()} == {"a": 1}
    assert not queue.wait_empty(0)
    queue.done()
    assert queue.wait_empty(0)


def test_what_is_larger_than_the_room_goes_alone() -> None:
    queue = ObservationQueue(10)
    queue.put("a", [sighting(1)])
    assert len(queue.take(MOST, 10**6, 0)["a"]) == 1


def test_closed_it_lets_go_who_waits_and_gives_out_what_is_there() -> None:
    queue = ObservationQueue(PLAIN_BYTES)
    plain = sighting(1, snapshot=None)
    queue.put("a", [plain])
    ended: list[str] = []

    def put() -> None:
        try:
            queue.put("a", [plain])
        except Stopped:
            ended.append("stopped")

    waits = threading.Thread(target=put, daemon=True)
    waits.start()
    queue.close()
    waits.join(5)
    assert ended == ["stopped"]
    with pytest.raises(Stopped):
        queue.put("b", [plain])
    assert queue.take(MOST, 10**6, 0) == {"a": [plain]}
