"""What the API answers about who passed before cameras, and at whom an alert is laid."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
from pydantic import BaseModel, Field

from store.sighting_row import StoredSighting

Value = float | int | str | bool | None
Box = tuple[float, float, float, float]


class CandidateEntry(BaseModel):
    """A vehicle that it may have been, see alerts.attribution.Candidate."""

    vehicle_id: str
    confidence: float
    distance_m: float | None
    gap_s: float | None
    plate_read: str | None = Field(description="same, similar or other; null unread")
    values: dict[str, Value]


class PasserEntry(BaseModel):
    """Who passed where an alert is about."""

    track_uid: UUID
    class_name: str
    confidence: float
    color: str
    seen_at: datetime
    lon: float | None
    lat: float | None


class PlateEntry(BaseModel):
    text: str
    color: str | None
    reliability: float
    readings: int


class TrackPointEntry(BaseModel):
    at: datetime
    box: Box
    lon: float | None
    lat: float | None


class SightingEntry(BaseModel):
    """One passage; its picture is /api/v1/sightings/{sighting_id}/picture while `picture_at` is.

    `vehicle_id` is who it was: as a person says (`chosen_by`), or else the rules.
    """

    sighting_id: UUID
    camera_id: str
    placement_id: str
    line_id: str
    track_uid: UUID
    at: datetime
    first_seen_at: datetime
    last_seen_at: datetime
    direction: str | None
    class_name: str
    class_confidence: float
    color: str
    load: str | None
    load_confidence: float
    body_raised: bool | None
    speed_kmh: float | None
    heading_deg: float | None
    lon: float
    lat: float
    uncertainty_m: float
    plate: PlateEntry | None
    box: Box
    vehicle_id: str | None
    candidates: list[CandidateEntry]
    nobody: float | None = Field(description="0 to 1, that it was none of ours; null: not judged")
    final: bool
    chosen_by: str | None
    chosen_at: datetime | None
    chosen_note: str | None
    picture_at: datetime | None

    @classmethod
    def of(cls, stored: StoredSighting) -> SightingEntry:
        said, choice = stored.attribution, stored.choice
        return cls.model_validate(
            {
                **msgspec.to_builtins(stored.sighting),
                "vehicle_id": stored.vehicle_id,
                "candidates": msgspec.to_builtins(said.candidates) if said else [],
                "nobody": said.nobody if said else None,
                "final": said.final if said else False,
                "chosen_by": choice.by if choice else None,
                "chosen_at": choice.at if choice else None,
                "chosen_note": choice.note if choice else None,
                "picture_at": stored.picture_at,
            }
        )


class SightingsResponse(BaseModel):
    sightings: list[SightingEntry]
    next: str | None = Field(description="`before` of the next page; null on the last one")


class SightingResponse(BaseModel):
    sighting: SightingEntry
    track: list[TrackPointEntry]


class Laying(BaseModel):
    """`vehicle_id` null: it was none of the registered vehicles."""

    vehicle_id: str | None
    note: str = Field("", max_length=500)
