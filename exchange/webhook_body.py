"""The body of a webhook, version 1 (docs/exchange.md)."""

from __future__ import annotations

from typing import Any

import msgspec

from alerts.alert import Severity
from alerts.kind import ALERT_KINDS
from store.outbox import OutboxEntry

VERSION = 1
EVIDENCE_PATH = "/api/v1/evidence/"

_SEVERITY_NAMES = {
    Severity.NOTICE: {"zh": "提示", "en": "Notice"},
    Severity.WARNING: {"zh": "一般", "en": "Warning"},
    Severity.SERIOUS: {"zh": "严重", "en": "Serious"},
}


def webhook_body(entry: OutboxEntry, public_url: str) -> bytes:
    """UTF-8 JSON: `version`, `type`, `timestamp` (when the change was stored), `data` (the alert).

    The same entry gives the same bytes, however often it is sent. `public_url` is where the
    receiver reaches the console, for the links to the pictures; empty leaves them relative.

    Raises:
        KeyError: the payload lacks a field that every alert has.
    """
    alert = dict(entry.payload)
    pictures = alert.pop("evidence", None) or []
    kind = ALERT_KINDS.get(alert["kind"])
    data: dict[str, Any] = {
        **alert,
        "alert_id": str(entry.alert_id),
        "revision": entry.revision,
        "kind_name": {"zh": kind.zh, "en": kind.en} if kind else None,
        "severity_name": _SEVERITY_NAMES[Severity(alert["severity"])],
        "evidence": [_picture(picture, public_url) for picture in pictures],
    }
    return msgspec.json.encode(
        {
            "version": VERSION,
            "type": entry.event,
            "timestamp": entry.created_at,
            "data": data,
        }
    )


def _picture(picture: dict[str, Any], public_url: str) -> dict[str, Any]:
    return {**picture, "url": f"{public_url.rstrip('/')}{EVIDENCE_PATH}{picture['evidence_id']}"}
