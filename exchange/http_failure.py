"""What a failed HTTP exchange means for the entry that was sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

import requests

from exchange.outcome import Deferred

BODY_REFUSED_STATUS = frozenset({400, 413, 414, 415, 422})
"""What was sent is at fault: the same body would be refused again."""

UNREACHABLE_STATUS = frozenset({502, 503, 504})
"""A gateway or the receiver itself says that the receiver is down."""


def unreachable(error: requests.RequestException) -> Deferred:
    """Nobody answered in full. The text names no URL: URLs of webhooks can carry secrets."""
    if isinstance(error, requests.exceptions.SSLError):
        reason = "TLS failed"
    elif isinstance(error, requests.exceptions.ConnectTimeout):
        reason = "timed out connecting"
    elif isinstance(error, requests.Timeout):
        reason = "timed out waiting for an answer"
    elif isinstance(error, requests.ConnectionError):
        reason = "could not connect, or the connection broke"
    else:
        reason = "the exchange failed"
    return Deferred(f"{reason} ({type(error).__name__})", reached=False)


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds from a sound Retry-After header (RFC 9110 10.2.3: seconds or a date), else None."""
    value = headers.get("Retry-After", "").strip()
    if not value:
        return None
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    if at.tzinfo is None:
        return None
    return max(0.0, (at - now).total_seconds())
