"""Evidence: the pictures of a scene event, hashed as soon as they are in hand (证据)."""

from __future__ import annotations

import hashlib
from uuid import UUID, uuid5

from alerts.alert import Evidence
from detection.scene_event import SceneEvent


def evidence_of(alert_id: UUID, event: SceneEvent) -> tuple[Evidence, ...]:
    """One `Evidence` per snapshot; its id is a function of the alert and the picture."""
    pictures = []
    for snapshot in event.snapshots:
        digest = hashlib.sha256(snapshot.jpeg).digest()
        passer = event.passer if snapshot.moment == "passage" else None
        pictures.append(
            Evidence(
                evidence_id=uuid5(alert_id, f"{snapshot.moment}|{digest.hex()}"),
                alert_id=alert_id,
                moment=snapshot.moment,
                captured_at=snapshot.captured_at,
                media_type="image/jpeg",
                width_px=snapshot.width_px,
                height_px=snapshot.height_px,
                content=snapshot.jpeg,
                sha256=digest,
                box=event.box if snapshot.moment == "after" else None,
                passer_box=passer.box if passer else None,
                passer_class=passer.class_name if passer else None,
                passer_color=passer.color if passer else None,
            )
        )
    return tuple(pictures)
