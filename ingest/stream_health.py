"""How a camera's stream is doing (视频流状态)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class StreamState(StrEnum):
    ONLINE = "online"
    OFFLINE = "offline"
    FROZEN = "frozen"


@dataclass(frozen=True, slots=True)
class StreamHealth:
    """A moment's picture of a stream; counts run over all connections.

    Attributes:
        frames_seen: pictures that arrived (of a video: decoded).
        frames_dropped: pictures chosen for analysis that a slow reader never took.
        last_seen_at: arrival of the last picture (aware, UTC), None before the first.
        detail: why it is not online, in English, for engineers.
    """

    state: StreamState = StreamState.OFFLINE
    frames_seen: int = 0
    frames_dropped: int = 0
    connections: int = 0
    last_seen_at: datetime | None = None
    detail: str = "not opened yet"
