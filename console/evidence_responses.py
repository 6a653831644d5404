"""What the evidence endpoints answer, as described by /openapi.json. Hashes are lower-case hex."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

import msgspec
from pydantic import BaseModel, Field

from alerts.manifest import Entry
from store.evidence_reader import Export, StorageState


class ManifestEntry(BaseModel):
    """A piece of evidence as it was taken in. `chain` is null for what is older than the chain."""

    number: int
    evidence_id: UUID
    moment: str
    captured_at: datetime
    until: datetime | None
    camera_id: str | None
    media_type: str
    codec: str | None
    size_bytes: int
    sha256: str
    taken_by: str
    chain: str | None
    note: str | None
    missing: str | None = Field(description="why it was never stored: full, away")
    dropped_at: datetime | None
    dropped_for: str | None = Field(description="why it was given up later: room")

    @classmethod
    def of(cls, entry: Entry) -> Self:
        link = msgspec.structs.asdict(entry.link)
        return cls.model_validate(link | msgspec.structs.asdict(entry))


class ExportEntry(BaseModel):
    """A case file that was taken out. `sha256` is the ZIP's."""

    export_id: UUID
    at: datetime
    actor: str
    redacted: bool
    head: str | None
    sha256: str

    @classmethod
    def of(cls, export: Export) -> Self:
        head = None if export.head is None else bytes(export.head).hex()
        hashes = {"head": head, "sha256": bytes(export.sha256).hex()}
        return cls.model_validate(msgspec.structs.asdict(export) | hashes)


class ManifestResponse(BaseModel):
    alert_id: UUID
    links: int
    head: str | None = Field(description="the last link; webhooks carry it too")
    whole: bool = Field(description="no piece was taken away, changed or put in between")
    faults: list[str]
    older_than_chain: int
    entries: list[ManifestEntry]
    exports: list[ExportEntry]


class StorageEntry(BaseModel):
    worker: str
    state: Literal["ok", "full", "away"]
    detail: str | None
    used_bytes: int
    free_bytes: int | None
    updated_at: datetime

    @classmethod
    def of(cls, state: StorageState) -> Self:
        return cls.model_validate(msgspec.structs.asdict(state))


class StorageResponse(BaseModel):
    state: Literal["ok", "full", "away"] = Field(description="the worst of the last 10 minutes")
    workers: list[StorageEntry]
