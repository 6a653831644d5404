"""Writes the case file of an alert, with bystanders blurred or not (证据导出)."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Sequence
from datetime import datetime
from importlib.resources import files
from typing import IO, Any
from uuid import uuid4

import msgspec
import structlog

from alerts.case_file import (
    MANIFEST,
    CaseFile,
    CaseManifest,
    LeftOut,
    file_of,
)
from alerts.evidence import CLIP, TRACK
from alerts.kind import ALERT_KINDS
from alerts.manifest import Manifest
from console.responses import AlertEntry
from console.views import alert_entry
from detection.clip_redaction import ClipError, ClipSubject, redact_clip
from detection.detections import PERSON_CLASSES
from detection.detector import Detector
from detection.redaction import Subject, redact_jpeg
from detection.scene_event import Box, TrackPoint
from store.alert_row import StoredAlert
from store.database import Connection
from store.errors import translated
from store.evidence_objects import EvidenceObjects
from store.evidence_reader import EvidenceRow, manifest_and_rows, read_content
from store.sql import query

log = structlog.get_logger()

_SUFFIX = {
    "image/jpeg": "jpg",
    "video/mp4": "mp4",
    "video/x-matroska": "mkv",
    "application/json": "json",
}
_README = {
    "zh-CN": {True: "已模糊", False: "未模糊(原件)"},
    "en": {True: "blurred", False: "not blurred (originals)"},
}
_SHOWN = (
    *("evidence_id", "moment", "captured_at", "until", "media_type", "width_px", "height_px"),
    *("box", "passer_box", "passer_class", "passer_color", "seen", "note"),
    *("missing", "dropped_at", "dropped_for"),
)
_OLDEST_YEAR = 1980  # that a ZIP can name


class _Track(msgspec.Struct):
    """What of a track's JSON tells who the alert is about."""

    points: tuple[TrackPoint, ...] = ()
    class_name: str | None = None
    object_box: Box | None = None


def write_case(
    conn: Connection,
    objects: EvidenceObjects,
    stored: StoredAlert,
    out: IO[bytes],
    *,
    actor: str,
    at: datetime,
    detector: Detector | None,
) -> CaseManifest:
    """Write the ZIP into `out` and enter who took it; `out` is left at its end.

    With a `detector` bystanders are blurred, and what cannot be blurred is left out; without one
    the originals go out.

    Raises:
        StoreUnavailable: database or object store cannot be asked.
    """
    alert_id = stored.alert.alert_id
    chain, rows = manifest_and_rows(conn, alert_id)
    case = _Case(conn, objects, rows, at, detector)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        case.write_all(archive, stored, chain, actor)
        manifest = CaseManifest(
            exported_at=at,
            exported_by=actor,
            redacted=detector is not None,
            chain=chain,
            files=tuple(case.files),
            left_out=tuple(case.left_out),
        )
        case.write(archive, MANIFEST, _pretty(manifest))
    _enter(conn, manifest, actor, _sha256_of(out))
    return manifest


