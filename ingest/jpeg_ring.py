"""The last seconds of a camera that sends JPEGs, for clips: they are copied, never coded anew."""

from __future__ import annotations

import io
import threading
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction

import av

from ingest.packet_ring import Clip

_BASE = Fraction(1, 1000)
_LAST_MS = 1000  # so long the last picture is shown


class JpegRing:
    """JPEGs in order of time, the oldest forgotten above `seconds` or `max_bytes`.

    Made as `ingest.packet_ring.PacketRing` is; one thread appends, any other may read meanwhile.
    """

    def __init__(self, seconds: float = 75, max_bytes: int = 48 << 20) -> None:
        self._seconds, self._max_bytes = seconds, max_bytes
        self._lock = threading.Lock()
        self._pictures: deque[tuple[datetime, bytes, tuple[int, int]]] = deque()
        self._size_bytes = 0

    def append(self, captured_at: datetime, jpeg: bytes, size_px: tuple[int, int]) -> None:
        """One that is not newer than the last is left out: a repeated message."""
        with self._lock:
            if self._pictures and captured_at <= self._pictures[-1][0]:
                return
            self._pictures.append((captured_at, jpeg, size_px))
            self._size_bytes += len(jpeg)
            while len(self._pictures) > 1 and (
                self._size_bytes > self._max_bytes
                or (captured_at - self._pictures[0][0]).total_seconds() > self._seconds
            ):
                self._size_bytes -= len(self._pictures.popleft()[1])

    def has_until(self, at: datetime) -> bool:
        """Whether pictures up to `at` (aware) have come."""
        with self._lock:
            return bool(self._pictures) and self._pictures[-1][0] >= at

    def clip(self, since: datetime, until: datetime) -> Clip | None:
        """The pictures of [since, until] (aware) as a Matroska file, None where there is none.

        Where the size of the picture changes, it holds the longer part.
        """
        with self._lock:
            chosen = [p for p in self._pictures if since <= p[0] <= until]
        runs: list[list[tuple[datetime, bytes, tuple[int, int]]]] = []
        for picture in chosen:
            if not runs or runs[-1][-1][2] != picture[2]:
                runs.append([])
            runs[-1].append(picture)
        if not runs:
            return None
        longest = max(runs, key=lambda run: (run[-1][0] - run[0][0], len(run)))
        width, height = longest[0][2]
        return Clip(
            content=mux_jpegs([(at, jpeg) for at, jpeg, _ in longest], width, height),
            starts_at=longest[0][0],
            ends_at=longest[-1][0],
            codec="mjpeg",
            width_px=width,
            height_px=height,
        )


def mux_jpegs(pictures: Sequence[tuple[datetime, bytes]], width_px: int, height_px: int) -> bytes:
    """JPEGs with their times (rising) in a Matroska file, byte for byte as they came.

    Not MP4: Matroska's times are milliseconds, as the frames' are, and its M-JPEG track (V_MJPEG)
    is the plainer one. No browser plays M-JPEG in either.
    """
    out = io.BytesIO()
    with av.open(out, "w", format="matroska") as container:
        stream = container.add_mux_stream(
            "mjpeg", width=width_px, height=height_px, time_base=_BASE
        )
        begin = pictures[0][0]
        times = [round((at - begin).total_seconds() * 1000) for at, _ in pictures]
        ends = [*times[1:], times[-1] + _LAST_MS]
        for (_, jpeg), at_ms, end_ms in zip(pictures, times, ends, strict=True):
            packet = av.Packet(jpeg)
            packet.stream = stream
            packet.time_base = _BASE
            packet.pts = packet.dts = at_ms
            packet.duration = max(end_ms - at_ms, 1)
            packet.is_keyframe = True
            container.mux(packet)
    return out.getvalue()
