"""The fixes of the vehicles in question around an event, as evidence (车辆轨迹)."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from alerts.alert import Alert, Evidence
from alerts.evidence import POSITIONS, json_evidence
from ingest.position import Position
from store.alert_reader import stored_alert
from store.database import Connection
from store.position_reader import trail

AROUND = timedelta(minutes=3)
MOST_VEHICLES = 3


def positions_evidence(
    conn: Connection, alert_id: UUID, since: datetime, until: datetime
) -> Evidence | None:
    """Where the vehicle that the alert is laid at, and the candidates, were in [since, until]
    and three minutes before and after; None where it is laid at nobody.

    Raises:
        StoreUnavailable
    """
    stored = stored_alert(conn, alert_id)
    if stored is None or stored.alert.withdrawn:
        return None
    vehicle_ids = _in_question(stored.shown)
    if not vehicle_ids:
        return None
    begin, end = since - AROUND, until + AROUND
    vehicles = [
        {
            "vehicle_id": vehicle_id,
            "confidence": _confidence(stored.shown, vehicle_id),
            "fixes": [_fix(p) for p in trail(conn, vehicle_id, begin, end)],
        }
        for vehicle_id in vehicle_ids
    ]
    return json_evidence(
        alert_id,
        POSITIONS,
        stored.alert.camera_id,
        (begin, end),
        {"laid_at": stored.shown.vehicle_id, "vehicles": vehicles},
    )


def _in_question(alert: Alert) -> list[str]:
    known = [] if alert.vehicle_id is None else [alert.vehicle_id]
    likely = [c.vehicle_id for c in alert.candidates]
    return list(dict.fromkeys(known + likely))[:MOST_VEHICLES]


def _confidence(alert: Alert, vehicle_id: str) -> float | None:
    return next((c.confidence for c in alert.candidates if c.vehicle_id == vehicle_id), None)


def _fix(position: Position) -> dict[str, object]:
    names = ("fix_time", "received_at", "lon", "lat", "speed_kmh", "course_deg")
    return {name: getattr(position, name) for name in names}
