"""The figures of the top bar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from alerts.alert import AlertStatus
from config.site import Site
from console.responses import StatusResponse
from console.storage import worst_storage
from store.alert_reader import alert_counts
from store.cameras import camera_states
from store.database import Connection
from store.position_reader import latest_positions

ONLINE_WITHIN = timedelta(minutes=5)
WAITING_WITHIN = timedelta(days=30)


def read_status(conn: Connection, site: Site) -> StatusResponse:
    """How things stand now.

    Raises:
        StoreError: the database does not answer.
    """
    now = datetime.now(UTC)
    local = now.astimezone(site.timezone)
    today = alert_counts(conn, local.replace(hour=0, minute=0, second=0, microsecond=0))
    lately = alert_counts(conn, now - WAITING_WITHIN)
    heard = {position.vehicle_id for position in latest_positions(conn, now - ONLINE_WITHIN)}
    states = {state.camera_id: state.state for state in camera_states(conn)}
    return StatusResponse(
        now=now,
        alerts_today=sum(count.alerts for count in today),
        alerts_new=sum(count.alerts for count in lately if count.status == AlertStatus.NEW),
        alerts_going_on=sum(count.going_on for count in lately),
        vehicles_online=len(heard & site.vehicles.keys()),
        vehicles_registered=len(site.vehicles),
        cameras_online=sum(states.get(camera) == "online" for camera in site.cameras),
        cameras_registered=len(site.cameras),
        evidence=worst_storage(conn, now),
    )
