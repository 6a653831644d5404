"""Evidence for those who look, export or check."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
from psycopg.rows import class_row, dict_row

from alerts.manifest import Entry, Link, Manifest
from detection.scene_event import Box, SeenBox
from store.database import Connection
from store.errors import StoreUnavailable, translated
from store.evidence_objects import EvidenceObjects, ObjectMissing, ObjectStoreError
from store.sql import query


class EvidenceEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Evidence without its content, see alerts.alert.Evidence."""

    evidence_id: UUID
    alert_id: UUID
    moment: str
    captured_at: datetime
    until: datetime | None
    media_type: str
    width_px: int
    height_px: int
    size_bytes: int | None
    sha256: bytes
    box: Box | None
    passer_box: Box | None
    passer_class: str | None
    passer_color: str | None
    camera_id: str | None
    codec: str | None
    note: str | None
    missing: str | None
    dropped_at: datetime | None
    dropped_for: str | None


class EvidenceRow(EvidenceEntry, frozen=True, kw_only=True):
    """All that is stored of it but the content."""

    seen: tuple[SeenBox, ...]
    subject_uid: UUID | None
    taken_by: str
    object_key: str | None
    chain_number: int | None
    chain: bytes | None
    in_database: bool


class EvidencePlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where a piece's content is: in `content`, or in the object store under `object_key`."""

    media_type: str
    sha256: bytes
    size_bytes: int | None
    codec: str | None
    content: bytes | None
    object_key: str | None
    missing: str | None
    dropped_at: datetime | None

    @property
    def is_there(self) -> bool:
        return self.content is not None or (self.object_key is not None and not self.dropped_at)


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """Who took a case file out, and whether bystanders were blurred in it."""

    export_id: UUID
    alert_id: UUID
    at: datetime
    actor: str
    redacted: bool
    head: bytes | None
    sha256: bytes


class StorageState(msgspec.Struct, frozen=True, kw_only=True):
    """How a process finds the object store: `ok`, `full` or `away`."""

    worker: str
    state: str
    detail: str | None
    used_bytes: int
    free_bytes: int | None
    updated_at: datetime


def evidence_rows(conn: Connection, alert_id: UUID) -> tuple[EvidenceRow, ...]:
    """In the order in which they were taken in."""
    with translated("reading evidence"), conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(query("evidence_rows"), {"alert_id": alert_id}).fetchall()
    return msgspec.convert(rows, tuple[EvidenceRow, ...])


def manifest_and_rows(conn: Connection, alert_id: UUID) -> tuple[Manifest, tuple[EvidenceRow, ...]]:
    """The alert's chain as it is stored, and its rows, as of one moment; both may be empty."""
    with translated("reading evidence"), conn.transaction():
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        rows = evidence_rows(conn, alert_id)
        head = conn.execute(query("head_of_alert"), {"alert_id": alert_id}).fetchone()
    manifest = Manifest(
        alert_id=alert_id,
        links=0 if head is None else int(head[0]),
        head=None if head is None else bytes(head[1]).hex(),
        entries=tuple(entry_of(row) for row in rows),
    )
    return manifest, rows


def evidence_place(conn: Connection, evidence_id: UUID) -> EvidencePlace | None:
    """Where the content is; None where there is no evidence of that id."""
    with (
        translated("reading evidence"),
        conn.cursor(row_factory=class_row(EvidencePlace)) as cursor,
    ):
        return cursor.execute(query("evidence_place"), {"evidence_id": evidence_id}).fetchone()


def read_content(
    conn: Connection, objects: EvidenceObjects, evidence_id: UUID
) -> tuple[EvidencePlace, bytes] | None:
    """The content with where it was; None where there is none, or no longer.

    Raises:
        StoreUnavailable: database or object store cannot be asked now.
    """
    place = evidence_place(conn, evidence_id)
    if place is None or not place.is_there:
        return None
    if place.content is not None:
        return place, bytes(place.content)
    assert place.object_key is not None  # noqa: S101  is_there
    try:
        return place, objects.get(place.object_key)
    except ObjectMissing:
        # It may have been moved or dropped since the row was read: not an outage.
        return None
    except ObjectStoreError as error:
        raise StoreUnavailable(f"evidence: {error}") from error


def exports_of(conn: Connection, alert_id: UUID) -> list[Export]:
    with translated("reading exports"), conn.cursor(row_factory=class_row(Export)) as cursor:
        return cursor.execute(query("exports_of_alert"), {"alert_id": alert_id}).fetchall()


def storage_states(conn: Connection, since: datetime) -> list[StorageState]:
    """Of the processes that told theirs since then."""
    with translated("reading states"), conn.cursor(row_factory=class_row(StorageState)) as cursor:
        return cursor.execute(query("evidence_storage"), {"since": since}).fetchall()


def entry_of(row: EvidenceRow) -> Entry:
    return Entry(
        link=Link(
            number=row.chain_number or 0,
            evidence_id=row.evidence_id,
            alert_id=row.alert_id,
            moment=row.moment,
            captured_at=row.captured_at,
            until=row.until,
            camera_id=row.camera_id,
            media_type=row.media_type,
            codec=row.codec,
            size_bytes=row.size_bytes or 0,
            sha256=row.sha256.hex(),
            taken_by=row.taken_by,
        ),
        chain=None if row.chain is None else row.chain.hex(),
        note=row.note,
        missing=row.missing,
        dropped_at=row.dropped_at,
        dropped_for=row.dropped_for,
    )
