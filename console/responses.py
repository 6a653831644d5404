"""What the API answers, as described by /openapi.json. Times are RFC 3339 in UTC, places WGS-84."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from console.sighting_responses import CandidateEntry, PasserEntry

Value = float | int | str | bool | None
Box = tuple[float, float, float, float]


class Feature(BaseModel):
    """A GeoJSON feature (RFC 7946); `properties` always has `id` and `name`."""

    type: Literal["Feature"] = "Feature"
    geometry: dict[str, Any]
    properties: dict[str, Any]


class FeatureCollection(BaseModel):
    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[Feature]


class VehicleEntry(BaseModel):
    vehicle_id: str
    plate: str
    plate_color: str
    kind: str
    company: str


class RoundPlanEntry(BaseModel):
    """A plan of sanitation work; `window` as `05:00-08:00`, `coverage` what makes a round done."""

    plan_id: str
    name: str
    route_id: str
    work: str
    window: str
    coverage: float


class SiteResponse(BaseModel):
    name: str
    timezone: str = Field(description="IANA name")
    zones: FeatureCollection
    routes: FeatureCollection
    roads: FeatureCollection
    cameras: FeatureCollection
    vehicles: list[VehicleEntry]
    plans: list[RoundPlanEntry]


class PositionEntry(BaseModel):
    vehicle_id: str
    terminal_id: str
    fix_time: datetime
    received_at: datetime
    lon: float
    lat: float
    speed_kmh: float | None
    course_deg: float | None
    lid: str | None
    load: str | None
    body_raised: bool | None
    ignition: bool | None
    work: list[str]


class VehiclesResponse(BaseModel):
    vehicles: list[PositionEntry]


class AlertEntry(BaseModel):
    """An alert with what people did with it; see the design for its kinds.

    `vehicle_id`, `plate`, `plate_color`, `company`: of a camera's alert the vehicle that it is laid
    at, by whom says `attributed_by` (`rules` or an operator); `candidates` are the rules'.
    """

    alert_id: UUID
    kind: str
    severity: Literal["notice", "warning", "serious"]
    vehicle_id: str | None
    plate: str | None
    plate_color: str | None
    company: str | None
    camera_id: str | None
    subject: str
    zone_id: str | None
    permit_id: str | None
    started_at: datetime
    raised_at: datetime
    ended_at: datetime | None
    lon: float
    lat: float
    confidence: float
    suspected: bool
    occurrences: int
    rings: bool
    withdrawn: bool
    values: dict[str, Value]
    parameters: dict[str, Value]
    passers: list[PasserEntry]
    candidates: list[CandidateEntry]
    nobody: float | None = Field(description="0 to 1, that it was none of ours; null: not judged")
    attributed_by: str | None
    attributed_at: datetime | None = Field(description="when a person laid it there")
    attribution_note: str | None
    verdict: bool | None = Field(description="whether a person found it true; null: nobody did")
    verdict_by: str | None
    verdict_at: datetime | None
    status: Literal["new", "acknowledged", "dismissed"]
    acknowledged_by: str | None
    acknowledged_at: datetime | None
    note: str | None
    revision: int
    pictures: int


class AlertsResponse(BaseModel):
    alerts: list[AlertEntry]
    next: str | None = Field(description="`before` of the next page; null on the last one")


class EvidenceEntry(BaseModel):
    """A picture, clip or track: /api/v1/evidence/{evidence_id}. Boxes are x1, y1, x2, y2 in pixels.

    `missing` or `dropped_at` say that its content is not kept.
    """

    evidence_id: UUID
    moment: str
    captured_at: datetime
    until: datetime | None = None
    media_type: str
    width_px: int
    height_px: int
    size_bytes: int | None = None
    codec: str | None = None
    sha256: str
    note: str | None = None
    missing: str | None = None
    dropped_at: datetime | None = None
    dropped_for: str | None = None
    box: Box | None
    passer_box: Box | None
    passer_class: str | None
    passer_color: str | None


class LogEntry(BaseModel):
    revision: int
    at: datetime
    change: str
    actor: str
    note: str | None
    detail: dict[str, Any] | None = Field(description="at whom it was laid by this step")


class AlertResponse(BaseModel):
    alert: AlertEntry
    evidence: list[EvidenceEntry]
    log: list[LogEntry]


class Decision(BaseModel):
    note: str = Field("", max_length=500)


class HourEntry(BaseModel):
    hour: datetime
    kind: str
    severity: str
    alerts: int


class HoursResponse(BaseModel):
    hours: list[HourEntry]


class CameraEntry(BaseModel):
    """`lon`, `lat`, `heading_deg`: as it is placed now; null where the site has it no more."""

    camera_id: str
    state: Literal["online", "offline", "frozen"]
    seen_at: datetime | None
    frames_seen: int
    frames_detected: int
    detail: str | None
    figures: dict[str, Value] = Field(description="what else its worker tells; names may come")
    updated_at: datetime
    faults: list[str] = Field(description="kinds of alerts about itself that go on")
    picture_at: datetime | None = Field(description="when its newest picture was taken")
    placement_asked: bool = Field(description="it moved: zones wait to be drawn anew")
    lon: float | None
    lat: float | None
    heading_deg: float | None


class CamerasResponse(BaseModel):
    cameras: list[CameraEntry]


class StatusResponse(BaseModel):
    now: datetime
    alerts_today: int = Field(description="begun since midnight in the site's time zone")
    alerts_new: int = Field(description="not yet acknowledged, of the last 30 days")
    alerts_going_on: int
    vehicles_online: int = Field(description="with a fix received in the last 5 minutes")
    vehicles_registered: int
    cameras_online: int
    cameras_registered: int
    evidence: Literal["ok", "full", "away"] = Field(description="the object store of evidence")


class Health(BaseModel):
    status: str
    detail: str = ""
