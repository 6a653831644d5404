"""A camera's packets of late as they came, for catching up and for clips (码流环)."""

from __future__ import annotations

import io
import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from typing import NamedTuple, TypeAlias

import av
from av.video.stream import VideoStream

VideoPacket: TypeAlias = "av.Packet[VideoStream]"

_ANNEX_B = (b"\x00\x00\x01", b"\x00\x00\x00\x01")
_MP4_CODECS = frozenset({"h264", "hevc"})


@dataclass(frozen=True, slots=True, eq=False)
class StreamCodec:
    """How one connection's packets are coded. `extradata` is Annex B, empty where it comes in-band.

    Compared by identity: a new connection has a new one.
    """

    name: str
    extradata: bytes
    width_px: int
    height_px: int
    time_base: Fraction


class RingPacket(NamedTuple):
    """`number` counts all packets of the ring; `presented_s` is of the stream's own clock.

    `zero_s` lays that clock onto the epoch: the packet's picture was taken at
    `zero_s + presented_s`, in seconds since 1970 UTC.
    """

    number: int
    packet: VideoPacket
    presented_s: float
    zero_s: float
    is_key: bool

    @property
    def at_s(self) -> float:
        return self.zero_s + self.presented_s


@dataclass(slots=True, eq=False)
class Gop:
    """A key frame and what refers to it (图像组)."""

    codec: StreamCodec
    packets: list[RingPacket] = field(default_factory=list)
    size_bytes: int = 0

    @property
    def key(self) -> RingPacket:
        return self.packets[0]


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """An MP4 of original packets; `starts_at` is its key frame's time, so before what was asked.

    `codec` is `h264` or `hevc`.
    """

    content: bytes
    starts_at: datetime
    ends_at: datetime
    codec: str
    width_px: int
    height_px: int


