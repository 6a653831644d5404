"""Who passed before cameras, and people's word on who it was, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import Response

from console.api import Conn
from console.responses import AlertEntry
from console.sighting_responses import (
    Laying,
    SightingEntry,
    SightingResponse,
    SightingsResponse,
    TrackPointEntry,
)
from console.views import alert_entry
from store.alert_reader import stored_alert
from store.database import Connection
from store.operator import CannotBeLaidError, lay_at, lay_sighting
from store.outbox_entry import DestinationsOf
from store.sighting_reader import recent_sightings, sighting_picture
from store.sighting_reader import sighting as stored_sighting

router = APIRouter(prefix="/api/v1")


@router.get("/sightings")
def sightings(  # noqa: PLR0917  each is a query parameter, given by name
    conn: Conn,
    camera_id: str | None = None,
    vehicle_id: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: Annotated[UUID | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> SightingsResponse:
    """Passages by time, newest first; of a vehicle: those that were its, by people's word first."""
    last = None
    if before is not None:
        known = stored_sighting(conn, before)
        if known is None:
            raise HTTPException(404, f"before: no sighting {before}")
        last = (known.sighting.at, before)
    found = recent_sightings(
        conn,
        camera_id=camera_id,
        vehicle_id=vehicle_id,
        since=_aware(since),
        until=_aware(until),
        before=last,
        limit=limit + 1,
    )
    page = found[:limit]
    return SightingsResponse(
        sightings=[SightingEntry.of(stored) for stored in page],
        next=str(page[-1].sighting.sighting_id) if len(found) > limit else None,
    )


@router.get("/sightings/{sighting_id}")
def sighting(conn: Conn, sighting_id: UUID) -> SightingResponse:
    """One passage with its way through the picture."""
    stored = stored_sighting(conn, sighting_id)
    if stored is None:
        raise _no_sighting(sighting_id)
    return SightingResponse(
        sighting=SightingEntry.of(stored),
        track=[
            TrackPointEntry(at=p.at, box=p.box, lon=p.lon, lat=p.lat) for p in stored.sighting.track
        ],
    )


@router.get("/sightings/{sighting_id}/picture", response_class=Response)
def picture(conn: Conn, sighting_id: UUID) -> Response:
    """The best picture of it, as it was taken: bystanders are not blurred here."""
    found = sighting_picture(conn, sighting_id)
    if found is None:
        raise HTTPException(404, f"no picture of sighting {sighting_id}")
    return Response(
        found.content,
        media_type=found.media_type,
        headers={
            "ETag": f'"{found.sha256.hex()}"',
            "Cache-Control": "private, max-age=86400",
        },
    )


@router.post("/sightings/{sighting_id}/lay")
def lay_a_sighting(request: Request, sighting_id: UUID, body: Laying) -> SightingEntry:
    """Say who it was (人工归因); alerts about that passage alone are laid there too, those that are
    still to come as well.
    """
    with _laying(request) as conn:
        done = lay_sighting(conn, sighting_id, *_said(request, body))
        stored = stored_sighting(conn, sighting_id) if done else None
    if stored is None:
        raise _no_sighting(sighting_id)
    return SightingEntry.of(stored)


@router.post("/alerts/{alert_id}/lay")
def lay_an_alert(request: Request, alert_id: UUID, body: Laying) -> AlertEntry:
    """Lay a camera's alert at a vehicle (人工归因), or at none of ours; it wins over the rules."""
    with _laying(request) as conn:
        lay_at(conn, alert_id, *_said(request, body))
        stored = stored_alert(conn, alert_id)
    if stored is None:
        raise HTTPException(404, f"no alert {alert_id}")
    return alert_entry(stored)


@contextmanager
def _laying(request: Request) -> Iterator[Connection]:
    """A connection on which what cannot be laid is the client's fault."""
    with request.app.state.connections.connection() as conn:
        try:
            yield conn
        except CannotBeLaidError as error:
            raise HTTPException(422, str(error)) from error


def _said(request: Request, body: Laying) -> tuple[str | None, str, str | None, DestinationsOf]:
    """At whom, by whom, why, and who is told."""
    note = body.note.strip() or None
    return body.vehicle_id, request.state.operator, note, request.app.state.destinations_of


def _aware(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=moment.tzinfo or UTC) if moment else None


def _no_sighting(sighting_id: UUID) -> HTTPException:
    return HTTPException(404, f"no sighting {sighting_id}")
