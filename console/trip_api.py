"""Trips and rounds below /api/v1, and a day of both; what it needs is as in `console.api`."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, HTTPException, Query

from console.api import Conn
from console.reconciliation import reconciliation
from console.trip_responses import (
    ReconciliationResponse,
    RoundResponse,
    RoundsResponse,
    TripResponse,
    TripsResponse,
)
from console.trip_views import round_entry, round_response, trip_entry, trip_response
from geofence.finding import RoundState, TripOutcome
from geofence.parameters import read_parameters
from store.round_reader import recent_rounds, round_page, stored_round
from store.site import read_site
from store.trip_reader import recent_trips, stored_trip, trip_page

router = APIRouter(prefix="/api/v1")

Since = Annotated[datetime | None, Query(description="begun then or later")]
Until = Annotated[datetime | None, Query(description="begun before")]
Before = Annotated[UUID | None, Query(description="`next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=200)]


@router.get("/trips")
def trips(  # noqa: PLR0917  each is a query parameter, given by name
    conn: Conn,
    vehicle_id: str | None = None,
    site_id: str | None = None,
    ground_id: str | None = None,
    permit_id: str | None = None,
    outcome: Annotated[list[TripOutcome] | None, Query()] = None,
    since: Since = None,
    until: Until = None,
    before: Before = None,
    limit: Limit = 50,
) -> TripsResponse:
    """Trips by begin, newest first."""
    last = None
    if before is not None:
        known = stored_trip(conn, before)
        if known is None:
            raise HTTPException(404, f"before: no trip {before}")
        last = (known.trip.began_at, before)
    found = recent_trips(
        conn,
        vehicle_id=vehicle_id,
        site_id=site_id,
        ground_id=ground_id,
        permit_id=permit_id,
        outcomes=outcome,
        since=_aware(since),
        until=_aware(until),
        before=last,
        limit=limit + 1,
    )
    page = found[:limit]
    return TripsResponse(
        trips=[trip_entry(stored) for stored in page],
        next=str(page[-1].trip_id) if len(found) > limit else None,
    )


@router.get("/trips/{trip_id}")
def trip(conn: Conn, trip_id: UUID) -> TripResponse:
    """One trip with its permit, track, stops, zone visits and alerts."""
    page = trip_page(conn, trip_id)
    if page is None:
        raise HTTPException(404, f"no trip {trip_id}")
    return trip_response(page, read_parameters(read_site(conn).rules))


@router.get("/rounds")
def rounds(  # noqa: PLR0917  each is a query parameter, given by name
    conn: Conn,
    plan_id: str | None = None,
    route_id: str | None = None,
    vehicle_id: str | None = None,
    state: Annotated[list[RoundState] | None, Query()] = None,
    since: Since = None,
    until: Until = None,
    before: Before = None,
    limit: Limit = 50,
) -> RoundsResponse:
    """Rounds by the begin of their window, newest first."""
    last = None
    if before is not None:
        known = stored_round(conn, before)
        if known is None:
            raise HTTPException(404, f"before: no round {before}")
        last = (known.round.window_from, before)
    found = recent_rounds(
        conn,
        plan_id=plan_id,
        route_id=route_id,
        vehicle_id=vehicle_id,
        states=state,
        since=_aware(since),
        until=_aware(until),
        before=last,
        limit=limit + 1,
    )
    page = found[:limit]
    return RoundsResponse(
        rounds=[round_entry(stored) for stored in page],
        next=str(page[-1].round_id) if len(found) > limit else None,
    )


@router.get("/rounds/{round_id}")
def work_round(conn: Conn, round_id: UUID) -> RoundResponse:
    """One round with its segments, and what its vehicles did in its window."""
    page = round_page(conn, round_id)
    if page is None:
        raise HTTPException(404, f"no round {round_id}")
    return round_response(page, read_site(conn).routes.get(page.stored.round.route_id))


@router.get("/reconciliation")
def reconcile(
    conn: Conn, day: Annotated[date | None, Query(description="today without it")] = None
) -> ReconciliationResponse:
    """A day's trips with the three-point reconciliation, by company, site, ground and permit; and
    its rounds by plan.
    """
    site = read_site(conn)
    return reconciliation(conn, site, day or datetime.now(site.timezone).date())


def _aware(time: datetime | None) -> datetime | None:
    return None if time is None else time.replace(tzinfo=time.tzinfo or UTC)
