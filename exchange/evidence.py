"""The pictures that an outbox entry names, with their content."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from alerts.alert import Evidence
from store.alert_reader import evidence_content
from store.database import Connection
from store.outbox import OutboxEntry


def evidence_of(connection: Connection, entry: OutboxEntry) -> Iterator[Evidence]:
    """In the payload's order, each read when it is asked for; those no longer stored are left out.

    Raises:
        ValueError: the payload's evidence is not as the store writes it.
        StoreUnavailable: the database cannot be asked.
    """
    for picture in entry.payload.get("evidence") or []:
        without_content = {**picture, "alert_id": entry.alert_id, "sha256": b"", "content": b""}
        evidence = msgspec.convert(without_content, Evidence)
        stored = evidence_content(connection, evidence.evidence_id)
        if stored is not None:
            yield msgspec.structs.replace(evidence, content=stored.content, sha256=stored.sha256)
