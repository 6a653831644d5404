"""Trips of muck trucks for those who look: lists, one trip with all that belongs to it, a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from psycopg.rows import dict_row

from config.permit import Permit
from geofence.finding import Trip, TripOutcome, ZoneVisit
from store.alert_reader import alerts_overlapping
from store.alert_row import StoredAlert
from store.database import Connection
from store.errors import translated
from store.site import read_site
from store.sql import query
from store.track import Stretch, track
from store.visit_reader import visits_overlapping


class StoredTrip(msgspec.Struct, frozen=True, kw_only=True):
    trip_id: UUID
    trip: Trip
    updated_at: datetime


class TripPage(msgspec.Struct, frozen=True, kw_only=True):
    """One trip with its permit, track, visits and alerts, from its begin to its end, or till now.

    `permit` is None where the trip has none, or the register no longer knows it. `alerts` are those
    of the vehicle that went on at some moment of the trip.
    """

    stored: StoredTrip
    permit: Permit | None
    track: tuple[Stretch, ...]
    visits: tuple[ZoneVisit, ...]
    alerts: tuple[StoredAlert, ...]


class TripCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many trips have all of this in common; None where it is not known.

    `company_id` is None for a vehicle that no register knows.
    """

    company_id: str | None
    site_id: str | None
    ground_id: str | None
    permit_id: str | None
    outcome: TripOutcome
    site_ok: bool | None
    route_ok: bool | None
    ground_ok: bool | None
    trips: int
    distance_m: float
    off_route_m: float


def recent_trips(
    conn: Connection,
    *,
    vehicle_id: str | None = None,
    site_id: str | None = None,
    ground_id: str | None = None,
    permit_id: str | None = None,
    outcomes: Sequence[TripOutcome] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> list[StoredTrip]:
    """Trips by begin, newest first; None does not filter. Those that began in [since, until).

    `before` is (began_at, trip_id) of the last trip of the page before: paging by it neither skips
    nor repeats one when new ones come.
    """
    parameters = {
        "vehicle_id": vehicle_id,
        "site_id": site_id,
        "ground_id": ground_id,
        "permit_id": permit_id,
        "outcomes": None if outcomes is None else [outcome.value for outcome in outcomes],
        "since": since,
        "until": until,
        "before_began_at": before[0] if before else None,
        "before_id": before[1] if before else None,
        "limit": limit,
    }
    with translated("reading trips"), conn.cursor(row_factory=dict_row) as cursor:
        return [_stored(row) for row in cursor.execute(query("recent_trips"), parameters)]


def stored_trip(conn: Connection, trip_id: UUID) -> StoredTrip | None:
    """One trip; None where there is none of that id."""
    with translated("reading a trip"), conn.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(query("one_trip"), {"trip_id": trip_id}).fetchone()
    return None if row is None else _stored(row)


def trip_page(conn: Connection, trip_id: UUID) -> TripPage | None:
    """One trip with all that belongs to it, as of one moment; None where there is none.

    Raises:
        SiteError: what is stored of the site, with its permits, is not sound.
    """
    with translated("reading a trip"), conn.transaction():
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        stored = stored_trip(conn, trip_id)
        if stored is None:
            return None
        trip = stored.trip
        span = (trip.began_at, trip.ended_at or datetime.now(UTC))
        permits = read_site(conn).permits if trip.permit_id else {}
        return TripPage(
            stored=stored,
            permit=permits.get(trip.permit_id or ""),
            track=track(conn, trip.vehicle_id, *span),
            visits=tuple(visits_overlapping(conn, [trip.vehicle_id], *span)),
            alerts=tuple(alerts_overlapping(conn, [trip.vehicle_id], *span)),
        )


def trip_counts(
    conn: Connection, since: datetime, until: datetime, company_of: Mapping[str, str]
) -> list[TripCount]:
    """Trips that began in [since, until), counted by all that a day is asked for.

    `company_of` is vehicle id -> company id, from the register.
    """
    parameters = {
        "since": since,
        "until": until,
        "vehicle_ids": list(company_of),
        "company_ids": list(company_of.values()),
    }
    with translated("counting trips"), conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(query("trip_counts"), parameters).fetchall()
    return msgspec.convert(rows, list[TripCount])


_FIELDS = [name for name in Trip.__struct_fields__ if name != "withdrawn"]


def _stored(row: Mapping[str, Any]) -> StoredTrip:
    return StoredTrip(
        trip_id=row["trip_id"],
        trip=msgspec.convert({name: row[name] for name in _FIELDS}, Trip),
        updated_at=row["updated_at"],
    )
