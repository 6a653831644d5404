"""Evidence over HTTP: pictures, clips, the manifest, the case file, the state of the storage."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import IO, Annotated
from uuid import UUID

import structlog
from fastapi import APIRouter, Header, HTTPException, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from alerts.manifest import faults_of, unchained
from console.api import Conn
from console.byte_range import UnsatisfiableRangeError, byte_range
from console.case_file import write_case
from console.evidence_responses import (
    ExportEntry,
    ManifestEntry,
    ManifestResponse,
    StorageEntry,
    StorageResponse,
)
from console.storage import WITHIN, worst_storage
from detection.detector import Detector, load_detector
from detection.redaction import CONFIDENCE
from store.alert_reader import stored_alert
from store.errors import StoreUnavailable
from store.evidence_objects import EvidenceObjects, ObjectMissing, ObjectStoreError
from store.evidence_reader import (
    EvidencePlace,
    evidence_place,
    exports_of,
    manifest_and_rows,
    storage_states,
)

log = structlog.get_logger()

INLINE = frozenset(
    {"image/jpeg", "image/png", "image/webp", "video/mp4", "video/x-matroska", "application/json"}
)
"""Media types given out as they are; anything else would be the browser's to interpret."""
AT_ONCE_BYTES = 4 * 2**20
"""An open-ended range gets so much; a player asks for the rest as it needs it."""
_PIECE_BYTES = 64 * 1024

router = APIRouter(prefix="/api/v1")
_one_export = threading.Lock()  # blurring a clip takes a core for seconds


@router.get("/evidence/{evidence_id}", response_class=Response)
def evidence(
    conn: Conn,
    request: Request,
    evidence_id: UUID,
    wanted: Annotated[str | None, Header(alias="range")] = None,
    if_range: Annotated[str | None, Header()] = None,
) -> Response:
    """A picture, a clip or a track, byte for byte as it was taken; its SHA-256 is its ETag.

    Ranges of bytes are served. 410: it could not be stored, or was given up for want of room.
    """
    place = evidence_place(conn, evidence_id)
    if place is None:
        raise HTTPException(404, f"no evidence {evidence_id}")
    if not place.is_there:
        reason = place.missing or "dropped"
        raise HTTPException(410, f"evidence {evidence_id} is not kept: {reason}")
    headers = {
        "ETag": f'"{bytes(place.sha256).hex()}"',
        "Cache-Control": "private, max-age=86400, immutable",
        "Accept-Ranges": "bytes",
    }
    media_type = place.media_type if place.media_type in INLINE else "application/octet-stream"
    objects: EvidenceObjects = request.app.state.objects
    try:
        size = len(place.content) if place.content is not None else place.size_bytes
        if size is None:
            size = objects.size_bytes(str(place.object_key))
        span = None
        if if_range is None or if_range == headers["ETag"]:
            span = byte_range(wanted, size)
        if span is None:
            content = _read(objects, place, 0, size)
            return Response(content, media_type=media_type, headers=headers)
        first = span[0]
        last = min(span[1], first + AT_ONCE_BYTES - 1)
        content = _read(objects, place, first, last - first + 1)
        headers["Content-Range"] = f"bytes {first}-{last}/{size}"
        return Response(content, 206, media_type=media_type, headers=headers)
    except UnsatisfiableRangeError:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{size}"})
    except ObjectMissing as error:
        raise HTTPException(410, f"evidence {evidence_id} is not kept: lost") from error
    except ObjectStoreError as error:
        log.warning("console could not read evidence", error=str(error))
        return JSONResponse({"detail": "the evidence store does not answer"}, 503)


@router.get("/alerts/{alert_id}/evidence/manifest")
def manifest(conn: Conn, alert_id: UUID) -> ManifestResponse:
    """What evidence was taken of an alert, in a chain of hashes, whether that is whole, and who
    took it out. Contents are not read: `muckwatch verify` does so with a case file.
    """
    if stored_alert(conn, alert_id) is None:
        raise HTTPException(404, f"no alert {alert_id}")
    found, _ = manifest_and_rows(conn, alert_id)
    faults = faults_of(found)
    return ManifestResponse(
        alert_id=alert_id,
        links=found.links,
        head=found.head,
        whole=not faults,
        faults=faults,
        older_than_chain=unchained(found.entries),
        entries=[ManifestEntry.of(entry) for entry in found.entries],
        exports=[ExportEntry.of(export) for export in exports_of(conn, alert_id)],
    )


@router.get("/alerts/{alert_id}/case.zip", response_class=StreamingResponse)
def case_file(
    conn: Conn,
    request: Request,
    alert_id: UUID,
    redact: Annotated[
        bool, Query(description="false: bystanders are recognisable; it is logged")
    ] = True,
) -> Response:
    """All of one alert in a ZIP: what it says, its pictures, clip and tracks, the manifest.

    Faces and plates of bystanders are blurred unless the operator says otherwise. Every export is
    entered, with who took it.
    """
    stored = stored_alert(conn, alert_id)
    if stored is None:
        raise HTTPException(404, f"no alert {alert_id}")
    file = tempfile.SpooledTemporaryFile(max_size=32 * 2**20)  # noqa: SIM115  closed when sent
    try:
        with _one_export:
            write_case(
                conn,
                request.app.state.objects,
                stored,
                file,
                actor=request.state.operator,
                at=datetime.now(UTC),
                detector=_detector(request) if redact else None,
            )
    except StoreUnavailable:
        file.close()
        raise
    name = f"case-{stored.alert.kind}-{str(alert_id)[:8]}{'' if redact else '-original'}.zip"
    size = file.tell()
    file.seek(0)
    return StreamingResponse(
        _pieces(file),
        media_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Length": str(size),
        },
    )


@router.get("/evidence-storage")
def storage(conn: Conn) -> StorageResponse:
    """How the processes find the object store: `ok`, `full` or `away`."""
    now = datetime.now(UTC)
    return StorageResponse(
        state=worst_storage(conn, now),
        workers=[StorageEntry.of(state) for state in storage_states(conn, now - WITHIN)],
    )


def _read(objects: EvidenceObjects, place: EvidencePlace, start: int, length: int) -> bytes:
    if place.content is not None:
        return bytes(place.content)[start : start + length]
    key = str(place.object_key)
    if length == place.size_bytes:
        return objects.get(key)
    return objects.get_range(key, start, length)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(_PIECE_BYTES):
            yield piece


def _detector(request: Request) -> Detector:
    """The model of the settings, eager, loaded when the first case is exported."""
    state = request.app.state
    if getattr(state, "detector", None) is None:
        vision = state.vision
        state.detector = load_detector(vision.model, vision.runtime, CONFIDENCE)
    detector: Detector = state.detector
    return detector
