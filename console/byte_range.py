"""The Range header of HTTP (RFC 9110, 14): pure."""

from __future__ import annotations

import re

_ONE = re.compile(r"^bytes=(\d{0,18})-(\d{0,18})$")


class UnsatisfiableRangeError(ValueError):
    """It begins behind the end."""


def byte_range(header: str | None, size: int) -> tuple[int, int] | None:
    """(first, last) byte asked for, inclusive; None: send it all.

    What is malformed, of another unit or of several ranges may be passed over, and is.

    Raises:
        UnsatisfiableRangeError
    """
    match = _ONE.fullmatch(header.strip()) if header else None
    if match is None or not (match[1] or match[2]):
        return None
    if not match[1]:  # the last so many
        length = min(int(match[2]), size)
        if not length:
            raise UnsatisfiableRangeError
        return size - length, size - 1
    first = int(match[1])
    last = min(int(match[2]), size - 1) if match[2] else size - 1
    if first >= size:
        raise UnsatisfiableRangeError
    return None if match[2] and int(match[2]) < first else (first, last)
