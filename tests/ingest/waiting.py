"""Waiting for what happens in other threads and processes."""

from __future__ import annotations

import time
from collections.abc import Callable

from ingest.message import Message
from ingest.mqtt import MqttSource


def wait_until(true: Callable[[], bool], what: str, within_s: float = 30) -> None:
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, f"not within {within_s} s: {what}"
        time.sleep(0.02)


def take_all(source: MqttSource, count: int, within_s: float = 40) -> list[Message]:
    """Takes until `count` messages came; more than that come along, if they are there."""
    taken: list[Message] = []
    deadline = time.monotonic() + within_s
    while len(taken) < count and time.monotonic() < deadline:
        taken += source.take(1000, 0.05, idle_s=0.2)
    return taken
