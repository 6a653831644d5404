"""A message as it came from the broker, not yet understood."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Token:
    """What acknowledges a message: a packet id means something on its own connection alone."""

    connection: int
    packet_id: int
    qos: int


@dataclass(frozen=True, slots=True)
class Message:
    """`received_at` is aware, in UTC. `redelivered`: the broker sent it before."""

    topic: str
    payload: bytes
    received_at: datetime
    token: Token
    redelivered: bool = False