class PacketRing:
    """Whole groups of pictures, the oldest forgotten above `seconds` or `max_bytes`.

    One thread appends; any other may read meanwhile. Packets before a connection's first key frame
    are of no use and are left out.
    """

    def __init__(self, seconds: float = 45, max_bytes: int = 48 << 20) -> None:
        self._seconds, self._max_bytes = seconds, max_bytes
        self._lock = threading.Lock()
        self._gops: deque[Gop] = deque()
        self._codec: StreamCodec | None = None
        self._size_bytes = 0
        self._next_number = 0
        self._awaits_key = True

    @property
    def size_bytes(self) -> int:
        return self._size_bytes

    @property
    def newest(self) -> RingPacket | None:
        with self._lock:
            return self._gops[-1].packets[-1] if self._gops else None

    def opened(self, codec: StreamCodec) -> None:
        """What is appended from now on is of a new connection."""
        with self._lock:
            self._codec, self._awaits_key = codec, True

    def await_key(self) -> None:
        """A packet was lost or is damaged: leave out all up to the next key frame."""
        self._awaits_key = True

    def append(
        self, packet: VideoPacket, presented_s: float, zero_s: float, *, is_key: bool
    ) -> RingPacket | None:
        """The packet as it lies in the ring; None where it was left out."""
        if self._codec is None:
            raise ValueError("a packet before the connection's codec")
        if self._awaits_key and not is_key:
            return None
        kept = RingPacket(self._next_number, packet, presented_s, zero_s, is_key)
        self._next_number += 1
        size = packet.size
        with self._lock:
            if is_key:
                self._awaits_key = False
                self._gops.append(Gop(self._codec))
            gop = self._gops[-1]
            gop.packets.append(kept)
            gop.size_bytes += size
            self._size_bytes += size
            if is_key:
                self._forget(kept.at_s)
            elif self._size_bytes > self._max_bytes:
                self._shrink()
        return kept

    def _forget(self, now_s: float) -> None:
        while len(self._gops) > 1 and self._gops[1].key.at_s < now_s - self._seconds:
            self._size_bytes -= self._gops.popleft().size_bytes
        self._shrink()

    def _shrink(self) -> None:
        while len(self._gops) > 1 and self._size_bytes > self._max_bytes:
            self._size_bytes -= self._gops.popleft().size_bytes
        if self._size_bytes > self._max_bytes:  # one endless group: no key frame comes
            self._gops.clear()
            self._size_bytes, self._awaits_key = 0, True

    def gop_of(self, number: int) -> Gop | None:
        """The group that holds packet `number`; None where it is forgotten or not there yet."""
        with self._lock:
            for gop in reversed(self._gops):
                if gop.key.number <= number:
                    return gop if number <= gop.packets[-1].number else None
        return None

    def gops_after(self, number: int) -> list[Gop]:
        """The groups whose key frame is newer than packet `number`, oldest first."""
        with self._lock:
            found = []
            for gop in reversed(self._gops):
                if gop.key.number <= number:
                    break
                found.append(gop)
        return found[::-1]

    def packet(self, number: int) -> tuple[RingPacket, Gop] | None:
        """Packet `number`, or the oldest after it where that is forgotten; None: not there yet."""
        with self._lock:
            chosen: Gop | None = None
            for gop in reversed(self._gops):
                if number > gop.packets[-1].number:
                    break
                chosen = gop
                if gop.key.number <= number:
                    return gop.packets[number - gop.key.number], gop
        return None if chosen is None else (chosen.key, chosen)

    def has_until(self, at: datetime) -> bool:
        """Whether packets up to `at` (aware) have come."""
        newest = self.newest
        return newest is not None and newest.at_s >= at.timestamp()

    def clip(self, since: datetime, until: datetime) -> Clip | None:
        """The packets from the last key frame before `since` to `until` (aware), as MP4.

        It is of one connection: a gap in the middle ends it before, or begins it after, whichever
        leaves the longer clip. None where nothing of that time is here or the codec is neither
        H.264 nor H.265.
        """
        first_s, last_s = since.timestamp(), until.timestamp()
        with self._lock:
            runs: list[list[RingPacket]] = []
            codecs: list[StreamCodec] = []
            gops = list(self._gops)
            for i, gop in enumerate(gops):
                later = gops[i + 1].key.at_s if i + 1 < len(gops) else float("inf")
                if later <= first_s or gop.key.at_s > last_s:
                    continue
                if not codecs or codecs[-1] is not gop.codec:
                    codecs.append(gop.codec)
                    runs.append([])
                runs[-1] += [each for each in gop.packets if each.at_s <= last_s]
        held = [(run[-1].at_s - run[0].at_s, i) for i, run in enumerate(runs) if run]
        if not held:
            return None
        longest = max(held)[1]
        packets, codec = runs[longest], codecs[longest]
        if codec.name not in _MP4_CODECS or packets[-1].at_s < first_s:
            return None
        return Clip(
            _remux(packets, codec),
            datetime.fromtimestamp(packets[0].at_s, UTC),
            datetime.fromtimestamp(max(each.at_s for each in packets), UTC),
            codec.name,
            codec.width_px,
            codec.height_px,
        )


def _remux(packets: list[RingPacket], codec: StreamCodec) -> bytes:
    """Copies, since muxing stamps a packet anew; times count from the first key frame."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_mux_stream(
            codec.name, width=codec.width_px, height=codec.height_px, time_base=codec.time_base
        )
        start = packets[0].packet.pts or 0
        last_dts: int | None = None
        for kept in packets:
            content = bytes(kept.packet)
            if kept is packets[0] and codec.extradata.startswith(_ANNEX_B):
                content = codec.extradata + content  # the parameter sets, where only SDP had them
            copy = av.Packet(content)
            copy.stream = stream
            copy.time_base = codec.time_base
            pts = start if kept.packet.pts is None else kept.packet.pts
            dts = pts if kept.packet.dts is None else kept.packet.dts
            if last_dts is not None and dts <= last_dts:
                dts = last_dts + 1  # MP4 wants them to rise
            copy.pts, copy.dts = max(pts, dts) - start, dts - start
            copy.is_keyframe = kept.is_key
            # Without one of its own the last picture would last for nothing and not be shown.
            copy.duration = kept.packet.duration or (dts - last_dts if last_dts is not None else 0)
            last_dts = dts
            container.mux(copy)
    return out.getvalue()
