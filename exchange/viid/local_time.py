"""Times as GA/T 1400 writes them: `yyyyMMddHHmmss`, UTC+8."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8))


def viid_time(at: datetime) -> str:
    """14 digits. `at` is aware."""
    return at.astimezone(CHINA).strftime("%Y%m%d%H%M%S")
