"""An alert as it is stored: what the rules said of it, and what people did with it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from alerts.alert import Alert, AlertStatus


class StoredAlert(msgspec.Struct, frozen=True, kw_only=True):
    """`revision` counts what changed, by rules or people, from 1.

    `pictures` is how much evidence belongs to it, 0 where the query did not count.
    """

    alert: Alert
    status: AlertStatus
    acknowledged_by: str | None
    acknowledged_at: datetime | None
    note: str | None
    revision: int
    updated_at: datetime
    pictures: int = 0


_ALERT_FIELDS = Alert.__struct_fields__


def alert_of(row: Mapping[str, Any]) -> Alert:
    """The alert in a row of the table `alert`."""
    return msgspec.convert({name: row[name] for name in _ALERT_FIELDS}, Alert)


def stored_alert_of(row: Mapping[str, Any]) -> StoredAlert:
    """The whole row; `pictures` where the query counted them."""
    return StoredAlert(
        alert=alert_of(row),
        status=AlertStatus(row["status"]),
        acknowledged_by=row["acknowledged_by"],
        acknowledged_at=row["acknowledged_at"],
        note=row["note"],
        revision=row["revision"],
        updated_at=row["updated_at"],
        pictures=row.get("pictures", 0),
    )


def digest_of(alert: Alert) -> bytes:
    """SHA-256 of what the rules say, but for whether it rings: the same told late is no news."""
    plain = msgspec.structs.replace(alert, rings=True)
    return hashlib.sha256(msgspec.json.encode(plain, order="deterministic")).digest()
