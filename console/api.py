"""The HTTP API below /api/v1.

Its routes use what `console.application` puts into `app.state`: `connections`, the pool, and
`destinations_of`, whom acknowledgements are told to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException, Query, Request

from alerts.alert import AlertStatus, Severity
from console.cameras import read_cameras
from console.responses import (
    AlertEntry,
    AlertResponse,
    AlertsResponse,
    CamerasResponse,
    Decision,
    HourEntry,
    HoursResponse,
    SiteResponse,
    StatusResponse,
    VehiclesResponse,
)
from console.status import read_status
from console.views import (
    alert_entry,
    alert_response,
    position_entry,
    site_response,
)
from store.alert_reader import (
    alert_page,
    alerts_per_hour,
    recent_alerts,
    stored_alert,
)
from store.alert_row import StoredAlert
from store.database import Connection
from store.operator import acknowledge, confirm, dismiss
from store.outbox_entry import DestinationsOf
from store.position_reader import latest_positions
from store.site import read_site

Decide = Callable[[Connection, UUID, str, str | None, DestinationsOf], StoredAlert | None]


router = APIRouter(prefix="/api/v1")


def connection(request: Request) -> Iterator[Connection]:
    with request.app.state.connections.connection() as conn:
        yield conn


Conn = Annotated[Connection, Depends(connection)]


@router.get("/site")
def site(conn: Conn) -> SiteResponse:
    """The district: zones, routes, roads, cameras as GeoJSON, and the registered vehicles."""
    loaded = read_site(conn)
    return site_response(loaded, loaded.roads)


@router.get("/vehicles")
def vehicles(
    conn: Conn, within_s: Annotated[float, Query(gt=0, le=604800)] = 86400
) -> VehiclesResponse:
    """The newest good fix of each vehicle heard within that time."""
    since = datetime.now(UTC) - timedelta(seconds=within_s)
    return VehiclesResponse(vehicles=[position_entry(p) for p in latest_positions(conn, since)])


@router.get("/alerts")
def alerts(  # noqa: PLR0917  each is a query parameter, given by name
    conn: Conn,
    status: AlertStatus | None = None,
    severity: Severity | None = None,
    kind: Annotated[list[str] | None, Query()] = None,
    vehicle_id: str | None = None,
    camera_id: str | None = None,
    since: datetime | None = None,
    before: Annotated[UUID | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> AlertsResponse:
    """Alerts by begin, newest first; withdrawn ones are left out."""
    last = None
    if before is not None:
        known = stored_alert(conn, before)
        if known is None:
            raise HTTPException(404, f"before: no alert {before}")
        last = (known.alert.started_at, before)
    found = recent_alerts(
        conn,
        status=status,
        severity=severity,
        kinds=kind,
        vehicle_id=vehicle_id,
        camera_id=camera_id,
        since=since.replace(tzinfo=since.tzinfo or UTC) if since else None,
        before=last,
        limit=limit + 1,
    )
    page = found[:limit]
    more = len(found) > limit
    return AlertsResponse(
        alerts=[alert_entry(stored) for stored in page],
        next=str(page[-1].alert.alert_id) if more else None,
    )


@router.get("/alerts/{alert_id}")
def alert(conn: Conn, alert_id: UUID) -> AlertResponse:
    """One alert with its evidence and all that happened to it."""
    page = alert_page(conn, alert_id)
    if page is None:
        raise _no_alert(alert_id)
    return alert_response(page)


def _decide(decision: Decide, request: Request, alert_id: UUID, note: str) -> AlertEntry:
    state = request.app.state
    with state.connections.connection() as conn:
        operator = request.state.operator
        if decision(conn, alert_id, operator, note.strip() or None, state.destinations_of) is None:
            raise _no_alert(alert_id)
        stored = stored_alert(conn, alert_id)  # again: with its pictures counted
    if stored is None:
        raise _no_alert(alert_id)
    return alert_entry(stored)


@router.post("/alerts/{alert_id}/acknowledge")
def acknowledge_alert(request: Request, alert_id: UUID, body: Decision) -> AlertEntry:
    """Acknowledge an alert (签收); again is no error."""
    return _decide(acknowledge, request, alert_id, body.note)


@router.post("/alerts/{alert_id}/confirm")
def confirm_alert(request: Request, alert_id: UUID, body: Decision) -> AlertEntry:
    """Acknowledge an alert and find it true (属实); again is no error."""
    return _decide(confirm, request, alert_id, body.note)


@router.post("/alerts/{alert_id}/dismiss")
def dismiss_alert(request: Request, alert_id: UUID, body: Decision) -> AlertEntry:
    """Dismiss an alert as false (误报); again is no error."""
    return _decide(dismiss, request, alert_id, body.note)


@router.get("/alerts-per-hour")
def per_hour(conn: Conn, hours: Annotated[int, Query(ge=1, le=24 * 90)] = 24) -> HoursResponse:
    """How many alerts began in each of the last hours, by kind and severity."""
    this_hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    counts = alerts_per_hour(conn, this_hour - timedelta(hours=hours - 1))
    return HoursResponse(
        hours=[
            HourEntry(hour=c.hour, kind=c.kind, severity=c.severity.value, alerts=c.alerts)
            for c in counts
        ]
    )


@router.get("/cameras")
def cameras(conn: Conn) -> CamerasResponse:
    """The state of each camera that ever reported."""
    return read_cameras(conn, read_site(conn))


@router.get("/status")
def status_now(conn: Conn) -> StatusResponse:
    """The figures of the top bar."""
    return read_status(conn, read_site(conn))


def _no_alert(alert_id: UUID) -> HTTPException:
    return HTTPException(404, f"no alert {alert_id}")
