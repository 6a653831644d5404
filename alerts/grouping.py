"""Which occurrences make one alert: a repeat soon after the last is the same trouble, told once.

Other cities hold a repeated alarm back for two hours; that is the default of `hold_back_s`. What a
camera saw is joined only at the same place in the picture: a second heap beside the first is news.
What it says of who passes (an open load, an unknown truck) is joined only for the same passage.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from alerts.alert import PassedBy, Value
from alerts.attribution import Attribution
from detection.scene_event import Box

SAME_PLACE_IOU = 0.3
"""Boxes of one object seen twice overlap more than this; neighbours overlap less."""


class Occurrence(msgspec.Struct, frozen=True, kw_only=True):
    """One finding as grouping sees it, from either fleet or camera.

    Attributes:
        box: where in the picture; None where that is no matter.
        by_passage: it is about who passed, and not about what lies at a place.
        passer: who passed.
        attribution: at whom that was laid.
        alert_id: the alert it was told in; None until it has been.
    """

    started_at: datetime
    raised_at: datetime
    ended_at: datetime | None
    lon: float
    lat: float
    confidence: float
    suspected: bool
    rings: bool
    zone_id: str | None
    permit_id: str | None
    values: dict[str, Value]
    parameters: dict[str, Value]
    box: Box | None = None
    by_passage: bool = False
    passer: PassedBy | None = None
    attribution: Attribution | None = None
    alert_id: UUID | None = None


def group(occurrences: Sequence[Occurrence], hold_back: timedelta) -> list[tuple[Occurrence, ...]]:
    """Chain occurrences of one key, whatever their order of arrival, into one tuple per alert."""
    groups: list[list[Occurrence]] = []
    for occurrence in sorted(occurrences, key=lambda o: o.started_at):
        for candidate in reversed(groups):
            if _continues(candidate, occurrence, hold_back):
                candidate.append(occurrence)
                break
        else:
            groups.append([occurrence])
    return [tuple(g) for g in groups]


def _continues(members: Sequence[Occurrence], occurrence: Occurrence, hold_back: timedelta) -> bool:
    if occurrence.by_passage:
        return occurrence.passer is not None and any(
            m.passer is not None and m.passer.track_uid == occurrence.passer.track_uid
            for m in members
        )
    if any(m.ended_at is None for m in members):
        near = True
    else:
        end = max(m.ended_at for m in members if m.ended_at is not None)
        near = occurrence.started_at - end <= hold_back
    if occurrence.box is None:
        return near
    last = members[-1].box
    return near and last is not None and iou(last, occurrence.box) >= SAME_PLACE_IOU


def iou(a: Box, b: Box) -> float:
    """Intersection over union of two boxes, 0 to 1."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    inside = width * height
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - inside
    return inside / union
