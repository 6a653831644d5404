"""The manifest of an alert's evidence: a chain of hashes in which nothing goes unnoticed. Pure.

Each link is SHA-256 over the link before it and a line of JSON that says what was taken, when, of
what hash, by whom. Who takes a piece away, changes one or puts one in between breaks the links
after it; who takes the last one away leaves a `head` that no link has. (Ours; as a Git history.)
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec

FIRST = bytes(32)
"""What stands before the first link."""


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """What a link is made of. Hashes are lower-case hex; `number` counts from 1."""

    number: int
    evidence_id: UUID
    alert_id: UUID
    moment: str
    captured_at: datetime
    until: datetime | None
    camera_id: str | None
    media_type: str
    codec: str | None
    size_bytes: int
    sha256: str
    taken_by: str


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A link as it was stored, with what is to be known of its content.

    `chain` is the link's own hash, None for evidence older than the chain. `missing` says why the
    content could not be stored, `dropped_at` and `dropped_for` when and why it was given up.
    """

    link: Link
    chain: str | None
    note: str | None = None
    missing: str | None = None
    dropped_at: datetime | None = None
    dropped_for: str | None = None


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """All evidence of one alert, in the order in which it was taken in; `head`: the last link."""

    alert_id: UUID
    links: int
    head: str | None
    entries: tuple[Entry, ...]


def chained(before: bytes, link: Link) -> bytes:
    """The hash of a link that follows `before`."""
    times = {
        name: None if at is None else at.astimezone(UTC).isoformat(timespec="microseconds")
        for name, at in (("captured_at", link.captured_at), ("until", link.until))
    }
    line = msgspec.json.encode(msgspec.structs.asdict(link) | times, order="sorted")
    return hashlib.sha256(before + line).digest()


def faults_of(manifest: Manifest) -> list[str]:
    """What is wrong with the chain, in words of English; nothing where it is whole."""
    faults = []
    before, expected = FIRST, 0
    for entry in manifest.entries:
        if entry.chain is None:
            continue
        expected += 1
        link = entry.link
        if link.alert_id != manifest.alert_id:
            faults.append(f"evidence {link.evidence_id} is of another alert")
        if link.number != expected:
            faults.append(f"evidence number {expected} is missing before number {link.number}")
            expected = link.number
        elif chained(before, link).hex() != entry.chain:
            faults.append(f"evidence number {link.number} is not as it was entered")
        before = bytes.fromhex(entry.chain)
    if expected != manifest.links:
        faults.append(f"{manifest.links} pieces of evidence were entered, the last is {expected}")
    head = before.hex() if expected else None
    if head != manifest.head:
        faults.append("the last link is not the one that was entered last")
    return faults


def unchained(entries: Sequence[Entry]) -> int:
    """How many entries are older than the chain: of them only their own hash is known."""
    return sum(entry.chain is None for entry in entries)
