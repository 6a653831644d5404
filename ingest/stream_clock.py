"""The capture time of a picture from the stream's own clock and its arrival (采集时间)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class StreamClock:
    """Lays presentation times (seconds from anywhere) onto the epoch.

    The stream's clock gives the spacing of pictures, free of the network's jitter. Where the sender
    tells the time of day (RTCP sender reports) and is within `trusted_s` of ours, that is its zero;
    a camera whose clock is further off is not believed. Else the zero is laid where the least
    delayed picture arrived so far. A leap of more than `tolerance_s` against what holds (a camera
    that set its clock, a stream that was paused) lays it anew. Times from `captured_at` never run
    backwards.
    """

    def __init__(self, tolerance_s: float = 2.0, trusted_s: float = 30.0) -> None:
        self._tolerance_s, self._trusted_s = tolerance_s, trusted_s
        self._zero_s: float | None = None
        self._told_zero_s: float | None = None
        self._last: datetime | None = None
        self.sender_off_s: float | None = None

    @property
    def follows_sender(self) -> bool:
        """Whether the sender's own time of day is in use."""
        return self._told_zero_s is not None

    def zero_s(
        self, presented_s: float, arrived_s: float, taken_at_s: float | None = None
    ) -> float:
        """When the stream's clock was 0, in epoch seconds, by all that came so far."""
        if taken_at_s is not None:
            self.sender_off_s = taken_at_s - arrived_s
            trusted = abs(self.sender_off_s) <= self._trusted_s
            self._told_zero_s = taken_at_s - presented_s if trusted else None
        zero_s = arrived_s - presented_s
        known = self._zero_s
        if known is None or zero_s < known or zero_s - known > self._tolerance_s:
            self._zero_s = known = zero_s
        if self._told_zero_s is not None:
            if abs(self._told_zero_s - known) <= self._trusted_s:
                return self._told_zero_s
            self._told_zero_s = None  # its clock leapt: arrival holds until it tells again
        return known

    def captured_at(self, presented_s: float | None, arrived_at: datetime) -> datetime:
        captured = arrived_at
        if presented_s is not None:
            zero_s = self.zero_s(presented_s, arrived_at.timestamp())
            captured = datetime.fromtimestamp(zero_s, UTC) + timedelta(seconds=presented_s)
        if self._last is not None and captured <= self._last:
            captured = self._last + timedelta(milliseconds=1)
        self._last = captured
        return captured
