"""A finding as the alert book enters it, whether of the fleet or of a camera. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from alerts.alert import PassedBy
from alerts.grouping import Occurrence
from alerts.kind import ALERT_KINDS
from config.camera import Camera
from detection.scene_event import SceneEvent
from geofence.finding import Violation


def of_scene_event(
    event: SceneEvent,
    camera: Camera,
    earlier: Occurrence | None,
    now: datetime,
    lateness: timedelta,
) -> Occurrence:
    """Where the event says, or else where the camera stands; `earlier` is as it was told before."""
    occurrence = Occurrence(
        started_at=event.started_at,
        raised_at=event.raised_at,
        ended_at=event.ended_at,
        lon=camera.lon if event.lon is None else event.lon,
        lat=camera.lat if event.lat is None else event.lat,
        confidence=event.confidence,
        suspected=event.suspected,
        rings=now - event.raised_at <= lateness,
        zone_id=camera.site_zone,
        permit_id=None,
        values=dict(event.values),
        parameters=dict(event.parameters),
        # What befalls the camera itself is at no place in the picture.
        box=None if event.kind.startswith("camera_") else event.box,
        by_passage=ALERT_KINDS[event.kind].by_passage,
        passer=_passer(event),
    )
    if earlier is not None and occurrence.passer is None:
        occurrence = msgspec.structs.replace(occurrence, passer=earlier.passer)
    return _again(occurrence, earlier)


def of_violation(
    violation: Violation, earlier: Occurrence | None, now: datetime, lateness: timedelta
) -> Occurrence:
    confirmed_at = violation.confirmed_at or violation.started_at
    return _again(
        Occurrence(
            started_at=violation.started_at,
            raised_at=confirmed_at,
            ended_at=violation.ended_at,
            lon=violation.lon,
            lat=violation.lat,
            confidence=violation.confidence,
            suspected=violation.confidence < 1,
            rings=not violation.backfill and now - confirmed_at <= lateness,
            zone_id=violation.zone_id,
            permit_id=violation.permit_id,
            values=dict(violation.values),
            parameters=dict(violation.parameters),
        ),
        earlier,
    )


def _again(occurrence: Occurrence, earlier: Occurrence | None) -> Occurrence:
    if earlier is None:
        return occurrence
    same = _track(occurrence) == _track(earlier)
    return msgspec.structs.replace(
        occurrence,
        raised_at=earlier.raised_at,
        rings=earlier.rings,
        alert_id=earlier.alert_id,
        attribution=earlier.attribution if same else None,
    )


def _track(occurrence: Occurrence) -> UUID | None:
    return occurrence.passer.track_uid if occurrence.passer else None


def _passer(event: SceneEvent) -> PassedBy | None:
    """Who passed, where it can be known again: with the place nearest in time on its track."""
    passer = event.passer
    if passer is None or passer.track_uid is None:
        return None
    placed = [p for p in event.track if p.lon is not None and p.lat is not None]
    near = min(placed, key=lambda p: abs(p.at - passer.seen_at), default=None)
    return PassedBy(
        track_uid=passer.track_uid,
        class_name=passer.class_name,
        confidence=passer.confidence,
        color=passer.color,
        seen_at=passer.seen_at,
        lon=near.lon if near else None,
        lat=near.lat if near else None,
    )
