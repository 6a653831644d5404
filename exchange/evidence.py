"""The pictures that an outbox entry names, with their content."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from alerts.alert import Evidence
from store.database import Connection
from store.evidence_objects import EvidenceObjects
from store.evidence_reader import read_content
from store.outbox import OutboxEntry


def evidence_of(
    connection: Connection, objects: EvidenceObjects, entry: OutboxEntry
) -> Iterator[Evidence]:
    """In the payload's order, each read when it is asked for; those no longer stored are left out.

    They are the originals: who gets them is told of the case itself (docs/evidence.md). Clips and
    tracks, which no receiver takes, are left out.

    Raises:
        ValueError: the payload's evidence is not as the store writes it.
        StoreUnavailable: database or object store cannot be asked; the entry is sent later.
    """
    for piece in entry.payload.get("evidence") or []:
        without_content = {**piece, "alert_id": entry.alert_id, "sha256": b"", "content": b""}
        evidence = msgspec.convert(without_content, Evidence)
        if not evidence.media_type.startswith("image/"):
            continue
        found = read_content(connection, objects, evidence.evidence_id)
        if found is not None:
            place, content = found
            yield msgspec.structs.replace(evidence, content=content, sha256=bytes(place.sha256))
