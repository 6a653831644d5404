from __future__ import annotations

import asyncio

from console.hub import KEPT, QUEUE, Event, Hub


def names(queue: asyncio.Queue[Event]) -> list[tuple[str, str]]:
    found = []
    while not queue.empty():
        event = queue.get_nowait()
        found.append((event.name, event.data))
    return found


async def settle() -> None:
    await asyncio.sleep(0)
    await asyncio.sleep(0)


def test_a_new_stream_is_told_to_read_all_and_then_hears() -> None:
    async def story() -> None:
        hub = Hub()
        hub.publish("alert", "before", numbered=True)
        with hub.stream(None) as queue:
            hub.publish("alert", "a", numbered=True)
            hub.publish("vehicles", "v")
            await settle()
            assert names(queue) == [("snapshot", "{}"), ("alert", "a"), ("vehicles", "v")]
        hub.publish("alert", "after", numbered=True)
        await settle()
        assert names(queue) == []

    asyncio.run(story())


def test_a_stream_that_comes_back_hears_just_what_it_missed() -> None:
    async def story() -> None:
        hub = Hub()
        with hub.stream(None) as queue:
            last = queue.get_nowait().id
            hub.publish("alert", "1", numbered=True)
            await settle()
            last = queue.get_nowait().id
        for n in "23":
            hub.publish("alert", n, numbered=True)
            hub.publish("vehicles", "obsolete")
        with hub.stream(last) as queue:
            assert names(queue) == [("alert", "2"), ("alert", "3")]
        with hub.stream(last) as queue:
            queue.get_nowait()
            last = queue.get_nowait().id
        with hub.stream(last) as queue:
            assert names(queue) == []

    asyncio.run(story())


def test_what_cannot_be_known_is_read_again() -> None:
    async def story() -> None:
        hub, other = Hub(), Hub()
        with other.stream(None) as queue:
            foreign = queue.get_nowait().id
        with hub.stream(None) as queue:
            first = queue.get_nowait().id
        for n in range(KEPT + 1):
            hub.publish("alert", str(n), numbered=True)
        for last in (foreign, first, "nonsense", "-", f"{str(first).split('-')[0]}-999999"):
            with hub.stream(last) as queue:
                assert names(queue) == [("snapshot", "{}")]

    asyncio.run(story())


def test_a_slow_stream_is_not_buffered_for_ever() -> None:
    async def story() -> None:
        hub = Hub()
        with hub.stream(None) as queue:
            for n in range(QUEUE * 3 + 5):
                hub.publish("alert", str(n), numbered=True)
            await settle()
            heard = names(queue)
            assert len(heard) <= QUEUE
            assert heard[0] == ("snapshot", "{}")
            assert heard[-1] == ("alert", str(QUEUE * 3 + 4))

    asyncio.run(story())
