"""One connection to a video source: its packets with times (视频连接)."""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator
from types import TracebackType
from typing import NamedTuple, Self

import av
from av.bitstream import BitStreamFilterContext

from ingest.packet_ring import StreamCodec, VideoPacket

_WAITED_S = 0.002
"""A packet that took longer to read was not there yet. Ours."""


class StreamError(ConnectionError):
    """The stream could not be opened, broke off or went silent; the message says which."""


class Arrived(NamedTuple):
    """`taken_at_s`: epoch seconds that the sender says for this picture, None where it does not."""

    packet: VideoPacket
    presented_s: float
    is_key: bool
    damaged: bool
    taken_at_s: float | None


class VideoConnection:
    """An open source, a context manager; `packets()` blocks, at most `read_timeout_s` for one.

    RTSP goes over TCP. A file in MP4 is turned into Annex B, as RTSP has it.

    Raises:
        StreamError: cannot be opened, or is no video.
    """

    def __init__(self, url: str, open_timeout_s: float, read_timeout_s: float) -> None:
        options = {"rtsp_transport": "tcp"} if url.startswith(("rtsp:", "rtsps:")) else {}
        # libavformat would guess the frame rate, which nobody asks for: 2.5 s of a stream of 10/s.
        options["fpsprobesize"] = "0"
        try:
            self._container = av.open(
                url, options=options, timeout=(open_timeout_s, read_timeout_s)
            )
        except (av.FFmpegError, OSError) as error:
            raise StreamError(f"cannot open: {error}") from error
        if not self._container.streams.video:
            self._container.close()
            raise StreamError("no video in the stream")
        self._video = self._container.streams.video[0]
        context = self._video.codec_context
        extradata = context.extradata or b""
        self._filter = None
        if extradata[:1] == b"\x01" and context.name in ("h264", "hevc"):
            self._filter = BitStreamFilterContext(f"{context.name}_mp4toannexb", self._video)
            extradata = b""  # the filter writes parameter sets before each key frame
        if self._video.time_base is None:
            raise StreamError("the stream has no time base")
        self.codec = StreamCodec(
            context.name, extradata, context.width, context.height, self._video.time_base
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._container.close()

    def packets(self) -> Iterator[Arrived]:
        """Until the source ends; a dead server ends it without an error.

        Raises:
            StreamError: it broke off, or nothing came for `read_timeout_s`.
        """
        base = float(self.codec.time_base)
        last_s = 0.0
        try:
            for packet in self._container.demux(self._video):
                if not packet.size:
                    continue
                for each in self._filter.filter(packet) if self._filter else (packet,):
                    stamp = each.pts if each.pts is not None else each.dts
                    last_s = presented_s = last_s if stamp is None else stamp * base
                    is_key = each.is_keyframe
                    yield Arrived(
                        each,
                        presented_s,
                        is_key,
                        each.is_corrupt,
                        _taken_at_s(each) if is_key else None,
                    )
        except av.EOFError:
            return
        except (av.FFmpegError, OSError) as error:
            raise StreamError(f"broke off: {error}") from error


def gathered(packets: Iterator[Arrived], gather_s: float) -> Iterator[Arrived]:
    """The same packets; after each that had to be waited for, more may gather for `gather_s`.

    A camera sends 25 times a second, and each packet in some pieces: a thread that waits for every
    one wakes 50 times a second, this one a few times. The kernel's buffer holds them meanwhile.
    """
    asked_s = time.monotonic()
    for arrived in packets:
        waited = time.monotonic() - asked_s > _WAITED_S
        yield arrived
        if waited:
            time.sleep(gather_s)
        asked_s = time.monotonic()


def _taken_at_s(packet: VideoPacket) -> float | None:
    """The sender's wall clock, from RTCP sender reports (RFC 3550, 6.4.1).

    libavformat lays them onto each packet as AVProducerReferenceTime: int64 microseconds since
    1970, then flags. None before the first report (cameras send one every few seconds).
    """
    if not packet.has_sidedata("prft"):
        return None
    content = bytes(packet.get_sidedata("prft"))
    wallclock_us = int(struct.unpack_from("=q", content)[0])
    return wallclock_us / 1e6
