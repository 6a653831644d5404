"""One connection to a camera: the packets that are due, with its own numbers and times."""

from __future__ import annotations

import asyncio
import struct
import time

import numpy as np

from demo.cameras.programme import Programme

_CLOCK_HZ = 90_000
_REPORT_EVERY_S = 4.0
_NTP_TO_UNIX_S = 2_208_988_800  # RFC 3550, 4: from 1900 to 1970
_MOST_WAITING_BYTES = 8 << 20
_STAMPS = np.dtype([("sequence", ">u2"), ("time", ">u4")])
_COUNT = np.arange(1 << 14, dtype=np.int64)


class Viewer:
    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self.camera = ""
        self.playing = False
        self._programme: Programme | None = None
        self._next = 0
        self._sequence = 0
        self._reported_s = -_REPORT_EVERY_S
        self._sent = self._octets = 0

    def play(self, camera: str, programme: Programme, now_s: float) -> None:
        """From the newest key frame that is on, as cameras do."""
        at = int((now_s - programme.began_s) * programme.fps)
        while not programme.picture(at).is_key:
            at -= 1
        self.camera, self._programme, self._next, self.playing = camera, programme, at, True

    def send_due(self, now_s: float) -> bool:
        """False where the client takes too little: a camera would lose pictures."""
        programme = self._programme
        if programme is None or programme.fault.stall:
            return True
        due = int((now_s - programme.began_s) * programme.fps)
        if programme.fault.stall or due < self._next:
            return True
        if self.writer.transport.get_write_buffer_size() > _MOST_WAITING_BYTES:
            return False
        if now_s - self._reported_s >= _REPORT_EVERY_S:
            self._reported_s = now_s
            late_s = now_s - programme.began_s - self._next / programme.fps
            self.writer.write(self._report(programme, time.time() - late_s))
        while self._next <= due:
            self.writer.write(self._stamped(programme))
            self._next += 1
        return True

    def _stamped(self, programme: Programme) -> bytearray:
        number = self._next
        picture = programme.picture(number)
        content = bytearray(picture.content)
        view = np.frombuffer(content, np.uint8)
        at, count = picture.headers, len(picture.headers)
        stamps = np.empty(count, _STAMPS)
        stamps["sequence"] = (_COUNT[:count] + self._sequence) & 0xFFFF
        stamps["time"] = round(number * _CLOCK_HZ / programme.fps) & 0xFFFFFFFF
        view[picture.stamped] = stamps.view(np.uint8)
        damage = programme.fault.damage
        if damage and number % damage == 0:
            hit = max(int(np.searchsorted(at, len(content) // 2)) - 1, 0)
            begin = int(at[hit]) + 12 + 40
            end = int(at[hit + 1]) - 4 if hit + 1 < count else len(content)  # no other's header
            view[begin : min(begin + 200, end)] ^= 0x5A
        self._sequence = (self._sequence + count) & 0xFFFF
        self._sent += count
        self._octets += len(content) - 16 * count
        return content

    def _report(self, programme: Programme, taken_at: float) -> bytes:
        """A sender report (RFC 3550, 6.4.1): the time of day of the next picture.

        `taken_at` (unix time) is when it was on, though it may be sent later.
        """
        stamp = round(self._next * _CLOCK_HZ / programme.fps) & 0xFFFFFFFF
        ntp_s = taken_at + _NTP_TO_UNIX_S
        body = struct.pack(
            ">BBHIIIIII",
            0x80,
            200,
            6,
            0x6D75636B,
            int(ntp_s),
            int(ntp_s % 1 * 2**32),
            stamp,
            self._sent & 0xFFFFFFFF,
            self._octets & 0xFFFFFFFF,
        )
        return b"$\x01" + struct.pack(">H", len(body)) + body
