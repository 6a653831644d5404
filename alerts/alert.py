"""An alert: what an operator is told, and what becomes of it (告警)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from alerts.attribution import Candidate
from alerts.value import Value
from detection.scene_event import SeenBox

__all__ = [
    "Alert", "AlertChange", "AlertStatus", "ChangeKind", "Evidence", "PassedBy", "Severity",
    "Value",
]  # fmt: skip


class Severity(StrEnum):
    NOTICE = "notice"  # 提示
    WARNING = "warning"  # 一般
    SERIOUS = "serious"  # 严重


class AlertStatus(StrEnum):
    """Where the alert stands with the operators; set by people, never by rules."""

    NEW = "new"  # 待签收
    ACKNOWLEDGED = "acknowledged"  # 已签收
    DISMISSED = "dismissed"  # 误报


class PassedBy(msgspec.Struct, frozen=True, kw_only=True):
    """Who passed where a camera's alert is about, as the camera saw it (过路目标).

    `track_uid` is that of the `Sighting` of the same passage, `confidence` that of the class.
    `lon`, `lat` (WGS-84) are where it was at `seen_at`, None where the camera cannot tell.
    """

    track_uid: UUID
    class_name: str
    confidence: float = 0.0
    color: str
    seen_at: datetime
    lon: float | None = None
    lat: float | None = None


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One alert as the rules know it. Times are event times, aware; the place is WGS-84.

    Attributes:
        alert_id: a function of what happened, so that judging it twice gives the same alert.
        kind: an alert kind of the design.
        vehicle_id: of a camera's alert, the vehicle that the rules lay it at (see
            `alerts.attribution`); None where a person has to say.
        plate, plate_color, company: of the vehicle, as registered when the alert last changed; the
            company by name. None for a vehicle or terminal that is not registered.
        subject: the zone, permit, route or camera zone it is about.
        raised_at: the event time at which it was sure enough to tell.
        ended_at: None while it goes on.
        confidence: 0 to 1; 1 for a rule on positions.
        suspected: True while nothing confirms it (疑似).
        occurrences: how many findings of the same kind, vehicle or camera, and subject it joins.
        rings: whether it is to be announced; found late or in backfill, it is only kept.
        withdrawn: a late fix showed that it never happened.
        values, parameters: what was measured, and the thresholds in force.
        passers: of a camera's alert, who passed.
        candidates: of a camera's alert, the vehicles that it may have been, best first.
        nobody: 0 to 1, that it was no vehicle whose positions are known; None until it was judged.
    """

    alert_id: UUID
    kind: str
    severity: Severity
    vehicle_id: str | None
    plate: str | None = None
    plate_color: str | None = None
    company: str | None = None
    camera_id: str | None
    subject: str
    zone_id: str | None = None
    permit_id: str | None = None
    started_at: datetime
    raised_at: datetime
    ended_at: datetime | None = None
    lon: float
    lat: float
    confidence: float = 1.0
    suspected: bool = False
    occurrences: int = 1
    rings: bool = True
    withdrawn: bool = False
    values: dict[str, Value] = {}
    parameters: dict[str, Value] = {}
    passers: tuple[PassedBy, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    nobody: float | None = None


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """A picture, a clip or a track that belongs to an alert (证据). `sha256` is over its content.

    Attributes:
        moment: `before`, `passage` or `after`, a picture; `clip`, a video; `track`, the way of who
            passed in the picture; `positions`, the fixes of the vehicles in question; both JSON.
        captured_at, until: what time it shows; `until` is None for a picture.
        width_px, height_px: 0 for what is no picture.
        content: empty where it is in the object store, or lost.
        box, passer_box: in pixels, the object and who passed; never drawn into the picture.
        size_bytes: of the content, wherever that is.
        codec: of a clip, as FFmpeg names it.
        seen: of a picture, all people and vehicles in it.
        subject_uid: the track of who the alert is about: everybody else in `seen` is a bystander.
        taken_by: the process that took and hashed it.
        note: what is to be known of it, a word such as `cut_short`.
        object_key: its name in the object store.
        missing: why there is no content (`store.evidence_objects`), a word; the hash stays.
    """

    evidence_id: UUID
    alert_id: UUID
    moment: str
    captured_at: datetime
    until: datetime | None = None
    media_type: str
    width_px: int
    height_px: int
    content: bytes
    sha256: bytes
    box: tuple[float, float, float, float] | None = None
    passer_box: tuple[float, float, float, float] | None = None
    passer_class: str | None = None
    passer_color: str | None = None
    size_bytes: int = 0
    camera_id: str | None = None
    codec: str | None = None
    seen: tuple[SeenBox, ...] = ()
    subject_uid: UUID | None = None
    taken_by: str = ""
    note: str | None = None
    object_key: str | None = None
    missing: str | None = None


class ChangeKind(StrEnum):
    RAISED = "raised"
    AMENDED = "amended"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"


class AlertChange(msgspec.Struct, frozen=True, kw_only=True):
    """A step in an alert's life as the rules tell it: the alert as it is after the step.

    `evidence` is what came with it. Where the step lays a camera's alert at another vehicle than
    before (`laid`, set by the store), it is all that there is.
    """

    change: ChangeKind
    alert: Alert
    evidence: tuple[Evidence, ...] = ()
    laid: bool = False
