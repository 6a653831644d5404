"""What the alert book keeps between two findings, and its bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import msgspec

from alerts.alert import Alert
from alerts.attribution import Attribution
from alerts.grouping import Occurrence


class Key(msgspec.Struct, frozen=True):
    """What makes two findings the same trouble. One of `vehicle_id`, `camera_id` is set."""

    kind: str
    vehicle_id: str | None
    camera_id: str | None
    subject: str


class Page(msgspec.Struct, frozen=True):
    """All that is kept of one key: its occurrences, and the alerts told of them as they stand."""

    key: Key
    occurrences: tuple[Occurrence, ...]
    alerts: tuple[Alert, ...]
    touched_at: datetime


@dataclass(frozen=True, slots=True)
class BookState:
    """`attributions`, by track: of the last minutes, for findings that are still to come."""

    pages: Mapping[Key, Page]
    attributions: Mapping[UUID, Attribution] = field(default_factory=dict)


class _Saved(msgspec.Struct, frozen=True):
    pages: list[Page]
    attributions: list[Attribution]


def encode_state(state: BookState) -> bytes:
    saved = _Saved(list(state.pages.values()), list(state.attributions.values()))
    return msgspec.msgpack.encode(saved)


def decode_state(data: bytes) -> BookState:
    """The state that was encoded; pages alone are what was written before
    cameras' findings were laid at trucks.

    Raises:
        msgspec.ValidationError: bytes that another version wrote.
    """
    saved = msgspec.msgpack.decode(data, type=_Saved | list[Page])
    if isinstance(saved, list):
        saved = _Saved(saved, [])
    return BookState(
        {page.key: page for page in saved.pages},
        {attribution.track_uid: attribution for attribution in saved.attributions},
    )
