"""A message as it came from the broker, not yet understood."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Token(msgspec.Struct, frozen=True, gc=False):
    """What acknowledges a message: a packet id means something on its own connection alone."""

    connection: int
    packet_id: int
    qos: int


class Message(msgspec.Struct, frozen=True, gc=False):
    """`received_at` is aware, in UTC. `redelivered`: the broker sent it before."""

    topic: str
    payload: bytes
    received_at: datetime
    token: Token
    redelivered: bool = False
