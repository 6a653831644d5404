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
        frames_seen: pictures that arrived (of a video: packets, most of them never decoded).
        frames_decoded: pictures that were decoded.
        frames_analysed: pictures that were given to the watch.
        frames_dropped: pictures that were due for analysis and were not analysed.
        errors: packets that could not be decoded; what refers to them is left out.
        last_seen_at: arrival of the last picture (aware, UTC), None before the first; of a stream
            that no picture can be made of, that of the last that could be decoded.
        detail: why it is not online, in English, for engineers.
        awake: all pictures are decoded at this time; False: key frames only.
        awake_share: of the time seen so far, 0 to 1.
        wakes: how often it went over to all pictures.
        wakes_false: of those, how often nothing moved after all.
        restrained: how often it was made to rest though something moved, for want of time.
        lag_s: how far the picture analysed last is behind the newest that came.
        sender_clock: times are the sender's own (RTCP), not those of arrival.
        sender_off_s: the sender's clock against ours, None where it tells none.
        analysed_fps: pictures a second that were analysed of late.
        cpu_share: of one core, that decoding and analysis took of late.
    """

    state: StreamState = StreamState.OFFLINE
    frames_seen: int = 0
    frames_dropped: int = 0
    connections: int = 0
    last_seen_at: datetime | None = None
    detail: str = "not opened yet"
    frames_decoded: int = 0
    frames_analysed: int = 0
    errors: int = 0
    awake: bool = False
    awake_share: float = 0.0
    wakes: int = 0
    wakes_false: int = 0
    restrained: int = 0
    lag_s: float = 0.0
    sender_clock: bool = False
    sender_off_s: float | None = None
    analysed_fps: float = 0.0
    cpu_share: float = 0.0
