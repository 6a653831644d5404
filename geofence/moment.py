"""Event time as rules count it."""

from __future__ import annotations

from datetime import UTC, datetime


def moment(seconds: float) -> datetime:
    """Seconds since 1970 as an aware UTC time: exactly the fix time that they came from."""
    return datetime.fromtimestamp(seconds, UTC)
