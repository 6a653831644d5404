"""Is what stands there a mover at rest: somebody who waits, a vehicle that parks? (静止目标)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import numpy as np

from detection.box_geometry import area_of, share_covered
from detection.scene_event import Box
from detection.tracking import MOVING, Track

SAME_SIZE = (0.35, 3.0)  # a track's box now against its box while it moved


def looks_like_somebody(box: Box, tracks: Iterable[Track]) -> bool:
    """Upright, and as tall as those who walk by: a person at rest whom no model names."""
    wide, tall = box[2] - box[0], box[3] - box[1]
    if tall < 1.8 * wide:
        return False
    heights = (track.box[3] - track.box[1] for track in tracks if track.travelled() >= 0.5)
    return any(0.6 * height < tall < 1.6 * height for height in heights)


def stands_here(track: Track, box: Box, at: datetime) -> bool:
    """True when this track came here and is here now: the region is the mover itself, at rest."""
    if (at - track.last_seen_at).total_seconds() > 2 or share_covered(box, track.box) < 0.3:
        return False
    boxes = np.asarray([b for _, b in track.path], float)
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    length = max(track.box[2] - track.box[0], track.box[3] - track.box[1], 1.0)
    away = boxes[np.hypot(*(centres - centres[-1]).T) > 0.5 * length]
    if len(away) < 2:
        return False
    arriving = away[-8:]
    sizes = (arriving[:, 2] - arriving[:, 0]) * (arriving[:, 3] - arriving[:, 1])
    # A bag can inherit the track of the person who walks on: then the box shrank.
    return bool(SAME_SIZE[0] < area_of(track.box) / max(np.median(sizes), 1.0) < SAME_SIZE[1])


def seen_here(track: Track, box: Box, at: datetime) -> bool:
    """True while the model, most of the time, sees a person or vehicle in that place."""
    if (at - track.last_seen_at).total_seconds() > 3:
        return False
    if 2 * track.votes[MOVING] > track.votes.total():
        return False  # the model took it for a vehicle now and then, no more
    return share_covered(box, track.box) >= 0.5
