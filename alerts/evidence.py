"""Evidence: what a scene event shows, hashed as soon as it is in hand (证据)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import msgspec

from alerts.alert import Evidence
from detection.scene_event import SceneEvent, Snapshot

CLIP, TRACK, POSITIONS = "clip", "track", "positions"
JSON = "application/json"

LONGEST_CLIP = timedelta(seconds=60)
"""Between begin and telling something may hold an event up (docs/cameras.md: 23 s was seen)."""


def evidence_of(alert_id: UUID, event: SceneEvent) -> tuple[Evidence, ...]:
    """One `Evidence` per snapshot, and one for the track of who passed, where it is known.

    Its id is a function of the alert and the content.
    """
    found = [_picture(alert_id, event, snapshot) for snapshot in event.snapshots]
    if event.track:
        found.append(_track(alert_id, event))
    return tuple(found)


def clip_span(event: SceneEvent, before: timedelta, after: timedelta) -> tuple[datetime, datetime]:
    """From when until when a clip has to show it: passage, begin and telling, and what is around.

    Of what takes longer than `LONGEST_CLIP` the begin is shown.
    """
    seen = [event.started_at]
    if event.passer is not None:
        seen.append(event.passer.seen_at)
    begin = max(min(seen), event.started_at - LONGEST_CLIP / 2)
    since = begin - before
    return since, min(event.raised_at + after, since + LONGEST_CLIP)


def json_evidence(
    alert_id: UUID,
    moment: str,
    camera_id: str | None,
    span: tuple[datetime, datetime],
    said: dict[str, Any],
) -> Evidence:
    """Evidence that is a JSON object; `said` is anything that msgspec encodes."""
    content = msgspec.json.encode({"version": 1, "what": moment, **said}, order="sorted")
    return raw_evidence(
        alert_id,
        moment,
        content,
        camera_id=camera_id,
        captured_at=span[0],
        until=span[1],
        media_type=JSON,
        size_px=(0, 0),
    )


def raw_evidence(
    alert_id: UUID,
    moment: str,
    content: bytes,
    *,
    camera_id: str | None,
    captured_at: datetime,
    media_type: str,
    size_px: tuple[int, int],
    until: datetime | None = None,
    **more: Any,  # noqa: ANN401  further fields of Evidence
) -> Evidence:
    digest = hashlib.sha256(content).digest()
    return Evidence(
        evidence_id=uuid5(alert_id, f"{moment}|{digest.hex()}"),
        alert_id=alert_id,
        moment=moment,
        camera_id=camera_id,
        captured_at=captured_at,
        until=until,
        media_type=media_type,
        width_px=size_px[0],
        height_px=size_px[1],
        content=content,
        size_bytes=len(content),
        sha256=digest,
        **more,
    )


def same_moment(evidence: Sequence[Evidence], event: SceneEvent) -> bool:
    """Whether the evidence was made of this event."""
    return bool(event.snapshots) and any(
        e.captured_at == event.snapshots[-1].captured_at and e.camera_id == event.camera_id
        for e in evidence
    )


def _picture(alert_id: UUID, event: SceneEvent, snapshot: Snapshot) -> Evidence:
    passer = event.passer if snapshot.moment == "passage" else None
    return raw_evidence(
        alert_id,
        snapshot.moment,
        snapshot.jpeg,
        camera_id=event.camera_id,
        captured_at=snapshot.captured_at,
        media_type="image/jpeg",
        size_px=(snapshot.width_px, snapshot.height_px),
        box=event.box if snapshot.moment == "after" else None,
        passer_box=passer.box if passer else None,
        passer_class=passer.class_name if passer else None,
        passer_color=passer.color if passer else None,
        seen=snapshot.seen,
        subject_uid=event.passer.track_uid if event.passer else None,
    )


def _track(alert_id: UUID, event: SceneEvent) -> Evidence:
    passer = event.passer
    return json_evidence(
        alert_id,
        TRACK,
        event.camera_id,
        (event.track[0].at, event.track[-1].at),
        {
            "camera_id": event.camera_id,
            "placement_id": event.placement_id,
            "class_name": passer.class_name if passer else None,
            "color": passer.color if passer else None,
            "track_uid": passer.track_uid if passer else None,
            "object_box": event.box,
            "points": event.track,
        },
    )
