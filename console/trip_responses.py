"""What the API answers about trips, rounds and a day of both, as described by /openapi.json."""

from __future__ import annotations

import datetime as dt
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from console.responses import AlertEntry
from geofence.finding import RoundState, SegmentState, TripOutcome

Ok = bool | None


class TripEntry(BaseModel):
    """A trip (运次). `site_ok`, `route_ok`, `ground_ok`: the three-point reconciliation (三点核对),
    null where nothing is known or no permit says.
    """

    trip_id: UUID
    vehicle_id: str
    began_at: datetime
    site_id: str | None
    left_at: datetime
    permit_id: str | None
    ground_id: str | None
    arrived_at: datetime | None
    emptied_at: datetime | None
    ended_at: datetime | None
    outcome: TripOutcome
    load_by: str = Field(description="`sensor`, or `place` where nothing senses the load")
    lon: float = Field(description="of the place of loading, as `lat`")
    lat: float
    distance_m: float
    moving_s: float
    off_route_m: float
    stops: int
    stopped_s: float
    fixes: int
    missing_s: float
    lid_open_s: float | None
    site_ok: Ok
    route_ok: Ok
    ground_ok: Ok
    backfill: bool
    updated_at: datetime


class TripsResponse(BaseModel):
    trips: list[TripEntry]
    next: str | None = Field(description="`before` of the next page; null on the last one")


class PermitEntry(BaseModel):
    """A permit (准运证) as the register has it now; null or empty does not limit."""

    permit_id: str
    site_zone: str | None
    ground_zone: str | None
    route_ids: list[str]
    valid_from: datetime | None
    valid_to: datetime | None
    hours: str
    speed_limit_kmh: float | None
    daily_trips: int | None


class PointEntry(BaseModel):
    time: datetime
    lon: float
    lat: float
    speed_kmh: float | None
    load: str | None
    lid: str | None
    body_raised: bool | None
    work: list[str]


class StretchEntry(BaseModel):
    """Fixes without a silence of more than five minutes between two of them."""

    points: list[PointEntry]


class StopEntry(BaseModel):
    """Where the vehicle stood or crept after it had left the site; the last may still go on."""

    began_at: datetime
    ended_at: datetime
    lon: float
    lat: float


class VisitEntry(BaseModel):
    vehicle_id: str
    zone_id: str
    entered_at: datetime
    left_at: datetime | None
    arrived_kg: float | None
    left_kg: float | None


class TripResponse(BaseModel):
    """A trip with what belongs to it; a long track is thinned to about 2,000 points."""

    trip: TripEntry
    permit: PermitEntry | None
    track: list[StretchEntry]
    stops: list[StopEntry]
    visits: list[VisitEntry]
    alerts: list[AlertEntry]


class SegmentCountEntry(BaseModel):
    state: SegmentState
    segments: int
    length_m: float


class RoundEntry(BaseModel):
    """A round (作业趟次)."""

    round_id: UUID
    plan_id: str
    route_id: str
    window_from: datetime
    window_to: datetime
    vehicle_ids: list[str]
    state: RoundState
    coverage: float = Field(description="share of the length worked as often as planned, 0 to 1")
    started_at: datetime | None
    finished_at: datetime | None
    late_s: float | None
    punctual: Ok = Field(description="done within its window; null while it may still be")
    counts: list[SegmentCountEntry]
    temperature_c: float | None
    updated_at: datetime


class RoundsResponse(BaseModel):
    rounds: list[RoundEntry]
    next: str | None = Field(description="`before` of the next page; null on the last one")


class SegmentEntry(BaseModel):
    segment: int
    name: str
    state: SegmentState
    passes: int
    length_m: float
    covered_m: float
    speed_kmh: float | None
    first_at: datetime | None
    geometry: dict[str, Any] | None = Field(
        description="GeoJSON LineString; null where the route has changed since"
    )


class VehicleTrackEntry(BaseModel):
    vehicle_id: str
    track: list[StretchEntry]


class RoundResponse(BaseModel):
    """A round with its segments, and what its vehicles did meanwhile; long tracks are thinned."""

    round: RoundEntry
    segments: list[SegmentEntry]
    tracks: list[VehicleTrackEntry]
    visits: list[VisitEntry]
    alerts: list[AlertEntry]


class PointCount(BaseModel):
    """One of the three points over many trips."""

    ok: int = 0
    failed: int = 0
    unknown: int = 0


class ReconciliationEntry(BaseModel):
    """The trips that have one company, site, ground or permit in common, or all of a day.

    `reconciled`: all three points are right; `failed`: one is wrong at least; the others are open.
    """

    id: str | None
    name: str
    trips: int = 0
    reconciled: int = 0
    failed: int = 0
    outcomes: dict[TripOutcome, int]
    site: PointCount
    route: PointCount
    ground: PointCount
    distance_m: float = 0.0
    off_route_m: float = 0.0


class PlanEntry(BaseModel):
    """The rounds of one plan on one day; `coverage` is their mean, 0 to 1."""

    plan_id: str
    name: str
    route_id: str
    rounds: int
    done: int
    late: int
    incomplete: int
    held_back: int
    under_way: int
    coverage: float
    late_s: float | None
    missed: int = Field(description="segments missed, over all rounds")


class ReconciliationResponse(BaseModel):
    """One day, midnight to midnight in the site's time zone, by the begin of trips and windows."""

    day: dt.date
    since: datetime
    until: datetime
    total: ReconciliationEntry
    companies: list[ReconciliationEntry]
    sites: list[ReconciliationEntry]
    grounds: list[ReconciliationEntry]
    permits: list[ReconciliationEntry]
    plans: list[PlanEntry]