class _Case:
    """One case while its files are written."""

    def __init__(
        self,
        conn: Connection,
        objects: EvidenceObjects,
        rows: Sequence[EvidenceRow],
        at: datetime,
        detector: Detector | None,
    ) -> None:
        self._conn, self._objects, self._rows = conn, objects, rows
        self._at, self._detector = at, detector
        self._track = _Track()
        self.files: list[CaseFile] = []
        self.left_out: list[LeftOut] = []

    def write_all(
        self, archive: zipfile.ZipFile, stored: StoredAlert, chain: Manifest, actor: str
    ) -> None:
        # The track first: it tells whom in the clip not to blur.
        for row in sorted(self._rows, key=lambda r: r.moment != TRACK):
            self._add(archive, row, _number_of(row, chain))
        self._plain(archive, "alert.json", _pretty(_alert_json(stored, self._rows)))
        for language, words in _README.items():
            text = files("alerts").joinpath(f"i18n/case.{language}.txt").read_text("utf-8")
            kind = ALERT_KINDS.get(stored.alert.kind)
            name = stored.alert.kind if kind is None else f"{kind.zh} {kind.en}"
            said = text.format(
                alert_id=stored.alert.alert_id,
                kind=name,
                exported_at=self._at.isoformat(timespec="seconds"),
                exported_by=actor,
                redacted=words[self._detector is not None],
            )
            self._plain(archive, f"README.{language}.txt", said.encode())

    def write(self, archive: zipfile.ZipFile, path: str, content: bytes) -> None:
        at = self._at
        when = (max(at.year, _OLDEST_YEAR), at.month, at.day, at.hour, at.minute, at.second)
        archive.writestr(zipfile.ZipInfo(path, when), content)

    def _plain(self, archive: zipfile.ZipFile, path: str, content: bytes) -> None:
        self.write(archive, path, content)
        self.files.append(file_of(path, content))

    def _add(self, archive: zipfile.ZipFile, row: EvidenceRow, number: int) -> None:
        found = read_content(self._conn, self._objects, row.evidence_id)
        if found is None:
            why = row.missing or row.dropped_for or "lost"
            self.left_out.append(LeftOut(evidence_id=row.evidence_id, why=why))
            return
        content = found[1]
        if row.moment == TRACK:
            self._note_track(content)
        suffix = _SUFFIX.get(row.media_type, "bin")
        of = b""
        if self._detector is not None and row.media_type != "application/json":
            try:
                content = self._redacted(row, content, self._detector)
            except (ClipError, ValueError) as error:
                log.warning("case.unreadable", evidence=str(row.evidence_id), error=str(error))
                self.left_out.append(LeftOut(evidence_id=row.evidence_id, why="unreadable"))
                return
            of, suffix = row.sha256, "mp4" if row.moment == CLIP else suffix
        mark = "-redacted" if of else ""
        path = f"evidence/{number:02}-{row.moment}{mark}.{suffix}"
        self.write(archive, path, content)
        self.files.append(file_of(path, content, row.evidence_id, of=bytes(of)))

    def _redacted(self, row: EvidenceRow, content: bytes, detector: Detector) -> bytes:
        if row.moment == CLIP:
            subject = ClipSubject(
                self._track.points,
                self._track.class_name in PERSON_CLASSES,
                self._track.object_box,
            )
            return redact_clip(content, row.captured_at, subject, detector).content
        boxes = () if row.passer_box is None else (row.passer_box,)
        subject_class = row.passer_class or self._track.class_name
        is_person = subject_class in PERSON_CLASSES
        things = tuple(r.box for r in self._rows if r.box is not None)
        subject_ = Subject(row.subject_uid, boxes, is_person, things)
        return redact_jpeg(content, row.seen, subject_, detector).jpeg

    def _note_track(self, content: bytes) -> None:
        try:
            self._track = msgspec.json.decode(content, type=_Track)
        except msgspec.DecodeError as error:  # then nobody is spared
            log.warning("case.track_unreadable", error=str(error))


def _number_of(row: EvidenceRow, chain: Manifest) -> int:
    """In the chain; of what is older, its place among all."""
    if row.chain_number is not None:
        return row.chain_number
    ids = [entry.link.evidence_id for entry in chain.entries]
    return ids.index(row.evidence_id) + 1 if row.evidence_id in ids else 0


def _alert_json(stored: StoredAlert, rows: Sequence[EvidenceRow]) -> dict[str, Any]:
    entry: AlertEntry = alert_entry(stored)
    return {
        **entry.model_dump(mode="json"),
        "evidence": [{name: getattr(row, name) for name in _SHOWN} for row in rows],
    }


def _pretty(said: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(said), indent=1)


def _sha256_of(file: IO[bytes]) -> bytes:
    end = file.tell()
    file.seek(0)
    digest = hashlib.sha256()
    while piece := file.read(1 << 20):
        digest.update(piece)
    file.seek(end)
    return digest.digest()


def _enter(conn: Connection, manifest: CaseManifest, actor: str, sha256: bytes) -> None:
    head = manifest.chain.head
    with translated("entering an export"):
        conn.execute(
            query("insert_export"),
            {
                "export_id": uuid4(),
                "alert_id": manifest.chain.alert_id,
                "actor": actor,
                "redacted": manifest.redacted,
                "head": None if head is None else bytes.fromhex(head),
                "sha256": sha256,
            },
        )
    log.info(
        "case.exported",
        alert=str(manifest.chain.alert_id),
        actor=actor,
        redacted=manifest.redacted,
        left_out=len(manifest.left_out),
    )
