"""The capture time of a picture from the stream's own clock and its arrival (采集时间)."""

from __future__ import annotations

from datetime import datetime, timedelta


class StreamClock:
    """Lays presentation times (seconds from anywhere) onto arrival times (aware).

    The stream's clock gives the spacing of pictures, free of the network's jitter. Its zero is
    laid where the least delayed picture arrived so far; a leap of more than `tolerance_s` against
    arrival (a camera that set its clock, a stream that was paused) lays it anew. Times never run
    backwards.
    """

    def __init__(self, tolerance_s: float = 2.0) -> None:
        self._tolerance = timedelta(seconds=tolerance_s)
        self._zero: datetime | None = None
        self._last: datetime | None = None

    def captured_at(self, presented_s: float | None, arrived_at: datetime) -> datetime:
        captured = arrived_at if presented_s is None else self._on_stream(presented_s, arrived_at)
        if self._last is not None and captured <= self._last:
            captured = self._last + timedelta(milliseconds=1)
        self._last = captured
        return captured

    def _on_stream(self, presented_s: float, arrived_at: datetime) -> datetime:
        zero = arrived_at - timedelta(seconds=presented_s)
        if self._zero is None or zero < self._zero or zero - self._zero > self._tolerance:
            self._zero = zero
        return self._zero + timedelta(seconds=presented_s)
