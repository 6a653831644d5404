"""What a receiver of webhooks remembers: each message once, by its id."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

SHOWN = 200


@dataclass(frozen=True, slots=True)
class Message:
    """One webhook: its `webhook-id`, its body, and how it is named on the page."""

    webhook_id: str
    type: str
    kind: str
    body: dict[str, Any]


@dataclass(slots=True)
class Received:
    """Counts for ever, keeps the newest messages. `received` counts repetitions too."""

    received: int = 0
    invalid: int = 0
    failed_on_demand: int = 0
    by_type: Counter[str] = field(default_factory=Counter)
    by_kind: Counter[str] = field(default_factory=Counter)
    newest: deque[Message] = field(default_factory=lambda: deque(maxlen=SHOWN))
    _ids: set[str] = field(default_factory=set)

    def take(self, webhook_id: str, body: dict[str, Any]) -> bool:
        """Remember a message whose signature held; False when its id is known already.

        Raises:
            KeyError, TypeError: the body is not that of an alert.
        """
        message = Message(webhook_id, str(body["type"]), str(body["data"]["kind"]), body)
        self.received += 1
        if webhook_id in self._ids:
            return False
        self._ids.add(webhook_id)
        self.by_type[message.type] += 1
        self.by_kind[message.kind] += 1
        self.newest.append(message)
        return True

    def summary(self) -> dict[str, Any]:
        return {
            "received": self.received,
            "distinct": len(self._ids),
            "by_type": dict(self.by_type),
            "by_kind": dict(self.by_kind),
            "invalid": self.invalid,
            "failed_on_demand": self.failed_on_demand,
        }
