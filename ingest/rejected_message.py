"""A message that could not become a type, kept whole for the person who asks why (死信)."""

from __future__ import annotations

from datetime import datetime

import msgspec


class RejectedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """`reason` names the field that was wrong and how.

    An array payload is rejected element by element: `payload` is then the raw bytes of that one
    element, and `element` its place in the array.
    """

    topic: str
    payload: bytes
    reason: str
    received_at: datetime
    element: int | None = None
