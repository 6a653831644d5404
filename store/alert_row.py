"""An alert as it is stored: what the rules said of it, and what people did with it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from alerts.alert import Alert, AlertStatus

RULES = "rules"
"""Who did what no person did: in `alert_log`, and as `StoredAlert.attributed_by`."""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """At whom a person laid an alert (人工归因).

    Attributes:
        vehicle_id: None: at no vehicle that is registered.
        plate, plate_color, company: as registered when it was chosen.
        by: the operator.
    """

    vehicle_id: str | None
    plate: str | None = None
    plate_color: str | None = None
    company: str | None = None
    by: str
    at: datetime
    note: str | None = None


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a person found that it happened (核实)."""

    true: bool
    by: str
    at: datetime


class StoredAlert(msgspec.Struct, frozen=True, kw_only=True):
    """`alert` is what the rules say; `shown` is what is told of it.

    Attributes:
        choice: at whom a person laid it; None until one did. It wins over the rules.
        verdict: None until a person gave one.
        revision: counts what changed, by rules or people, from 1.
        pictures: how much evidence belongs to it, 0 where the query did not count.
    """

    alert: Alert
    status: AlertStatus
    acknowledged_by: str | None
    acknowledged_at: datetime | None
    note: str | None
    choice: Choice | None = None
    verdict: Verdict | None = None
    revision: int
    updated_at: datetime
    pictures: int = 0

    @property
    def shown(self) -> Alert:
        """The alert with the vehicle that it is laid at: by a person, or else by the rules."""
        if self.choice is None:
            return self.alert
        return msgspec.structs.replace(
            self.alert,
            vehicle_id=self.choice.vehicle_id,
            plate=self.choice.plate,
            plate_color=self.choice.plate_color,
            company=self.choice.company,
        )

    @property
    def attributed_by(self) -> str | None:
        """Who laid a camera's alert at the vehicle shown, or at nobody: an operator or `rules`."""
        if self.choice is not None:
            return self.choice.by
        laid = self.alert.camera_id is not None and self.alert.vehicle_id is not None
        return RULES if laid else None


_ALERT_FIELDS = Alert.__struct_fields__
_CHOICE_FIELDS = Choice.__struct_fields__
_LATER_FIELDS = ("passers", "candidates", "nobody")
"""Not in a digest where they are empty: what was told before they were is still known."""


def alert_of(row: Mapping[str, Any]) -> Alert:
    """The alert in a row of the table `alert`."""
    return msgspec.convert({name: row[name] for name in _ALERT_FIELDS}, Alert)


def stored_alert_of(row: Mapping[str, Any]) -> StoredAlert:
    """The whole row; `pictures` where the query counted them."""
    choice = verdict = None
    if row["chosen_at"] is not None:
        choice = Choice(**{name: row[f"chosen_{name}"] for name in _CHOICE_FIELDS})
    if row["verdict"] is not None:
        verdict = Verdict(true=row["verdict"], by=row["verdict_by"], at=row["verdict_at"])
    return StoredAlert(
        alert=alert_of(row),
        status=AlertStatus(row["status"]),
        acknowledged_by=row["acknowledged_by"],
        acknowledged_at=row["acknowledged_at"],
        note=row["note"],
        choice=choice,
        verdict=verdict,
        revision=row["revision"],
        updated_at=row["updated_at"],
        pictures=row.get("pictures", 0),
    )


def digest_of(alert: Alert) -> bytes:
    """SHA-256 of what the rules say, but for whether it rings: the same told late is no news."""
    plain = msgspec.structs.replace(alert, rings=True)
    said = msgspec.to_builtins(plain, order="deterministic")
    for name in _LATER_FIELDS:
        if said[name] in (None, ()):
            del said[name]
    return hashlib.sha256(msgspec.json.encode(said)).digest()
