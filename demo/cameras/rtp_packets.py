"""A clip as RTP packets, cut once (RFC 6184, FU-A; interleaved framing of RFC 2326, 10.12)."""

from __future__ import annotations

import base64
import struct
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av.bitstream import BitStreamFilterContext
from numpy.typing import NDArray

_PAYLOAD_BYTES = 1400


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One access unit as interleaved RTP; `headers` are the offsets of its RTP headers.

    `stamped` (6 a header, flat) are the offsets of their sequence numbers and times.
    """

    content: bytes
    headers: NDArray[np.intp]
    stamped: NDArray[np.intp]
    is_key: bool


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    pictures: tuple[Picture, ...]
    fps: float
    sprop: str


def _nal_units(annex_b: bytes) -> list[bytes]:
    units, start = [], annex_b.find(b"\x00\x00\x01")
    while start >= 0:
        begin = start + 3
        start = annex_b.find(b"\x00\x00\x01", begin)
        unit = annex_b[begin : start if start >= 0 else len(annex_b)]
        units.append(unit.rstrip(b"\x00") if start >= 0 else unit)
    return units


def _packetise(annex_b: bytes, *, is_key: bool) -> Picture:
    payloads: list[bytes] = []
    for unit in _nal_units(annex_b):
        if len(unit) <= _PAYLOAD_BYTES:
            payloads.append(unit)
            continue
        indicator, kind = unit[0] & 0xE0 | 28, unit[0] & 0x1F  # RFC 6184, 5.8: FU-A
        for at in range(1, len(unit), _PAYLOAD_BYTES):
            part = unit[at : at + _PAYLOAD_BYTES]
            first, last = at == 1, at + _PAYLOAD_BYTES >= len(unit)
            payloads.append(bytes((indicator, kind | first << 7 | last << 6)) + part)
    content, headers = bytearray(), []
    for number, payload in enumerate(payloads):
        content += b"$\x00" + struct.pack(">H", 12 + len(payload))
        headers.append(len(content))
        marker = 0x80 if number == len(payloads) - 1 else 0
        content += struct.pack(">BBHII", 0x80, 96 | marker, 0, 0, 0x6D75636B) + payload
    offsets = np.asarray(headers, np.intp)
    stamped = (offsets[:, None] + np.arange(2, 8)).ravel()
    return Picture(bytes(content), offsets, stamped, is_key)


def read_piece(path: Path) -> Piece:
    """Raises `av.FFmpegError` or `OSError` where it is no H.264 file."""
    pictures = []
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        fps = float(video.average_rate or 25)
        to_annex_b = BitStreamFilterContext("h264_mp4toannexb", video)
        for packet in container.demux(video):
            if not packet.size:
                continue
            for each in to_annex_b.filter(packet):
                pictures.append(_packetise(bytes(each), is_key=each.is_keyframe))
                if len(pictures) == 1:
                    sets = [u for u in _nal_units(bytes(each)) if u[0] & 0x1F in (7, 8)]
    sprop = ",".join(base64.b64encode(unit).decode() for unit in sets)
    return Piece(tuple(pictures), fps, sprop)
