"""Replies of a GA/T 1400 platform: one status a call, or one an object sent. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from exchange.outcome import Deferred, Delivered, Outcome, Refused
from exchange.viid.codes import ReplyCodes

_MEANING = {
    0: "OK",
    1: "other error",
    2: "device busy",
    3: "device error",
    4: "invalid operation",
    5: "invalid XML format",
    6: "invalid XML content",
    7: "invalid JSON format",
    8: "invalid JSON content",
    9: "rebooting",
}


class Status(msgspec.Struct, frozen=True):
    """A ResponseStatusObject. `code` -1: it came without a readable StatusCode."""

    code: int
    text: str
    id: str

    def __str__(self) -> str:
        meaning = _MEANING.get(self.code, "unknown code")
        return f"StatusCode {self.code} ({meaning}) {self.text}".strip()


def statuses(body: bytes) -> list[Status]:
    """The statuses of a reply: of `ResponseStatusListObject`, or the one `ResponseStatusObject`.

    Platforms differ: a list of one comes as an object, codes come as int or string. Empty when the
    reply has none.
    """
    try:
        reply = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return []
    if not isinstance(reply, dict):
        return []
    holder = reply.get("ResponseStatusListObject")
    found = (holder if isinstance(holder, dict) else reply).get("ResponseStatusObject")
    listed = found if isinstance(found, list) else [found]
    return [_status(item) for item in listed if isinstance(item, dict)]


def outcomes(
    object_ids: Sequence[str], replied: Sequence[Status], codes: ReplyCodes
) -> list[Outcome]:
    """One outcome an object sent, in order.

    Matched by Id; where the platform leaves the ids out, by order if it replied to all, and a
    single status without an id holds for all. An object without a reply is sent again.
    """
    by_id = {status.id: status for status in replied if status.id in object_ids}
    if not by_id and replied:
        if len(replied) == len(object_ids):
            by_id = dict(zip(object_ids, replied, strict=True))
        elif len(replied) == 1:
            by_id = dict.fromkeys(object_ids, replied[0])
    return [_outcome(by_id.get(id_), codes) for id_ in object_ids]


def _outcome(status: Status | None, codes: ReplyCodes) -> Outcome:
    if status is None or status.code == -1:
        return Deferred("the platform's reply says nothing of this object")
    if status.code in codes.accepted:
        return Delivered(str(status))
    if status.code in codes.retry:
        return Deferred(str(status))
    return Refused(str(status))


def _status(item: dict[str, Any]) -> Status:
    try:
        code = int(item.get("StatusCode", -1))
    except (TypeError, ValueError):
        code = -1
    return Status(code, str(item.get("StatusString") or ""), str(item.get("Id") or ""))
